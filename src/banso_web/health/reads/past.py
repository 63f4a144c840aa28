"""The past as it was known: every customer's reading at past month ends, and what became of them, for back-tests.

A month end d is asked with `as_of = d` and `known_at` = the end of d: what was entered or recorded later is not there. What became of
customers is read with everything that is known now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from banso.health import State
from banso.revenue import intervals
from banso_web.core import clock
from banso_web.core.facts import Asked
from banso_web.core.models.fact import Known
from banso_web.health.columns import Sheet
from banso_web.health.reads.beginnings import kinds
from banso_web.health.reads.scoring import Computed, compute
from banso_web.health.signals.told import CODE, NONE, PLACES
from banso_web.revenue.reads.customers import counted_movements

DAY = timedelta(days=1)
SNAPSHOTS, OUTCOMES = "snapshots", "outcomes"
EVENTS = ("churn", "reactivation", "contraction", "expansion")
#: The signal whose day of last data is the day of the last touch: the simple rival "recency".
TOUCHED = "relationship"


@dataclass(frozen=True, eq=False)
class Rebuilt:
    """sheet: `snapshots` (one row a customer and month end: id, day, value, segment, member, mrr, recency, then a column a signal) and
    `outcomes` (id, day, kind as its place in EVENTS). Names of segments; members are ids, −1 without one."""

    sheet: Sheet
    segments: tuple[str, ...]
    features: tuple[str, ...]


def month_ends(last: date, months: int) -> list[date]:
    """So many last days of months up to `last`, oldest first."""
    day = last + DAY
    found = []
    for _number in range(months):
        day = (day if day.day == 1 else day.replace(day=1)) - DAY
        found.append(day)
    return found[::-1]


def end_of(day: date) -> datetime:
    """The last moment of a day in Japan."""
    return datetime.combine(day + DAY, time(), tzinfo=clock.JST) - timedelta(microseconds=1)


def rebuild(asked: Asked, card: str, months: int, progress: Callable[[int], None]) -> Rebuilt:
    """The readings of one scorecard's customers at the last month ends before the asked day. The value is the reading's lower end, on
    which bands, ranking and alerts stand; NaN where there is none. Only paying customers of the day are there."""
    outcomes, steps = outcomes_of(asked)
    segments: dict[str, int] = {}
    parts: list[dict[str, Any]] = []
    for number, day in enumerate(month_ends(asked.as_of, months), 1):
        then = replace(asked, as_of=day, known_at=end_of(day))
        parts.append(_month(compute(then), card, steps, segments))
        progress(number)
    features = tuple(dict.fromkeys(name for part in parts for name in part["features"]))
    sizes = [len(part["id"]) for part in parts]
    empty = [np.full(size, np.nan) for size in sizes]
    told = {
        name: np.concatenate(
            [part["features"].get(name, none) for part, none in zip(parts, empty, strict=True)]
        )
        for name in features
    }
    names = ("id", "day", "value", "segment", "member", "mrr", "recency")
    table = {name: np.concatenate([part[name] for part in parts]) for name in names}
    return Rebuilt({SNAPSHOTS: {**table, **told}, OUTCOMES: outcomes}, tuple(segments), features)


def _month(computed: Computed, card: str, steps: Any, segments: dict[str, int]) -> dict[str, Any]:
    readings, everybody = computed.readings, computed.signals.everybody
    keys = np.array([one.key == card for one in readings.cards] + [False])
    mrr = steps(readings.ids, readings.as_of)
    at = np.flatnonzero(keys[readings.card] & (mrr > 0))
    day = readings.as_of.toordinal()
    states = [everybody.state(int(place)) for place in at]
    recency = np.full(len(at), np.nan)
    if TOUCHED in computed.signals.told:
        fresh = computed.signals.told[TOUCHED].fresh[at]
        recency = np.where(fresh > 0, day - fresh.astype(np.float64), np.nan)
    return {
        "id": readings.ids[at],
        "day": np.full(len(at), day, np.int32),
        "value": readings.low[at],
        "segment": np.array(
            [segments.setdefault(str(one.get("segment") or "—"), len(segments)) for one in states], np.int32
        ),
        "member": np.array([one.get("owner_id") or -1 for one in states], np.int64),
        "mrr": mrr[at],
        "recency": recency,
        "features": {
            key: np.where(
                (told.state[at] == CODE[State.KNOWN]) & (told.value[at] != NONE),
                told.value[at] / PLACES,
                np.nan,
            )
            for key, told in computed.signals.told.items()
        },
    }


def outcomes_of(asked: Asked) -> tuple[dict[str, Any], Callable[[Any, date], Any]]:
    """(the days on which customers left, came back, shrank or grew; the MRR of given customers at the close of a day)."""
    counted = counted_movements(asked)
    steps = intervals(counted.book, as_of=asked.as_of, contracts=counted.terms)
    ids = np.array([int(name) for name in steps.names], np.int64)
    money = len(steps.currencies)
    pair = steps.customer * money + steps.currency
    before = np.where(
        np.append(False, pair[1:] == pair[:-1])[: len(pair)], np.append(0, steps.mrr[:-1])[: len(pair)], 0
    )
    order = np.lexsort((steps.on, steps.customer))
    who, on, change = steps.customer[order], steps.on[order].astype(np.int64), (steps.mrr - before)[order]
    total = np.cumsum(change)
    first = np.append(True, who[1:] != who[:-1])[: len(who)]
    total = total - np.repeat((total - change)[first], np.diff(np.append(np.flatnonzero(first), len(who))))
    last = np.append((who[1:] != who[:-1]) | (on[1:] != on[:-1]), True)[: len(who)]
    who, on, total = who[last], on[last], total[last]
    same = np.append(False, who[1:] == who[:-1])[: len(who)]
    was = np.where(same, np.append(0, total[:-1])[: len(who)], 0)
    kind = np.select(
        [
            (was > 0) & (total <= 0),
            same & (was <= 0) & (total > 0),
            (was > 0) & (total < was),
            (was > 0) & (total > was),
        ],
        [0, 1, 2, 3],
        -1,
    )
    happened = kind >= 0
    table = {
        "id": ids[who[happened]],
        "day": on[happened].astype(np.int32),
        "kind": kind[happened].astype(np.int8),
    }
    keys = who * 4_000_000 + on
    place = {int(key): code for code, key in enumerate(ids.tolist())}

    def mrr_on(accounts: Any, day: date) -> Any:
        codes = np.array([place.get(int(one), -1) for one in accounts], np.int64)
        at = np.searchsorted(keys, codes * 4_000_000 + day.toordinal(), side="right") - 1
        found = (codes >= 0) & (at >= 0)
        at = np.maximum(at, 0)
        found &= (who[at] == codes) if len(who) else False
        return np.where(found, total[at] / PLACES if len(who) else 0.0, 0.0)

    return table, mrr_on


@dataclass(frozen=True)
class Assumed:
    """Of the facts that signals read, how many are known from a day that was only assumed."""

    assumed: int
    rows: int


def assumed(until: date) -> Assumed:
    """Rows recorded until the end of the day; two small counts a kind of fact."""
    rows = some = 0
    for _key, model, _fields in kinds():
        told = model._default_manager.filter(recorded_at__lte=end_of(until))
        rows += told.count()
        some += told.filter(known_basis=Known.ASSUMED).count()
    return Assumed(some, rows)
