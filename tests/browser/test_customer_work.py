"""A day's work on the customer's page: add a customer, a contact, a contract, a touch, end the contract and take it back,
and see MRR, the timeline and the NRR board move. On a desk and on a telephone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.stories import at, bars, words

pytestmark = pytest.mark.browser
NAME = "株式会社つくし計測"


def opened(page: Page, link: str, title: str) -> None:
    """Open a deed in the drawer; the address says so."""
    page.get_by_role("link", name=link, exact=True).first.click()
    page.wait_for_selector(f"[data-drawer-body] h1 >> text={title}")
    assert "drawer=" in page.url


def save(page: Page, button: str, said: str) -> None:
    page.click(f"[data-drawer-body] button >> text={button}")
    page.wait_for_selector(f"#messages >> text={said}")
    assert "drawer=" not in page.url


def new_mrr(page: Page) -> float:
    """The bar 新規 of this month on the NRR board."""
    at(page, "/numbers/nrr/?month=2026-11")
    (bar,) = [bar for bar in bars(page) if bar["key"] == "new"]
    return float(str(bar["value"] or 0))


def test_a_customer_from_the_first_entry_to_the_end_of_its_contract(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    before = new_mrr(page)
    at(page, "/customers/")
    page.click("text=顧客を追加")
    page.fill("[name=name]", NAME)
    page.fill("[name=success_definition]", "検査の記録を当日中に終える")
    page.click("text=登録する")
    page.wait_for_selector("text=顧客を登録しました。")
    assert words(page, "h1") == NAME and "検査の記録を当日中に終える" in words(page, ".answers")
    address = page.url

    at(page, "/customers/new/")  # the same company once more: told before anything is saved
    page.locator("#id_name").press_sequentially("㈱つくし計測")
    page.wait_for_selector("#alike >> text=似た顧客があります")
    assert NAME in words(page, "#alike")
    at(page, address)

    opened(page, "先方担当者を登録", "先方担当者を登録")
    page.click("[data-drawer-body] button >> text=登録する")  # without a name: told in place, nothing lost
    page.wait_for_selector("[data-drawer-body] .error-summary")
    page.fill("[name=family_name]", "土屋")
    page.fill("[name=given_name]", "実")
    page.fill("[name=department]", "検査課")
    page.locator("[data-drawer-body] label", has_text="決裁者").click()
    save(page, "登録する", "先方担当者を登録しました。")
    people = words(page, "#people")
    assert (
        "検査課" in people and "土屋 実" in people and "推進者不在" in people and "決裁者不在" not in people
    )

    opened(page, "契約を登録", "契約を登録")
    page.fill("[name=product]", "基本")
    page.fill("[name=starts_on]", "2026-11-01")
    page.fill("[name=ends_on]", "2027-10-31")
    page.fill("[name=mrr]", "240,000")
    save(page, "登録する", "契約を登録しました。")
    assert "¥240,000" in words(page, ".answers") and "契約中" in words(page, ".answers")
    after = new_mrr(page)
    assert after - before == 240_000

    at(page, address)
    opened(page, "MRR の増減", "契約")
    page.fill("[name=effective_on]", "2026-11-20")
    page.fill("[name=delta]", "-40000")
    page.select_option("[name=cause]", "upsell")  # the cause is only a word: the class is derived
    save(page, "登録する", "MRR の増減を登録しました。")
    assert "¥200,000" in words(page, ".answers") and "アップセル" in words(page, "#mrr")
    assert new_mrr(page) - before == 200_000

    at(page, address)
    opened(page, "解約を登録", "契約")
    page.fill("[name=ended_on]", "2026-11-25")
    page.fill("[name=notified_on]", "2026-11-22")
    page.fill("[name=end_reason]", "予算が付かなかった")
    save(page, "解約を登録する", "解約を登録しました。")
    contract = words(page, "#contracts")
    assert "2026/11/25" in contract and "予算が付かなかった" in contract and "解約を取り消す" in contract
    page.click("text=元に戻す")
    page.wait_for_selector("text=変更を元に戻しました")
    at(page, address)
    assert "¥200,000" in words(page, ".answers") and "解約を登録" in words(page, "#contracts")


def test_a_touch_is_logged_on_a_telephone_in_a_few_taps(at_sample: Visit) -> None:
    """Five acts from the customer's page to the timeline; a correction keeps the older row; 取り消し takes it out."""
    page = at_sample.open("tanaka", viewport={"width": 390, "height": 844})
    at(page, "/customers/")
    page.locator("a[data-row-link]").first.click()
    page.wait_for_url(re.compile(r"/customers/\d+/"))
    page.get_by_role("link", name="接点を記録").first.click()
    page.wait_for_selector("[data-drawer-body] form")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-drawer-body] label", has_text="電話").click()
    page.locator("[data-drawer-body] label", has_text="受動").click()
    page.fill("[name=subject]", "請求書の宛名の相談")
    button = page.locator("[data-drawer-body] button", has_text="記録する")
    place = button.bounding_box()
    assert place and place["y"] + place["height"] <= 844  # in reach without scrolling
    page.dispatch_event(
        "[name=subject]", "compositionstart"
    )  # kana are being converted: Enter chooses, never sends
    page.press("[name=subject]", "Enter")
    page.dispatch_event("[name=subject]", "compositionend")
    assert page.locator("[data-drawer-body] form").count() == 1
    button.click()
    page.wait_for_selector("#messages >> text=接点を記録しました。")
    assert "請求書の宛名の相談" in words(page, "#timeline") and "受動" in words(page, "#timeline")
    page.locator("#timeline .timeline-item", has_text="請求書の宛名の相談").get_by_role(
        "link", name="訂正"
    ).click()
    page.wait_for_selector("[data-drawer-body] h1 >> text=接点の記録を訂正")
    page.fill("[name=subject]", "請求書の宛名の変更")
    page.click("[data-drawer-body] button >> text=訂正を保存する")
    page.wait_for_selector("#messages >> text=訂正しました。")
    assert "請求書の宛名の変更" in words(page, "#timeline") and "宛名の相談" not in words(page, "#timeline")
    page.locator("#timeline .timeline-item", has_text="請求書の宛名の変更").get_by_role(
        "link", name="訂正"
    ).click()
    page.click("[data-drawer-body] >> text=この記録を取り消す")
    page.wait_for_selector("[data-drawer-body] h1 >> text=接点の記録を取り消す")
    page.click("[data-drawer-body] button >> text=取り消す")
    page.wait_for_selector("#messages >> text=取り消しました。")
    assert "請求書の宛名" not in words(page, "#timeline")


def test_two_people_edit_one_contact_and_the_second_is_told(at_sample: Visit) -> None:
    first, second = at_sample.open("tanaka"), at_sample.open("tanaka")
    at(first, "/customers/")
    first.locator("a[data-row-link]").nth(2).click()
    first.wait_for_url(re.compile(r"/customers/\d+/"))
    second.goto(first.url)
    for page in (first, second):
        page.locator("#people").get_by_role("link", name=re.compile("さんを編集")).first.click()
        page.wait_for_selector("[data-drawer-body] [name=title]")
    first.fill("[name=title]", "先の役職")
    second.fill("[name=title]", "後の役職")
    first.click("[data-drawer-body] button >> text=変更を保存する")
    first.wait_for_selector("#messages >> text=保存しました。")
    second.click("[data-drawer-body] button >> text=変更を保存する")
    second.wait_for_selector("[data-drawer-body] >> text=ほかの人が先に変更しました")
    assert second.input_value("[name=title]") == "後の役職"
    second.reload()
    assert "先の役職" in words(second, "#people")
