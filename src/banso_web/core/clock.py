"""The one clock. Nothing else in Banso asks the system for the time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

JST = ZoneInfo("Asia/Tokyo")
FIXED_CLOCK_HOMES = ("demo", "test")


class ClockRefused(RuntimeError):
    """BANSO_CLOCK was set for a home that holds real data."""


@lru_cache(maxsize=1)
def _home_kind() -> str:
    marker = settings.BANSO_HOME / "kind"
    return marker.read_text("ascii").strip() if marker.exists() else ""


@lru_cache(maxsize=1)
def _fixed() -> datetime | None:
    text = settings.ENV.clock
    if not text:
        return None
    if _home_kind() not in FIXED_CLOCK_HOMES:
        raise ClockRefused(
            "BANSO_CLOCK is only for demo and test homes; this home is a real one. Nothing was changed: unset it."
        )
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=JST)).astimezone(UTC)


def now() -> datetime:
    """This moment in UTC (the fixed one in a demo or test home with BANSO_CLOCK)."""
    return _fixed() or datetime.now(UTC)


def machine() -> datetime:
    """This machine's own time in UTC, in a home with a fixed clock too: for leases, never for facts."""
    return datetime.now(UTC)


def today() -> date:
    """Japan's calendar day of `now()`."""
    return now().astimezone(JST).date()


def forget() -> None:
    """Drop the cached setting; for tests that change BANSO_CLOCK or the home."""
    _home_kind.cache_clear()
    _fixed.cache_clear()
