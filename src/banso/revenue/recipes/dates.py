"""Which day is the last day of service, and how long a period is in months."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from banso.periods import Month, add_months

# What the written date of an end means. The mapping page asks with an example.
EndReading = Literal[
    "last_day",  # 3月31日まで使える契約 is written 3/31
    "day_after",  # ... is written 4/1
    "month_end",  # any day of the month: service ends with that month
    "previous_month_end",  # written in the month after (day of processing): service ended with the month before
    "notice",  # the day the customer gave notice: service ends with the running term, else with that month
]
END_READINGS: tuple[EndReading, ...] = ("last_day", "day_after")
CANCEL_READINGS: tuple[EndReading, ...] = (
    "last_day",
    "day_after",
    "month_end",
    "previous_month_end",
    "notice",
)

ONE_DAY = timedelta(days=1)
# Dates from this year on stand for "no end" (9999-12-31, 2099-12-31).
OPEN_FROM_YEAR = 2099


def last_day(written: date, reading: EndReading, term_end: date | None = None) -> date:
    """The last day of service of a written end. `term_end`: the last day of the running term, for ``notice``."""
    if reading == "day_after":
        return written - ONE_DAY
    if reading == "month_end":
        return Month.of(written).last
    if reading == "previous_month_end":
        return Month.of(written).first - ONE_DAY
    if reading == "notice":
        return term_end if term_end is not None and term_end >= written else Month.of(written).last
    return written


def changes_month(
    written: date, used: EndReading, others: tuple[EndReading, ...], term_end: date | None = None
) -> Mapping[EndReading, bool]:
    """For each other reading, whether the end would fall into another month."""
    mine = Month.of(last_day(written, used, term_end))
    return {other: Month.of(last_day(written, other, term_end)) != mine for other in others if other != used}


def months_between(first: date, last: date) -> Fraction:
    """Length in months of a period with both days in it: 4/1 to 3/31 is 12, 4/15 to 5/14 is 1, 4/1 to 4/15 is 1/2.

    A part of a month is its days over the days of the month it begins. Raises ValueError when `last` is before `first`.
    """
    end = last + ONE_DAY
    if end <= first:
        raise ValueError("the period ends before it starts")
    whole = (end.year - first.year) * 12 + end.month - first.month
    while add_months(first, whole) > end:
        whole -= 1
    begun, following = add_months(first, whole), add_months(first, whole + 1)
    return whole + Fraction((end - begun).days, (following - begun).days)


def rolled_end(ends_on: date, months: int, at_least: date) -> date:
    """The first end of an automatically renewed term that is not before `at_least`; month ends stay month ends."""
    month_end = Month.of(ends_on).last == ends_on
    steps, end = 0, ends_on
    while end < at_least:
        steps += 1
        end = add_months(ends_on, months * steps)
        if month_end:
            end = Month.of(end).last
    return end
