"""Daily work in the sample company: another day, keyboard, palette, bulk edit with undo, drawer, language, paper, and who
may see what."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.stories import at, words

pytestmark = pytest.mark.browser


def ask_for(page: Page, day: str) -> None:
    page.click("summary[aria-label='基準日を変える']")
    page.fill("#asof-day", day)
    page.click("text=この日で表示する")
    page.wait_for_url(f"**as_of={day}*")


def total_of(page: Page) -> str:
    return page.inner_text("#customer-list .table-tools p.note")


def test_x14_every_screen_recomputes_for_another_day(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    at(page, "/customers/")
    today = total_of(page)
    assert page.locator("[data-select-row]").count() > 0
    ask_for(page, "2026-09-30")
    assert total_of(page) != today and page.locator("[data-select-row]").count() == 0
    assert "2026/09/30(水) 時点の表示です(編集はできません)" in words(page, "header.topbar")
    page.click("a[data-row-link] >> nth=0")
    page.wait_for_url(lambda url: re.search(r"/customers/\d+/\?.*as_of=2026-09-30", url) is not None)
    text = words(page)
    assert "このページでは編集できません" in text and page.get_by_role("link", name="編集する").count() == 0
    shown = [
        date(int(y), int(m), int(d))
        for y, m, d in re.findall(r"(\d{4})/(\d\d)/(\d\d)", words(page, "#timeline"))
    ]
    assert shown and max(shown) <= date(2026, 9, 30)  # contacts after that day are invisible
    page.click("nav.rail >> text=ポートフォリオ")
    page.wait_for_url(lambda url: "/portfolio/?" in url and "as_of=2026-09-30" in url)
    then = words(page, "#portfolio p.note >> nth=0")
    page.click("nav.rail >> text=KGI・KPI")
    page.wait_for_url(lambda url: "/numbers/?" in url and "as_of=2026-09-30" in url)
    assert "2026年9月" in words(page, "h1")
    page.click("text=今日に戻る")
    page.wait_for_url(lambda url: "as_of" not in url)
    at(page, "/portfolio/")
    assert words(page, "#portfolio p.note >> nth=0") != then


def test_the_keyboard_walks_opens_and_finds(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    page.goto("/customers/")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    first = page.get_attribute("tbody tr >> nth=0", "data-href")
    assert page.get_attribute("tr.row-current", "data-href") == first
    name = page.inner_text("tr.row-current a[data-row-link]").split("\n")[0]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first}*")
    assert name in page.inner_text("h1")
    page.keyboard.press("Control+k")
    page.keyboard.type(name)
    page.wait_for_selector(f"[data-palette-results] >> text={name}")
    page.fill(".palette-input", "ウォーターフォール")
    page.wait_for_selector("[data-palette-results] >> text=NRR ウォーターフォール")
    page.keyboard.press("Enter")
    page.wait_for_url("**/numbers/nrr/**")


def test_bulk_edit_and_its_undo(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    page.goto("/customers/?columns=name,segment")
    before = page.locator("tbody tr").nth(0).inner_text(), page.locator("tbody tr").nth(1).inner_text()
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.inner_text("[data-bulk-count]") == "2"
    page.select_option("[data-bulk-bar] [name=field]", "segment")
    page.fill("[data-bulk-bar] [name=value_segment][list]", "特別")
    page.click("text=選んだ顧客を変更する")
    page.wait_for_selector("text=元に戻す")
    assert all("特別" in page.locator("tbody tr").nth(place).inner_text() for place in (0, 1))
    page.click("text=元に戻す")
    page.wait_for_selector("text=元に戻す", state="detached")
    page.goto("/customers/?columns=name,segment")
    assert (
        page.locator("tbody tr").nth(0).inner_text(),
        page.locator("tbody tr").nth(1).inner_text(),
    ) == before


def test_the_drawer_stands_in_the_address_for_a_colleague(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    page.goto("/numbers/?month=2026-10")
    page.click("[data-figure=nrr_monthly] >> nth=0")
    page.wait_for_selector("[data-drawer-body] >> text=計算式")
    link = page.url
    assert parse_qs(urlsplit(link).query)["drawer"][0].startswith("/numbers/rows/")
    colleague = at_sample.open("sato")
    colleague.goto(link)
    colleague.wait_for_selector("[data-drawer-body] >> text=計算式")
    colleague.keyboard.press("Escape")
    colleague.wait_for_url(lambda url: "drawer" not in url)


def test_the_language_is_switched_and_kept(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    page.goto("/numbers/nrr/?month=2026-10")
    page.click("header.topbar >> text=English")
    page.wait_for_function("() => document.documentElement.lang === 'en'")
    assert "month=2026-10" in page.url  # the question stays
    page.goto("/customers/")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.click("header.topbar >> text=日本語")
    page.wait_for_function("() => document.documentElement.lang === 'ja'")


def test_the_kpi_sheet_on_paper(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    page.goto("/numbers/?month=2026-10")
    page.emulate_media(media="print")
    head = words(page, ".print-head")
    assert "KGI・KPI シート 2026年10月" in head and "基準日 2026/11/24(火)" in head and "作成日時" in head
    assert "定義版" not in head and re.search(r"定義版: .*v\d", words(page, ".print-foot"))
    assert page.locator("nav.rail").is_hidden() and page.locator("header.topbar").is_hidden()
    assert page.locator(".btn:visible").count() == 0
    paper = page.pdf(prefer_css_page_size=True)
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert box and (round(float(box[1])), round(float(box[2]))) == (595, 842)  # A4 in points


NUMBERS = {"KGI・KPI", "NRR ウォーターフォール", "LTV", "コホート", "月次締め"}
MENUS = {
    "tanaka": (
        {"ホーム", "顧客", "ポートフォリオ", "取込", "名寄せ", "監査ログ", "メンバー", *NUMBERS},
        set(),
    ),
    "sato": ({"ホーム", "顧客", "ポートフォリオ", *NUMBERS}, {"取込", "名寄せ", "監査ログ", "役割と権限"}),
    "yamamoto": ({"ホーム", "顧客"}, {"ポートフォリオ", "取込", "監査ログ", *NUMBERS}),
    "ito": ({"ホーム"}, {"顧客", "ポートフォリオ", "取込", "監査ログ", *NUMBERS}),
    "watanabe": ({"ホーム", "顧客"}, {"ポートフォリオ", "取込", "監査ログ", *NUMBERS}),
}
REFUSED = {
    "sato": ("/imports/", "/imports/new/", "/audit/", "/settings/roles/", "/customers/matching/"),
    "yamamoto": ("/numbers/", "/numbers/nrr/", "/portfolio/", "/numbers/closing/", "/imports/", "/audit/"),
    "ito": ("/customers/", "/portfolio/", "/numbers/", "/imports/", "/audit/"),
    "watanabe": ("/numbers/ltv/", "/portfolio/", "/numbers/rows/?metric=nrr_monthly", "/imports/"),
}


@pytest.mark.parametrize("person", MENUS)
def test_each_person_sees_what_she_may(at_sample: Visit, person: str) -> None:
    page = at_sample.open(person)
    page.goto("/")
    shown = {text.strip() for text in page.locator("nav.rail .rail-link .rail-label").all_inner_texts()}
    must, must_not = MENUS[person]
    assert must <= shown and not must_not & shown, shown
    for path in REFUSED.get(person, ()):
        answer = page.goto(path)
        assert answer is not None and answer.status == 403, path
        text = words(page)
        assert "権限" in text and "403" in text, path
    for path in ("/customers/999999/", "/imports/999999/", "/nothing/"):
        answer = page.goto(path)
        assert answer is not None and answer.status in (403, 404), path
        assert "data-figure" not in page.content()
    assert page.goto("/nothing/").status == 404  # type: ignore[union-attr]
    assert "404" in words(page)


def test_a_reader_without_the_right_sees_no_price_and_no_contact(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    page.goto("/customers/")
    path = page.get_attribute("tbody tr >> nth=0", "data-href") or ""
    at(page, path)
    people = page.locator(".person strong").all_inner_texts()
    assert people
    product = at_sample.open("yamamoto")
    text = at(product, path)
    assert "¥" not in text and not [name for name in people if name in text]
    nobody = at_sample.open()
    nobody.goto(path)
    assert "/login/" in nobody.url
