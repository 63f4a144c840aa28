"""US-2 in a browser: the five levers of LTV, live, to the printed digit."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visit, visits
from tests.browser.stories import find, words

pytestmark = pytest.mark.browser
ARTICLE = {
    "unit_price": "100000", "gross_margin": "70", "frequency": "12", "years": "4",
    "acquisition_cost": "1,200,000", "retention_cost": "240000",
}  # fmt: skip
CHURN = {
    "unit_price": "100000", "gross_margin": "70", "monthly_retention_cost": "20000", "acquisition_cost": "1200000",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(chromium: Browser, furnished: Callable[[str], Path]) -> Iterator[Visit]:
    yield from visits(chromium, furnished("people"))


@pytest.fixture
def page(home: Visit) -> Iterator[Page]:
    home.broken.clear()
    yield home.open("tanaka")
    home.close()
    assert home.broken == []


def give(page: Page, **values: str) -> None:
    """Type into the form and leave the field; the result below answers by itself."""
    for name, value in values.items():
        page.fill(f"#ltv-form [name={name}]", value)
        page.locator(f"#ltv-form [name={name}]").blur()


def soon(page: Page, *printed: str) -> str:
    """Wait until the live result shows the last of these words, then find all of them."""
    page.wait_for_function(
        "(text) => document.querySelector('#ltv-result').innerText.replace(/\\s+/g, ' ').includes(text)",
        arg=printed[-1],
    )
    return find(page, *printed)


def test_article_form_levers_and_ranking(page: Page) -> None:
    page.goto("/")
    page.click("nav.rail >> text=LTV")
    page.wait_for_url("**/numbers/ltv/**")
    give(page, **ARTICLE)
    text = soon(
        page,
        "100,000 × 0.7 × 12 × 4 − (1,200,000 + 240,000 × 4) = 1,200,000",
        "¥1,536,000 +¥336,000 +28.0 %",
        "¥1,440,000 +¥240,000 +20.0 %",
        "¥1,416,000 +¥216,000 +18.0 %",
    )
    assert text.count("¥1,536,000 +¥336,000 +28.0 %") == 3  # 単価, 粗利率 (77 %, relative), 頻度
    assert "単価 = 粗利率 = 頻度 > 期間 > コスト" in text
    assert "期間が延びると維持コストも増えます" in text and "固定(月次課金)" in text
    assert "years=4" in page.url  # the question stands in the address
    give(page, lever_unit_price="20")
    soon(page, "¥1,872,000")  # 120,000 × 0.7 × 48 − 2,160,000


def test_churn_form_break_even_and_price_guard(page: Page) -> None:
    page.goto("/numbers/ltv/")
    page.click("nav.tabs-row >> text=チャーン")
    page.wait_for_url("**form=churn*")
    give(page, **CHURN, monthly_churn="5")
    text = soon(
        page,
        "解約率5 %では、このセグメントの獲得コストを回収できません(損益分岐 4.17 %)",
        "−¥200,000",
    )
    for printed in (
        "5 % 20.0 か月 −¥200,000",
        "4 % 25.0 か月 ¥50,000",
        "3 % 33.3 か月 ¥466,667",
        "2 % 50.0 か月 ¥1,300,000",
        "1 % 100.0 か月 ¥3,800,000",
    ):
        assert printed in text.replace("0か月", "0 か月").replace("3か月", "3 か月"), text
    give(page, monthly_churn="3", price_change="10", new_churn="3.5")
    soon(page, "悪化", "3.42 %", "¥57,000", "¥466,667 → ¥428,571")
    give(page, monthly_churn="0", price_change="", new_churn="")
    text = soon(page, "算出不可(解約実績なし)")
    assert "∞" not in text


def test_the_scenario_is_kept_and_the_file_equals_the_screen(home: Visit, page: Page) -> None:
    page.goto("/numbers/ltv/")
    give(page, **ARTICLE)
    soon(page, "¥1,536,000")
    with page.expect_download() as waiting:
        page.click("#ltv-result >> text=CSV")
    rows = list(csv.reader(io.StringIO(waiting.value.path().read_text("utf-8-sig"))))
    values = {row[1]: (row[2], row[3]) for row in rows if len(row) == 5}
    assert values["LTV(記事式)"][0] == "1200000"
    assert (values["単価"], values["期間"], values["コスト"]) == (
        ("1536000", "336000"),
        ("1440000", "240000"),
        ("1416000", "216000"),
    )
    page.fill("[name=name][maxlength='120']", "下期計画")
    page.click("text=シナリオを保存する")
    page.wait_for_selector("text=保存したシナリオ")
    text = words(page)
    assert "下期計画" in text and "2026/11/24(火)" in text and "田中" in text
    assert "シナリオを保存する" not in words_of_a_member(home)


def words_of_a_member(home: Visit) -> str:
    member = home.open("sato")
    member.goto("/numbers/ltv/")
    text = words(member)
    assert "下期計画" in text
    return text
