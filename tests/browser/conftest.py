"""One Chromium and one running product a module; a person logs in once and every page of hers starts from that."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.furnish import PASSWORD
from tests.browser.product import Product, copy_home, furnish

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
# What Chromium says of an answer of 403, 404 or 422 that a test asks for on purpose.
ASKED_FOR = "Failed to load resource: the server responded with a status of 4"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def furnished(
    made_once: Callable[[str, Callable[[Path], None]], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """`furnished("sample")`: a home with that content, made once a run and copied for whoever asks."""

    def home(what: str) -> Path:
        made = made_once(what, lambda folder: furnish(folder, what))
        return copy_home(made, tmp_path_factory.mktemp("home") / what)

    return home


class Visit:
    """Pages of one person at one product, watched: what the console says and which hosts are asked."""

    def __init__(self, browser: Browser, product: Product) -> None:
        self.browser, self.product = browser, product
        self.states: dict[str, Any] = {}
        self.contexts: list[BrowserContext] = []
        self.broken: list[str] = []

    def open(self, person: str = "", **options: Any) -> Page:
        """A fresh page of `person` ("" is nobody), logged in by the form the first time."""
        options.setdefault("viewport", {"width": 1360, "height": 900})
        options.setdefault("locale", "ja-JP")
        state = self._state(person) if person else None
        context = self.browser.new_context(base_url=self.product.url, storage_state=state, **options)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        self.watch(page)
        return page

    def watch(self, page: Page) -> None:
        def console(said: Any) -> None:
            if said.type in ("error", "warning") and not said.text.startswith(ASKED_FOR):
                self.broken.append(f"{page.url}: {said.text}")

        def request(asked: Any) -> None:
            if not asked.url.startswith((self.product.url, "data:", "blob:")):
                self.broken.append(f"{page.url}: asks another host: {asked.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: self.broken.append(f"{page.url}: {error}"))
        page.on("request", request)

    def _state(self, person: str) -> Any:
        if person not in self.states:
            context = self.browser.new_context(base_url=self.product.url)
            page = context.new_page()
            page.goto("/login/?next=/me/")
            page.fill("[name=login]", f"{person}@example.jp")
            page.fill("[name=password]", PASSWORD)
            page.click("form.form button.btn-primary")
            page.wait_for_url("**/me/")
            self.states[person] = context.storage_state()
            context.close()
        return self.states[person]

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()


def visits(chromium: Browser, home: Path, *, worker: bool = False) -> Iterator[Visit]:
    """A running product in this home and its visitor, for a module's fixture; the product ends with the module."""
    product = Product(home, worker=worker).start()
    visit = Visit(chromium, product)
    try:
        yield visit
    finally:
        visit.close()
        product.stop()


@pytest.fixture(scope="module")
def sample(chromium: Browser, furnished: Callable[[str], Path]) -> Iterator[Visit]:
    """The sample company (160 customers), running."""
    yield from visits(chromium, furnished("sample"))


@pytest.fixture
def at_sample(sample: Visit) -> Iterator[Visit]:
    """The sample company for one test: its pages are closed after it, and nothing may have broken in the browser."""
    sample.broken.clear()
    yield sample
    sample.close()
    assert sample.broken == []
