"""How long customers keep renewing: the shifted beta-geometric and the beta-discrete-Weibull.

Every customer leaves at each renewal with a chance of its own, which differs between customers as a beta distribution; those likely to
leave go first, so the retention of a cohort rises with its age though nobody changes. sBG: Fader and Hardie 2007 (J. of Interactive
Marketing 21). BdW: the chance may also change with age, by the power c: Fader, Hardie, Liu, Davin and Steenburgh 2018 (the same, 43).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp, inf, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from ._fit import EDGE, bend, maximum
from ._read import Numbers, numbers
from .survival import Z95

#: Sums of renewals end where a further term adds less than this share, and at so many terms in any case.
TINY, LONGEST = 1e-12, 100_000


@dataclass(frozen=True)
class Worth:
    """An expected sum with its 95 % interval; None where the counts do not fix the parameters."""

    value: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Lifetimes:
    """A fitted model of renewals; t counts renewals, 0 is the beginning.

    alpha, beta: of the beta distribution of the chance to leave at a renewal; c: below 1 the chance falls with age, above 1 it rises
    (sBG: 1). reason: None, or why there are no parameters: "no_churn" (nobody left) or "all_left" (nobody ever renewed): all numbers
    are None then. alike: True where customers do not differ (or too little to tell): alpha and beta stand at the edge of what is
    tried and only their ratio means anything.
    """

    alpha: float | None
    beta: float | None
    c: float | None
    log_likelihood: float | None
    n: int
    left: int
    reason: str | None
    alike: bool = False
    _point: Numbers = field(default_factory=lambda: np.empty(0), repr=False)
    _spread: Numbers = field(default_factory=lambda: np.empty((0, 0)), repr=False)

    def survival(self, t: int) -> float | None:
        """The share that is left after t renewals."""
        return None if self.alpha is None else exp(float(_log_survival(np.exp(self._point), _age(t))))

    def retention(self, t: int) -> float | None:
        """The share of those left after t − 1 renewals who renew the t-th time; t ≥ 1."""
        if _age(t) < 1:
            raise ValueError("the first renewal is number 1")
        if self.alpha is None:
            return None
        ends = _log_survival(np.exp(self._point), np.array([t - 1, t]))
        return exp(float(ends[1] - ends[0]))

    def lifetime_value(self, margin: float, discount: float, age: int = 0) -> float | None:
        """The expected sum of `margin` now and at each renewal to come, discounted by `discount` a period (0.1 is 10 %).

        age: renewals a customer has behind it; those who stayed long are likelier to stay on. None where there is no model.
        Raises ValueError unless discount > 0: without it the sum need not have an end.
        """
        if not discount > 0:
            raise ValueError(
                f"a discount above 0 is needed, not {discount}: without it the sum need not have an end"
            )
        return None if self.alpha is None else margin * float(self._periods([_age(age)], discount)[0])

    def lifetime_interval(self, margin: float, discount: float, age: int = 0) -> tuple[float, float] | None:
        """95 % for `lifetime_value`, from what the likelihood tells of the parameters (delta method on the logarithm); margin > 0.

        It knows nothing of a world that changes. None where there is no model or the counts do not fix it.
        """
        value = self.lifetime_value(margin, discount, age)
        if value is None or not margin > 0:
            return None
        error = self._error(lambda periods: log(float(periods[0])), [age], discount)
        if error is None or error > 5:  # beyond a factor of e^10 nothing is said
            return None
        return value * exp(-Z95 * error), value * exp(Z95 * error)

    def to_come(self, margins: Any, discount: float, ages: Any) -> Worth | None:
        """Of customers who are there: the expected sum of all their margins after the present period, discounted.

        margins: of each customer a period (may be below 0); ages: renewals each has behind it. The interval is what is not known of
        the parameters (delta method, on the logarithm where no margin is below 0), not the luck of single customers. None where there
        is no model; errors as in `lifetime_value`.
        """
        paid = numbers(margins, "margins")
        behind = [_age(age) for age in numbers(ages, "ages")]
        if len(paid) != len(behind):
            raise ValueError(f"margins and ages are of one length, not {len(paid)} and {len(behind)}")
        if not discount > 0:
            raise ValueError(
                f"a discount above 0 is needed, not {discount}: without it the sum need not have an end"
            )
        if self.alpha is None:
            return None

        def summed(periods: Numbers) -> float:
            return float(paid @ (periods - 1.0))

        value = summed(self._periods(behind, discount))
        error = self._error(summed, behind, discount)
        if error is None or (value > 0 and error > 5 * value):  # beyond a factor of e^10 nothing is said
            return Worth(value, None, None)
        if value > 0 and (paid >= 0).all():
            factor = exp(Z95 * error / value)
            return Worth(value, value / factor, value * factor)
        return Worth(value, value - Z95 * error, value + Z95 * error)

    def _error(self, of: Callable[[Numbers], float], ages: Sequence[int], discount: float) -> float | None:
        """The standard error of a function of the expected periods at these ages."""
        if not self._spread.size:
            return None
        slopes = np.zeros(len(self._point))
        for at in range(len(slopes)):
            step = np.zeros(len(slopes))
            step[at] = 1e-4
            low, high = (of(_periods(np.exp(self._point + end), discount, ages)) for end in (-step, step))
            slopes[at] = (high - low) / 2e-4
        variance = float(slopes @ self._spread @ slopes)
        return sqrt(variance) if 0 <= variance < inf else None

    def _periods(self, ages: Sequence[int], discount: float) -> Numbers:
        return _periods(np.exp(self._point), discount, ages)


def _age(t: Any) -> int:
    if t < 0 or t != int(t):
        raise ValueError(f"renewals are counted in whole numbers from 0, not {t}")
    return int(t)


def _log_survival(point: Numbers, t: Any) -> Any:
    """log B(α, β + t^c) − log B(α, β)."""
    alpha, beta = point[0], point[1]
    c = point[2] if len(point) > 2 else 1.0
    return betaln(alpha, beta + np.asarray(t, dtype=float) ** c) - betaln(alpha, beta)


def _periods(point: Numbers, discount: float, ages: Sequence[int]) -> Numbers:
    """Σ S(age + k) ÷ S(age) ÷ (1 + discount)^k over k ≥ 0, at each age."""
    # After k periods no more than 1/discount of (1 + discount)^-k can follow: that is where to stop.
    terms = min(int(-log(TINY * min(discount, 1.0)) / np.log1p(discount)) + 1, LONGEST)
    lessened = np.arange(terms) * np.log1p(discount)
    ahead = _log_survival(point, np.arange(max(ages, default=0) + terms))
    at = {age: float(np.exp(ahead[age : age + terms] - ahead[age] - lessened).sum()) for age in set(ages)}
    return np.array([at[age] for age in ages])


def sbg(survivors: Any = None, *, at_risk: Any = None, lost: Any = None) -> Lifetimes:
    """Fit the shifted beta-geometric.

    survivors: how many were left at each renewal, the beginning first: 1000, 631, 468, …; or several such cohorts, each as long as it
    has been seen. Where customers came late or some of them are not over, give `at_risk` and `lost` instead: how many came up to the
    first, second, … renewal, and how many of them left there.
    Raises ValueError for counts that rise, are negative, or fewer than one renewal. Nobody left, or nobody stayed, is an answer
    with its reason.
    """
    return _fitted(*_counts(survivors, at_risk, lost), with_c=False)


def bdw(survivors: Any = None, *, at_risk: Any = None, lost: Any = None) -> Lifetimes:
    """Fit the beta-discrete-Weibull; arguments and errors as in `sbg`. It needs three renewals at least to tell c."""
    found, gone = _counts(survivors, at_risk, lost)
    if np.count_nonzero(found) < 3:
        raise ValueError("three renewals at least are needed for the three parameters; use sbg")
    return _fitted(found, gone, with_c=True)


def _counts(survivors: Any, at_risk: Any, lost: Any) -> tuple[Numbers, Numbers]:
    """Of every renewal: how many came up to it, and how many of them left."""
    if survivors is None:
        found, gone = numbers(at_risk, "at_risk", least=0.0), numbers(lost, "lost", least=0.0)
        if len(found) != len(gone) or (gone > found).any():
            raise ValueError("at_risk and lost are of one length, and no more are lost than were at risk")
    else:
        cohorts = [_cohort(one) for one in _cohorts(survivors)]
        size = max(len(one) for one in cohorts) - 1
        found, gone = np.zeros(size), np.zeros(size)
        for cohort in cohorts:
            found[: len(cohort) - 1] += cohort[:-1]
            gone[: len(cohort) - 1] += -np.diff(cohort)
    if not found.any():
        raise ValueError("nobody came up to a renewal: nothing can be said yet")
    return found, gone


def _cohorts(survivors: Any) -> Sequence[Any]:
    if hasattr(survivors, "ndim") or hasattr(survivors, "to_numpy"):
        return list(survivors) if getattr(survivors, "ndim", 1) == 2 else [survivors]
    listed = list(survivors)
    return listed if listed and hasattr(listed[0], "__len__") else [listed]


def _cohort(counts: Any) -> Numbers:
    found = numbers(counts, "survivors", least=0.0)
    if not len(found) or (np.diff(found) > 0).any():
        raise ValueError("survivors: counts that never rise, the beginning first")
    return found


def _fitted(found: Numbers, gone: Numbers, *, with_c: bool) -> Lifetimes:
    n, left = round(float(found[0])), round(float(gone.sum()))
    if not gone.any() or not (found - gone).any():
        reason = "no_churn" if not gone.any() else "all_left"
        return Lifetimes(None, None, None, None, n, left, reason)
    t: NDArray[np.int64] = np.arange(len(found) + 1)
    stayed = found - gone

    def likelihood(point: Numbers) -> float:
        ahead = np.diff(_log_survival(point, t))  # log of each renewal's retention
        with np.errstate(divide="ignore", invalid="ignore"):
            away = np.where(gone > 0, gone * np.log(-np.expm1(ahead)), 0.0)
        return float((stayed * ahead).sum() + away.sum())

    share = gone.sum() / found.sum()
    starts = [
        (total * share, total * (1 - share), *((1.0,) if with_c else ())) for total in (1.0, 10.0, 1000.0)
    ]
    point, value = maximum(likelihood, starts)
    alike = bool(point[:2].max() > EDGE - 4)
    return Lifetimes(
        alpha=exp(point[0]),
        beta=exp(point[1]),
        c=exp(point[2]) if with_c else 1.0,
        log_likelihood=value,
        n=n,
        left=left,
        reason=None,
        alike=alike,
        _point=point,
        _spread=_spread(likelihood, point),
    )


def _spread(likelihood: Any, point: Numbers) -> Numbers:
    """What is not known of the logarithms: the inverse of the bend; directions that the counts do not fix have none of it.

    Along such a ridge (alpha and beta growing together) the model itself hardly changes, so leaving it out costs little.
    """
    values, axes = np.linalg.eigh(bend(likelihood, point))
    sure = values > 1e-3
    if not sure.any():
        return np.empty((0, 0))
    spread: Numbers = (axes[:, sure] / values[sure]) @ axes[:, sure].T
    return spread
