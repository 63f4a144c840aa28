"""機能 as they are defined: what an answer stands on, pinned by its watermark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from banso.usage import AdviceRule, EventRule
from banso.usage import Feature as Definition
from banso_web.core.facts import Asked, Memo, history, last_change, states_at
from banso_web.core.models import Entry, StateVersion
from banso_web.usage.models import Feature

SUBJECT = Feature.STATE


@dataclass(frozen=True)
class FeatureLine:
    """A feature with its name and what it is made of. `instead` is the code of another one."""

    id: int
    code: str
    name: str
    definition: Definition
    instead: str
    at_least: int
    link: str
    advice: str

    @property
    def core(self) -> bool:
        return self.definition.core

    @property
    def rule(self) -> AdviceRule:
        """When to advise it."""
        return AdviceRule(self.code, self.code, self.instead or None, max(self.at_least, 1), self.link)


_kept: Memo[tuple[FeatureLine, ...]] = Memo(8)


def mark(watermark: int) -> int:
    """The last number at which a definition changed."""
    return last_change(StateVersion.objects.filter(subject=SUBJECT), f"state:{SUBJECT}", watermark)


def features(asked: Asked) -> tuple[FeatureLine, ...]:
    """Every feature, by name. A definition holds for all of history, on whatever day it was made: `as_of` and `known_at` do not
    matter, the watermark does."""
    at = mark(asked.watermark)
    return _kept.get(at, lambda: _read(asked, at))


def _read(asked: Asked, at: int) -> tuple[FeatureLine, ...]:
    stated = states_at(SUBJECT, as_of=asked.as_of, watermark=at)
    codes = dict(Feature.objects.filter(pk__in=list(stated)).values_list("pk", "code"))
    return tuple(
        sorted((line(key, codes[key], values) for key, values in stated.items()), key=lambda one: one.name)
    )


def line(feature_id: int, code: str, values: Mapping[str, Any]) -> FeatureLine:
    """A feature out of the values of a version, or of a form that nobody saved yet."""
    rules = tuple(
        EventRule(one["name"], bool(one.get("starts")), one.get("property", ""), tuple(one.get("values", ())))
        for one in values.get("rules") or ()
    )
    plans = tuple((product, plan) for product, plan in values.get("plans") or ())
    return FeatureLine(
        id=feature_id,
        code=code,
        name=values.get("name", code),
        definition=Definition(code, rules, bool(values.get("core")), plans),
        instead=values.get("instead", ""),
        at_least=values.get("at_least") or 1,
        link=values.get("link", ""),
        advice=values.get("advice", ""),
    )


@dataclass(frozen=True)
class FeatureVersion:
    """One version: who stated what, when. `entry_id` undoes it while it is the latest."""

    entry_id: int
    at: datetime
    author: str
    values: Mapping[str, Any]
    reason: str


def versions(row_id: int, watermark: int, subject: str = SUBJECT) -> Sequence[FeatureVersion]:
    """The versions of a feature (or another definition), the latest first."""
    found = history(subject, row_id, watermark=watermark)
    entries = {
        row.pk: row
        for row in Entry.objects.filter(pk__in=[one.entry_id for one in found]).select_related("actor")
    }
    return [
        FeatureVersion(
            one.entry_id,
            one.recorded_at,
            entries[one.entry_id].actor.name if entries[one.entry_id].actor else "system",  # type: ignore[union-attr]
            one.values,
            entries[one.entry_id].reason,
        )
        for one in reversed(found)
    ]
