"""Pictures can be read: no words over other words, on a telephone and on a desk, in both languages, dark, and on paper."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
PAGES = (
    "/numbers/nrr/",
    "/numbers/nrr/?tab=trend",
    "/numbers/ltv/",
    "/numbers/cohorts/",
    "/numbers/cohorts/?by=quarter&ages=36",
    "/numbers/kpi/customer_churn_monthly/",
    "/portfolio/",
)
WORDS = """() => [...document.querySelectorAll('[data-chart] svg text')].map((one) => {
  const box = one.getBoundingClientRect();
  return { text: one.textContent, x: box.x, y: box.y, w: box.width, h: box.height };
}).filter((one) => one.text.trim() && one.w > 0)"""


def overlaps(words: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of words that lie over each other. A word's box has about 3 px of air above and below its letters."""

    def shared(one: dict[str, Any], other: dict[str, Any], start: str, size: str) -> float:
        return float(min(one[start] + one[size], other[start] + other[size]) - max(one[start], other[start]))

    return [
        (one["text"], other["text"])
        for one, other in combinations(words, 2)
        if shared(one, other, "x", "w") > 2 and shared(one, other, "y", "h") > 6
    ]


def drawn(page: Page, path: str) -> list[dict[str, Any]]:
    page.goto(path)
    page.wait_for_selector("[data-chart] svg text")
    found: list[dict[str, Any]] = page.evaluate(WORDS)
    return found


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_words_of_a_picture_do_not_overlap(at_sample: Visit, width: int, language: str) -> None:
    page = at_sample.open(
        "tanaka",
        viewport={"width": width, "height": 900},
        color_scheme="dark" if language == "en" else "light",
    )
    found = {}
    for path in PAGES:
        words = drawn(page, f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert words, path
        if over := overlaps(words):
            found[path] = over[:5]
    assert found == {}


def test_nor_on_paper(at_sample: Visit) -> None:
    page = at_sample.open("tanaka", viewport={"width": 794, "height": 1123})
    page.emulate_media(media="print")
    assert {path: over[:5] for path in PAGES if (over := overlaps(drawn(page, path)))} == {}


def test_a_picture_follows_the_window(at_sample: Visit) -> None:
    page = at_sample.open("tanaka", viewport={"width": 1280, "height": 900})
    upright = drawn(page, "/numbers/nrr/")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_selector("[data-chart].chart-lies svg text")
    lying = page.evaluate(WORDS)
    assert overlaps(lying) == []
    names = {"月初MRR", "新規", "解約", "月末MRR"}
    side_by_side = {round(one["y"]) for one in upright if one["text"] in names}
    below = [round(one["y"]) for one in lying if one["text"] in names]
    assert len(side_by_side) == 1 and below == sorted(below) and len(set(below)) == 4


def test_every_picture_has_its_table_and_bars_begin_at_0(at_sample: Visit) -> None:
    page = at_sample.open("tanaka")
    for path in PAGES:
        page.goto(path)
        page.wait_for_selector("[data-chart] svg text")
        for box in page.query_selector_all("[data-chart-box]"):
            button = box.query_selector("[data-chart-toggle]")
            assert button is not None, path
            button.click()
            assert box.query_selector_all("[data-chart-table]:not([hidden]) tbody tr"), path
    for path in ("/numbers/nrr/", "/numbers/ltv/"):
        assert "0" in {one["text"] for one in drawn(page, path)}, path
