"""The short checks X3, X4, X11, X13, X17, X19 and X20 in a browser, each in a segment of its own. X16 stands in US-1, X14
in US-1 and in test_working.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visit, visits
from tests.browser.stories import at, bring, find, words
from tests.short_checks import ORDERS, files, write

pytestmark = pytest.mark.browser


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
    at(page, "/customers/?segment=X20")
    page.click("a[data-row-link]:has-text('予定の会社')")
    page.wait_for_url("**/customers/*/**")
    find(page, "予定の会社", "解約申出 2026/11/10")


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
