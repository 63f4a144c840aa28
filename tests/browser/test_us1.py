"""US-1 in a browser: one trusted NRR for October, from the files to the signed month and what came after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visit, visits
from tests.browser.stories import at, bars, bring, click_bar, drawer, find, words

pytestmark = pytest.mark.browser
OCTOBER = "/numbers/nrr/?month=2026-10"


@pytest.fixture(scope="module")
def october(chromium: Browser, furnished: Callable[[str], Path]) -> Iterator[Visit]:
    """US-1's forty customers, brought by 田中 through the import pages."""
    for visit in visits(chromium, furnished("people"), worker=True):
        bring(visit.open("tanaka"), "us1/accounts.csv", "us1/movements.csv", "us1/charges.csv")
        yield visit


@pytest.fixture
def page(october: Visit) -> Iterator[Page]:
    october.broken.clear()
    yield october.open("tanaka")
    october.close()
    assert october.broken == []


def test_from_home_to_the_waterfall_of_october(page: Page) -> None:
    page.goto("/")
    page.click("nav.rail >> text=KGI・KPI")
    page.select_option("select[name=month]", "2026-10")
    page.wait_for_url("**month=2026-10*")
    find(page, "96.75 %", "92.50 %", "7.50 %", "3.25 %", "6.00 %", "5.00 %", "¥12,160,000")
    page.click("text=ウォーターフォール >> nth=-1")
    page.wait_for_url("**/numbers/nrr/**")
    text = find(
        page,
        "NRR(売上継続率) 月次 96.75 %",
        "GRR(総売上継続率) 月次 92.50 %",
        "グロス収益解約率 月次 7.50 %",
        "ネット収益解約率 月次 3.25 %",
        "解約MRR率 月次(解約のみ) 6.00 %",
        "月初MRR ¥12,000,000 40社",
        "新規 ¥450,000 3社",
        "再開 ¥100,000 1社",
        "アップセル ¥360,000 2社",
        "クロスセル ¥150,000 1社",
        "エクスパンション 合計 ¥510,000",
        "ダウングレード −¥180,000 2社",
        "解約 −¥720,000 2社",
        "月末MRR ¥12,160,000 42社",
        "差額(月初 + 増減 − 月末) ¥0",
        "理由未確認 2社",
    )
    # X16: +¥160,000 = 2社 × ¥300,000 + 42社 × the change of the average price, remainder 0
    for printed in (
        "40社 → 42社",
        "¥600,000",
        "300,000.00 → 289,523.81",
        "−¥440,000",
        "残り ¥0",
        "MRRの増減 ¥160,000",
    ):
        assert printed in text


def test_each_bar_of_the_chart_opens_its_rows(page: Page) -> None:
    at(page, OCTOBER)
    drawn = bars(page)
    assert [bar["value"] for bar in drawn] == [12e6, 450e3, 100e3, 360e3, 150e3, -180e3, -720e3, 12160e3]
    expected = {
        "新規": ("合計 3件", "¥450,000"),
        "再開": ("葵商会", "合計 1件 ¥100,000"),
        "アップセル": ("丸一運輸", "¥300,000", "白河ガス", "¥60,000", "合計 2件 ¥360,000"),
        "クロスセル": ("西川印刷", "合計 1件 ¥150,000"),
        "ダウングレード": ("協和建設", "新星学園", "合計 2件 ¥180,000"),
        "解約": (
            "南部製菓",
            "¥480,000",
            "光陽電子",
            "¥240,000",
            "合計 2件 ¥720,000",
            "理由未確認",
            "接点の記録なし",
        ),
        "月初MRR": ("合計 40件 ¥12,000,000",),
        "月末MRR": ("合計 42件 ¥12,160,000",),
    }
    for number, bar in enumerate(drawn):
        click_bar(page, number, len(drawn))
        page.wait_for_url("**drawer=*")
        text = drawer(page)
        for printed in expected.pop(str(bar["label"])):
            assert printed in text, (bar["label"], text)
        assert "一致します(差 0)" in text and "一致しません" not in text
    assert not expected


def test_the_rows_of_the_table_twin_and_the_exclusions(page: Page) -> None:
    at(page, OCTOBER)
    page.click("tr:has(th:text-is('解約')) a[data-figure]")
    text = drawer(page)
    assert "南部製菓" in text and "光陽電子" in text and "合計 2件" in text
    page.click("text=除外(当月内の契約・解約)")
    text = drawer(page)
    assert "若葉企画" in text and "除外(当月内の契約・解約)" in text
    at(page, "/numbers/rows/?metric=nrr_monthly&part=excluded&month=2026-10", "¥300,000", "若葉企画")


def test_the_twelve_months_stand_apart(page: Page) -> None:
    at(page, OCTOBER)
    page.click("nav.tabs-row >> text=12か月NRR")
    page.wait_for_url("**tab=year*")
    find(
        page,
        "12か月NRR",
        "12か月NRRは、月次NRRを12回掛けたものではありません。",
        "並べて見る: 月次NRR(記事式)",
        "96.75 %",
    )


def test_another_day_recomputes(page: Page) -> None:
    """X14 on the numbers: at the end of September nothing of October is known."""
    page.goto("/numbers/")
    page.click("summary[aria-label='基準日を変える']")
    page.fill("#asof-day", "2026-09-30")
    page.click("text=この日で表示する")
    page.wait_for_url("**as_of=2026-09-30*")
    text = find(page, "2026年9月", "¥12,000,000")
    assert "96.75 %" not in text
    assert "2026/09/30(水) 時点の表示です(編集はできません)" in words(page, "header.topbar")


def test_closing_and_what_comes_after(october: Visit, page: Page) -> None:
    member = october.open("sato")
    at(
        member,
        "/numbers/closing/?month=2026-10",
        "締めを妨げるものはありません。",
        "月次締めの権限を持つ人だけ",
    )
    assert member.get_by_role("button", name="この月を締める").count() == 0
    token = {cookie["name"]: cookie["value"] for cookie in member.context.cookies()}["csrftoken"]
    refused = member.request.post(
        "/numbers/closing/close/?month=2026-10",
        form={"kind": "final", "comment": "締めます", "csrfmiddlewaretoken": token},
        headers={"Referer": member.url},
    )
    assert refused.status == 403 and "権限" in refused.text()

    at(page, OCTOBER)
    page.click("text=月次締め >> nth=-1")
    page.wait_for_url("**/numbers/closing/**")
    page.fill("#close-comment", "10月の確報。解約2社、いずれも理由を確認中。")
    page.select_option("#close-kind", "final")
    page.click("text=この月を締める")
    page.wait_for_selector("text=締めの記録")
    find(
        page,
        "確報",
        "10月の確報。解約2社、いずれも理由を確認中。",
        "締めたときの値と一致します",
        "締めた後に変わった数字はありません",
    )
    assert page.get_by_role("button", name="この月を締める").count() == 0

    bring(page, "us3/late_only/movements.csv")  # 北浜商店 had left on 10/31, known on 11/24
    at(
        page,
        "/numbers/closing/?month=2026-10",
        "締め後修正",
        "−¥90,000",
        "締めたときの値と一致します",
        "96.75 % 96.00 % −0.75 pt",
    )
    at(page, OCTOBER, "96.75 % 96.00 % −0.75 pt")
    at(page, "/numbers/?month=2026-10", "報告値 96.75 % → 現在の値 96.00 %", "7.50 %")
    at(page, "/numbers/nrr/?month=2026-11", "締め後修正", "−¥90,000")
