"""Readings of all accounts at once, in floats; the same rules as `banso.health.score`, which is the exact form of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from banso.health.curves import Curve
from banso.health.score import GAP_DAYS, How
from banso.health.scorecard import Band, Bands, Part, Scorecard, band_code
from banso.health.signals import State, state_code

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Codes = np.ndarray[Any, np.dtype[np.int8]]

AWAY, COUNTS, PAST, OPEN = range(len(How))
KNOWN, NOT_COLLECTED, NOT_APPLICABLE, NO_ANSWER, STOPPED, GAP = (state_code(state) for state in State)
BAD, UNKNOWN, WATCH, GOOD = (band_code(band) for band in Band)
NONE = band_code(None)
#: Floats of what is exactly an edge come out some last places beside it.
_EDGE = 1e-9


@dataclass(frozen=True)
class Column:
    """One signal of n accounts, as `Signal` has it of one.

    state: n codes (`state_code`). value, last: n numbers, NaN where there is none, or n categories (objects), None where there is none.
    last_on, fresh_on: n datetime64[D], NaT where there is none. points: n numbers instead of the curve, NaN where the curve is to be read.
    """

    state: Codes
    value: Any
    last: Any = None
    last_on: Any = None
    fresh_on: Any = None
    points: Floats | None = None


@dataclass(frozen=True)
class Readings:
    """n readings over p parts, in the order of the scorecard's. NaN where a reading has no value.

    value, low, high, completeness: n. points, share, low_points, low_share: n × p, points NaN and share 0 where a part does not stand
    there. amount, low_amount: points × share. how: codes of `How` in its order. stands_in: where the other signal was read.
    band, held: codes of `band_code`, −1 for none. frozen: nothing may alert.
    """

    value: Floats
    low: Floats
    high: Floats
    completeness: Floats
    points: Floats
    share: Floats
    low_points: Floats
    low_share: Floats
    how: Codes
    stands_in: Flags
    band: Codes
    held: Codes
    frozen: Flags

    @property
    def amount(self) -> Floats:
        return np.nan_to_num(self.points) * self.share

    @property
    def low_amount(self) -> Floats:
        return np.nan_to_num(self.low_points) * self.low_share


@dataclass
class _Held:
    how: Codes
    points: Floats
    least: Floats
    last: Floats
    frozen: Flags
    gap: Flags


def score_many(
    columns: Mapping[str, Column],
    scorecard: Scorecard,
    as_of: date,
    *,
    n: int | None = None,
    band_before: Codes | None = None,
    held_before: Codes | None = None,
) -> Readings:
    """Readings of n accounts under one scorecard; a signal without a column is not_collected for everybody.

    n: how many accounts, needed only where no column is given. band_before, held_before: `Readings.band` and `.held` of the
    readings before, −1 where there was none. Agrees with `score` to 1e-9. ValueError where lengths differ or a category is not in its table.
    """
    n = _length(columns, n)
    band_before = np.full(n, NONE, np.int8) if band_before is None else band_before
    held_before = np.full(n, NONE, np.int8) if held_before is None else held_before
    day = np.datetime64(as_of, "D")
    parts = scorecard.parts
    how = np.zeros((n, len(parts)), np.int8)
    points, least, last = (np.full((n, len(parts)), np.nan) for _ in range(3))
    frozen, over, stands_in = np.zeros(n, bool), np.zeros(n, bool), np.zeros((n, len(parts)), bool)
    for at, part in enumerate(parts):
        one, stands_in[:, at] = _hold(part, columns, n, day)
        how[:, at], points[:, at], least[:, at], last[:, at] = one.how, one.points, one.least, one.last
        frozen |= one.frozen
        over |= (one.how == OPEN) & one.gap
    weights = np.array([float(part.weight) for part in parts])
    counts, lost, past = how == COUNTS, how == OPEN, how == PAST
    aged = np.where(past, last, np.nan)
    low_points = _lowered(np.where(lost, 0.0, least), aged, weights)
    kept = (
        _mean(_lowered(np.where(lost, np.nan_to_num(last), least), aged, weights), weights)
        if (lost | past).any()
        else None
    )
    value, low, high = (
        _mean(stands, weights) for stands in (points, low_points, np.where(lost, 100.0, points))
    )
    whole = weights.sum()
    completeness = counts @ weights / whole
    needed = float(scorecard.bands.unknown_under) / 100 - _EDGE
    bands = scorecard.bands
    had = (how != AWAY) @ weights / whole
    was_bad = (held_before == BAD) & (_band(low, bands) == BAD)
    was_bad |= (had >= needed) & (_band(low if kept is None else kept, bands) == BAD)
    settled = np.where(completeness < needed, UNKNOWN, _band(low, bands)).astype(np.int8)
    unknown = (settled == UNKNOWN) | over
    band = np.where(unknown, np.where(was_bad, BAD, UNKNOWN), settled).astype(np.int8)
    held = np.where(band == UNKNOWN, held_before, band).astype(np.int8)
    still = frozen & ~over & (band_before != NONE)
    return Readings(
        value,
        low,
        high,
        completeness,
        points,
        _shares(points, weights),
        low_points,
        _shares(low_points, weights),
        how,
        stands_in,
        np.where(still, band_before, band).astype(np.int8),
        np.where(still, held_before, held).astype(np.int8),
        frozen & ~over,
    )


def _length(columns: Mapping[str, Column], n: int | None) -> int:
    lengths = {len(column.state) for column in columns.values()} | ({n} if n is not None else set())
    if len(lengths) != 1:
        raise ValueError(f"columns of one length are needed, not of {sorted(lengths)}")
    return lengths.pop()


def _hold(part: Part, columns: Mapping[str, Column], n: int, day: np.datetime64) -> tuple[_Held, Flags]:
    """`banso.health.score._hold` for n accounts, and where the other signal stands in."""
    own = _one(columns.get(part.signal), part.curve, part.life, n, day)
    if part.stand_in is None or part.stand_in.signal not in columns:
        return own, np.zeros(n, bool)
    other = _one(columns[part.stand_in.signal], part.stand_in.curve, part.stand_in.life, n, day)
    turned = (own.how != COUNTS) & (own.how != OPEN) & (other.how != AWAY)
    old = turned & (own.how == PAST)
    least = np.where(old, np.fmin(other.least, own.last), other.least)
    last = np.where(old & (other.how == PAST), np.fmin(other.last, own.last), other.last)
    return _Held(
        np.where(turned, other.how, own.how).astype(np.int8),
        np.where(turned, other.points, own.points),
        np.where(turned, np.where(other.how == COUNTS, least, np.nan), own.least),
        np.where(turned, last, own.last),
        own.frozen | (turned & other.frozen),
        np.where(turned, other.gap, own.gap),
    ), turned


def _one(column: Column | None, curve: Curve, life: int, n: int, day: np.datetime64) -> _Held:
    nothing = np.full(n, np.nan)
    if column is None:
        return _Held(np.zeros(n, np.int8), nothing, nothing, nothing, np.zeros(n, bool), np.zeros(n, bool))
    never = np.full(n, np.datetime64("NaT"), "datetime64[D]")
    last_on = never if column.last_on is None else np.asarray(column.last_on, "datetime64[D]")
    fresh_on = never if column.fresh_on is None else np.asarray(column.fresh_on, "datetime64[D]")
    state = np.asarray(column.state)
    known = state == KNOWN
    value = curve.many(column.value)
    last = nothing if column.last is None else curve.many(column.last)
    if column.points is not None:
        value = np.where(np.isnan(column.points), value, column.points)
        last = np.where(np.isnan(column.points), last, column.points)
    if (known & np.isnan(value)).any():
        raise ValueError("an account's signal is said to be known and has no value")
    has = ~np.isnan(last)
    stopped = (state == STOPPED) | ((state == NOT_COLLECTED) & (has | ~np.isnat(fresh_on)))
    gap = (state == GAP) & has
    silent = _days(np.where(np.isnat(fresh_on), last_on, fresh_on), day)
    long_gap = gap & ~(silent <= GAP_DAYS)
    asked = ((state == NO_ANSWER) & has) | (gap & ~long_gap)
    holds = asked & (_days(np.where(np.isnat(last_on), fresh_on, last_on), day) <= life)
    how = np.select([known | holds, stopped | long_gap, asked], [COUNTS, OPEN, PAST], AWAY).astype(np.int8)
    points = np.where(known, value, np.where(holds, last, np.nan))
    return _Held(
        how,
        points,
        points,
        np.where(how == AWAY, np.nan, np.where(known, np.nan, last)),
        gap & ~long_gap,
        state == GAP,
    )


def _days(since: Any, day: np.datetime64) -> Floats:
    """Days from each to the day; NaN, which is within nothing, where there is none."""
    days: Floats = np.where(np.isnat(since), np.nan, (day - since).astype(np.float64))
    return days


def _lowered(stands: Floats, past: Floats, weights: Floats) -> Floats:
    """`banso.health.score._lowered`: of each row's past points, those that lower its mean, from the lowest up."""
    out = stands.copy()
    rows = np.flatnonzero(~np.isnan(past).all(axis=1))
    if not len(rows):
        return out
    here, aged = out[rows], past[rows]
    order = np.argsort(aged, axis=1, kind="stable")  # NaN last
    total = np.where(np.isnan(here), 0.0, weights).sum(axis=1)
    summed = np.nansum(here * weights, axis=1)
    for rank in range(int((~np.isnan(aged)).sum(axis=1).max())):
        at = order[:, rank]
        line = np.arange(len(rows))
        points, weight = aged[line, at], weights[at]
        takes = ~np.isnan(points) & ((total == 0) | (points * total < summed - _EDGE * total))
        here[line[takes], at[takes]] = points[takes]
        total += np.where(takes, weight, 0.0)
        summed += np.where(takes, weight * np.nan_to_num(points), 0.0)
    out[rows] = here
    return out


def _mean(points: Floats, weights: Floats) -> Floats:
    total = (~np.isnan(points)) @ weights
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.where(total > 0, np.nan_to_num(points) @ weights / total, np.nan)
    return mean


def _shares(points: Floats, weights: Floats) -> Floats:
    stands = ~np.isnan(points) * weights
    total = stands.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(stands, total, out=np.zeros_like(stands), where=total > 0)
    return shares


def _band(low: Floats, bands: Bands) -> Codes:
    """Codes of the bands that lower ends lie in; unknown where there is none."""
    near = low + _EDGE
    with np.errstate(invalid="ignore"):
        found = np.where(near >= float(bands.good), GOOD, np.where(near >= float(bands.watch), WATCH, BAD))
    codes: Codes = np.where(np.isnan(low), UNKNOWN, found).astype(np.int8)
    return codes
