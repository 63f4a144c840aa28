"""機能の利用: how often a feature that the organisation defined (機能の定義) was used. `feature.<its code>` names it, so that a scorecard can
watch an export of all data, or whatever else tells of leaving."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso.health import State
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.health.signals.told import CODE, Everybody, Signal, Told, Whole, number
from banso_web.health.signals.usage import USE, unknown
from banso_web.usage.reads.definitions import FeatureLine, features

PREFIX = "feature."


@dataclass(frozen=True)
class _Uses:
    """`base`: what is said of whoever did not use a feature; known, silent: places of those of whose use something is, or was, known.
    of: {feature: [(place, its events)]}."""

    base: Told
    known: Whole
    silent: Whole
    of: dict[str, list[tuple[int, int | None]]]


def _uses(everybody: Everybody) -> _Uses:
    base = Told.nothing(len(everybody))
    known: list[int] = []
    silent: list[int] = []
    of: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
    for key, at in everybody.place.items():
        one = everybody.adoption.rows.get(key)
        if unknown(base, at, one, everybody) or one is None:
            continue
        base.fresh[at] = one.heard.toordinal() if one.heard else 0
        (known if one.silence is None else silent).append(at)
        for code, use in one.features.items():
            of[code].append((at, use.events))
    base.state[known], base.state[silent] = CODE[State.KNOWN], CODE[State.GAP]
    return _Uses(base, np.array(known, np.int64), np.array(silent, np.int64), of)


def used(everybody: Everybody, code: str) -> Told:
    """Events of the feature in 30 days; 0 where the customer uses the product and not this. Files that tell no events, and a
    feature that was taken out of use, are 未収集."""
    if line_of(PREFIX + code, everybody.asked) is None:
        return Told.nothing(len(everybody))
    uses = everybody.once("uses", lambda: _uses(everybody))
    base = uses.base
    told = Told(base.state.copy(), base.value.copy(), base.last.copy(), base.fresh.copy())
    told.value[uses.known], told.last[uses.silent] = 0, 0
    silent = set(uses.silent.tolist())
    for at, events in uses.of.get(code, ()):
        if events is None:
            told.say(at, State.NOT_COLLECTED)
        else:
            (told.last if at in silent else told.value)[at] = number(events)
    return told


def line_of(key: str, asked: Asked | None = None) -> FeatureLine | None:
    """The feature a signal's key names; None where nobody defined it."""
    if not key.startswith(PREFIX):
        return None
    if asked is None:
        today = clock.today()
        asked = Asked(today, today, current_watermark())
    code = key.removeprefix(PREFIX)
    return next((one for one in features(asked) if one.code == code), None)


def _name(key: str) -> str:
    line = line_of(key)
    return _("機能「%(name)s」の利用") % {"name": line.name if line else key.removeprefix(PREFIX)}


def feature_signal(key: str) -> Signal:
    """The signal of one feature."""
    return Signal(
        key,
        NameOf(key),
        "count",
        1,
        _l("直近30日に使われた回数。機能の定義から"),
        partial(used, code=key.removeprefix(PREFIX)),
        running=True,
        facts=USE,
    )


class NameOf:
    """The name as it is when it is shown."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __str__(self) -> str:
        return _name(self._key)
