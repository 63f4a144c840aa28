"""Japanese is written by hand, English is complete (`make untranslated` lists what is not), every text can be translated."""

from __future__ import annotations

import ast
import re

from tests.house.messages import (
    CALLS,
    JAPANESE,
    Message,
    calls,
    catalogue,
    english,
    of_python,
    of_templates,
    places,
    untranslated,
)
from tests.house.tree import SRC

ANONYMOUS = re.compile(r"(?<!%)%(?:[.\d]*)[sdifr](?![\w(])|\{\}|\{\d")


def messages() -> list[Message]:
    return [*of_python(), *of_templates()]


def test_texts_are_found() -> None:
    """The rules below would hold for nothing at all."""
    assert len(of_python()) > 50
    assert len(of_templates()) > 50


def test_gettext_is_given_plain_text() -> None:
    """An f-string, % or .format inside the call makes a text that no catalogue can hold."""
    wrong = [
        where
        for where, node, function in calls()
        for place in CALLS[function]
        if isinstance(node.args[place], ast.JoinedStr | ast.BinOp)
        or (isinstance(node.args[place], ast.Call) and getattr(node.args[place].func, "attr", "") == "format")  # type: ignore[attr-defined]
    ]
    assert wrong == []


def test_placeholders_are_named() -> None:
    """English and Japanese put their words in another order."""
    assert [f"{one.where}: {one.msgid}" for one in messages() if ANONYMOUS.search(one.msgid)] == []


def test_every_text_has_its_english() -> None:
    assert [f"{one.where}: {one.msgid}" for one in untranslated().values()] == []


def test_one_text_has_one_english() -> None:
    """Django merges all catalogues: of two translations of one text without a context, one would win everywhere."""
    said: dict[tuple[str | None, str], set[str]] = {}
    for path in SRC.glob("**/locale/en/LC_MESSAGES/django.po"):
        for entry in catalogue(str(path)):
            if entry.id:
                first = entry.id if isinstance(entry.id, str) else entry.id[0]
                said.setdefault((entry.context, first), set()).add(str(entry.string))
    assert {key: forms for key, forms in said.items() if len(forms) > 1} == {}


def test_english_keeps_the_placeholders() -> None:
    wrong = {
        msgid: forms
        for (_, msgid), forms in english().items()
        if any(places(form) - places(msgid) or places(msgid) - places(form) for form in forms[-1:])
    }
    assert wrong == {}


def test_english_is_english() -> None:
    quoted = re.compile(r"[「『(（][^」』)）]*[」』)）]|CSマネージャー")
    wrong = {
        msgid: forms
        for (_, msgid), forms in english().items()
        if any(JAPANESE.search(quoted.sub("", form)) for form in forms)
    }
    assert wrong == {}


def test_the_words_of_the_house() -> None:
    """CSM means the company's own people or Customer Success Management: it is written out. And nobody is shouted at."""
    assert [one for one in messages() if re.search(r"(?<![A-Za-z])CSM(?![A-Za-z])", one.msgid)] == []
    said = [
        (one, re.sub(r"\{[^{}]*\}", "", one.msgid)) for one in messages()
    ]  # {name!r} is a place, no shout
    assert [one for one, text in said if re.search(r"[!！]", text)] == []


def test_catalogues_are_sound() -> None:
    for path in sorted(SRC.glob("**/locale/*/LC_MESSAGES/*.po")):
        assert len(catalogue(str(path))) >= 1, path
        assert [entry.id for entry in catalogue(str(path)) if entry.fuzzy and entry.id] == [], path
