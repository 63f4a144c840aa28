"""From the bytes of a dirty workbook to movements whose month totals are those of the sheet: difference 0."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from banso.revenue import monthly
from banso.revenue.recipes import Derived, from_contracts, from_wide
from banso_web.ingest.readers import RawTable, open_table, shape_changes
from banso_web.ingest.readers.aliases import suggest_columns, suggest_kind
from banso_web.ingest.readers.canonical import CONTRACTS
from banso_web.ingest.readers.convert import (
    ConvertedRow,
    FieldMap,
    convert_rows,
    fields_of,
    month_columns,
    totals_of,
    wide_rows,
)
from banso_web.ingest.readers.tests.dirty import LEDGER_TOTALS, MONTH_TOTALS, write_ledger, write_month_table


def _ledger(table: RawTable) -> tuple[list[ConvertedRow], Derived]:
    fields = fields_of(suggest_columns(table.headers, table.sample(), "contracts"))
    rows = list(convert_rows(table, CONTRACTS, fields, required=("account_id", "product", "starts_on")))
    plain = [{**row.values, "row": row.number} for row in rows if not row.rejected]
    return rows, from_contracts(plain, sheet_totals=LEDGER_TOTALS)


def _check(derived: Derived, totals: dict[date, Decimal]) -> None:
    months = derived.preview.months["JPY"]
    assert [m.sheet for m in months] == list(totals.values())
    assert [m.difference for m in months] == [Decimal(0)] * len(totals)
    assert derived.preview.agrees
    assert derived.problems == ()


def test_a_dirty_contract_ledger_arrives_with_its_month_totals(tmp_path: Path) -> None:
    data = write_ledger(tmp_path / "契約台帳.xlsx").read_bytes()
    table = open_table(data, "契約台帳.xlsx")
    assert table.sheet == "契約一覧"
    assert table.header_rows == (3, 4)
    assert suggest_kind(table.headers, table.name)[0].kind == "ledger"
    rows, derived = _ledger(table)
    assert [row.number for row in rows if row.rejected] == []
    _check(derived, LEDGER_TOTALS)
    assert [(s.number, s.kind) for s in table.skipped] == [
        (9, "total"),
        (10, "empty"),
        (14, "total"),
        (15, "remark"),
    ]
    assert {m["account_id"] for m in derived.movements} == {"0012", "0013", "0101", "0102", "0103"}


def test_what_the_person_is_told_about_the_ledger(tmp_path: Path) -> None:
    table = open_table(write_ledger(tmp_path / "x.xlsx"), "契約台帳.xlsx")
    rows, derived = _ledger(table)
    found = {(note.code, note.column, note.text) for note in table.notes}
    assert ("hidden_sheet", "", "旧(2024)") in found
    assert ("hidden_column", "社内メモ", "L") in found
    assert ("cell_note", "料 金/月額", "次回 値上げ予定") in found
    assert ("merged_filled", "顧客名", "") in found
    assert ("formula_values", "", "1") in found
    assert any(code == "hidden_row" for code, _column, _text in found)
    soft = [(row.number, p.column, p.problem.code) for row in rows for p in row.problems]
    assert soft == [(8, "契約期間/満了日", "date_undecided")]
    # Text that begins like a formula is text, in the columns that become custom fields.
    assert [row.custom.get("備考") for row in rows if "備考" in row.custom] == [
        "=特記なし",
        "+10ID検討",
        "-値上げ",
        "@本社",
    ]
    assert [m.code for m in derived.marks] == [
        "open_end",
        "auto_renew_continues",
        "auto_renew_continues",
        "auto_renew_continues",
    ]
    suggestions = {s.column: s for s in suggest_columns(table.headers, table.sample(), "contracts")}
    assert (suggestions["amount"].unit, suggestions["amount"].ask) == (1000, "term")
    assert suggestions["ends_on"].ask == "end_reading" and suggestions["ended_on"].ask == "cancel_reading"


def test_next_months_ledger_with_the_header_moved_is_told_and_arrives_the_same(tmp_path: Path) -> None:
    before = open_table(write_ledger(tmp_path / "a.xlsx"), "契約台帳.xlsx")
    after = open_table(write_ledger(tmp_path / "b.xlsx", lines_above=5), "契約台帳.xlsx")
    assert after.header_rows == (6, 7)
    assert [(c.code, c.before, c.after) for c in shape_changes(before.shape, after.shape)] == [
        ("moved_header", "3", "6")
    ]
    assert before.fingerprint == after.fingerprint
    assert _ledger(before)[1].movements == _ledger(after)[1].movements


def test_a_dirty_month_table_arrives_with_its_month_totals(tmp_path: Path) -> None:
    data = write_month_table(tmp_path / "MRR.xlsx").read_bytes()
    table = open_table(data, "月次MRR表.xlsx")
    assert suggest_kind(table.headers, table.name)[0].kind == "wide"
    assert table.unit_hint == 1000
    assert sorted(month_columns(table).values()) == [*MONTH_TOTALS, date(2026, 5, 1), date(2026, 6, 1)]
    fields = {"account_id": FieldMap("顧客コード"), "product": FieldMap("製品")}
    amounts = FieldMap(unit=table.unit_hint)
    rows = list(wide_rows(table, fields, amounts=amounts))
    assert [p for row in rows for p in row.problems] == []
    totals = totals_of(table, amounts=amounts)
    assert {
        month: totals[month] for month in MONTH_TOTALS
    } == MONTH_TOTALS  # the sheet's own 総合計, cached values
    derived = from_wide([row.as_recipe_row() for row in rows], sheet_totals=totals)
    _check(derived, MONTH_TOTALS)
    ends = {(m["account_id"], m["effective_on"]) for m in derived.movements if m["cause"] == "churn"}
    assert ends == {("0012", date(2026, 1, 31)), ("0013", date(2025, 12, 31))}
    # The product's own series agrees with the preview, month for month.
    series = monthly(list(derived.movements), "2025-10", "2026-04")
    assert [row.closing for row in series] == [m.closing for m in derived.preview.months["JPY"]]
    assert all(row.difference == 0 for row in series)


def test_the_ledgers_movements_close_in_the_products_own_series(tmp_path: Path) -> None:
    table = open_table(write_ledger(tmp_path / "x.xlsx"), "契約台帳.xlsx")
    derived = _ledger(table)[1]
    series = monthly(list(derived.movements), "2025-04", "2026-03")
    assert [row.closing for row in series] == [m.closing for m in derived.preview.months["JPY"]]


def test_an_amount_in_merged_cells_is_never_counted_twice(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["顧客コード", "製品", "契約開始日", "月額"])
    page.append(["0001", "A", "2025-04-01", 100])
    page.append(["0001", "B", "2025-04-01", None])
    page.merge_cells("D2:D3")
    page.merge_cells("C2:C3")
    book.save(tmp_path / "m.xlsx")
    table = open_table(tmp_path / "m.xlsx", "m.xlsx")
    rows, derived = _ledger(table)
    assert [(row.rejected, [p.problem.code for p in row.problems]) for row in rows] == [
        (False, []),
        (True, ["merged_amount"]),
    ]
    assert [m["mrr_delta"] for m in derived.movements] == [Decimal(100)]
    assert [(n.code, n.row) for n in table.notes if n.code == "merged_amount"] == [("merged_amount", 3)]


@pytest.mark.parametrize("coding", ["utf-8-sig", "cp932"])
def test_the_same_ledger_as_csv(tmp_path: Path, coding: str) -> None:
    text = (
        "契約台帳,,,,,,,\r\n顧客コード,顧客名,製品,開始日,満了日,月額(税抜),自動更新,解約日\r\n"
        "0012,㈱朝日商会,基本,令和7年4月1日,2026/3/31,12万,有,\r\n〃,〃,オプション,2025/7/1,R7.12.31,@500×30ID,×,\r\n"
        "0013,髙橋①商店,基本,2025年4月度,２０２５／９／３０,\"100,000\",無,\r\n小計,,,,,235000,,\r\n,,,,,,,\r\n"
        "0013,髙橋①商店,基本,2025-10-01,未定,￥１１０，０００,未,\r\n"
    )  # fmt: skip
    table = open_table(text.encode(coding), "契約台帳.csv")
    rows, _derived = _ledger(table)
    derived = from_contracts([{**row.values, "row": row.number} for row in rows])
    # 120 + 100 = 220; +15 in July; 110 for 100 in October; -15 after December
    assert [m.in_service for m in derived.preview.months["JPY"]] == [
        Decimal(n) * 1000 for n in (220, 220, 220, 235, 235, 235, 245, 245, 245)
    ]
    assert [row.number for row in rows] == [3, 4, 5, 8]


def test_a_two_row_header_names_the_customer_in_its_second_row() -> None:
    from banso_web.ingest.readers import open_table
    from banso_web.ingest.shaping import suggested_shaping

    text = "顧客/コード,顧客/名称,契約/製品,契約/開始日,金額/月額\n0012,㈱髙橋商会,基本,2026/4/1,120000\n"
    shaping = suggested_shaping(open_table(text.encode("cp932"), "台帳.csv"), "ledger")
    found = {key: one.source for key, one in shaping.fields.items()}
    assert found["account_id"] == "顧客/コード" and found["account_name"] == "顧客/名称"
