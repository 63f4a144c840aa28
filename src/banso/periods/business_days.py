"""Business days: weekends, 国民の祝日 (with 振替休日 and 国民の休日) and the company's own closures."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import jpholiday

# 国民の祝日に関する法律 came into force on 1948-07-20; the formula behind the equinox days is good to 2099. Days not yet
# announced by the Cabinet Office (from the year after next on) are computed and may still be changed by law.
NATIONAL_YEARS = range(1949, 2100)

_ONE_DAY = timedelta(days=1)
_LONGEST_CLOSURE = 400


@cache
def _national_holidays(year: int) -> Mapping[date, str]:
    return dict(jpholiday.year_holidays(year))


class _National(Mapping[date, str]):
    """Every national holiday with its name; a year (0.05 s) is worked out when one of its days is first asked for."""

    def __getitem__(self, day: date) -> str:
        if day.year not in NATIONAL_YEARS:
            raise KeyError(day)
        return _national_holidays(day.year)[day]

    def __iter__(self) -> Iterator[date]:
        for year in NATIONAL_YEARS:
            yield from _national_holidays(year)

    def __len__(self) -> int:
        return sum(len(_national_holidays(year)) for year in NATIONAL_YEARS)


def year_end_closures(years: Iterable[int]) -> dict[date, str]:
    """年末年始, 12/29 of each year to 1/3 of the next: the closures most companies start from."""
    first_days = (date(year, 12, 29) for year in years)
    return {first + timedelta(days=offset): "年末年始" for first in first_days for offset in range(6)}


@dataclass(frozen=True, eq=False)
class Calendar:
    """The open days of a company.

    `holidays` and `closures` give the name of each closed day; `known_years` are the years for which holidays were
    looked up at all. In any other year only weekends and closures count, and `has_holidays` is False: the page then
    says 「祝日データがありません。営業日は土日のみで計算」.
    """

    holidays: Mapping[date, str] = field(default_factory=dict)
    closures: Mapping[date, str] = field(default_factory=dict)
    known_years: Container[int] = ()

    @classmethod
    def japan(cls, closures: Mapping[date, str] | Iterable[date] = ()) -> Calendar:
        """Japan's national holidays, offline, for NATIONAL_YEARS, beside the company's closures."""
        return cls(_National(), _named(closures), NATIONAL_YEARS)

    @classmethod
    def weekends_only(cls, closures: Mapping[date, str] | Iterable[date] = ()) -> Calendar:
        """Where no holiday data is there: weekends and closures, and `has_holidays` False for every year."""
        return cls({}, _named(closures), ())

    def has_holidays(self, year: int) -> bool:
        return year in self.known_years

    def closed_because(self, day: date) -> str | None:
        """The name of the holiday or closure on a day ("" where it has none); None on other days, weekends too."""
        name = self.holidays.get(day)
        return name if name is not None else self.closures.get(day)

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < 5 and self.closed_because(day) is None

    def closed_weekdays(self, first: date, last: date) -> tuple[date, ...]:
        """Holidays and closures that fall on Monday to Friday between two days, both included."""
        days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
        return tuple(day for day in days if day.weekday() < 5 and self.closed_because(day) is not None)

    def _step(self, day: date, step: timedelta) -> date:
        for _ in range(_LONGEST_CLOSURE):
            day += step
            if self.is_business_day(day):
                return day
        raise ValueError(f"no business day within {_LONGEST_CLOSURE} days of {day}")

    def on_or_before(self, day: date) -> date:
        """The day itself when it is open, else the previous business day (前営業日)."""
        return day if self.is_business_day(day) else self._step(day, -_ONE_DAY)

    def on_or_after(self, day: date) -> date:
        """The day itself when it is open, else the next business day (翌営業日)."""
        return day if self.is_business_day(day) else self._step(day, _ONE_DAY)

    def previous(self, day: date) -> date:
        """The last business day before a day."""
        return self._step(day, -_ONE_DAY)

    def next(self, day: date) -> date:
        """The first business day after a day."""
        return self._step(day, _ONE_DAY)

    def add(self, day: date, business_days: int) -> date:
        """So many business days later, or earlier when negative; the first day is not counted (初日不算入).

        2026-11-24 plus 5 is 2026-12-01; 2026-11-30 less 5 is 2026-11-20, as 11/23 is a holiday. 0 gives the day back.
        """
        step = _ONE_DAY if business_days > 0 else -_ONE_DAY
        for _ in range(abs(business_days)):
            day = self._step(day, step)
        return day

    def count(self, after: date, until: date) -> int:
        """Business days after the first day up to and including the second; negative when the second lies before."""
        if until < after:
            return -self.count(until, after)
        span = (until - after).days
        return sum(self.is_business_day(after + timedelta(days=offset)) for offset in range(1, span + 1))


def _named(closures: Mapping[date, str] | Iterable[date]) -> Mapping[date, str]:
    return dict(closures) if isinstance(closures, Mapping) else dict.fromkeys(closures, "")
