"""What the coming weeks would be if nothing changed, with a band from the customer's own past misses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import numpy as np

from banso.periods import Calendar
from banso.usage.weeks import WEEK, Week, Weeks, weeks_of

BASELINE = 8
#: A band needs so many past misses for each week ahead; with fewer it would be a guess.
LEAST_MISSES = 10


@dataclass(frozen=True, slots=True)
class BandWeek:
    """A coming week: Monday, expected users, and the band; None where too few past misses are there."""

    monday: date
    expected: float
    low: float | None
    high: float | None
    misses: int


@dataclass(frozen=True)
class Band:
    """`share` of past misses lay inside. reason: short_history (nothing is said) or few_misses (no band is drawn)."""

    weeks: tuple[BandWeek, ...]
    share: float
    reason: str | None
    source: Weeks


def band(
    series: Any,
    calendar: Calendar | None,
    *,
    as_of: date | None = None,
    gaps: Collection[date] = (),
    horizon: int = 4,
    share: float = 0.8,
    daily: bool | None = None,
) -> Band:
    """The next `horizon` weeks after the last used one: the median of the last 8 used weeks, and a band around it.

    For every past week the same forecast is made from the weeks before it; the band holds the middle `share` of what these forecasts
    missed by, relative to the forecast, h weeks ahead each for itself. Nothing below 0. Arguments as for `weeks_of`.
    """
    if not 0 < share < 1 or horizon < 1:
        raise ValueError(f"share lies between 0 and 1 and horizon is at least 1, not {share} and {horizon}")
    weeks = weeks_of(series, calendar, as_of=as_of, gaps=gaps, daily=daily)
    used = weeks.used
    if len(used) < BASELINE:
        return Band((), share, "short_history", weeks)
    level = float(median(week.users for week in used[-BASELINE:]))
    out = []
    for ahead in range(1, horizon + 1):
        misses = _misses(used, ahead)
        low = high = None
        if len(misses) >= LEAST_MISSES:
            edges = np.quantile(misses, [(1 - share) / 2, (1 + share) / 2])
            low, high = (max(0.0, level * (1 + float(edge))) for edge in edges)
        out.append(BandWeek(used[-1].monday + WEEK * ahead, level, low, high, len(misses)))
    reason = "few_misses" if any(week.low is None for week in out) else None
    return Band(tuple(out), share, reason, weeks)


def _misses(used: tuple[Week, ...], ahead: int) -> list[float]:
    """Relative misses of the same forecast at every past week; a forecast of 0 has none."""
    out = []
    for now in range(BASELINE, len(used) - ahead + 1):
        forecast = median(week.users for week in used[now - BASELINE : now])
        if forecast:
            out.append(float(used[now + ahead - 1].users / forecast - 1))
    return out
