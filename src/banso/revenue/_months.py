"""Months as plain integers (year * 12 + month - 1) and days as proleptic ordinals, for numpy.

A month may be given as ``"2026-10"``, a ``date`` (its month), or anything with ``year`` and
``month`` attributes, which ``banso.periods.Month`` has.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

MonthLike = Any
DayLike = Any

#: ``date.toordinal()`` of 1970-01-01, where numpy's ``datetime64[D]`` starts.
EPOCH_ORDINAL = 719_163
JST = dt.timezone(dt.timedelta(hours=9), "JST")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_MONTH_TEXT = re.compile(r"(\d{4})[-/](\d{1,2})\Z")


def month_number(month: MonthLike) -> int:
    """Months since year 0: ``"2026-10"``, a date, or an object with ``year`` and ``month``."""
    if isinstance(month, bool):
        raise TypeError("a month is 'YYYY-MM', a date or a Month, not a bool")
    if isinstance(month, str):
        found = _MONTH_TEXT.match(month.strip())
        if not found or not 1 <= int(found[2]) <= 12:
            raise ValueError(f"not a month: {month!r} (wanted YYYY-MM)")
        return int(found[1]) * 12 + int(found[2]) - 1
    year, number = getattr(month, "year", None), getattr(month, "month", None)
    if isinstance(year, int) and isinstance(number, int):
        return year * 12 + number - 1
    raise TypeError(f"a month is 'YYYY-MM', a date or a Month, not {type(month).__name__}")


def month_text(number: int) -> str:
    """``"2026-10"`` for a month number."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def first_day(number: int) -> int:
    """Ordinal of the month's first day."""
    return dt.date(number // 12, number % 12 + 1, 1).toordinal()


def last_day(number: int) -> int:
    """Ordinal of the month's last day."""
    return first_day(number + 1) - 1


def day_number(day: DayLike) -> int:
    """Ordinal of a day given as ``date``, ``datetime`` (its own date) or ISO text."""
    if isinstance(day, str):
        return dt.date.fromisoformat(day.strip().replace("/", "-")).toordinal()
    if isinstance(day, np.datetime64):
        return int(day.astype("datetime64[D]").astype(np.int64)) + EPOCH_ORDINAL
    if isinstance(day, dt.date):
        return day.toordinal()
    raise TypeError(f"a day is a date or 'YYYY-MM-DD', not {type(day).__name__}")


def day_of(ordinal: int) -> dt.date:
    return dt.date.fromordinal(int(ordinal))


def months_of(days: NDArray[np.int32]) -> NDArray[np.int64]:
    """Month numbers of day ordinals, vectorised."""
    since_epoch = (days.astype(np.int64) - EPOCH_ORDINAL).astype("datetime64[D]")
    return since_epoch.astype("datetime64[M]").astype(np.int64) + 1970 * 12


def moment(value: Any) -> int:
    """Microseconds since 1970 UTC. Texts and datetimes without offset are Japanese time (JST).

    A bare day means its end: what was known when that day was over in Japan.
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        if len(text) == 10:
            return end_of_day(day_number(text))
        value = dt.datetime.fromisoformat(text)
    if isinstance(value, np.datetime64):  # carries no offset: Japanese time like any other
        return int(value.astype("datetime64[us]").astype(np.int64)) - 9 * 3_600_000_000
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=JST)
        return (aware - _EPOCH) // _MICROSECOND
    if isinstance(value, dt.date):
        return end_of_day(value.toordinal())
    raise TypeError(f"a moment is a datetime or ISO text, not {type(value).__name__}")


def start_of_day(ordinal: int) -> int:
    """The microsecond at which a day begins in Japan."""
    return (ordinal - EPOCH_ORDINAL) * 86_400_000_000 - 9 * 3_600_000_000


def end_of_day(ordinal: int) -> int:
    """The last microsecond of a day in Japan."""
    return start_of_day(ordinal + 1) - 1
