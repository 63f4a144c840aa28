"""Two workbooks as companies really keep them, with every kind of dirt of the sources page, and their clean totals.

`write_ledger` makes a 契約台帳, `write_month_table` a 横持ち月次MRR表. The totals beside them are added up by hand from the
rows as a person reads them; nothing here uses the readers or the recipes.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

# In force on each month's last day (税抜), by hand:
#   朝日 基本 120,000 throughout · 朝日 オプション 500 x 30 = 15,000, 7/1 to 12/31
#   みどり 600,000 / 6 = 100,000 until 9/30, then 110,000 · さくら 1,000,000 / 12 = 83,333.3333 from 5/15
#   北浜 30,000 until 11/30 · 東西 220,000 税込 = 200,000 throughout
LEDGER_TOTALS = {
    date(2025, 4, 30): Decimal("450000"),
    date(2025, 5, 31): Decimal("533333.3333"),
    date(2025, 6, 30): Decimal("533333.3333"),
    date(2025, 7, 31): Decimal("548333.3333"),
    date(2025, 8, 31): Decimal("548333.3333"),
    date(2025, 9, 30): Decimal("548333.3333"),
    date(2025, 10, 31): Decimal("558333.3333"),
    date(2025, 11, 30): Decimal("558333.3333"),
    date(2025, 12, 31): Decimal("528333.3333"),
    date(2026, 1, 31): Decimal("513333.3333"),
    date(2026, 2, 28): Decimal("513333.3333"),
    date(2026, 3, 31): Decimal("513333.3333"),
}

# Thousands of yen, by hand: 朝日 基本 + 朝日 オプション + みどり + さくら.
MONTH_TOTALS = {
    date(2025, 10, 1): Decimal("220000"),  # 100 + 0 + 120 + 0
    date(2025, 11, 1): Decimal("250000"),  # 100 + 30 + 120 + 0
    date(2025, 12, 1): Decimal("350000"),  # 120 + 30 + 120 + 80
    date(2026, 1, 1): Decimal("230000"),  # 120 + 30 + 0 + 80
    date(2026, 2, 1): Decimal("200500"),  # 120 + 0 + 0 + 80.5
    date(2026, 3, 1): Decimal("200500"),  # 120 + 0 + 0 + 80.5
    date(2026, 4, 1): Decimal("250500"),  # 120 + 50 + 0 + 80.5
}


def write_ledger(path: Path, *, lines_above: int = 2) -> Path:
    """The 契約台帳: cover sheet first, an old hidden sheet, two header rows, merges, subtotals, 〃, mixed dates and amounts.

    `lines_above` moves the header down, as it happens from one month to the next.
    """
    book = xlsxwriter.Workbook(str(path))
    cover = book.add_worksheet("表紙")
    cover.write("B2", "契約台帳 2025年度")
    cover.write("B3", "営業管理部")
    page = book.add_worksheet("契約一覧")
    old = book.add_worksheet("旧(2024)")
    for place, word in enumerate(
        ("顧客コード", "顧客名", "製品", "契約開始日", "満了日", "月額", "契約金額", "自動更新", "解約日")
    ):
        old.write(0, place, word)
    old.hide()
    day = book.add_format({"num_format": "yyyy/m/d"})
    code = book.add_format({"num_format": "0000"})
    head = lines_above
    page.merge_range(0, 0, 0, 6, "㈱伴走 契約台帳(2025年度)")
    page.write(1, 0, "※金額は税抜です。税込のものは(税込)と書くこと")
    _ledger_head(page, head)
    at = head + 2
    rows: list[list[Any]] = [
        ["@12", "㈱朝日商会", "基本", date(2025, 4, 1), date(2026, 3, 31), "12万", None, None, "有", None, "=特記なし", "x"],
        [None, None, "オプション", "令和7年7月1日", "R7.12.31", "@500×30ID", None, None, "×", None, "+10ID検討", None],
        ["００１３", "みどり物流株式会社", "基本", 45748, "2025年9月度", None, 600, "6か月", "無", None, None, None],
        ["〃", "〃", "同上", "２０２５／１０／０１", "未定", "￥１１０，０００", None, None, "未", None, "-値上げ", None],
        ["小計", None, None, None, None, 999, None, None, None, None, None, None],
        [],
        ["0101", "さくら病院", "基本", "2025-05-15", "2026/5/14(木)", None, "1,000", 12, "○", None, None, None],
        ["0102", "北浜商店", "基本", date(2025, 4, 1), "9999/12/31", "30,000", None, None, "―", date(2025, 11, 30), None, None],
        ["0103", "東西工業(株)", "基本", "R7.4.1", "令和8年3月31日", "220,000円(税込)", None, None, "はい", None, "@本社", None],
    ]  # fmt: skip
    for offset, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(at + offset, place, value, day)  # type: ignore[arg-type]
            elif value == "@12":
                page.write_number(at + offset, place, 12, code)  # shown as 0012
            elif isinstance(value, str):
                page.write_string(at + offset, place, value)
            elif value is not None:
                page.write_number(at + offset, place, value)
    page.merge_range(at, 0, at + 1, 0, 12, code)
    page.merge_range(at, 1, at + 1, 1, "㈱朝日商会")
    page.write_comment(at, 5, "次回 値上げ予定")
    total = at + len(rows)
    page.write(total, 1, "合　計")
    page.write_formula(total, 5, f"=SUM(F{at + 1}:F{total})", None, 513333)
    page.write(total + 1, 0, "※解約日は最終利用日")
    page.set_column(11, 11, None, None, {"hidden": True})
    page.set_row(at + 7, None, None, {"hidden": True})
    book.close()
    return path


def _ledger_head(page: Any, head: int) -> None:
    upright = {0: "顧客コード", 1: "顧客名", 2: "製品", 7: "契約月数", 8: "自動更新", 9: "解約日", 10: "備考", 11: "社内メモ"}  # fmt: skip
    for place, word in upright.items():
        page.merge_range(head, place, head + 1, place, word)
    page.merge_range(head, 3, head, 4, "契約期間")
    page.write(head + 1, 3, "開始日")
    page.write(head + 1, 4, "満了日")
    page.merge_range(head, 5, head, 6, "料　金")
    page.write(head + 1, 5, "月額")
    page.write(head + 1, 6, "契約金額\n(千円)")


def write_month_table(path: Path) -> Path:
    """The 横持ち月次MRR表 in thousands of yen: fiscal years over bare months, a sum column and row, months still empty."""
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("MRR")
    page.write(0, 0, "月次MRR表　(単位：千円)")
    for place, word in enumerate(("顧客コード", "顧客名", "製品")):
        page.merge_range(2, place, 3, place, word)
    page.merge_range(2, 3, 2, 8, "2025年度")
    page.merge_range(2, 9, 2, 11, "2026年度")
    for place, word in enumerate(
        ("10月", "11月", "12月", "1月", "２月", "3月", "4月", "5月", "6月"), start=3
    ):
        page.write(3, place, word)
    page.merge_range(2, 12, 3, 12, "累計")
    rows: list[list[Any]] = [
        ["0012", "㈱朝日商会", "基本", 100, 100, 120, 120, 120, 120, 120, None, None],
        [None, None, "オプション", "-", 30, "30", 30, 0, None, 50, None, None],
        [],
        ["0013", "みどり物流株式会社", "基本", "12万", 120, "１２０", "―", None, None, None, None, None],
        ["0101", "㈱さくら", "〃", None, "", "８０", 80, "80.5", 80.5, "¥80,500", None, None],
    ]  # fmt: skip
    for offset, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(4 + offset, place, value)
            elif value is not None:
                page.write_number(4 + offset, place, value)
        if row:
            page.write_formula(4 + offset, 12, f"=SUM(D{5 + offset}:L{5 + offset})", None, 1)
    page.merge_range(4, 0, 5, 0, "0012")
    page.merge_range(4, 1, 5, 1, "㈱朝日商会")
    page.write(9, 0, "総合計")
    sums = [220, 250, 350, 230, 200.5, 200.5, 250.5, 0, 0]
    for place, value in enumerate(sums, start=3):
        letter = chr(ord("A") + place)
        page.write_formula(9, place, f"=SUM({letter}5:{letter}9)", None, value)
    book.close()
    return path
