"""Walking every page that links lead to: which address stands for which page, and what must hold on each of them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, TimeoutError

# Parameters that change what a page is, not only which rows or which day it shows.
TELLING = ("tab", "form", "by", "side", "metric", "part")
# Files, the way out, and the switches of the frame: no pages to walk to.
NOT_PAGES = re.compile(
    r"\.(csv|xlsx|json)$|^/static/|^/api/v1/openapi|/logout|^/styleguide|/scorecards/[^/]+/text/$"
)
SKIPPED = ("export", "lang", "as_of", "known_at", "watermark", "drawer", "after", "before", "sort", "q")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")

# What the page says of itself, in one go: everything that is looked at on every page.
LOOK = """() => ({
  lang: document.documentElement.lang,
  h1: [...document.querySelectorAll('h1')].map((one) => one.innerText.trim()),
  title: document.title,
  links: [...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href')),
  figures: [...document.querySelectorAll('[data-figure]')].map((one) => [one.dataset.figure, one.dataset.rowsUrl || '', one.innerText.trim()]),
  unmarked: [...document.querySelectorAll('a.stat-value:not([data-figure])')].length,
  frame: [...document.querySelectorAll('nav.rail a.rail-link .rail-label, .rail-group, header.topbar button, header.topbar summary, header.topbar label, h1, h2, h3, legend, label, main th[scope=col], main button, main .btn, main .page-note, main .stat-label, main .field-help, main dt, main .tab-link, main .notice, main caption, main .formula, main .stage, main .note, main .empty')]
    .filter((one) => one.checkVisibility() || one.tagName === 'CAPTION')
    .map((one) => { const copy = one.cloneNode(true); copy.querySelectorAll('option, input, textarea, select, [lang=ja], [data-own]').forEach((inner) => inner.remove()); return copy.textContent.replace(/\\s+/g, ' ').trim(); }),
  said: [...document.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap((one) => ['aria-label', 'placeholder', 'title'].map((name) => one.getAttribute(name) || '')),
})"""


def kind_of(url: str) -> str:
    """The page an address stands for: ids and free values are taken out, so that one page of a kind is walked."""
    parts = urlsplit(url)
    path = re.sub(r"/\d+(?=/|$)", "/N", parts.path)
    path = re.sub(r"^(/numbers/kpi|/settings/history|/imports/columns)/[\w.-]+", r"\1/X", path)
    telling = sorted({(key, value) for key, value in parse_qsl(parts.query) if key in TELLING})
    if path == "/numbers/rows/":
        telling = [(key, value) for key, value in telling if key == "part"]
    return path + "".join(f"&{key}={value}" for key, value in telling)


def is_page(url: str) -> bool:
    parts = urlsplit(url)
    asked = {key for key, _value in parse_qsl(parts.query)}
    return not NOT_PAGES.search(parts.path) and not asked.intersection(SKIPPED)


@dataclass
class Seen:
    """What was found on a walk."""

    pages: dict[str, str] = field(default_factory=dict)  # kind -> address
    figures: dict[str, tuple[str, str]] = field(default_factory=dict)  # rows' address -> (page, text)
    wrong: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)  # does not fit a telephone
    barred: dict[str, list[str]] = field(default_factory=dict)  # page -> serious findings of axe-core


def wide_on_a_telephone(page: Page) -> int:
    """The width of this page's content on a screen of 390 once its charts have followed; the window gets its size back."""
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 800})
    with suppress(TimeoutError):
        page.wait_for_function("() => document.documentElement.scrollWidth <= 390", timeout=3_000)
    width = int(page.evaluate("document.documentElement.scrollWidth"))
    if before is not None:
        page.set_viewport_size(before)
    return width


AXE = Axe()
SERIOUS = """() => axe.run({resultTypes: ['violations']}).then((found) => found.violations
  .filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`))"""


def serious(page: Page) -> list[str]:
    """Serious and critical findings of axe-core on the page as it stands, each with its first place."""
    page.evaluate(AXE.axe_script)
    found: list[str] = page.evaluate(SERIOUS)
    return found


def walk(
    page: Page,
    start: list[str],
    look: Callable[[str, dict[str, Any], Seen], None],
    try_out: Callable[[str, Page, Seen], None],
    most: int = 150,
) -> Seen:
    """Open one page of every kind that links lead to, breadth first, each once; `look` judges what it says,
    `try_out` what it does in this browser."""
    seen = Seen()
    host = urlsplit(page.url).netloc
    waiting = deque(start)
    queued = {kind_of(url) for url in start}
    while waiting:
        url = waiting.popleft()
        answer = page.goto(url, wait_until="load")
        kind = kind_of(url)
        seen.pages[kind] = url
        if answer is None or answer.status != 200:
            seen.wrong.append(f"{url}: {answer and answer.status}")
            continue
        found = page.evaluate(LOOK)
        look(url, found, seen)
        try_out(url, page, seen)
        for link in found["links"]:
            parts = urlsplit(urljoin(page.url, link))
            if parts.netloc != host or not parts.scheme.startswith("http"):
                continue
            address = parts.path + (f"?{parts.query}" if parts.query else "")
            if is_page(address) and kind_of(address) not in queued:
                queued.add(kind_of(address))
                waiting.append(address)
        assert len(seen.pages) <= most, f"more kinds of pages than expected: {sorted(seen.pages)}"
    return seen
