"""Drift watch: does a probability still say how often, and is it asked about the same kind of accounts as it was made for?

Calibration is watched at every snapshot day. A test that is looked at again and again finds something in the end, so this one is an
e-process: a bet against the probabilities that wins nothing on average while they are right. Once it has multiplied its stake by
20, they are wrong; the chance that right probabilities are ever called wrong, however long one watches, is 1 in 20 (Ville's inequality).
Snapshots are taken at least a horizon apart, so that no departure is counted twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from scipy.special import chdtrc

from banso.health._logistic import expit, logit
from banso.health.backtesting.past import Bools, Floats, Ints, Means, Past, day_of, read_past
from banso.health.calibration import Calibration, calibration
from banso.revenue._months import day_number

#: 1 ÷ the chance of ever crying wolf.
ENOUGH = 20.0
#: What is bet on: all odds are off by these factors, on the log scale, or what was said is too bold or too timid.
SHIFTS = (-1.0, -0.5, -0.25, 0.25, 0.5, 1.0)
SLOPES = (0.5, 0.75, 1.5)
#: What is wrong by less than this factor is not worth a banner.
MATTERS = 1.2
#: Population stability index: above the first a mix has moved, above the second it is another mix (the usual marks).
MOVED, ANOTHER = 0.1, 0.25
#: With fewer accounts on either side, a mix is not compared.
LEAST_ACCOUNTS = 50
CHANCE = 0.01


class Trust(StrEnum):
    HOLDS = "holds"
    WATCH = "watch"
    REFIT = "do_not_trust_until_refitted"
    UNKNOWN = "too_few"


@dataclass(frozen=True)
class Mix:
    """A share table beside the one at fitting: index (PSI) and the chance of as much by accident (χ², by account)."""

    of: str
    shares: tuple[tuple[str, float, float], ...]
    index: float
    p: float


@dataclass(frozen=True)
class DriftWatch:
    """evidence: (day, e-value) at each watched snapshot day; broke_on: the first on which it passed ENOUGH.

    since: calibration over the watched days; where it is wrong by less than MATTERS, a broken e-process only asks to watch.
    reasons: calibration, segments, values; empty where it holds.
    """

    trust: Trust
    reasons: tuple[str, ...]
    evidence: tuple[tuple[dt.date, float], ...]
    broke_on: dt.date | None
    since: Calibration
    mixes: tuple[Mix, ...]


def drift(
    snapshots: Any, outcomes: Any, horizon: int, *, fitted_on: Any, as_of: Any = None, kind: str = "churn"
) -> DriftWatch:
    """Watches probabilities since `fitted_on`, the last day the model had seen. Tables as for `backtest`, values between 0 and 1.

    Snapshots up to `fitted_on` are what it was made for; the latest snapshot day is compared with them in segments and in tenths of
    the values, for which no outcome is needed. Calibration waits for horizons to be over.
    """
    since = day_number(fitted_on)
    past = read_past(snapshots, outcomes, horizon, as_of, kind, Means.PROBABILITY)
    evidence, said = _watched(past, since)
    broke = next((day for day, value in evidence if value >= ENOUGH), None)
    mixes = _mixes(read_past(snapshots, outcomes, 1, dt.date.max, kind, Means.PROBABILITY), since)
    trust, reasons = Trust.UNKNOWN if said.reason and not mixes else Trust.HOLDS, []
    if broke is not None:
        reasons.append("calibration")
        trust = Trust.REFIT if _matters(said) else Trust.WATCH
    for mix in mixes:
        if mix.p < CHANCE and mix.index >= MOVED:
            reasons.append(mix.of)
            if trust is not Trust.REFIT:
                trust = Trust.REFIT if mix.index >= ANOTHER else Trust.WATCH
    return DriftWatch(trust, tuple(reasons), evidence, broke, said, mixes)


def _watched(past: Past, since: int) -> tuple[tuple[tuple[dt.date, float], ...], Calibration]:
    """The bet's worth after each watched snapshot day, and the calibration over these days."""
    days: list[int] = []
    for day in np.unique(past.day[past.day > since]):
        if not days or day >= days[-1] + past.horizon:
            days.append(int(day))
    rows = np.isin(past.day, days) & ~np.isnan(past.risk)
    said, event, account, day = past.risk[rows], past.event[rows], past.account[rows], past.day[rows]
    line = logit(said)
    bets = [line + shift for shift in SHIFTS] + [line * slope for slope in SLOPES]
    gain = np.stack(
        [_log_likelihood(expit(bet), event) - _log_likelihood(expit(line), event) for bet in bets]
    )
    worth = np.stack([np.bincount(np.searchsorted(days, day), one, minlength=len(days)) for one in gain])
    stake = np.exp(np.clip(np.cumsum(worth, axis=1), -700, 700)).mean(axis=0)
    evidence = tuple((day_of(one), float(value)) for one, value in zip(days, stake, strict=True))
    return evidence, calibration(said, event, account)


def _log_likelihood(said: Floats, event: Bools) -> Floats:
    return np.where(event, np.log(said), np.log1p(-said))


def _matters(said: Calibration) -> bool:
    """Wrong on the whole, or too bold or timid, by more than a fifth; also where so few left that neither can be said."""
    ratio = said.observed_over_expected.value
    if said.reason is not None or not ratio:
        return True
    return max(ratio, 1 / ratio) >= MATTERS or (
        said.slope is not None and not 1 / MATTERS < said.slope < MATTERS
    )


def _mixes(past: Past, since: int) -> tuple[Mix, ...]:
    """Segments and values of the latest snapshot day beside those up to the fitting."""
    if not (past.day > since).any() or not (past.day <= since).any():
        return ()
    made, now = past.day <= since, past.day == past.day.max()
    found = [_mix("segments", past.segment, past.segments, made & (past.segment >= 0), now, past)]
    known = ~np.isnan(past.risk)
    edges = (
        np.quantile(past.risk[made & known], np.arange(1, 10) / 10) if (made & known).any() else np.zeros(1)
    )
    edges = np.unique(edges)
    names = [f"≤{edge:.3g}" for edge in edges] + [f">{edges[-1]:.3g}"]
    place = np.where(known, np.searchsorted(edges, past.risk, side="left"), -1)
    found.append(_mix("values", place, names, made & known, now, past))
    return tuple(mix for mix in found if mix is not None)


def _mix(of: str, place: Ints, names: Sequence[str], made: Bools, now: Bools, past: Past) -> Mix | None:
    now = now & (place >= 0)
    before, later = len(np.unique(past.account[made])), int(now.sum())
    if min(before, later) < LEAST_ACCOUNTS or len(names) < 2:
        return None
    then = np.bincount(place[made], minlength=len(names)) / made.sum()
    today = np.bincount(place[now], minlength=len(names)) / later
    q, p = (
        (share * size + 0.5) / (size + len(names) / 2) for share, size in ((then, before), (today, later))
    )
    table = np.stack((then * before, today * later))
    table = table[:, table.sum(axis=0) > 0]
    expected = table.sum(axis=0) * table.sum(axis=1, keepdims=True) / table.sum()
    chi = float(((table - expected) ** 2 / expected).sum())
    shares = tuple(zip(names, then.tolist(), today.tolist(), strict=True))
    return Mix(of, shares, float(((p - q) * np.log(p / q)).sum()), float(chdtrc(table.shape[1] - 1, chi)))
