"""Drift of a source's schema: events and properties that newly come or no longer come, and properties whose type has changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from statistics import median

from banso.periods import Calendar
from banso.usage.gaps import SAME_WEEKDAYS, missing_days

#: So many earlier days with events make what is new news, and what was so on all of the last ones usual.
KNOWN_DAYS = 7
#: An event that comes less often than this on the same weekday may be absent by chance.
LEAST_USUAL = 10
#: Events that were looked at on a day before a property counts as gone.
LEAST_LOOKED = 10
#: Values of a property on a day before its type counts as another.
LEAST_VALUES = 5
USUAL_SHARE = Fraction(1, 2)
NULL = "null"


class DriftKind(StrEnum):
    EVENT_NEW = "event_new"
    EVENT_GONE = "event_gone"
    PROPERTY_NEW = "property_new"
    PROPERTY_GONE = "property_gone"
    TYPE_CHANGED = "type_changed"


@dataclass(frozen=True, slots=True)
class EventDay:
    """One event name on one day. `looked`: of how many of its events the properties were looked at; types: {property: {type:
    events}} of those, with "null" for a value that was null."""

    day: date
    name: str
    events: int
    looked: int = 0
    types: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed on a day. before, after: types of TYPE_CHANGED."""

    day: date
    kind: DriftKind
    name: str
    property: str = ""
    before: str = ""
    after: str = ""


def schema_drift(rows: Iterable[EventDay], calendar: Calendar, first: date, last: date) -> tuple[Drift, ...]:
    """What changed from `first` to `last` in the events of one source, by day; each change once, on the day it began.

    rows: as far back as is known; at least KNOWN_DAYS days with events are needed before anything is said.
    - An event or property is new on the first day it comes, when the source (the event) was known by then.
    - An event is gone on a day without it though each of its last four same weekdays had it, at least LEAST_USUAL times in
      the median; not on a day on which the whole source was silent, nor on a holiday.
    - A property is gone on a day when none of at least LEAST_LOOKED events has it, though at least half had it on each of the
      last KNOWN_DAYS days with the event.
    - Its type changed when most of at least LEAST_VALUES values have another type than on each of those days. Null is no type.
    """
    by_name: dict[str, list[EventDay]] = defaultdict(list)
    for row in rows:
        by_name[row.name].append(row)
    source_days = sorted({row.day for of_one in by_name.values() for row in of_one})
    found: list[Drift] = []
    for name, of_one in by_name.items():
        of_one.sort(key=lambda row: row.day)
        if sum(day < of_one[0].day for day in source_days) >= KNOWN_DAYS:
            found.append(Drift(of_one[0].day, DriftKind.EVENT_NEW, name))
        found += _gone(name, of_one, set(source_days), calendar, last)
        found += _properties(name, [row for row in of_one if row.looked])
    inside = (drift for drift in found if first <= drift.day <= last)
    return tuple(sorted(inside, key=lambda drift: (drift.day, drift.kind, drift.name, drift.property)))


def _gone(
    name: str, rows: Sequence[EventDay], source_days: set[date], calendar: Calendar, last: date
) -> list[Drift]:
    counts = {row.day: row.events for row in rows}
    out: list[Drift] = []
    told: date | None = None  # an absence is known by the last day on which the event came
    for day in missing_days(counts, calendar, rows[0].day, last):
        came = max(each for each in counts if each < day)
        if day in source_days and came != told and _usual(counts, day) >= LEAST_USUAL:
            out.append(Drift(day, DriftKind.EVENT_GONE, name))
            told = came
    return out


def _usual(counts: Mapping[date, int], day: date) -> Fraction:
    """The median of the last same weekdays that had it."""
    same = [
        counts[each]
        for each in sorted(counts)
        if each < day and (day - each) % timedelta(weeks=1) == timedelta()
    ]
    return median(map(Fraction, same[-SAME_WEEKDAYS:])) if same else Fraction(0)


def _properties(name: str, rows: Sequence[EventDay]) -> list[Drift]:
    out: list[Drift] = []
    for one in sorted({one for row in rows for one in row.types}):
        seen = False
        for position, row in enumerate(rows):
            earlier = rows[max(0, position - KNOWN_DAYS) : position]
            now = _type_of(row, one)
            known = len(earlier) == KNOWN_DAYS
            if one in row.types:
                if not seen and known:
                    out.append(Drift(row.day, DriftKind.PROPERTY_NEW, name, one))
                seen = True
            elif (
                known
                and row.looked >= LEAST_LOOKED
                and all(_share(each, one) >= USUAL_SHARE for each in earlier)
            ):
                out.append(Drift(row.day, DriftKind.PROPERTY_GONE, name, one))
            was = {_type_of(each, one) for each in earlier}
            if (
                known
                and now
                and len(was) == 1
                and (old := was.pop())
                and old != now
                and _values(row, one) >= LEAST_VALUES
            ):
                out.append(Drift(row.day, DriftKind.TYPE_CHANGED, name, one, old, now))
    return out


def _share(row: EventDay, one: str) -> Fraction:
    return Fraction(sum(row.types.get(one, {}).values()), row.looked)


def _values(row: EventDay, one: str) -> int:
    return sum(count for kind, count in row.types.get(one, {}).items() if kind != NULL)


def _type_of(row: EventDay, one: str) -> str:
    """The type of more than half of the values; "" where there is none."""
    counts = Counter({kind: count for kind, count in row.types.get(one, {}).items() if kind != NULL})
    if not counts:
        return ""
    kind, count = counts.most_common(1)[0]
    return kind if 2 * count > sum(counts.values()) else ""
