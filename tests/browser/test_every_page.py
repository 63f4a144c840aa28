"""Every page that links lead to, in both languages: it opens, speaks one language, fits a telephone, and its figures
open rows that reproduce them. One page of every kind is walked (tests/browser/crawl.py)."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.crawl import JAPANESE, Seen, kind_of, serious, walk, wide_on_a_telephone

pytestmark = pytest.mark.browser
WALKED: dict[str, Seen] = {}
# Reached by no link of the walk, but part of the product.
ALSO = ["/", "/search?q=", "/glossary/", "/me/", "/numbers/?month=2026-10"]


def looked_at(language: str, data: list[str]) -> Any:
    def look(url: str, found: dict[str, Any], seen: Seen) -> None:
        def wrong(what: str) -> None:
            seen.wrong.append(f"{url}: {what}")

        if found["lang"] != language:
            wrong(f"lang={found['lang']}")
        if len(found["h1"]) != 1 or not found["h1"][0]:
            wrong(f"headings: {found['h1']}")
        if found["title"].startswith(" ·"):
            wrong("no title")
        if found["unmarked"]:
            wrong("a figure without its mark")
        for key, rows, text in found["figures"]:
            if not rows or not key:
                wrong(f"the figure {key} {text} opens no rows")
            seen.figures.setdefault(rows, (url, text))
        if language == "en":
            for text in {*found["frame"], *found["said"], found["title"]}:
                left = text
                for name in data:
                    left = left.replace(name, "")
                if JAPANESE.search(left):
                    wrong(f"not English: {text[:120]}")

    return look


@pytest.fixture(scope="module")
def data(sample: Visit) -> set[str]:
    """Japanese that is data, not the product's words: what the sample company wrote, and examples of Japanese writing."""
    asked = (
        "select name, kana from accounts_account",
        "select segment, industry from accounts_account",
        "select prefecture, success_definition from accounts_account",
        "select family_name, given_name from accounts_contact",
        "select title, family_name || ' ' || given_name from accounts_contact",
        "select name, name from accounts_department",
        "select name, name from members_member",
        "select name, name from usage_feature",
        "select verbatim, fact from voice_voice",
        "select name, name from collect_source",
        "select distinct product, plan from accounts_contract",
        "select distinct feature, department from usage_usagedaily",
    )
    found = {"日本語", "サンプル会社", "120万円", "1.2百万円"}
    with closing(sqlite3.connect(sample.product.home / "banso.sqlite3")) as home:
        for question in asked:
            found |= {text for row in home.execute(question) for text in row if text}
    return {text for text in found if JAPANESE.search(text)}


# A page is opened once for all that is asked of it: Japanese in the light theme with every tab, English in the dark one
# with one tab of every page (the tabs of a page differ in what they hold, not in their colours).
THEMES = {"ja": ("light", "&part="), "en": ("dark", "&")}


def tried(theme: str, cut: str) -> Any:
    def try_out(url: str, page: Page, seen: Seen) -> None:
        width = wide_on_a_telephone(page)
        if width > 390:
            seen.wide.append(f"{url}: {width}")
        once = kind_of(url).split(cut)[0]
        if once not in seen.barred:
            assert page.evaluate("document.documentElement.dataset.theme") == theme
            seen.barred[once] = [f"{url}: {one}" for one in serious(page)]

    return try_out


def walked(sample: Visit, language: str, data: set[str]) -> Seen:
    """The walk in this language, done once for all tests of the module."""
    if language not in WALKED:
        theme, cut = THEMES[language]
        page = sample.open("tanaka")
        page.goto(f"/?lang={language}")
        page.evaluate("(theme) => document.querySelector(`[data-theme-set=${theme}]`).click()", theme)
        look = looked_at(language, sorted(data, key=len, reverse=True))
        WALKED[language] = walk(page, ALSO, look, tried(theme, cut))
    return WALKED[language]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_opens_and_speaks_one_language(at_sample: Visit, data: set[str], language: str) -> None:
    seen = walked(at_sample, language, data)
    assert len(seen.pages) > 40, sorted(seen.pages)
    for needed in (
        "/customers/",
        "/customers/N/",
        "/portfolio/",
        "/usage/adoption/",
        "/usage/adoption/features/N/",
        "/numbers/nrr/&tab=year",
        "/numbers/cohorts/",
        "/numbers/retention/",
        "/numbers/ltv/expected/",
        "/numbers/ltv/&form=churn",
        "/numbers/closing/",
        "/imports/N/",
        "/audit/",
        "/settings/",
        "/members/",
    ):
        assert any(kind.startswith(needed) for kind in seen.pages), (needed, sorted(seen.pages))
    assert not seen.wrong, "\n".join(seen.wrong)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_page_fits_a_telephone(at_sample: Visit, data: set[str], language: str) -> None:
    wide = walked(at_sample, language, data).wide
    assert not wide, "\n".join(wide)


