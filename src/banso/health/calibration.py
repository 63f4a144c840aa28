"""Does a probability say how often? Brier score with its parts, the calibration table, and probabilities out of scores.

A health score is no probability. To compare it with what happened it is read as one by what was known at the time: at each
snapshot day a logistic line through the snapshots whose horizon was over by then. Nothing later is ever used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from banso.health._logistic import expit, fit_logistic, logit
from banso.health.backtesting.estimates import LEAST_EVENTS, Estimate, mean, share, too_few
from banso.health.backtesting.past import Bools, Floats, Ints

BINS = 10


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Rows of about the same probability: from `low` to `high`, what was said on average and what happened."""

    low: float
    high: float
    said: float
    happened: Estimate


@dataclass(frozen=True)
class Calibration:
    """table: up to ten bins of about as many rows. slope: 1 when what was said is neither too bold (below 1) nor too timid.

    observed_over_expected: events ÷ sum of what was said, 1 when right on the whole. Both None with the reason where too few.
    """

    table: tuple[CalibrationBin, ...]
    observed_over_expected: Estimate
    slope: float | None
    reason: str | None


@dataclass(frozen=True)
class Brier:
    """Mean squared error of a probability = reliability − resolution + uncertainty + remainder (Murphy 1973, over the bins of the table;
    the remainder is what bins hide). skill: 1 − Brier ÷ Brier of the base rate as known at the time, None where that is 0."""

    score: Estimate
    reliability: float | None = None
    resolution: float | None = None
    uncertainty: float | None = None
    remainder: float | None = None
    base_rate: Estimate | None = None
    skill: float | None = None


def as_known(risk: Floats, event: Bools, account: Ints, day: Ints, horizon: int) -> tuple[Floats, Floats]:
    """(probability out of a score, base rate) at each row as they could be said on its day; NaN before ten accounts had the event.

    risk: more is worse; NaN gives NaN. The line may not slope the wrong way: a score that was wrong so far says the base rate.
    """
    said, base = np.full(len(risk), np.nan), np.full(len(risk), np.nan)
    known = ~np.isnan(risk)
    for now in np.unique(day):
        rows, past = day == now, day + horizon <= now
        if len(np.unique(account[past & event])) < LEAST_EVENTS:
            continue
        base[rows] = event[past].mean()
        learn = past & known
        if too_few(event[learn], account[learn]) is not None:
            continue
        middle, width = float(risk[learn].mean()), float(risk[learn].std()) or 1.0
        line = np.column_stack((np.ones(int(learn.sum())), (risk[learn] - middle) / width))
        constant, slope = fit_logistic(line, event[learn].astype(np.float64), penalty=np.array([0.0, 1.0]))
        if slope > 0:
            said[rows] = expit(constant + slope * (risk[rows] - middle) / width)
        else:
            said[rows & known] = event[learn].mean()
    return said, base


def bins_of(said: Floats) -> Ints:
    """The bin of each row: tenths by rank, rows that say the same never parted; numbered from 0 without holes."""
    edges = np.unique(np.quantile(said, np.arange(1, BINS) / BINS))
    _bins, place = np.unique(np.searchsorted(edges, said, side="left"), return_inverse=True)
    return place.astype(np.int64)


def calibration(said: Floats, event: Bools, account: Ints) -> Calibration:
    """The table and its summary for rows with a probability."""
    reason = too_few(event, account)
    if reason is not None:
        return Calibration(
            (), Estimate(None, None, None, len(event), int(event.sum()), 0, reason), None, reason
        )
    place = bins_of(said)
    table = []
    for bin_ in range(int(place.max()) + 1):
        rows = place == bin_
        table.append(
            CalibrationBin(
                float(said[rows].min()),
                float(said[rows].max()),
                float(said[rows].mean()),
                share(event[rows], account[rows]),
            )
        )
    happened = share(event, account)
    expected = float(said.mean())
    ratio = Estimate(
        _over(happened.value, expected),
        _over(happened.low, expected),
        _over(happened.high, expected),
        happened.n,
        happened.events,
        happened.accounts,
    )
    line = np.column_stack((np.ones(len(said)), logit(said)))
    constant = float(np.ptp(line[:, 1])) < 1e-9
    slope = None if constant else float(fit_logistic(line, event.astype(np.float64), penalty=1e-6)[1])
    return Calibration(tuple(table), ratio, slope, None)


def _over(part: float | None, whole: float) -> float | None:
    return part / whole if part is not None and whole else None


def brier(said: Floats, base: Floats, event: Bools, account: Ints) -> Brier:
    """Rows with a probability; `base` is the base rate as known, NaN where none was (those rows have no skill to speak of)."""
    happened = event.astype(np.float64)
    score = mean((said - happened) ** 2, event, account)
    if score.value is None:
        return Brier(score)
    place = bins_of(said)
    sizes = np.bincount(place)
    told, seen = np.bincount(place, said) / sizes, np.bincount(place, happened) / sizes
    whole, weight = float(happened.mean()), sizes / len(said)
    reliability, resolution = float(weight @ (told - seen) ** 2), float(weight @ (seen - whole) ** 2)
    uncertainty = whole * (1 - whole)
    beside = ~np.isnan(base)
    rival = mean((base - happened)[beside] ** 2, event[beside], account[beside])
    skill = None
    if rival.value:
        skill = 1 - float(((said - happened)[beside] ** 2).mean()) / rival.value
    return Brier(
        score,
        reliability,
        resolution,
        uncertainty,
        score.value - (reliability - resolution + uncertainty),
        rival,
        skill,
    )
