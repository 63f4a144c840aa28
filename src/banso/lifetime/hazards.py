"""What goes with leaving earlier or later: Cox's proportional hazards (1972), ties after Efron (1977)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._pairs import before
from ._read import Flags, Numbers, column, lives, numbers, same_length
from .survival import Z95

ROUNDS = 50
#: Newton's step, in standard deviations of a covariate, under which the maximum is found.
STILL = 1e-9


@dataclass(frozen=True)
class Cox:
    """`coefficients` and `standard_errors` by covariate, in its own unit (log hazard ratio for one more of it).

    log_likelihood: the partial log likelihood with Efron's ties, at the maximum; log_likelihood_null: with all coefficients 0.
    concordance: Harrell's C, among pairs whose order is known (with late entry: both at risk when the first had the event), the
    share in which the one with the higher hazard had it first, equal hazards counting half; None where there is no such pair.
    reason: None, or why there are no coefficients (the two dicts are empty then): "no_events"; "separated": one or more covariates
    part those with the event from those without so well that no finite coefficient is the best.
    """

    coefficients: dict[str, float]
    standard_errors: dict[str, float]
    log_likelihood: float | None
    log_likelihood_null: float | None
    concordance: float | None
    n: int
    events: int
    reason: str | None = None
    covariance: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)), repr=False)

    def hazard_ratio(self, covariate: str) -> tuple[float, float, float]:
        """For one more of a covariate: the ratio and its 95 % interval (Wald). KeyError where it was not fitted."""
        middle, half = self.coefficients[covariate], Z95 * self.standard_errors[covariate]
        return exp(middle), exp(middle - half), exp(middle + half)


@dataclass(frozen=True)
class _Risk:
    """Rows in order of duration; `low` and `high`: a row is at risk at event times low ≤ k < high."""

    covariates: Numbers  # column by column in memory: they are summed so
    low: NDArray[np.int64] | None
    high: NDArray[np.int64]
    events: Flags
    covariates_of_events: Numbers
    #: Of each event: which event time, and which share of its ties has gone before it (0, 1/d, … (d-1)/d).
    when: NDArray[np.int64]
    gone: Numbers
    times: int

    def at_risk(self, values: Numbers) -> Numbers:
        """Σ of the values over those at risk at each event time."""
        below = np.bincount(self.high, weights=values, minlength=self.times + 1)
        if self.low is not None:
            below -= np.bincount(self.low, weights=values, minlength=self.times + 1)
        return np.cumsum(below[::-1])[::-1][1:]

    def at_event(self, values: Numbers) -> Numbers:
        """Σ of values of the events over those at each event time."""
        return np.bincount(self.when, weights=values, minlength=self.times)


def cox(table: Any, duration: str, event: str, covariates: Sequence[str], entry: str | None = None) -> Cox:
    """Fit the proportional hazards of a table's rows by Newton's method, ties after Efron.

    table: pandas, Polars, PyArrow or a mapping of columns; duration, event (1: it came), entry: names of its columns, as in
    `kaplan_meier`; covariates: names of columns of numbers (a flag is 0 and 1).
    Raises ValueError for values that make no sense, a covariate that is the same everywhere or follows from the others (named),
    and where the maximum is not found. No events at all, or a perfect separation, is an answer with its reason.
    """
    names = list(covariates)
    if not names or len(set(names)) < len(names):
        raise ValueError("name at least one covariate, each once")
    ends, events, begins = lives(
        column(table, duration), column(table, event), None if entry is None else column(table, entry)
    )
    given = {name: numbers(column(table, name), name) for name in names}
    same_length({duration: ends, **given})
    rows, total = len(ends), int(events.sum())
    if not total:
        return Cox({}, {}, None, None, None, rows, 0, "no_events")
    matrix = np.column_stack(list(given.values()))
    scale = matrix.std(axis=0)
    if not (scale > 0).all():
        raise ValueError(f"{names[int((scale <= 0).argmax())]} is the same in every row")
    matrix = (matrix - matrix.mean(axis=0)) / scale
    order = np.argsort(ends, kind="stable")
    ends, events, matrix = ends[order], events[order], matrix[order]
    begins = None if begins is None else begins[order]
    risk = _risk(ends, events, begins, matrix)
    null, _slope, _bend = _partial(risk, np.zeros(len(names)))
    found = _newton(risk, names)
    if found is None:
        return Cox({}, {}, None, null, None, rows, total, "separated")
    beta, best, inverse = found
    covariance = inverse / np.outer(scale, scale)
    return Cox(
        coefficients=dict(zip(names, (beta / scale).tolist(), strict=True)),
        standard_errors={name: sqrt(covariance[at, at]) for at, name in enumerate(names)},
        log_likelihood=best,
        log_likelihood_null=null,
        concordance=_concordance(ends, events, begins, matrix @ beta),
        n=rows,
        events=total,
        covariance=covariance,
    )


def _risk(ends: Numbers, events: Flags, begins: Numbers | None, matrix: Numbers) -> _Risk:
    mine = ends[events]
    first = np.append(True, mine[1:] != mine[:-1])
    when = np.cumsum(first) - 1
    starts = np.flatnonzero(first)
    ties = np.diff(np.append(starts, len(mine)))
    times = mine[starts]
    return _Risk(
        covariates=np.asfortranarray(matrix),
        low=None if begins is None else np.searchsorted(times, begins, side="right"),
        high=np.searchsorted(times, ends, side="right"),
        events=events,
        covariates_of_events=np.asfortranarray(matrix[events]),
        when=when,
        gone=(np.arange(len(mine)) - starts[when]) / ties[when],
        times=len(times),
    )


def _partial(risk: _Risk, beta: Numbers) -> tuple[float, Numbers, Numbers]:
    """Efron's partial log likelihood with its slope and its (positive) bend.

    With S the sum over those at risk and D over those with the event, the l-th tie has S − (l/d)·D. Its sums over l are scalars of
    each event, so that matrices are needed only once for each event time.
    """
    matrix, size = risk.covariates, risk.covariates.shape[1]
    lean = matrix @ beta
    lean -= lean.max()  # only differences count, and no power overflows
    weight = np.exp(lean)
    mine = weight[risk.events]
    s0, d0 = risk.at_risk(weight), risk.at_event(mine)
    share = risk.gone
    left = s0[risk.when] - share * d0[risk.when]
    value = float(lean[risk.events].sum() - np.log(left).sum())
    inverse = 1.0 / left
    a, b = risk.at_event(inverse), risk.at_event(share * inverse)
    square = inverse * inverse
    a2, b2, c2 = risk.at_event(square), risk.at_event(share * square), risk.at_event(share * share * square)
    s1 = np.column_stack([risk.at_risk(matrix[:, one] * weight) for one in range(size)])
    d1 = np.column_stack([risk.at_event(risk.covariates_of_events[:, one] * mine) for one in range(size)])
    slope = risk.covariates_of_events.sum(axis=0) - (a @ s1 - b @ d1)
    bend = -(s1.T * a2) @ s1 + (s1.T * b2) @ d1 + (d1.T * b2) @ s1 - (d1.T * c2) @ d1
    # Σ a·S2 over event times: each row counts with the sum of `a` over the times it was at risk. S2 itself is never needed.
    ahead = np.append(0.0, np.cumsum(a))
    count = ahead[risk.high] - (0.0 if risk.low is None else ahead[risk.low])
    count[risk.events] -= b[risk.when]
    bend += (matrix * (weight * count)[:, None]).T @ matrix
    return value, slope, bend


def _newton(risk: _Risk, names: Sequence[str]) -> tuple[Numbers, float, Numbers] | None:
    """The maximum, its value and the inverse of its bend; None where it lies at infinity."""
    beta = np.zeros(len(names))
    value, slope, bend = _partial(risk, beta)
    own = np.linalg.eigvalsh(bend)
    if own[0] <= 1e-10 * max(own[-1], 1.0):
        raise ValueError(
            f"{', '.join(names)}: among those at risk at an event, one follows from the others or never differs"
        )
    for _round in range(ROUNDS):
        try:
            step = np.linalg.solve(bend, slope)
        except np.linalg.LinAlgError:
            return None
        if np.abs(step).max() < STILL:
            return beta, value, np.linalg.inv(bend)
        while True:  # a full step can overshoot: halve it until the likelihood rises
            after = _partial(risk, beta + step)
            if after[0] >= value - 1e-9 * abs(value) or np.abs(step).max() < STILL:
                break
            step = step / 2
        flat = abs(after[0] - value) <= 1e-12 * (abs(value) + 1e-3)
        if flat and np.abs(step).max() > 1e-3:  # it gains nothing and still runs on
            return None
        beta, (value, slope, bend) = beta + step, after
    raise ValueError(
        "the maximum of the likelihood was not found in 50 rounds; look for extreme values of the covariates"
    )


def _concordance(ends: Numbers, events: Flags, begins: Numbers | None, lean: Numbers) -> float | None:
    """Harrell's C: every event asks how many of those who outlasted it (or were censored at its time) have a lower hazard."""
    rank = np.unique(lean, return_inverse=True)[1]
    # Later durations first; at one time the censored, then the events asking, then the events for those to come.
    lower, equal, pairs = _asked(rank, -ends, np.where(events, 2, 0), events, -ends)
    if begins is not None:  # without those who came only at or after the event
        late = _asked(rank, -begins, np.zeros(len(rank), dtype=int), events, -ends)
        lower, equal, pairs = lower - late[0], equal - late[1], pairs - late[2]
    return (lower + equal / 2) / pairs if pairs else None


def _asked(
    rank: NDArray[np.int64], place: Numbers, turn: NDArray[np.int64], events: Flags, asked_at: Numbers
) -> tuple[int, int, int]:
    """`before` with every row at its place and turn, and every event asking at its own place, turn 1."""
    asking = int(events.sum())
    turns = np.concatenate((turn, np.ones(asking, dtype=int)))
    order = np.lexsort((turns, np.concatenate((place, asked_at[events]))))
    return before(np.concatenate((rank, rank[events]))[order], np.arange(len(turns))[order] >= len(rank))
