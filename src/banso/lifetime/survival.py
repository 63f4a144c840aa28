"""How many are left after how long, where some are still there and some came late (Kaplan and Meier 1958)."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ._read import Numbers, lives

Interval = Literal["log-log", "plain"]
#: Two-sided 95 %.
Z95 = 1.959963984540054
#: A product of fractions that is exactly one half must not miss it by its last bit.
HALF = 0.5 + 1e-12


@dataclass(frozen=True)
class Point:
    """The curve at a time: `at_risk` are those seen just before it. None: nobody was at risk any more, or no interval is defined."""

    time: float
    survival: float | None
    lower: float | None
    upper: float | None
    at_risk: int


@dataclass(frozen=True)
class KaplanMeier:
    """`table`: columns of one length, a row for every time at which somebody came late, left or had the event.

    time · at_risk (seen just before it: entry < time ≤ duration) · events · censored · entered (counted from just after) · survival ·
    standard_error (Greenwood) · lower, upper (95 %). The last three are NaN before the first event, where nothing is known of the
    spread, and once the curve is 0.

    median: the first time at which no more than half are left; None with `median_reason` "no_events" or "not_reached".
    median_interval: where the two bounds come to one half (Brookmeyer and Crowley 1982); an end that is not reached is None.
    broken_at: the time at which the curve fell to 0 though others were seen later. With late entry the first few can do that by
    chance; the curve then says nothing about the rest. None where that did not happen.
    """

    table: dict[str, NDArray[Any]]
    interval: Interval
    n: int
    events: int
    median: float | None
    median_reason: str | None
    median_interval: tuple[float | None, float | None]
    broken_at: float | None

    def survival(self, t: float) -> float | None:
        """The share still without the event after `t`; None beyond the last time anybody was seen, unless it had come to 0."""
        return self.at(t).survival

    def at(self, t: float) -> Point:
        """The curve, its interval and the number at risk at `t`. ValueError for a negative time."""
        if not t >= 0:
            raise ValueError(f"a time is not negative: {t}")
        times = self.table["time"]
        here = int(np.searchsorted(times, t, side="right")) - 1
        following = int(np.searchsorted(times, t, side="left"))
        at_risk = int(self.table["at_risk"][following]) if following < len(times) else 0
        if here < 0:
            return Point(t, 1.0, None, None, at_risk)
        row = {name: float(self.table[name][here]) for name in ("survival", "lower", "upper")}
        if t > times[-1] and row["survival"] > 0:
            return Point(t, None, None, None, 0)
        return Point(t, row["survival"], _known(row["lower"]), _known(row["upper"]), at_risk)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def kaplan_meier(duration: Any, event: Any, entry: Any = None, interval: Interval = "log-log") -> KaplanMeier:
    """The product-limit curve of durations, some of which are not over (event 0) and some of which were seen late (entry > 0).

    duration, event, entry: columns of one length in one unit. Without `entry` everybody is at risk from the beginning, time 0
    included; with it a row is at risk in (entry, duration], so entry < duration. Events at a time come before those censored at it.
    interval: "log-log" (inside 0 to 1 by itself) or "plain" (Greenwood's ± 1.96 standard errors, cut at 0 and 1).
    Raises ValueError for negative or empty values, an entry at or after the duration, no rows at all, another interval.
    """
    if interval not in ("log-log", "plain"):
        raise ValueError(f"interval is 'log-log' or 'plain', not {interval!r}")
    ends, events, begins = lives(duration, event, entry)
    if not len(ends):
        raise ValueError("there are no rows: nobody was seen, so nothing can be said")
    came = begins[begins > 0] if begins is not None else np.empty(0)
    times, (gone, died, entered) = _counted(ends, ends[events], came)
    at_risk = len(ends) - len(came) + np.cumsum(entered) - entered - (np.cumsum(gone) - gone)
    with np.errstate(divide="ignore", invalid="ignore"):
        curve = np.cumprod(np.where(died > 0, 1.0 - died / np.maximum(at_risk, 1), 1.0))
        greenwood = np.cumsum(np.where(died > 0, died / (at_risk * (at_risk - died).astype(float)), 0.0))
        known = (curve > 0) & (np.cumsum(died) > 0)
        error = np.where(known, curve * np.sqrt(greenwood), nan)
        if interval == "plain":
            lower, upper = np.maximum(curve - Z95 * error, 0.0), np.minimum(curve + Z95 * error, 1.0)
        else:
            width = np.exp(Z95 * np.sqrt(greenwood) / np.abs(np.log(curve)))
            lower, upper = (np.where(known, curve**power, nan) for power in (width, 1.0 / width))
    table: dict[str, NDArray[Any]] = {
        "time": times, "at_risk": at_risk, "events": died, "censored": gone - died, "entered": entered,
        "survival": curve, "standard_error": error, "lower": lower, "upper": upper,
    }  # fmt: skip
    for values in table.values():
        values.flags.writeable = False
    median = _first(times, curve)
    total = int(events.sum())
    zero = np.flatnonzero(curve <= 0)
    return KaplanMeier(
        table=table,
        interval=interval,
        n=len(ends),
        events=total,
        median=median,
        median_reason=None if median is not None else "not_reached" if total else "no_events",
        median_interval=(_first(times, lower), _first(times, upper)),
        broken_at=float(times[zero[0]]) if len(zero) and zero[0] < len(times) - 1 else None,
    )


def _counted(*columns: Numbers) -> tuple[Numbers, list[NDArray[np.int64]]]:
    """All times that stand in the columns, and how often each stands in each column."""
    top = max((float(values.max()) for values in columns if len(values)), default=0.0)
    whole = [values.astype(np.int64) for values in columns] if top < 10_000_000 else []
    if whole and all((values == given).all() for values, given in zip(whole, columns, strict=True)):
        counts = [
            np.bincount(values, minlength=int(top) + 1) for values in whole
        ]  # days and months: no sorting
        seen = np.flatnonzero(np.sum(counts, axis=0))
        return seen.astype(float), [each[seen] for each in counts]
    ordered = [np.sort(values) for values in columns]
    times = np.unique(
        np.concatenate([values[np.append(True, np.diff(values) > 0)[: len(values)]] for values in ordered])
    )
    return times, [np.diff(np.searchsorted(values, times, side="right"), prepend=0) for values in ordered]


def _first(times: Numbers, curve: Numbers) -> float | None:
    """The first time at which a falling curve is at one half or under it; NaN is neither."""
    under = np.flatnonzero(curve <= HALF)
    return float(times[under[0]]) if len(under) else None
