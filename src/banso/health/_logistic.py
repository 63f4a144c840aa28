"""Penalised logistic regression by iteratively reweighted least squares, for a handful of columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_STEPS = 50
TOLERANCE = 1e-9


def expit(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(x, -35, 35)))


def logit(p: Floats) -> Floats:
    q = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(q / (1 - q))


def fit_logistic(
    columns: Floats,
    event: Floats,
    weight: Floats | None = None,
    penalty: Floats | float = 0.0,
    offset: Floats | float = 0.0,
) -> Floats:
    """Coefficients that maximise the weighted log-likelihood less ½ Σ penalty × coefficient².

    columns: rows × columns, with the constant among them. penalty: one number or one for each column.
    offset: what each row's log-odds have beside the columns. Steps are halved while they do
    not help, so separated data end at the penalty's finite answer; without a penalty they end after MOST_STEPS.
    """
    weight = np.ones(len(event)) if weight is None else weight
    ridge = np.broadcast_to(np.asarray(penalty, dtype=np.float64), (columns.shape[1],))

    def value(at: Floats) -> float:
        line = columns @ at + offset
        return float(weight @ (event * line - np.logaddexp(0, line)) - ridge @ at**2 / 2)

    beta = np.zeros(columns.shape[1])
    best = value(beta)
    for _ in range(MOST_STEPS):
        p = expit(columns @ beta + offset)
        slope = columns.T @ (weight * (event - p)) - ridge * beta
        curve = (columns * (weight * p * (1 - p))[:, None]).T @ columns
        curve[np.diag_indices_from(curve)] += ridge + 1e-10
        step = np.linalg.solve(curve, slope)
        now = value(beta + step)
        while now < best and np.abs(step).max() > TOLERANCE:
            step = step / 2
            now = value(beta + step)
        beta, gain, best = beta + step, now - best, max(now, best)
        if gain < TOLERANCE * (1 + abs(best)):
            break
    return beta
