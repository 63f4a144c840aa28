"""Keys of the database are not words: an enumeration whose labels a page shows has them written, in both languages."""

from __future__ import annotations

import re

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import override

from tests.house.tree import ROOT

SOURCES = ROOT / "src" / "banso_web"
DISPLAYED = re.compile(r"\bget_(\w+)_display\b")
USED = re.compile(r"\b(\w+)(?:\(\w+\))?\.(?:choices|labels?)\b")


def _shown() -> dict[str, type[models.TextChoices]]:
    """Every TextChoices that a template or a read names by `get_…_display`, `.choices` or `.label`."""
    texts = [
        path.read_text("utf-8")
        for path in SOURCES.rglob("*")
        if path.suffix in (".py", ".html") and not {"tests", "migrations"} & set(path.parts)
    ]
    fields = {name for text in texts for name in DISPLAYED.findall(text)}
    used = {name for text in texts for name in USED.findall(text)}
    every = {
        one.__name__: one
        for one in models.TextChoices.__subclasses__()
        if one.__module__.startswith("banso_web.")
    }
    found = {name: one for name, one in every.items() if name in used}
    for model in apps.get_models():
        for field in model._meta.fields:
            keys = {key for key, _word in field.choices or ()}
            if field.name in fields and keys:
                found |= {one.__qualname__: one for one in every.values() if set(one.values) == keys}
    return found


def test_what_people_are_shown_is_no_key_of_the_database() -> None:
    shown = _shown()
    assert "Excluded" in shown
    bare = []
    for name, one in shown.items():
        for member in one:
            with override("ja"):
                japanese = str(member.label)
            with override("en"):
                english = str(member.label)
            if not isinstance(member._label_, Promise) or (japanese == english and not english.isascii()):
                bare.append(f"{name}.{member.name}: {japanese} / {english}")
    assert bare == []
