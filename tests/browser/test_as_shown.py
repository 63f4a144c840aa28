"""顧客一覧 after a filter that changed the address without a new page: what leaves it and what surrounds it follow."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.crawl import serious
from tests.browser.stories import at

pytestmark = pytest.mark.browser


def narrowed(page: Page) -> int:
    """The list of what ends within 60 days; how many customers it shows."""
    at(page, "/customers/?sort=-mrr")
    every = page.locator("[data-select-row]").count()
    page.select_option(".filter-bar [name=renewal]", "60")
    page.wait_for_url(lambda url: "renewal=60" in url)
    page.wait_for_selector(".chip-on >> text=60日")
    assert "sort=-mrr" in page.url
    found = page.locator("[data-select-row]").count()
    assert 0 < found < every
    return found


def test_the_export_after_a_filter_is_what_is_shown(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    shown = narrowed(page)
    names = page.locator("a[data-row-link]").all_inner_texts()
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV", exact=True).click()
    rows = list(csv.reader(io.StringIO(Path(taken.value.path()).read_text("utf-8-sig"))))
    assert len(rows) == shown + 1 and [row[0] for row in rows[1:]] == names


def test_language_and_day_keep_the_filter_of_the_address(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    narrowed(page)
    page.click("header.topbar >> text=English")
    page.wait_for_function("() => document.documentElement.lang === 'en'")
    assert "renewal=60" in page.url and "sort=-mrr" in page.url
    page.click("header.topbar >> text=日本語")
    page.wait_for_function("() => document.documentElement.lang === 'ja'")
    narrowed(page)
    page.click("summary[aria-label='基準日を変える']")
    page.fill("#asof-day", "2026-09-30")
    page.click("text=この日で表示する")
    page.wait_for_url(lambda url: "as_of=2026-09-30" in url and "renewal=60" in url)
    page.select_option(".filter-bar [name=state]", "active")
    page.wait_for_url(lambda url: "state=active" in url and "as_of=2026-09-30" in url)
    page.click("text=今日に戻る")
    page.wait_for_url(lambda url: "as_of" not in url and "renewal=60" in url and "state=active" in url)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bar_of_ticked_rows_can_be_read(at_sample: Visit, theme: str) -> None:
    page = at_sample.open("tanaka", color_scheme=theme)
    at(page, "/customers/")
    page.click("[data-select-row] >> nth=0")
    page.select_option("[data-bulk-field]", "excluded")
    field = page.locator("[name=value_excluded]")
    assert field.is_visible() and page.locator("[name=value_owner]").is_hidden()
    ink, ground = (
        field.evaluate(f"(one) => getComputedStyle(one).{of}") for of in ("color", "backgroundColor")
    )
    assert ink != ground
    assert serious(page) == []


def test_a_refused_bulk_edit_keeps_ticks_and_field(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    at(page, "/customers/")
    page.click("[data-select-row] >> nth=0")
    page.select_option("[data-bulk-field]", "owner")
    page.click("text=選んだ顧客を変更する")
    page.wait_for_selector("text=新しい値を選んでください")
    assert page.locator("[data-select-row]").nth(0).is_checked()
    assert page.locator("[name=value_owner]").is_visible()
    assert page.inner_text("[data-bulk-bar]").startswith("1 社を選択中")


def test_shift_sorts_by_one_column_more_by_mouse_and_keyboard(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    at(page, "/customers/?sort=segment")
    page.click("thead >> text=MRR", modifiers=["Shift"])
    page.wait_for_url(lambda url: "sort=segment%2C-mrr" in url)
    assert page.locator(".sort-rank").count() == 2 and len(page.context.pages) == 1
    page.locator("thead a", has_text="満了日").focus()
    page.keyboard.press("Shift+Enter")
    page.wait_for_url(lambda url: "sort=segment%2C-mrr%2Crenewal" in url)
    assert len(page.context.pages) == 1


def only_one(page: Page) -> None:
    """The palette answers what was typed (before, it shows everything)."""
    page.wait_for_function("() => document.querySelectorAll('.palette-item').length === 1")


def test_the_palette_does_things(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    at(page, "/customers/")
    page.keyboard.press("Control+k")
    page.fill(".palette-input", "だーく")
    page.wait_for_selector(".palette-item >> text=表示を暗くする")
    only_one(page)
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.documentElement.dataset.theme === 'dark'")
    assert page.locator("dialog[data-palette]").is_hidden()
    page.keyboard.press("Control+k")
    page.fill(".palette-input", "ﾄﾘｺﾑ")
    page.wait_for_selector(".palette-item >> text=ファイルを取り込む")
    only_one(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/imports/new/")


def test_a_day_is_typed_in_the_japanese_way_and_said_back(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    at(page, "/customers/")
    page.click("summary[aria-label='基準日を変える']")
    page.fill("#asof-day", "令和8年9月30日")
    assert page.inner_text(".asof .day-said >> nth=0") == "2026/09/30(水)"
    assert page.locator(".asof .day-open").first.get_attribute("aria-label") == "カレンダーから選ぶ"
    page.click("text=この日で表示する")
    page.wait_for_url(lambda url: "as_of=2026-09-30" in url)
    assert page.input_value("#asof-day") == "2026/09/30"


def test_on_a_telephone_the_bar_has_two_rows_and_one_menu(at_sample: Visit) -> None:
    page = at_sample.open("tanaka", viewport={"width": 390, "height": 800})
    at(page, "/customers/")
    bar = page.locator("header.topbar").bounding_box()
    assert bar is not None and bar["height"] < 96
    page.click("header.topbar .menu-pop:has(.menu-pop-name) > summary")
    assert page.locator(".menu-pop-body >> text=English").is_visible()
    assert page.locator(".menu-pop-body [data-theme-set=dark]").is_visible()
    page.keyboard.press("Escape")
    page.click(".topbar [data-rail-toggle]")
    page.click(".rail-close")
    assert page.locator("nav.rail").is_hidden()


def test_a_drawer_of_the_address_is_focused_and_closes_by_escape(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    at(page, "/numbers/?month=2026-10&drawer=/glossary/")
    page.wait_for_selector("[data-drawer-body] h1")
    assert (
        page.evaluate("document.activeElement.tagName + document.activeElement.closest('.drawer')?.className")
        == "H1drawer"
    )
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "drawer" not in url)
    assert page.locator(".drawer").is_hidden()
