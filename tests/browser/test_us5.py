"""US-5 ① in a browser: from the files to the card with its evidence, and on to the customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visit, visits
from tests.browser.stories import STORIES, at, bring, find, words

pytestmark = pytest.mark.browser
CASES = "us5/cases_1_2_5"


@pytest.fixture(scope="module")
def november(chromium: Browser, furnished: Callable[[str], Path]) -> Iterator[Visit]:
    for visit in visits(chromium, furnished("people"), worker=True):
        files = sorted(path.name for path in (STORIES / CASES).iterdir())
        bring(visit.open("tanaka"), *(f"{CASES}/{name}" for name in files))
        yield visit


@pytest.fixture
def page(november: Visit) -> Iterator[Page]:
    november.broken.clear()
    yield november.open("takahashi")
    november.close()
    assert november.broken == []


def test_the_story_of_the_falling_use(november: Visit, page: Page) -> None:
    """One journey: 再計算 by the manager, the card and its evidence, the quiet time, the customer's page."""
    manager = november.open("tanaka")
    at(manager, "/usage/", "まだ計算していません")
    manager.get_by_role("button", name="再計算").click()
    manager.wait_for_selector("text=計算し直しました")
    at(page, "/", "担当顧客の動き", "利用低下 −35.4 %", "席数減 −40 %")
    page.get_by_role("link", name="東和物流").first.click()
    page.wait_for_url("**/usage/**")
    find(page, "−35.4 %", "営業部 −62 %", "一括申請 −80 %", "¥300,000", "2027/02/28(日)")
    card = page.locator("article", has_text="東和物流").first
    card.locator("summary", has_text="なぜ?").click()
    text = find(page, "基準 24.0 → 直近 15.5 = −35.4 %", "しきい値 16.8")
    assert "除外: 休日が2日以上 (9/21, 9/22, 9/23)" in text
    assert "小林塗装" not in text
    page.get_by_role("link", name="少人数のため対象外").click()
    page.wait_for_selector("text=小林塗装")
    at(page, "/usage/")
    card = page.locator("article", has_text="東和物流").first
    card.get_by_role("link", name="警告を休む").click()
    page.locator("[data-drawer-body]").get_by_label("繁忙期").check()
    page.locator("[data-drawer-body]").get_by_role("button", name="この日まで休む").click()
    page.wait_for_selector("text=まで警告を休んでいます(繁忙期)")
    page.locator("article", has_text="東和物流").first.get_by_role("link", name="東和物流").click()
    page.wait_for_selector("text=週ごとの利用の推移")
    assert "利用低下 · −35.4 %" in words(page)
