"""Weeks that may be compared: Monday to Sunday, without holiday weeks and without days the source was silent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any

from banso.periods import Calendar, week_start
from banso.usage._numbers import day_of, exact, pairs_of, values_by_day

WEEK = timedelta(days=7)
WEEKDAYS = 5
#: A week with so many holidays or closures on Monday to Friday is not compared.
CLOSED_DAYS = 2


class SkipReason(StrEnum):
    HOLIDAYS = "holidays"  # two or more holidays or closures on Monday to Friday
    GAP = "gap"  # 欠測: the source was silent for everybody on a day of it


@dataclass(frozen=True, slots=True)
class Week:
    """Monday, users of the week, seats at its end (None: not known), holidays and closures on Monday to Friday."""

    monday: date
    users: Fraction
    seats: int | None = None
    closed: int = 0

    @property
    def per_seat(self) -> Fraction | None:
        """Users over seats, unrounded; None where seats are not known or 0."""
        return self.users / self.seats if self.seats else None

    @property
    def over_seats(self) -> bool:
        """More users than seats: kept and marked, never cut."""
        return self.seats is not None and self.users > self.seats


@dataclass(frozen=True, slots=True)
class SkippedWeek:
    """A week left out, with the days that were the reason; `users` is what it would have said."""

    monday: date
    reason: SkipReason
    days: tuple[date, ...]
    users: Fraction


@dataclass(frozen=True)
class Weeks:
    """Weeks in order of time. `daily`: each value is the mean of daily users from Monday to Friday (日次平均)."""

    used: tuple[Week, ...]
    skipped: tuple[SkippedWeek, ...]
    daily: bool

    @property
    def complete(self) -> tuple[tuple[date, Fraction], ...]:
        """Every week, the skipped ones too: what a naive look would compare."""
        both = [(week.monday, week.users) for week in self.used]
        both += [(week.monday, week.users) for week in self.skipped]
        return tuple(sorted(both))


def weeks_of(
    series: Any,
    calendar: Calendar | None,
    seats: Any = None,
    *,
    as_of: date | None = None,
    gaps: Collection[date] = (),
    daily: bool | None = None,
    closed_days: int = CLOSED_DAYS,
) -> Weeks:
    """The weeks of a series that end before `as_of`, sorted into used and skipped.

    series: users by Monday, or by day (a mapping, a pandas series or pairs); `daily` says which, and None takes a series
    with any other day than Mondays for a daily one. A plain list of numbers is weeks without dates: all are used.
    A week or day missing between the first value and `as_of` is 0 users, not unknown, unless the source was silent (`gaps`).
    seats: one number, or seats from a day on ({day: seats}); the value at the week's Sunday counts.
    as_of: default the day after the last week. calendar None: no week is a holiday week.
    """
    listed = list(series) if not isinstance(series, Mapping) and not hasattr(series, "items") else None
    if listed is not None and all(not isinstance(entry, (tuple, list)) for entry in listed):
        return _undated(listed, seats)
    values = values_by_day(series)
    if not values:
        return Weeks((), (), bool(daily))
    by_day = any(day.weekday() for day in values) if daily is None else daily
    last = max(values)
    until = as_of if as_of is not None else week_start(last) + WEEK
    if by_day:
        weekly: Mapping[date, Fraction] = weekly_means(values, until=until)
    else:
        weekly = _filled(values, until)
    standing = _Seats(seats)
    used: list[Week] = []
    skipped: list[SkippedWeek] = []
    for monday, users in weekly.items():
        reason, days = skip(monday, calendar, gaps, closed_days)
        if reason is not None:
            skipped.append(SkippedWeek(monday, reason, days, users))
        else:
            seated = standing.on(monday + timedelta(days=6))
            used.append(Week(monday, users, seated, len(_closed(monday, calendar))))
    return Weeks(tuple(used), tuple(skipped), by_day)


def weekly_means(daily: Any, *, until: date) -> dict[date, Fraction]:
    """{Monday: Σ daily users from Monday to Friday ÷ 5}, for whole weeks that end before `until`.

    It stands for the week's distinct users where only daily ones are known. Five days are counted in a week with one holiday too: who
    uses a product weekly uses it on another day. Where a holiday alone would make a drop, `drop` says so. Weekend use is left out.
    From the first day with a value on, a day without one is 0; a week that began before it is left out.
    """
    values = values_by_day(daily)
    out: dict[date, Fraction] = {}
    if not values:
        return out
    first = min(values)
    monday = week_start(first) if first.weekday() == 0 else week_start(first) + WEEK
    while monday + WEEK <= until:
        days = (monday + timedelta(days=offset) for offset in range(WEEKDAYS))
        out[monday] = sum((values.get(day, Fraction(0)) for day in days), Fraction(0)) / WEEKDAYS
        monday += WEEK
    return out


def _filled(values: Mapping[date, Fraction], until: date) -> dict[date, Fraction]:
    odd = [day for day in values if day.weekday()]
    if odd:
        raise ValueError(f"a weekly series holds Mondays, not {min(odd)}")
    out: dict[date, Fraction] = {}
    monday = min(values)
    while monday + WEEK <= until:
        out[monday] = values.get(monday, Fraction(0))
        monday += WEEK
    return out


def skip(
    monday: date, calendar: Calendar | None, gaps: Collection[date], closed_days: int
) -> tuple[SkipReason | None, tuple[date, ...]]:
    """Why the week of a Monday is left out, and the days that are the reason; (None, ()) where it is compared."""
    week = [monday + timedelta(days=offset) for offset in range(7)]
    silent = tuple(day for day in week if day in gaps)
    if silent:
        return SkipReason.GAP, silent
    closed = _closed(monday, calendar)
    return (SkipReason.HOLIDAYS, closed) if len(closed) >= closed_days else (None, ())


@lru_cache(maxsize=2_000)  # the same weeks are asked for every customer
def _closed(monday: date, calendar: Calendar | None) -> tuple[date, ...]:
    return () if calendar is None else calendar.closed_weekdays(monday, monday + timedelta(days=6))


def _undated(values: Iterable[Any], seats: Any) -> Weeks:
    """Weeks without dates stand one after another and end nowhere in particular."""
    listed = list(values)
    each = list(seats) if isinstance(seats, (list, tuple)) else [seats] * len(listed)
    if len(each) != len(listed):
        raise ValueError(f"{len(each)} numbers of seats for {len(listed)} weeks")
    mondays = [date(1, 1, 1) + WEEK * position for position in range(len(listed))]
    weeks = []
    for monday, users, seat in zip(mondays, listed, each, strict=True):
        number = exact(users)
        if number < 0:
            raise ValueError(f"{users} is negative")
        weeks.append(Week(monday, number, None if seat is None else int(seat)))
    return Weeks(tuple(weeks), (), False)


class _Seats:
    """Seats on a day: one number for all time, or the value of the last change up to the day."""

    def __init__(self, seats: Any) -> None:
        self._fixed: int | None = None
        self._changes: list[tuple[date, int]] = []
        if seats is None:
            return
        if isinstance(seats, int):
            self._fixed = _whole(seats)
        else:
            self._changes = sorted((day_of(day), _whole(number)) for day, number in pairs_of(seats))

    def on(self, day: date) -> int | None:
        if self._fixed is not None:
            return self._fixed
        standing = [number for since, number in self._changes if since <= day]
        return standing[-1] if standing else None


def _whole(number: Any) -> int:
    value = exact(number)
    if value.denominator != 1 or value < 0:
        raise ValueError(f"seats are whole and not negative, not {number}")
    return int(value)
