"""The periods that end with the asked day, of each source: days on which it was silent (欠測) do not count in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from banso.periods import Calendar
from banso.usage import missing_days, window
from banso_web.core.facts import Asked

MONTH, WEEK, DAY = 30, 7, 1
#: Whoever was heard of within so many days is known to have been there; others are looked for one by one.
LOOK = timedelta(days=182)


@dataclass(frozen=True)
class Period:
    """First days of the month, week and day of a source, and its silent days in the month.

    `month` None: silent for too long, be it that whole weeks are missing in it or that nothing came at all.
    """

    month: date | None
    week: date | None
    day: date | None
    silent: tuple[date, ...]


@dataclass(frozen=True)
class Periods:
    """`of`: by source ("file" or the source's id). `last`: the last day that is over; the asked one still runs where it is today."""

    as_of: date
    last: date
    of: Mapping[str, Period]
    calendar: Calendar

    def open_days(self, source: str, begun: date | None = None) -> tuple[date, ...]:
        """Business days of a source's month that are over, from the account's first day of use on. None in a silence."""
        period = self.of[source]
        if period.month is None:
            return ()
        start = max(period.month, begun) if begun else period.month
        days = (start + timedelta(days=n) for n in range((self.last - start).days + 1))
        return tuple(day for day in days if self.calendar.is_business_day(day) and day not in period.silent)


def periods(asked: Asked, calendar: Calendar, heard: Mapping[str, Collection[date]]) -> Periods:
    """`heard`: days with rows by source, of everybody within `LOOK`. One that is not in it was silent all the while."""
    last = min(asked.as_of, asked.today - timedelta(days=1))
    first = asked.as_of - timedelta(days=2 * MONTH)
    month = (asked.as_of - timedelta(days=n) for n in range(MONTH))
    dead = Period(
        None, None, None, tuple(sorted(day for day in month if day <= last and calendar.is_business_day(day)))
    )
    found = {
        source: _period(asked.as_of, days, missing_days(days, calendar, first, last)) or dead
        for source, days in heard.items()
        if days
    }
    return Periods(asked.as_of, last, _Known(dead, found), calendar)


def _period(as_of: date, heard: Collection[date], silent: Collection[date]) -> Period | None:
    """None where nothing came in the whole month. So long a silence leaves no weekdays to compare it with: it has to be seen apart."""
    month = window(as_of, MONTH, silent)
    if max(heard) < (month or as_of - timedelta(days=MONTH)):
        return None
    inside = tuple(sorted(day for day in silent if (month or as_of - timedelta(days=MONTH)) <= day <= as_of))
    return Period(month, window(as_of, WEEK, silent), window(as_of, DAY, silent), inside)


class _Known(dict[str, Period]):
    """A source that was not heard is dead."""

    def __init__(self, dead: Period, found: Mapping[str, Period]) -> None:
        super().__init__(found)
        self._dead = dead

    def __missing__(self, source: str) -> Period:
        return self._dead
