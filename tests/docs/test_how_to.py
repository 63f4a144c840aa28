"""The how-tos in both languages: links lead somewhere, both tell the same, and the words of the screen are the screen's."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tools import column_pages

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to"
JAPANESE = sorted((HOW_TO / "ja").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "README.ja.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(HOW_TO.rglob("*.md"))]  # fmt: skip


def anchors(path: Path) -> set[str]:
    """The fragments of a page's headings as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@cache
def spoken() -> str:
    """Every Japanese text of the product in one."""
    sources = (ROOT / "src" / "banso_web").rglob("*.*")
    kept = (path for path in sources if path.suffix in (".py", ".html") and "tests" not in path.parts)
    return "\n".join(path.read_text("utf-8") for path in kept)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_a_page_and_a_heading(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        place, _sign, fragment = link.partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        assert not fragment or fragment in anchors(target), link


def test_the_columns_are_what_the_declaration_makes() -> None:
    for path, text in column_pages.documents().items():
        assert path.read_text("utf-8") == text, f"{path.name} has drifted: run make metric-pages"


@pytest.mark.parametrize("page", JAPANESE, ids=lambda page: page.stem)
def test_a_japanese_how_to_tells_what_the_english_one_tells(page: Path) -> None:
    ours, theirs = page.read_text("utf-8"), (HOW_TO / page.name).read_text("utf-8")

    def code(text: str) -> set[str]:
        return set(re.findall(r"`([^`\n]+)`", text))

    def form(text: str) -> list[tuple[str, int]]:
        """Headings and, under each, how many points, steps and table rows there are."""
        parts = re.split(r"^(#+) ", text, flags=re.M)[1:]
        return [
            (level, len(re.findall(r"^(?:- |\d+\. |\|)", body, re.M)))
            for level, body in zip(parts[::2], parts[1::2], strict=True)
        ]

    assert code(ours) == code(theirs)
    assert form(ours) == form(theirs)


@pytest.mark.parametrize("page", sorted(HOW_TO.rglob("*.md")), ids=lambda page: str(page.relative_to(HOW_TO)))
def test_words_in_corner_brackets_stand_on_the_screen(page: Path) -> None:
    quoted = set(re.findall(r"「([^」]+)」", page.read_text("utf-8")))
    assert not {word for word in quoted if word not in spoken()}
