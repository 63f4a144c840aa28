"""Everybody's use as arrays: what the nightly look screens before it asks carefully about a few."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from django.db.models import Max, Min, Sum

from banso.periods import Calendar, week_start
from banso.usage import missing_days
from banso.usage.screen import Whole
from banso_web.accounts.counting import ids_by_code
from banso_web.accounts.reads.contracts import seats_between
from banso_web.collect.reads import ended_sources
from banso_web.core.facts import Asked
from banso_web.usage.actions.weeks import WEEK, counted_weeks
from banso_web.usage.models import UsageWeek
from banso_web.usage.reads.series import (
    DAILY,
    EVENTS,
    FILE,
    WEEKS,
    EventUse,
    Window,
    days_of,
    silent_days,
    window_start,
)

#: Monday to Friday: daily users are kept as their sum over these.
PARTS = {EVENTS: 1, DAILY: 5}


@dataclass(frozen=True)
class Group:
    """Accounts of one form that send through the same sources. users: accounts × whole weeks, times PARTS[form]; begins: the column
    in which use begins (WEEKS: in none of them)."""

    form: str
    sources: tuple[str, ...]
    ids: Sequence[int]
    users: Whole
    begins: Whole

    def chunks(self, size: int) -> Iterator[Group]:
        for start in range(0, len(self.ids), size):
            part = slice(start, start + size)
            yield Group(self.form, self.sources, self.ids[part], self.users[part], self.begins[part])


@dataclass(frozen=True)
class Everybody:
    """first: the Monday of column 0. counted_at: when a week of events was last counted. missing: silent days of each source; ended:
    closed ones with their last day.

    stated_seats: accounts whose daily rows state seats, and whether these may differ from day to day; contract_seats_vary: accounts
    whose contracts' may; out_of_force: accounts that have contracts and none of them in force.
    """

    first: date
    counted_at: datetime
    groups: Sequence[Group]
    missing: Mapping[str, tuple[date, ...]]
    ended: Mapping[str, date]
    stated_seats: Mapping[int, bool]
    contract_seats_vary: Collection[int]
    out_of_force: Collection[int]

    def seats_vary(self, account: int) -> bool:
        stated = self.stated_seats.get(account)
        return account in self.contract_seats_vary if stated is None else stated

    def gaps(self, group: Group) -> tuple[date, ...]:
        return days_of(silent_days(group.sources, self.missing, self.ended))

    def events_of(self, group: Group, rows: Collection[int]) -> EventUse:
        """What `read_series` needs to know of the events of some rows of a group."""
        if group.form == DAILY:
            return EventUse({}, {})
        weeks = [self.first + WEEK * week for week in range(WEEKS)]
        users = {
            group.ids[row]: dict(
                zip(weeks[group.begins[row] :], group.users[row, group.begins[row] :].tolist(), strict=True)
            )
            for row in rows
        }
        return EventUse(users, dict.fromkeys(users, group.sources))


def read_everybody(asked: Asked, calendar: Calendar, inside: Collection[int]) -> Everybody:
    """The use of the accounts `inside` up to the day before the asked one. The same number of queries for one account or all."""
    first = window_start(asked.as_of)
    window = Window(asked, first, None)
    groups, days = _events(window, inside)
    groups += _daily(window, set(inside).difference(*(group.ids for group in groups)))
    rows = window.rows().order_by()
    silent: dict[str, set[date]] = {FILE: set(rows.values_list("day", flat=True).distinct()), **days}
    last = asked.as_of - timedelta(days=1)
    newest = UsageWeek.objects.filter(monday__gte=first).aggregate(at=Max("made_at"))["at"]
    return Everybody(
        first,
        newest or datetime.min.replace(tzinfo=UTC),
        groups,
        {source: missing_days(seen, calendar, first, last) for source, seen in silent.items() if seen},
        ended_sources(),
        _stated_seats(window),
        *seats_between(asked, [first + WEEK * week + timedelta(days=6) for week in range(WEEKS)]),
    )


def _events(window: Window, inside: Collection[int]) -> tuple[list[Group], dict[str, set[date]]]:
    """Accounts with events, by the sources they send through; days with events of each source."""
    running = week_start(window.asked.as_of)
    mondays = [window.early + WEEK * week for week in range((running - window.early).days // 7)]
    if running < window.asked.as_of:
        mondays.append(running)
    places: dict[str, int] = {}
    days: dict[str, set[date]] = {}
    weeks: list[tuple[int, Whole, Whole]] = []
    sources: dict[int, frozenset[int]] = {}
    for monday, found in counted_weeks(window.asked, mondays, window.first):
        for source, seen in found.days.items():
            days.setdefault(str(source), set()).update(seen)
        own = [places.setdefault(code, len(places)) for code in found.accounts]
        through = [frozenset(one) for one in found.through]
        for place, sender in zip(own, found.senders, strict=True):
            sent = through[sender]
            if sources.setdefault(place, sent) != sent:
                sources[place] |= sent
        column = (monday - window.first).days // 7
        weeks.append((column, np.array(own, np.int64), np.array(found.users, np.int64)))
    users, begins = np.zeros((len(places), WEEKS), np.int64), np.full(len(places), WEEKS, np.int64)
    for column, own_places, told in weeks:
        begins[own_places] = np.minimum(begins[own_places], max(column, 0))
        if 0 <= column < WEEKS:
            users[own_places, column] = told
    ids = ids_by_code(places)
    members: dict[frozenset[int], list[tuple[int, int]]] = {}
    wanted = set(inside)
    for code, place in places.items():
        if ids.get(code) in wanted:  # an account nobody entered yet: its events wait in the store
            members.setdefault(sources[place], []).append((ids[code], place))
    groups = []
    for sent, both in members.items():
        own, keys = [place for _key, place in both], [key for key, _place in both]
        groups.append(Group(EVENTS, tuple(map(str, sorted(sent))), keys, users[own], begins[own]))
    return groups, days


def _daily(window: Window, wanted: set[int]) -> list[Group]:
    """Accounts that have daily rows of files and no events."""
    rows = window.rows().order_by()
    users: dict[int, list[int]] = {}
    begins: dict[int, int] = {}
    told = rows.filter(day__gte=window.first).values_list("account_id", "day").annotate(told=Sum("users"))
    for account, day, number in told.iterator(chunk_size=20_000):
        key = window.merged.get(account, account)
        if key in wanted:
            week, weekday = divmod((day - window.first).days, 7)
            begins[key] = min(
                begins.get(key, WEEKS), week + (weekday > 0)
            )  # a week that began before it is left out
            mine = users.setdefault(key, [0] * WEEKS)
            if weekday < PARTS[DAILY] and week < WEEKS:
                mine[week] += number
    for account in rows.filter(day__lt=window.first).values_list("account_id", flat=True).distinct():
        key = window.merged.get(account, account)
        if key in wanted:
            begins[key] = 0
            users.setdefault(key, [0] * WEEKS)
    if not users:
        return []
    starts = np.array([begins[key] for key in users], np.int64)
    return [Group(DAILY, (FILE,), list(users), np.array(list(users.values()), np.int64), starts)]


def _stated_seats(window: Window) -> dict[int, bool]:
    stated = window.rows().order_by().filter(day__gte=window.first, seats__isnull=False)
    found: dict[int, set[tuple[str, int, int]]] = {}
    lines = stated.values_list("account_id", "product").annotate(low=Min("seats"), high=Max("seats"))
    for account, product, low, high in lines.iterator(chunk_size=20_000):
        found.setdefault(window.merged.get(account, account), set()).add((product, low, high))
    return {
        key: len(told) > 1 or any(low != high for _product, low, high in told) for key, told in found.items()
    }
