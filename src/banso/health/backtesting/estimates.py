"""Shares, means and areas with intervals that know that one account has many snapshots.

Rows of one account are not independent. Every interval here takes the account as the unit: an area under the ROC curve by
Obuchowski's form of DeLong's variance for clustered data (Biometrics 53, 1997), a share by Wilson's interval at its effective number of rows, a
mean by the ratio estimator over accounts. Where each account has one row they are DeLong's, Wilson's and the usual ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from banso.health.backtesting.past import Bools, Floats, Ints
from banso.revenue import wilson
from banso.revenue._interval import Z95

#: With fewer accounts that had the event (or that had not) nothing is computed.
LEAST_EVENTS = 10
FEW_EVENTS = "few_events"
FEW_OTHERS = "few_without_event"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its 95 % interval, or None with the reason. n: rows; events: rows with the event; accounts: independent units."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    events: int
    accounts: int
    reason: str | None = None


def too_few(event: Bools, account: Ints) -> str | None:
    """The reason for saying nothing, or None. Accounts are counted, not their rows."""
    if len(np.unique(account[event])) < LEAST_EVENTS:
        return FEW_EVENTS
    if len(np.unique(account[~event])) < LEAST_EVENTS:
        return FEW_OTHERS
    return None


def nothing(reason: str, event: Bools, account: Ints) -> Estimate:
    return Estimate(None, None, None, len(event), int(event.sum()), len(np.unique(account)), reason)


def placements(risk: Floats, event: Bools) -> Floats:
    """For a row with the event the share of rows without it that have less risk, and the reverse; ties count half.

    The mean over the rows with the event is the area under the curve.
    """
    _values, place = np.unique(risk, return_inverse=True)
    yes = np.bincount(place[event], minlength=len(_values)).astype(np.float64)
    no = np.bincount(place[~event], minlength=len(_values)).astype(np.float64)
    below = (np.cumsum(no) - no / 2) / no.sum()
    above = 1 - (np.cumsum(yes) - yes / 2) / yes.sum()
    out: Floats = np.where(event, below[place], above[place])
    return out


def clustered_variance(placement: Floats, centre: float, event: Bools, account: Ints) -> float:
    """Obuchowski's variance of the mean placement (or of a difference of two, with the difference as centre)."""
    size = int(account.max()) + 1
    off = placement - centre
    yes = np.bincount(account, np.where(event, off, 0.0), minlength=size)
    no = np.bincount(account, np.where(event, 0.0, off), minlength=size)
    m, n = int(event.sum()), int((~event).sum())
    with_yes, with_no = len(np.unique(account[event])), len(np.unique(account[~event]))
    units = len(np.unique(account))
    s10 = with_yes / ((with_yes - 1) * m) * float(yes @ yes)
    s01 = with_no / ((with_no - 1) * n) * float(no @ no)
    s11 = units / (units - 1) * float(yes @ no)
    return max(0.0, s10 / m + s01 / n + 2 * s11 / (m * n))


def auc(risk: Floats, event: Bools, account: Ints) -> Estimate:
    """The area under the ROC curve; the interval is symmetric on the logit scale, so it stays within 0 and 1."""
    if (reason := too_few(event, account)) is not None:
        return nothing(reason, event, account)
    placement = placements(risk, event)
    area = float(placement[event].mean())
    units = len(np.unique(account))
    if 0 < area < 1:
        error = np.sqrt(clustered_variance(placement, area, event, account)) / (area * (1 - area))
        middle = np.log(area / (1 - area))
        low, high = (float(1 / (1 + np.exp(-(middle + sign * Z95 * error)))) for sign in (-1, 1))
    else:  # all or nothing: what as many accounts with the event could still hide
        fewest = min(len(np.unique(account[event])), len(np.unique(account[~event])))
        low, high = wilson(area * fewest, fewest) or (0.0, 1.0)
    return Estimate(area, low, high, len(event), int(event.sum()), units)


def auc_difference(one: Floats, other: Floats, event: Bools, account: Ints) -> Estimate:
    """Area of `one` less area of `other` over the same rows, paired."""
    if (reason := too_few(event, account)) is not None:
        return nothing(reason, event, account)
    off = placements(one, event) - placements(other, event)
    gap = float(off[event].mean())
    half = Z95 * float(np.sqrt(clustered_variance(off, gap, event, account)))
    return Estimate(gap, gap - half, gap + half, len(event), int(event.sum()), len(np.unique(account)))


def share(hit: Bools, account: Ints) -> Estimate:
    """The share of rows that hit. Where all or none hit, the accounts count as the rows. None (`nobody`) without rows."""
    n, k, units = len(hit), int(hit.sum()), len(np.unique(account))
    if not n:
        return Estimate(None, None, None, 0, 0, 0, "nobody")
    value = k / n
    effective = float(units)
    if 0 < k < n and units > 1:
        variance = _ratio_variance(hit - value, account)
        effective = min(float(n), value * (1 - value) / variance) if variance else float(n)
    low, high = wilson(value * effective, effective) or (None, None)
    return Estimate(value, low, high, n, k, units)


def mean(values: NDArray[np.floating[Any]], event: Bools, account: Ints) -> Estimate:
    """The mean over rows with a normal interval."""
    if (reason := too_few(event, account)) is not None:
        return nothing(reason, event, account)
    value = float(values.mean())
    half = Z95 * float(np.sqrt(_ratio_variance(values - value, account)))
    return Estimate(value, value - half, value + half, len(values), int(event.sum()), len(np.unique(account)))


def _ratio_variance(off: NDArray[np.floating[Any]], account: Ints) -> float:
    """Variance of a mean whose rows, less the mean, are given."""
    units = len(np.unique(account))
    totals = np.bincount(account, off)
    return units / (units - 1) * float(totals @ totals) / len(off) ** 2
