"""US-6 in a browser: from the home to the portfolio, the three who are overlooked, and somebody who is asked to speak to one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visit, visits
from tests.browser.stories import STORIES, at, bring

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def monday(chromium: Browser, furnished: Callable[[str], Path]) -> Iterator[Visit]:
    for visit in visits(chromium, furnished("people"), worker=True):
        bring(visit.open("tanaka"), *(f"us6/{path.name}" for path in sorted((STORIES / "us6").iterdir())))
        yield visit


@pytest.fixture
def page(monday: Visit) -> Iterator[Page]:
    monday.broken.clear()
    yield monday.open("tanaka")
    monday.close()
    assert monday.broken == []


def plain(page: Page) -> str:
    """The visible words; the axis of the shares prints 60 %, which elsewhere is a wrong figure."""
    return re.sub(r"\s+", " ", page.inner_text("main"))


def names(page: Page) -> list[str]:
    return page.locator("[data-list] [data-row-link]").all_inner_texts()


def test_the_story_of_the_overlooked(monday: Visit, page: Page) -> None:
    """One journey: the shares, the lists, the order of urgency, the task and its undo."""
    at(page, "/", "フォロー漏れ", "3社 · ¥1,000,000", "優先度 94.2")
    page.get_by_role("link", name="顧客ポートフォリオで見る").click()
    page.wait_for_selector("[data-list=overlooked]")
    said = plain(page)
    for printed in (
        "対応の78 %が2社に集中",
        "接点の 78.0 %",
        "MRR の 8.1 %",
        "MRR ¥1,000,000",
        "満足度不明が 1社 · ¥400,000",
    ):
        assert printed in said, said
    assert names(page) == ["大空食品", "東和物流", "北斗製作所"]
    rows = page.locator("[data-list] tbody tr").all_inner_texts()
    for row, printed in zip(
        rows,
        (("94.2", "低下", "3.9 → 3.2"), ("80.3", "低下", "4.1 → 3.4"), ("24.0", "3.6 → 3.6")),
        strict=True,
    ):
        assert all(one in row for one in printed), row
    assert "低下" not in rows[2]
    page.get_by_role("link", name="満足度不明 1").click()
    page.wait_for_selector("[data-list=unknown]")
    assert names(page) == ["光洋電機"] and "無回答2回" in plain(page)
    page.get_by_role("link", name="低満足・対応中 1").click()
    page.wait_for_selector("[data-list=low]")
    assert names(page) == ["さくら病院"] and "低下" in page.locator("[data-list] tbody").inner_text()
    page.get_by_role("link", name="緊急度順").click()
    page.wait_for_selector("text=この並びでは、フォロー漏れの 3社 が隠れています。")
    page.get_by_role("link", name="フォロー漏れを先に見る").click()
    page.wait_for_selector("[data-list=overlooked]")
    page.get_by_role("button", name="大空食品 の能動ヒアリングを割り当てる").click()
    page.wait_for_selector("text=1社の能動ヒアリングを割り当てました。")
    assert "2026/12/01(火)" in page.locator("[data-list] tbody tr").first.inner_text()
    owner = monday.open("takahashi")
    at(owner, "/", "能動ヒアリング 大空食品 · 2026/12/01(火)")
    page.get_by_role("button", name="元に戻す").click()
    page.get_by_role("button", name="大空食品 の能動ヒアリングを割り当てる").wait_for()
