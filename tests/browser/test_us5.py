"""US-5 ① in a browser: from the files to the card with its evidence, and on to the customer; events on their way to a customer."""

from __future__ import annotations

import base64
import json
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


def send(november: Visit, key: str, *events: dict[str, Any]) -> dict[str, Any]:
    """As a product's server does; gives what it was told."""
    basic = base64.b64encode(f"{key}:".encode()).decode()
    asked = urllib.request.Request(
        november.product.url + "/v1/batch",
        json.dumps({"batch": events}).encode(),
        {"Authorization": f"Basic {basic}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def taken_in(page: Page, *, stored: int) -> None:
    """Look at 届いたイベント until so many are in the store."""
    page.goto("/settings/sources/events/")
    page.wait_for_function(
        "wanted => [...document.querySelectorAll('#events .chip')].filter(one => one.innerText === '取り込み済み').length === wanted",
        arg=stored,
        timeout=60_000,
    )


def test_events_of_an_unknown_group_and_a_misspelt_one_find_their_customer(
    november: Visit, page: Page
) -> None:
    """From a new source: a group is settled and its past is the customer's; what was rejected is mended and counts too."""
    manager = november.open("tanaka")
    at(manager, "/settings/sources/")
    manager.get_by_label("名前").fill("原価クラウド")
    manager.get_by_role("button", name="送信元を作る").click()
    manager.wait_for_url("**/settings/sources/*/")
    key = manager.locator("p > code").first.inner_text()
    event = {
        "type": "track", "event": "原価集計", "timestamp": "2026-11-23T01:00:00Z", "context": {"groupId": "ws-1"},
        "properties": {"department": "積算課"},
    }  # fmt: skip
    told = send(
        november, key, *({**event, "userId": user} for user in ("u1", "u2")), {**event, "user_id": "u3"}
    )
    assert (told["accepted"], len(told["rejected"])) == (2, 1)
    november.product.run([sys.executable, "-m", "banso_web.cli", "compact", "--loop"])
    taken_in(manager, stored=2)

    at(page, "/customers/")
    page.get_by_role("link", name="小林塗装").first.click()
    page.wait_for_selector("text=初回利用")
    customer = page.url
    assert "積算課" not in words(page)
    at(manager, "/settings/sources/unknown/")
    manager.get_by_role("button", name="今すぐ調べる").click()
    manager.get_by_role("link", name="ws-1").click()
    manager.get_by_label("どの顧客か").fill("小林塗装 (A020)")
    manager.get_by_role("button", name="この顧客とする").click()
    manager.wait_for_selector("text=過去のイベント 2 件が「小林塗装」の利用に数えられます")
    at(page, customer, "利用者(30日) 2", "部署 原価集計 積算課 2")

    at(manager, "/settings/sources/rejected/", "userId も anonymousId もない")
    manager.get_by_label("理由").select_option("no_user_id_or_anonymous_id")
    manager.get_by_label("読み替える項目").fill("user_id")
    manager.get_by_label("読み替え先").select_option("userId")
    manager.get_by_role("button", name="まとめて受け付ける").click()
    manager.wait_for_selector("text=1 件を受け付けました")
    taken_in(manager, stored=3)
    at(page, customer, "利用者(30日) 3", "部署 原価集計 積算課 3")
