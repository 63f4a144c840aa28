"""The page script and the chart island by themselves, in a real Chromium, under the strict content security policy.

The pages here are written for the test: what is tried is the contract of frontend/README.md, not Banso's own pages.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

STATIC = Path(__file__).resolve().parents[2] / "src" / "banso_web" / "static"
pytestmark = pytest.mark.browser

WATERFALL = {
    "kind": "waterfall",
    "unit": {"kind": "money", "currency": "JPY"},
    "description": "月初420万円から月末423万円",
    "bars": [
        {"key": "opening", "label": "月初", "value": 4_200_000, "kind": "total", "href": "/rows?of=opening"},
        {"key": "new", "label": "新規", "value": 830_000, "kind": "delta"},
        {"key": "churn", "label": "解約", "value": -800_000, "kind": "delta"},
        {"key": "fx", "label": "為替", "value": None, "kind": "delta", "state": "算出不可"},
        {"key": "closing", "label": "月末", "value": 4_230_000, "kind": "total"},
    ],
}
PAGE = """<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>x</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/built/app.css"><script src="/built/theme.js"></script>
<script defer src="/built/app.js"></script><script defer src="/built/charts.js"></script></head><body>
<button data-theme-set="dark">暗</button><button data-rail-toggle>≡</button>
<main><table class="grid"><tbody>
<tr data-href="/one"><td><input type="checkbox" data-select-row></td><td><a data-row-link href="/one">一</a></td></tr>
<tr data-href="/two"><td><input type="checkbox" data-select-row></td><td><a data-row-link data-drawer href="/two">二</a></td></tr>
</tbody></table><div class="bulk-bar" data-bulk-bar hidden><span data-bulk-count>0</span></div>
<figure class="chart" data-chart-box><button data-chart-toggle aria-pressed="false">表で見る</button>
<div class="chart-canvas" data-chart><script type="application/json">%(chart)s</script></div>
<div data-chart-table hidden><table class="grid"><tbody><tr><td>表</td></tr></tbody></table></div></figure>
<form action="/done" data-guard data-draft="touch"><p data-draft-note hidden>下書き</p><input id="field" name="q"><textarea id="memo" name="memo"></textarea>
<button id="send">送る</button></form></main>
<aside class="drawer" data-drawer-panel hidden><button data-drawer-close>閉じる</button><div data-drawer-body></div></aside>
<dialog class="palette" data-palette><input aria-label="検索"><div data-palette-results>
<a class="palette-item" href="/p1">一</a><a class="palette-item" href="/p2">二</a></div></dialog>
<div class="toasts" data-waiting role="status" hidden><div class="toast">計算しています</div></div></body></html>"""


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/built/"):
            super().do_GET()
            return
        inside = f"<main>引き出し {self.path}</main>" if self.headers.get("X-Banso-Drawer") else None
        body = (inside or PAGE % {"chart": json.dumps(WATERFALL)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'self'; img-src 'self' data:")
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(STATIC)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    context = chromium.new_context(base_url=site)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto("/")
    page.wait_for_selector("[data-chart] svg")
    yield page
    context.close()
    assert said == [], "the console stays empty, the policy is not broken"


def test_enter_during_kana_conversion_never_submits(page: Page) -> None:
    page.focus("#field")
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "あおば", "selectionStart": 3, "selectionEnd": 3})
    page.keyboard.press("Enter")
    page.wait_for_timeout(100)
    assert page.url.endswith("/")
    keyboard.send("Input.insertText", {"text": "青葉"})
    page.wait_for_timeout(100)
    page.keyboard.press("Enter")
    page.wait_for_url("**/done?q=*")


def test_a_page_that_is_long_in_coming_says_so(page: Page) -> None:
    assert page.is_hidden("[data-waiting]")
    # Playwright looks at nothing while a page is being left, so the browser's own two events stand for the leaving.
    page.evaluate("dispatchEvent(new Event('beforeunload'))")
    page.wait_for_selector("[data-waiting]", state="visible")
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    page.wait_for_selector("[data-waiting]", state="hidden")


def test_the_keyboard_walks_the_table(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.inner_text("[data-bulk-count]") == "1"
    page.keyboard.press("Escape")
    assert page.is_hidden("[data-bulk-bar]")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.get_attribute("tr.row-current", "data-href") == "/two"
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/one")


def test_the_drawer_stands_in_the_address(page: Page) -> None:
    page.click("text=二 >> nth=0")
    page.wait_for_selector("[data-drawer-body]:has-text('引き出し /two')")
    assert page.url.endswith("/?drawer=%2Ftwo")
    page.reload()
    page.wait_for_selector("[data-drawer-body]:has-text('引き出し /two')")
    page.keyboard.press("Escape")
    assert page.is_hidden("[data-drawer-panel]")
    assert page.url.endswith("/")


def test_a_foreign_address_never_opens_in_the_drawer(page: Page) -> None:
    page.goto("/?drawer=//example.org/x")
    page.wait_for_selector("[data-chart] svg")
    assert page.is_hidden("[data-drawer-panel]")


def test_the_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/p2")


def test_a_draft_survives_and_can_be_sent(page: Page) -> None:
    page.fill("#memo", "訪問の記録")
    page.wait_for_function("() => Object.keys(localStorage).some((key) => key.startsWith('banso:draft:'))")
    page.once("dialog", lambda dialog: dialog.accept())  # unsaved changes warn
    page.goto("/")
    assert page.input_value("#memo") == "訪問の記録"
    assert page.is_visible("[data-draft-note]")
    page.click("#send")
    page.wait_for_url("**/done*")
    page.goto("/")
    assert page.input_value("#memo") == ""


def test_theme_and_rail_are_remembered_before_the_first_paint(page: Page) -> None:
    page.click("[data-theme-set=dark]")
    page.click("[data-rail-toggle]")
    page.reload(wait_until="commit")
    page.wait_for_selector("main")
    assert page.evaluate("({...document.documentElement.dataset})") == {
        "theme": "dark",
        "rail": "folded",
        "js": "on",
    }


def test_a_chart_says_its_numbers(page: Page) -> None:
    drawn = page.text_content("[data-chart] svg") or ""
    for label in ("¥4,200,000", "+¥830,000", "−¥800,000", "算出不可", "¥4,230,000"):
        assert label in drawn
    assert "¥0" not in drawn
    assert page.get_attribute("[data-chart]", "role") == "img"
    assert page.get_attribute("[data-chart]", "aria-label") == WATERFALL["description"]
    page.hover("[data-chart]", position={"x": 180, "y": 200})
    page.wait_for_selector(".chart-tip:has-text('月初')")


def test_a_bar_opens_its_rows(page: Page) -> None:
    page.click("[data-chart]", position={"x": 180, "y": 250})
    page.wait_for_selector("[data-drawer-body]:has-text('/rows?of=opening')")


def test_the_table_twin_is_one_key_away(page: Page) -> None:
    page.keyboard.press("t")
    assert page.is_visible("[data-chart-table]")
    assert page.is_hidden("[data-chart]")
    page.click("[data-chart-toggle]")
    assert page.is_visible("[data-chart] svg")


def test_a_chart_follows_the_theme(page: Page) -> None:
    bar = "[data-chart] svg path[fill]:not([fill='none']):not([fill='transparent'])"
    fills = "([selector]) => [...new Set([...document.querySelectorAll(selector)].map(path => path.getAttribute('fill')))].sort()"
    light = page.evaluate(fills, [bar])
    page.click("[data-theme-set=dark]")
    page.wait_for_function(
        f"([selector, light]) => JSON.stringify(({fills})([selector])) !== JSON.stringify(light)",
        arg=[bar, light],
    )
