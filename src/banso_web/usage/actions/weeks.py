"""Everybody's events week by week, counted once and kept: a night reads the events of weeks that changed, and no others.

What is kept stands on the days of the week (`TouchedDay`) and on who events belong to (`attributed`). When a late event touches a
day, its week is counted anew; when a user is settled, the weeks since that user was first seen; when customers are merged, every week.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from banso_web.accounts.counting import merges
from banso_web.core import clock
from banso_web.core.facts import Asked
from banso_web.usage.models import UsageWeek
from banso_web.usage.reads.attributed import USED, event_parameters, lean
from banso_web.warehouse.reads import changes_of_days
from banso_web.warehouse.store import event_store

WEEK = timedelta(days=7)
SEEN = USED + "SELECT account, 0, min(source), max(source) FROM used GROUP BY account ORDER BY account"
PEOPLE = SEEN.replace("account, 0,", "account, count(DISTINCT person),")
PAIRS = USED + "SELECT account, source FROM used GROUP BY account, source ORDER BY account, source"
DAYS = "SELECT DISTINCT source, local_day FROM events WHERE local_day >= $1 AND local_day < $2"


class Counted(msgspec.Struct, array_like=True):
    """One week, or the days of it before the asked one. Per account: its code, its users (0 where people were not counted), and
    through which of `through` it sent. days: {source: days with events of any kind}."""

    accounts: list[str] = []
    users: list[int] = []
    senders: list[int] = []
    through: list[list[int]] = []
    days: dict[int, list[date]] = {}


def counted_weeks(asked: Asked, mondays: Sequence[date], people_from: date) -> Iterator[tuple[date, Counted]]:
    """Every week in turn; the last may still run and is not kept. People are counted in weeks from `people_from` on.

    asked.known_at is None: what was known at another time is never kept.
    """
    merged = merges(asked.watermark)
    touched = changes_of_days(mondays[0], mondays[-1] + WEEK)
    kept = {row.monday: row for row in UsageWeek.objects.filter(monday__in=mondays).defer("counted")}
    for monday in mondays:
        until = min(monday + WEEK, asked.as_of)
        change = max((touched[day] for day in _days(monday, until) if day in touched), default=None)
        if change is None:  # no event ever had a day of it
            yield monday, Counted()
            continue
        people, row = monday >= people_from, kept.get(monday)
        given = event_parameters(replace(asked, as_of=until), monday, merged, None)
        attribution = sha256(repr((USED, given[2:])).encode()).hexdigest()
        if until < monday + WEEK:
            yield monday, _count(given, people=False)
        elif row and (row.change, row.attribution) == (change, attribution) and (row.people or not people):
            yield monday, msgspec.json.decode(zlib.decompress(row.counted), type=Counted)
        else:
            found = _count(given, people=people)
            told = zlib.compress(msgspec.json.encode(found), 1)
            UsageWeek.objects.update_or_create(
                monday=monday,
                defaults={
                    "change": change,
                    "attribution": attribution,
                    "people": people,
                    "made_at": clock.now(),
                    "counted": told,
                },
            )
            yield monday, found


def _days(first: date, until: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((until - first).days))


def _count(given: Sequence[Any], *, people: bool) -> Counted:
    """Asked of the events of the days that the parameters of `USED` name."""
    first, until = given[:2]
    store, last = event_store(), until - timedelta(days=1)
    rows = store.query(lean(PEOPLE if people else SEEN, given), given, first=first, last=last)
    sent: dict[str, list[int]] = {}
    if any(row[2] != row[3] for row in rows):
        for account, source in store.query(lean(PAIRS, given), given, first=first, last=last):
            sent.setdefault(account, []).append(source)
    places: dict[tuple[int, ...], int] = {}
    through = [tuple(sent.get(account) or (low,)) for account, _users, low, _high in rows]
    senders = [places.setdefault(sources, len(places)) for sources in through]
    days: dict[int, list[date]] = {}
    for source, day in store.query(DAYS, [first, until], first=first, last=last):
        days.setdefault(source, []).append(day)
    return Counted(
        [row[0] for row in rows], [row[1] for row in rows], senders, [list(one) for one in places], days
    )
