"""What the journeys of the stories share: files in through the import pages, words out as a reader sees them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Page

STORIES = Path(__file__).resolve().parents[1] / "data" / "stories"
# Figures that only a wrong formula prints: New in NRR, 5 % × 12, and month-end denominators (US-1, US-3).
# 60 % of a scorecard's weight may well be known: 信頼度 is no figure of these stories.
NEVER = re.compile(r"101\.33|(?<![\d.])(?<!信頼度 )60(?:\.0+)? ?%|4\.76 ?%|7\.32 ?%")


def words(page: Page, of: str = "main") -> str:
    """The visible words, blanks made single; fails at once where a figure of a wrong formula is among them."""
    text = re.sub(r"\s+", " ", page.inner_text(of))
    wrong = NEVER.search(text)
    assert wrong is None, f"{page.url} prints {wrong and wrong[0]}"
    return text


def at(page: Page, path: str, *printed: str) -> str:
    """Open a page by its address and find these words on it; gives all of them."""
    answer = page.goto(path)
    assert answer is not None and answer.status == 200, (path, answer and answer.status)
    return find(page, *printed)


def find(page: Page, *printed: str) -> str:
    text = words(page)
    for one in printed:
        assert one in text, f"{page.url} does not print {one}: {text}"
    return text


def bring(page: Page, *files: str) -> None:
    """Import files (of a story, or absolute paths) as a person does: choose, look, confirm; ends when published."""
    page.goto("/imports/")
    page.get_by_role("link", name="ファイルを取り込む").first.click()
    page.set_input_files("#id_files", [STORIES / file for file in files])
    page.get_by_role("button", name="内容を確かめる").click()
    page.get_by_role("button", name="次へ進む").click()
    page.get_by_role("button", name="この内容で取り込む").click(timeout=60_000)
    page.wait_for_selector("text=公開しました", timeout=60_000)


def drawer(page: Page) -> str:
    """The words of the drawer once its page has come; the drawer is closed again."""
    page.wait_for_selector("[data-drawer-body] h1")
    text = words(page, "[data-drawer-body]")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-drawer-panel]", state="hidden")
    return text


def bars(page: Page) -> list[dict[str, object]]:
    """The bars the chart on this page was given."""
    found: list[dict[str, object]] = json.loads(page.text_content("[data-chart] script") or "")["bars"]
    return found


# The bar under the mouse is drawn last, so they are put in order: from left to right, or from the top where they lie.
BOXES = """() => {
  const along = document.querySelector('[data-chart].chart-lies') ? 'y' : 'x';
  return [...document.querySelectorAll('[data-chart] svg path[fill^="#"]')].map((one) => one.getBoundingClientRect())
    .filter((box) => Math.min(box.height, box.width) > 0.3 && Math.max(box.height, box.width) > 10)
    .map((box) => ({x: box.x + box.width / 2, y: box.y + box.height / 2}))
    .sort((one, other) => one[along] - other[along]);
}"""


def click_bar(page: Page, number: int, size: int) -> None:
    """Click the drawn bar at this place of a waterfall of `size` bars.

    Every bar is a filled path; hatching and the invisible stands below the bars are left out. The drawer narrows the
    page and the chart follows: the bars are clicked once they stand still.
    """
    page.wait_for_selector("[data-chart] svg")
    page.locator("[data-chart]").scroll_into_view_if_needed()
    boxes: list[dict[str, float]] = []
    for _ in range(50):
        before, boxes = boxes, page.evaluate(BOXES)
        if before == boxes and len(boxes) == size:
            break
        page.wait_for_timeout(150)
    assert len(boxes) == size
    page.mouse.click(boxes[number]["x"], boxes[number]["y"])
