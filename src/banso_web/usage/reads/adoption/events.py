"""Use as events tell it, set by set: active people, the mean day, features."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from banso.usage import Feature, named
from banso_web.accounts.counting import ids_by_code
from banso_web.core.facts import Asked
from banso_web.usage.reads.adoption.periods import LOOK, Periods
from banso_web.usage.reads.attributed import USED, event_parameters, known_by, lean
from banso_web.warehouse.store import event_store

SEEN = USED + "SELECT account, source, min(local_day), max(local_day) FROM used GROUP BY account, source"
HEARD = "SELECT DISTINCT source, local_day FROM events WHERE local_day >= $1 AND local_day < $2 AND received_at <= $3"
#: What lies in the month of its source; $22 to $25 are sources with the first days of their month, week and day.
RECENT = (
    USED
    + """, starts AS (SELECT unnest($22::INTEGER[]) AS sender, unnest($23::DATE[]) AS month, unnest($24::DATE[]) AS week,
    unnest($25::DATE[]) AS today),
  recent AS (SELECT account, local_day, department, feature, properties, person, week, today
    FROM used JOIN starts ON used.source = starts.sender AND used.local_day >= starts.month)
"""
)
ACTIVE = (
    RECENT
    + """SELECT account, count(DISTINCT person), count(DISTINCT CASE WHEN local_day >= week THEN person END),
  count(DISTINCT CASE WHEN local_day >= today THEN person END), count(*) FROM recent GROUP BY account"""
)
MEANS = (
    RECENT
    + """, open_days AS (SELECT unnest($26::DATE[]) AS open_day),
  daily AS (SELECT account, local_day, count(DISTINCT person) AS people FROM recent JOIN open_days ON open_day = local_day
    GROUP BY account, local_day)
  SELECT account, sum(people) FROM daily GROUP BY account"""
)
NAMES = RECENT + "SELECT DISTINCT feature FROM recent WHERE feature <> ''"
#: $26 to $29: event names with the features they belong to, and the property with its value where it needs one.
NAMED = (
    RECENT
    + """, named AS (SELECT unnest($26::VARCHAR[]) AS event, unnest($27::VARCHAR[]) AS code, unnest($28::VARCHAR[]) AS property,
    unnest($29::VARCHAR[]) AS wanted)
"""
)
FEATURES = (
    NAMED
    + """SELECT account, code, count(DISTINCT person), count(*), max(local_day) FROM recent JOIN named ON named.event = recent.feature
  WHERE named.property = '' OR json_extract_string(properties, named.property) = named.wanted GROUP BY account, code"""
)


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """Of the month. `users` None: files tell no distinct people; `events` None: they told none."""

    users: int | None
    events: int | None
    last: date


@dataclass
class EventMonth:
    """One account. `sources`: whose events it has; first and last: of the days looked at."""

    sources: set[str] = field(default_factory=set)
    first: date | None = None
    last: date | None = None
    month: int = 0
    week: int = 0
    day: int = 0
    events: int = 0
    person_days: int = 0  # the sum of daily users over open days
    features: dict[str, FeatureUse] = field(default_factory=dict)


def heard_of(asked: Asked, first: date) -> dict[str, set[date]]:
    """{source: days with events of anybody}."""
    until = asked.as_of + timedelta(days=1)
    found: dict[str, set[date]] = {}
    given = [first, until, known_by(asked)]
    for source, day in event_store().query(HEARD, given, first=first, last=asked.as_of):
        found.setdefault(str(source), set()).add(day)
    return found


def read(
    sql: str, asked: Asked, merged: Mapping[int, int], ids: Collection[int] | None, first: date, *more: Any
) -> list[tuple[Any, ...]]:
    """Rows of a SELECT over `used` from a first day to the asked one, which counts (the relation ends before the day it is given)."""
    until = replace(asked, as_of=asked.as_of + timedelta(days=1))
    given = [*event_parameters(until, first, merged, ids), *more]
    return event_store().query(lean(sql, given), given, first=first, last=asked.as_of)


def ever(asked: Asked, merged: Mapping[int, int], ids: Collection[int]) -> dict[int, dict[str, set[date]]]:
    """{account: {source: its first and last days with an event}} of these customers, over all of history."""
    rows = read(SEEN, asked, merged, ids, date(1990, 1, 1))
    known = ids_by_code({row[0] for row in rows})
    found: dict[int, dict[str, set[date]]] = {}
    for account, source, first, last in rows:
        if account in known:
            found.setdefault(known[account], {})[str(source)] = {first, last}
    return found


class Events:
    """The events of the asked customers (None: of all) up to and with the asked day."""

    def __init__(self, asked: Asked, merged: Mapping[int, int], ids: Collection[int] | None) -> None:
        self._whose = (asked, merged, ids)
        self.of: dict[int, EventMonth] = {}
        rows = read(SEEN, *self._whose, asked.as_of - LOOK + timedelta(days=1))
        # An account nobody entered yet is not among them: its events wait in the store.
        self._known = ids_by_code({row[0] for row in rows})
        for account, source, first, last in rows:
            if account in self._known:
                one = self.of.setdefault(self._known[account], EventMonth())
                one.sources.add(str(source))
                one.first = min(first, one.first or first)
                one.last = max(last, one.last or last)

    def _each(self, sql: str, first: date, *more: Any) -> Iterator[tuple[EventMonth, tuple[Any, ...]]]:
        for account, *told in read(sql, *self._whose, first, *more):
            if account in self._known:
                yield self.of[self._known[account]], tuple(told)

    def read(self, spans: Periods, features: Sequence[Feature]) -> None:
        """Everything of the month. Four queries, whoever is asked about."""
        senders = sorted({source for one in self.of.values() for source in one.sources})
        known = [(int(source), span) for source in senders if (span := spans.of[source]).month is not None]
        if not known:
            return
        starts = [
            [source for source, _span in known],
            months := [span.month for _source, span in known if span.month is not None],
            [span.week for _source, span in known],
            [span.day for _source, span in known],
        ]
        first = min(months)
        for one, (month, week, day, events) in self._each(ACTIVE, first, *starts):
            one.month, one.week, one.day, one.events = month, week, day, events
        days = {day for source, _span in known for day in spans.open_days(str(source))}
        for one, (person_days,) in self._each(MEANS, first, *starts, sorted(days)):
            one.person_days = int(person_days)
        names = [name for (name,) in read(NAMES, *self._whose, first, *starts)] if features else []
        pairs = named(features, names)
        columns = [
            [one.event for one in pairs],
            [one.key for one in pairs],
            [one.path for one in pairs],
            [one.value for one in pairs],
        ]
        for one, (code, users, events, last) in (
            self._each(FEATURES, first, *starts, *columns) if pairs else ()
        ):
            one.features[code] = FeatureUse(users, events, last)
