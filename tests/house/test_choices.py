"""Keys of the database are not words: an enumeration has its labels written, in both languages, or is shown to nobody."""

from __future__ import annotations

import re

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import override

from tests.house.tree import ROOT

SOURCES = ROOT / "src" / "banso_web"
# Steps and origins that no page prints as they are: pages say them in words of their own.
INNER = [
    "Entry.Kind",
    "Known",
    "Invitation.Purpose",
    "Merge.Decision",
    "ImportRun.State",
    "Source.Kind",
    "Closing.Kind",
    "Fill.State",
    "Countermeasure.Kind",
    "UsageAlert.Kind",
    "HealthDay.State",
    "BacktestRun.State",
    "SeenId.Kind",
    "IdentityLink.Kind",
    "UsageAlert.State",
    "UsageSnooze.Why",
    "OwnMetric.Measure",
    "TableRead.Engine",
    "ReadRun.State",
    "EventBatch.State",
]
USED = re.compile(r"\b((?:\w+\.)?[A-Z]\w+)(?:\(\w+\))?\.(?:choices|labels?)\b")


def _every() -> dict[str, type[models.TextChoices]]:
    found = models.TextChoices.__subclasses__()
    return {one.__qualname__: one for one in found if one.__module__.startswith("banso_web.")}


def test_what_people_may_be_shown_is_no_key_of_the_database() -> None:
    bare = []
    for name, one in _every().items():
        for member in one:
            with override("ja"):
                japanese = str(member.label)
            with override("en"):
                english = str(member.label)
            told = isinstance(member._label_, Promise) and (japanese != english or english.isascii())
            if name not in INNER and not told:
                bare.append(f"{name}.{member.name}: {japanese} / {english}")
    assert bare == []


def test_what_is_shown_to_nobody_is_shown_nowhere() -> None:
    texts = [
        path.read_text("utf-8")
        for path in SOURCES.rglob("*.py")
        if not {"tests", "migrations"} & set(path.parts)
    ]
    used = {name for text in texts for name in USED.findall(text)}
    assert used >= {"Excluded"} and not used & set(INNER)
    assert set(INNER) <= set(_every())
