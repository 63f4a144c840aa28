"""Makes docs/pictures/*.png from the sample company at a fixed day: `make pictures`.

Pictures are 1,360 px wide and show one screen, so that each stays small in the repository (MOST).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGS, Visit
from tests.browser.product import ROOT, Product, furnish

PICTURES = ROOT / "docs" / "pictures"
MOST = 200_000  # bytes of one picture
WIDTH = 1360
# name: (address, height, theme, language, what must stand on the page before the picture is taken)
SHOTS = {
    "home": ("/", 900, "light", "ja", ".stat-value"),
    "customers": ("/customers/", 760, "light", "ja", "tbody tr"),
    "customer": ("", 1300, "light", "ja", "#timeline"),
    "moves": ("/usage/?scope=all", 1000, "light", "ja", "article [data-chart] svg"),
    "kpi-ja": ("/numbers/?month=2026-10", 1200, "light", "ja", ".kpi-tile"),
    "waterfall": ("/numbers/nrr/?month=2026-10", 1200, "light", "ja", "[data-chart] svg"),
    "ltv": (
        "/numbers/ltv/?form=article&unit_price=100000&gross_margin=70&frequency=12&years=4"
        "&acquisition_cost=1200000&retention_cost=240000",
        1300, "light", "ja", "[data-chart] svg",
    ),
    "import": ("/imports/1/", 800, "light", "ja", "#import-run table"),
    "waterfall-dark": ("/numbers/nrr/?month=2026-10", 1000, "dark", "ja", "[data-chart] svg"),
    "kpi-en": ("/numbers/?month=2026-10", 1200, "light", "en", ".kpi-tile"),
}  # fmt: skip


def take(page: Page, name: str, folder: Path) -> int:
    address, height, theme, language, ready = SHOTS[name]
    page.set_viewport_size({"width": WIDTH, "height": height})
    if not address:
        page.goto("/customers/?sort=-mrr")
        address = page.get_attribute("tbody tr >> nth=0", "data-href") or ""
    page.goto(f"/?lang={language}")
    page.evaluate("(theme) => document.querySelector(`[data-theme-set=${theme}]`).click()", theme)
    page.goto(address)
    page.wait_for_selector(ready)
    page.wait_for_timeout(700)  # charts grow for a moment
    picture = page.screenshot(animations="disabled")
    (folder / f"{name}.png").write_bytes(picture)
    return len(picture)


def main(names: Sequence[str] = ()) -> int:
    """Take the named pictures, or all; 1 where one is larger than MOST."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    too_large = False
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        home = Path(name) / "home"
        furnish(home, "sample")
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        product = Product(home).start()
        try:
            visit = Visit(browser, product)
            page = visit.open("tanaka")
            for shot in names or SHOTS:
                size = take(page, shot, PICTURES)
                too_large = too_large or size > MOST
                print(f"{shot}.png {size:,} bytes")
            for line in visit.broken:
                print("console:", line)
            visit.close()
        finally:
            product.stop()
            browser.close()
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