def number(text: str) -> Decimal:
    return Decimal(text.replace("−", "-").replace("▲", "-").replace(",", "")) if text else Decimal(0)


def test_every_figure_opens_rows_that_reproduce_it(at_sample: Visit, data: set[str]) -> None:
    """The file of the rows is added up again here, outside the product, and compared with what its page states."""
    seen = walked(at_sample, "ja", data)
    assert len(seen.figures) > 30
    page = at_sample.open("tanaka")
    page.goto("/")
    wrong = []
    for rows, (where, text) in seen.figures.items():
        answer = page.request.get(rows)
        body = answer.text()
        if answer.status != 200 or "一致しません" in body:
            wrong.append(f"{where}: {text} → {rows}: {answer.status}")
            continue
        if not urlsplit(rows).path.endswith("/numbers/rows/"):
            continue
        wrong += [f"{where}: {text} → {rows}: {one}" for one in reproduced(page, rows, body)]
    assert not wrong, "\n".join(wrong)


RATIO = re.compile(r"<br>\s*([^<÷]*?) ÷ (.*?)(?: = |</div>)", re.S)


def plain(html: str) -> str:
    text = re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", html))
    return re.sub("¥|社|件|か月", "", text)


def reproduced(page: Page, rows: str, body: str) -> list[str]:
    """Where numerator ÷ denominator is stated, both are added up from their files; else the shown part is."""
    stated = RATIO.search(body)
    sides = {"numerator": plain(stated[1]), "denominator": plain(stated[2])} if stated else {}
    wrong = []
    for part, said in sides.items():
        address = re.sub(r"([?&])part=[^&]*", r"\1", rows)
        listed = page.request.get(f"{address}&part={part}&export=csv")
        if listed.status != 200:
            wrong.append(f"{part} has no file: {listed.status}")
            continue
        lines = list(csv.reader(io.StringIO(listed.text().lstrip("\ufeff"))))
        head = next((place for place, line in enumerate(lines) if line[:1] == ["顧客ID"]), None)
        if head is None:
            wrong.append(f"{part} has no rows in its file")
            continue
        listing = [line for line in lines[head + 1 :] if line]
        amount = next((lines[head].index(title) for title in ("金額", "数") if title in lines[head]), None)
        counted = Decimal(len(listing))
        total = sum((number(line[amount]) for line in listing), Decimal(0)) if amount is not None else counted
        if number(said) not in (counted, total.quantize(Decimal(1)), total, round(total, 1)):
            wrong.append(f"{part} says {said}, its rows are {counted} and add up to {total}")
    return wrong


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_page_has_a_serious_finding(at_sample: Visit, data: set[str], language: str) -> None:
    """axe-core on one page of every path: the light theme in Japanese, the dark one in English."""
    barred = walked(at_sample, language, data).barred
    assert len(barred) > 25, sorted(barred)
    found = [one for page in barred.values() for one in page]
    assert not found, "\n".join(found)


def test_what_is_looked_for_would_be_found(at_sample: Visit) -> None:
    """The two measures themselves, on a page made wrong."""
    page = at_sample.open("tanaka")
    page.goto("/glossary/")
    assert serious(page) == [] and wide_on_a_telephone(page) <= 390
    page.evaluate("""() => document.querySelector('main').insertAdjacentHTML('beforeend',
        '<div style="width:2000px">x</div><img src="data:," width=9 height=9><p style="color:#ccc;background:#fff">pale words</p>')""")
    assert wide_on_a_telephone(page) > 390
    assert {one.split(":")[0] for one in serious(page)} == {"image-alt", "color-contrast"}
