"""The short checks X3, X4, X11, X13, X17, X19 and X20 in a browser, each in a segment of its own. X16 stands in US-1, X14
in US-1 and in test_working.py."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visit, visits
from tests.browser.stories import at, bring, find, words

pytestmark = pytest.mark.browser
# X11: names are their own readings.
ORDERS = {
    "X11": ["アート", "カート", "カード", "ガード", "キャッシュ", "ハ", "バ", "パ"],
    "X11B": ["アート", "アイ", "カート", "ガード", "カーナビ"],
}


def write(path: Path, head: str, rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(rows)
    return path


def files(folder: Path) -> list[Path]:
    """X17: 20 terms, 17 renewed. X19: ¥9,000,000 of 30 customers a year ago. X20: an announced end. X3: three spellings."""
    accounts: list[list[object]] = [
        ["N1", "㈱アシスト", "X3", ""],
        ["N2", "株式会社アシスト", "X3", ""],
        ["N3", "アシスト(株)", "X3", ""],
    ]
    contracts: list[list[object]] = []
    movements: list[list[object]] = []
    for number in range(20):
        code, gone, untouched = f"R{number:02}", number >= 17, number < 5
        accounts.append([code, f"更新{number:02}社", "X17", "2025-10-01"])
        ended = "2026-09-30" if gone else ""
        contracts.append(
            [
                f"C{code}",
                code,
                "A",
                "2025-10-01",
                "2026-09-30",
                "",
                ended,
                int(untouched),
                12 if untouched else "",
            ]
        )
        movements.append([f"M{code}", code, f"C{code}", "A", "2025-10-01", 100_000, "new"])
        if gone:
            movements.append([f"E{code}", code, f"C{code}", "A", "2026-09-30", -100_000, "churn"])
    for number in range(30):
        code = f"Y{number:02}"
        accounts.append([code, f"継続{number:02}社", "X19", "2025-01-01"])
        movements += [
            [f"M{code}", code, "", "A", "2025-01-01", 300_000, "new"],
            [f"U{code}", code, "", "A", "2026-03-01", 15_000, "upsell"],
        ]
    accounts += [
        ["Y90", "新規の会社", "X19", "2026-05-01"],
        ["P01", "予定の会社", "X20", "2026-01-01"],
        ["P02", "続く会社", "X20", "2026-01-01"],
    ]
    movements += [
        ["MY90", "Y90", "", "A", "2026-05-01", 2_710_000, "new"],
        ["MP01", "P01", "CP01", "A", "2026-01-01", 200_000, "new"],
        ["MP02", "P02", "", "A", "2026-01-01", 200_000, "new"],
    ]
    contracts.append(["CP01", "P01", "A", "2026-01-01", "2026-12-31", "2026-11-10", "2026-12-31", 0, ""])
    for segment, names in ORDERS.items():  # brought in another order than the one asked for
        accounts += [[f"{segment}{name}", name, segment, ""] for name in sorted(names, reverse=True)]
    return [
        write(folder / "accounts.csv", "account_id,name,segment,started_on", accounts),
        write(
            folder / "contracts.csv",
            "contract_id,account_id,product,starts_on,ends_on,notified_on,ended_on,auto_renew,renewal_months",
            contracts,
        ),
        write(
            folder / "movements.csv",
            "movement_id,account_id,contract_id,product,effective_on,mrr_delta,cause",
            movements,
        ),
    ]


@pytest.fixture(scope="module")
def home(
    chromium: Browser, furnished: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visit]:
    for visit in visits(chromium, furnished("people"), worker=True):
        bring(visit.open("tanaka"), *map(str, files(tmp_path_factory.mktemp("short"))))
        yield visit


@pytest.fixture
def page(home: Visit) -> Iterator[Page]:
    home.broken.clear()
    yield home.open("tanaka")
    home.close()
    assert home.broken == []


def test_x17_the_renewal_rate_and_who_was_renewed_untouched(page: Page) -> None:
    at(page, "/numbers/?month=2026-09&segment=X17", "85.0 %")
    at(page, "/numbers/rows/?metric=renewal_rate&month=2026-09&segment=X17&part=untouched", "合計 5件")


def test_x19_twelve_months_beside_the_month(page: Page) -> None:
    text = at(page, "/numbers/nrr/?tab=year&segment=X19", "105.0 %", "12か月", "¥9,000,000", "¥9,450,000")
    assert "並べて見る: 月次NRR(記事式)" in text and "2,710,000" not in text


def test_x20_an_announced_end_is_not_churn_yet(page: Page) -> None:
    text = at(page, "/numbers/?month=2026-11&segment=X20")
    assert "解約予定MRR ¥200,000" in text and "顧客解約率 月次 0.00 %" in text


def test_x4_the_check_digit_of_a_corporate_number(page: Page, tmp_path: Path) -> None:
    rows = [["B1", "誤りの会社", "4011001098994"], ["B2", "正しい会社", "4011001098993"]]
    page.goto("/imports/new/")
    page.set_input_files(
        "#id_files", [write(tmp_path / "accounts.csv", "account_id,name,corporate_number", rows)]
    )
    page.get_by_role("button", name="内容を確かめる").click()
    page.get_by_role("button", name="次へ進む").click()
    page.wait_for_selector("text=確認が終わりました")
    text = words(page)
    assert "法人番号の検査数字が合いません: 4011001098994" in text and "4011001098993" not in text
    assert "取り込めない行(1 行)" in text


def test_x3_the_same_name_is_a_candidate_and_nothing_is_merged_by_itself(page: Page) -> None:
    text = at(page, "/customers/?segment=X3", "㈱アシスト", "株式会社アシスト", "アシスト(株)")
    assert "3 社" in text.replace("3社", "3 社")
    page.click("nav.rail >> text=名寄せ")
    text = words(page)
    assert "㈱アシスト" in text and "株式会社アシスト" in text and "前株" in text and "後株" in text


@pytest.mark.parametrize("segment", ORDERS)
def test_x11_the_order_of_readings(page: Page, segment: str) -> None:
    for sort, order in (("name", ORDERS[segment]), ("-name", ORDERS[segment][::-1])):
        at(page, f"/customers/?segment={segment}&sort={sort}")
        names = [text.split("\n")[0] for text in page.locator("tbody tr a[data-row-link]").all_inner_texts()]
        assert names == order


def test_x13_letters_of_windows_arrive_and_what_cannot_leave_is_told(
    home: Visit, page: Page, tmp_path: Path
) -> None:
    head = "account_id,name,segment"
    people = [["Q1", "髙1", "髙橋", "0312345678"]]
    old = [
        write(tmp_path / "accounts.csv", head, [["髙1", "髙橋①商店", "X13"]], "cp932"),
        write(tmp_path / "contacts.csv", "contact_id,account_id,family_name,phone", people, "cp932"),
    ]
    bring(page, *map(str, old))
    at(page, "/customers/?segment=X13")
    page.click("a[data-row-link]")
    page.wait_for_url("**/customers/*/**")
    find(page, "髙橋①商店", "髙橋")
    with closing(sqlite3.connect(home.product.home / "banso.sqlite3")) as stored:
        kept = stored.execute("select family_name, phone from accounts_contact where code = 'Q1'").fetchall()
    assert kept == [("髙橋", "0312345678")]

    bring(page, str(write(tmp_path / "accounts.csv", head, [["Q2", "𠮷野商店", "X13"]])))
    at(page, "/customers/?segment=X13&columns=name,code")
    page.get_by_role("link", name="CSV(Shift_JIS)").click()
    text = find(page, "Shift_JIS で書けない文字", "1 か所に", "𠮷野商店")
    assert "髙橋" not in text
    with page.expect_download() as download:
        page.get_by_role("link", name="〓 に置き換えて書き出す").click()
    assert download.value.path().read_bytes().decode("cp932").splitlines()[1:] == [
        "髙橋①商店,髙1",
        "〓野商店,Q2",
    ]
