"""Moments as clients of the protocol write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

#: Events happen from here to before there; so does what a client says of them, before its clock is corrected.
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


def parse_time(value: Any) -> datetime:
    """A moment as clients send it, in UTC: `2015-2-02T00:30:08.276Z` too. Without an offset it is UTC. ValueError otherwise."""
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"not a moment: {value!r}")
    year, month, day, hour, minute, second, part, zone = found.groups()
    microsecond = int((part or "0")[:6].ljust(6, "0"))
    offset = UTC if zone is None or zone in "Zz" else _offset(zone)
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        microsecond,
        offset,
    )
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or the last hours that a calendar has
        raise ValueError(f"not a moment: {value!r}") from None


def _offset(text: str) -> timezone:
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"not an offset: {text}")
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if text[0] == "-" else size)
