"""What a feature would count in the last 90 days, before anybody saves it; and which event names no feature speaks of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from banso.periods import week_start
from banso.usage import named, overlaps, unnamed
from banso_web.accounts.counting import ids_by_code, merges
from banso_web.core.facts import Asked, counted
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.adoption import events
from banso_web.usage.reads.attributed import USED
from banso_web.usage.reads.definitions import FeatureLine
from banso_web.usage.reads.shown import week_label

DAYS, RECENT = 90, 30
SENT = USED + "SELECT feature, count(*), max(local_day) FROM used WHERE feature <> '' GROUP BY feature"
MATCHED = (
    USED
    + """, named AS (SELECT unnest($22::VARCHAR[]) AS event, unnest($23::VARCHAR[]) AS property, unnest($24::VARCHAR[]) AS wanted),
  hits AS (SELECT account, local_day, person FROM used JOIN named ON named.event = used.feature
    WHERE named.property = '' OR json_extract_string(properties, named.property) = named.wanted)
"""
)
BY_DAY = MATCHED + "SELECT local_day, account, count(*) FROM hits GROUP BY local_day, account"
#: $25: the first of the last thirty days.
PEOPLE = (
    MATCHED
    + "SELECT count(DISTINCT person), count(DISTINCT CASE WHEN local_day >= $25 THEN person END) FROM hits"
)


@dataclass(frozen=True)
class NameLine:
    """An event name, or a feature of a file, that came in the last 90 days."""

    name: str
    count: int
    last: date


@dataclass(frozen=True)
class Span:
    """What matches in so many days. `users`: distinct people of events; files know none."""

    days: int
    events: int
    users: int
    accounts: int


@dataclass(frozen=True)
class Preview:
    """`names`: what the rules catch; `shared`: of those the ones that other features speak of too, with their names; `rows`: rows of
    files among the matches, whose users are not distinct people."""

    spans: Sequence[Span]
    names: Sequence[NameLine]
    shared: Sequence[tuple[str, str]]
    left: Sequence[NameLine]
    chart: Mapping[str, Any] | None
    rows: int

    @property
    def is_empty(self) -> bool:
        return not self.names


def names_sent(asked: Asked) -> list[NameLine]:
    """Every name of the last 90 days, from events and files, the most frequent first."""
    merged, first = merges(asked.watermark, asked.known_at), asked.as_of - timedelta(days=DAYS - 1)
    found: dict[str, NameLine] = {}
    rows = counted(UsageDaily, asked.watermark, asked.known_at).filter(day__gte=first, day__lte=asked.as_of)
    for name, count, last in rows.order_by().values_list("feature").annotate(Sum("users"), Max("day")):
        found[name] = NameLine(name, count, last)
    for name, count, last in events.read(SENT, asked, merged, None, first):
        before = found.get(name, NameLine(name, 0, last))
        found[name] = NameLine(name, before.count + count, max(last, before.last))
    return sorted(found.values(), key=lambda one: (-one.count, one.name))


def names_left(lines: Sequence[FeatureLine], sent: Sequence[NameLine]) -> list[NameLine]:
    """Those that stand in no feature."""
    left = set(unnamed([line.definition for line in lines], [one.name for one in sent]))
    return [one for one in sent if one.name in left]


def preview(asked: Asked, line: FeatureLine, others: Sequence[FeatureLine]) -> Preview:
    """`others`: the features as they stand, without the one that is edited."""
    sent = names_sent(asked)
    pairs = named([line.definition], [one.name for one in sent])
    caught = {pair.event for pair in pairs}
    names = {one.code: one.name for one in others}
    both = overlaps([line.definition, *(one.definition for one in others)], caught)
    shared = [(name, ", ".join(names[key] for key in keys if key in names)) for name, keys in both.items()]
    by_day, accounts, rows = _hits(asked, line, [[p.event for p in pairs], [p.path for p in pairs], [p.value for p in pairs]])  # fmt: skip
    people = _people(asked, pairs)
    recent = asked.as_of - timedelta(days=RECENT - 1)
    spans = [
        Span(days, sum(n for day, n in by_day.items() if day >= since), users, sum(last >= since for last in accounts.values()))
        for days, since, users in ((RECENT, recent, people[1]), (DAYS, date.min, people[0]))
    ]  # fmt: skip
    return Preview(
        spans=spans,
        names=[one for one in sent if one.name in caught],
        shared=[pair for pair in shared if pair[1]],
        left=names_left([line, *others], sent),
        chart=_chart(by_day, asked) if by_day else None,
        rows=rows,
    )


def _people(asked: Asked, pairs: Sequence[Any]) -> tuple[int, int]:
    if not pairs:
        return 0, 0
    merged, first = merges(asked.watermark, asked.known_at), asked.as_of - timedelta(days=DAYS - 1)
    columns = [[p.event for p in pairs], [p.path for p in pairs], [p.value for p in pairs]]
    (told,) = events.read(
        PEOPLE, asked, merged, None, first, *columns, asked.as_of - timedelta(days=RECENT - 1)
    )
    return told[0], told[1]


def _hits(
    asked: Asked, line: FeatureLine, columns: list[list[str]]
) -> tuple[Counter[date], dict[int, date], int]:
    """(events by day, {account: its last day}, rows of files among them)."""
    merged, first = merges(asked.watermark, asked.known_at), asked.as_of - timedelta(days=DAYS - 1)
    by_day: Counter[date] = Counter()
    accounts: dict[int, date] = {}
    sent = events.read(BY_DAY, asked, merged, None, first, *columns) if columns[0] else []
    known = ids_by_code({row[1] for row in sent})
    for day, code, count in sent:
        by_day[day] += count  # like the names and the people: of groups that are nobody's customer too
        if code in known:
            accounts[known[code]] = max(day, accounts.get(known[code], day))
    rows = (
        counted(UsageDaily, asked.watermark, asked.known_at)
        .filter(day__gte=first, day__lte=asked.as_of, users__gt=0)
        .order_by()
    )
    found, definition = 0, line.definition
    lines = rows.values_list("account_id", "day", "feature", "product", "department").annotate(
        Sum("events"), Sum("users")
    )
    for account, day, name, product, department, count, users in lines.iterator(chunk_size=20_000):
        if definition.counts(name, {"product": product, "department": department}):
            key = merged.get(account, account)
            found += 1
            by_day[day] += users if count is None else count
            accounts[key] = max(day, accounts.get(key, day))
    return by_day, accounts, found


def _chart(by_day: Mapping[date, int], asked: Asked) -> dict[str, Any]:
    first = week_start(asked.as_of - timedelta(days=DAYS - 1))
    mondays = [first + timedelta(weeks=n) for n in range((asked.as_of - first).days // 7 + 1)]
    weeks: Counter[date] = Counter()
    for day, count in by_day.items():
        weeks[week_start(day)] += count
    return {
        "kind": "bars",
        "unit": {"kind": "count"},
        "description": _("週ごとに当てはまるイベント"),
        "x": [week_label(monday) for monday in mondays],
        "series": [{"name": _("イベント"), "values": [weeks[monday] for monday in mondays]}],
    }
