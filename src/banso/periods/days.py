"""Calendar days: Japan's day of a moment, months added with clipping."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, timezone

# Japan has had no daylight saving time since 1951, so a fixed offset is exact for everything a company stores.
JST = timezone(timedelta(hours=9), "JST")


def jst_day(moment: datetime) -> date:
    """Japan's day of a moment: 2026-10-31T15:30Z is 2026-11-01. A time without an offset raises ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset; the server's time zone must not matter")
    return moment.astimezone(JST).date()


def jst_bounds(day: date) -> tuple[datetime, datetime]:
    """The UTC moments between which Japan's day lies, end exclusive."""
    start = datetime.combine(day, time(), JST).astimezone(UTC)
    return start, start + timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """応当日 so many months later (or earlier, when negative); no such day gives the month's end (民法143条).

    2027-03-31 less one month is 2027-02-28.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
