"""Days on which a source was silent for everybody (欠測), and days on which it said far more or less than usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

from banso.periods import Calendar, Month
from banso.usage._numbers import day_of, values_by_day
from banso.usage.adoption import MOST_SILENT

#: A day is missing when its last so many same weekdays all had rows.
SAME_WEEKDAYS = 4
#: How far back these are looked for: holidays and missing days between them are passed over.
LOOK_BACK_WEEKS = 12


def missing_days(
    days_with_rows: Collection[Any],
    calendar: Calendar,
    first: date,
    last: date,
    *,
    same_weekdays: int = SAME_WEEKDAYS,
) -> tuple[date, ...]:
    """Days from `first` to `last` without a row of any customer though each of the last four same weekdays had rows.

    A holiday or closure is never missing, and neither such days nor missing ones count among the four: a silence of weeks stays
    a silence. Fewer than four comparable weekdays within twelve weeks: nothing can be said, the day is not missing.
    The day still running is for the caller to leave out.
    """
    seen = {day_of(day) for day in days_with_rows}
    if not seen:
        return ()
    missing: set[date] = set()
    begin = min(seen)
    day = begin
    found: list[date] = []
    while day <= last:
        unseen = day not in seen and calendar.closed_because(day) is None
        if unseen and _all_had_rows(day, seen, missing, calendar, begin, same_weekdays):
            missing.add(day)
            if day >= first:
                found.append(day)
        day += timedelta(days=1)
    return tuple(found)


def _all_had_rows(
    day: date, seen: set[date], missing: set[date], calendar: Calendar, begin: date, wanted: int
) -> bool:
    had = 0
    for weeks in range(1, LOOK_BACK_WEEKS + len(missing) + 1):
        earlier = day - timedelta(weeks=weeks)
        if earlier < begin:
            return False
        if earlier in missing:
            continue
        if earlier in seen:
            had += 1
            if had == wanted:
                return True
        elif calendar.closed_because(earlier) is None:
            return False
    return False


def silent_months(days_with_rows: Collection[Any], calendar: Calendar, last: date) -> frozenset[Month]:
    """Months up to that of `last` in which the source was silent for so long that no use in them says nothing: more than 14 missing
    days, or no row at all after a month with rows."""
    heard = {Month.of(day_of(day)) for day in days_with_rows}
    if not heard:
        return frozenset()
    missing = Counter(Month.of(day) for day in missing_days(days_with_rows, calendar, min(heard).first, last))
    dead = set(Month.range(min(heard), Month.of(last))) - heard
    return frozenset(dead.union(month for month, days in missing.items() if days > MOST_SILENT))


def silent_since(days_with_rows: Collection[Any], calendar: Calendar, last: date) -> date | None:
    """The first missing day of a silence that still runs on `last`; None while rows come, or where nothing can be said."""
    seen = {day_of(day) for day in days_with_rows}
    if not seen:
        return None
    return next(iter(missing_days(seen, calendar, max(seen) + timedelta(days=1), last)), None)


@dataclass(frozen=True, slots=True)
class VolumeDay:
    """An open day with rows beside its usual number.

    usual: None where too few same weekdays are known (判定できません). score: distance from it in robust standard deviations.
    """

    day: date
    rows: int
    usual: float | None
    score: float | None
    is_anomaly: bool

    @property
    def low(self) -> bool:
        return self.usual is not None and self.rows < self.usual


def volume_days(
    rows_by_day: Mapping[date, int] | Any,
    calendar: Calendar,
    first: date,
    last: date,
    *,
    weeks: int = 8,
    distance: float = 3.5,
    ratio: float = 2.0,
) -> tuple[VolumeDay, ...]:
    """Open days with rows from `first` to `last`, each beside its own weekday.

    Usual: the median of the last eight same weekdays with rows; at least four are needed. An anomaly lies beyond 3.5 robust
    deviations (Iglewicz and Hoaglin 1993) and beyond half or twice the usual. Holidays, closures and days without a row are left
    to `missing_days`. A deviation of 0 (all weeks alike) counts as one of 1/10 of the median, so that a source that always
    sends the same does not alarm at one row more.
    """
    rows = {day: int(number) for day, number in values_by_day(rows_by_day).items()}
    inside = (day for day in sorted(rows) if first <= day <= last and rows[day])
    return tuple(
        _volume_day(day, rows, calendar, weeks, distance, ratio)
        for day in inside
        if calendar.closed_because(day) is None
    )


def volume_anomalies(
    rows_by_day: Mapping[date, int] | Any, calendar: Calendar, first: date, last: date, **rule: Any
) -> tuple[VolumeDay, ...]:
    """The days of `volume_days` that are far from their usual number."""
    return tuple(day for day in volume_days(rows_by_day, calendar, first, last, **rule) if day.is_anomaly)


def _volume_day(
    day: date, rows: Mapping[date, int], calendar: Calendar, weeks: int, distance: float, ratio: float
) -> VolumeDay:
    number = rows[day]
    earlier = [day - timedelta(weeks=back) for back in range(1, weeks + 1)]
    usual = [rows[each] for each in earlier if rows.get(each) and calendar.closed_because(each) is None]
    if len(usual) < SAME_WEEKDAYS:
        return VolumeDay(day, number, None, None, False)
    middle = float(median(map(Fraction, usual)))
    spread = 1.4826 * float(median(Fraction(abs(each - middle)) for each in usual)) or middle / 10
    score = (number - middle) / spread
    far = number * ratio <= middle or number >= middle * ratio
    return VolumeDay(day, number, middle, score, far and abs(score) > distance)
