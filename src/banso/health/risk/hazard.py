"""Discrete-time hazard: the chance of the event in each period of 30 days after a snapshot, for those still there at its start.

logit h(row, lead) = constant of the lead + features of the row + renewal in this lead. Features are standardised; a missing one stands at
its mean and, where some are missing, has a column that says so. All but the constants are drawn towards 0 by the penalty (ridge).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erfc

from banso.health._logistic import MOST_STEPS, TOLERANCE, expit
from banso.health.backtesting.past import Bools, Floats
from banso.health.risk.panel import Panel


@dataclass(frozen=True, slots=True)
class Effect:
    """What one standard deviation more does to the log-odds of the event in a period, with the error by account.

    q: p after Benjamini and Hochberg over the model's features; found is q ≤ 0.05.
    """

    feature: str
    log_odds: float
    error: float
    p: float
    q: float

    @property
    def found(self) -> bool:
        return self.q <= 0.05


@dataclass(frozen=True)
class Scale:
    """How a feature matrix becomes columns: centre, width, and which features have a column for being missing."""

    centre: Floats
    width: Floats
    missing: Bools

    @classmethod
    def of(cls, x: Floats) -> Scale:
        known = ~np.isnan(x)
        count = known.sum(axis=0)
        some = np.maximum(count, 1)
        centre = np.where(known, x, 0).sum(axis=0) / some
        width = np.sqrt((np.where(known, x - centre, 0) ** 2).sum(axis=0) / some)
        missing: Bools = count < len(x)
        return cls(centre, np.where(width > 1e-12, width, 1.0), missing)

    def columns(self, x: Floats) -> Floats:
        absent = np.isnan(x)
        return np.hstack(
            (
                np.where(absent, 0.0, (x - self.centre) / self.width),
                absent[:, self.missing].astype(np.float64),
            )
        )


@dataclass(frozen=True)
class Hazard:
    """constants: one a lead. beta: features, then missing columns. renewal: log-odds in the period of the renewal."""

    features: tuple[str, ...]
    scale: Scale
    constants: Floats
    beta: Floats
    renewal: float
    penalty: float

    def hazards(self, panel: Panel) -> Floats:
        line = (self.scale.columns(panel.x) @ self.beta)[:, None] + self.constants
        return expit(line + self.renewal * panel.renewing(len(self.constants)))


def fit_hazard(
    panel: Panel,
    leads: int,
    until: int,
    penalty: float,
    weight: Floats | None = None,
    scale: Scale | None = None,
) -> Hazard:
    """The penalised maximum over the periods that were over by `until`; `weight`: one a row. ValueError without an event among them.

    A lead of which no period was over yet takes the constant of the last one that was.
    """
    at_risk, event = panel.seen(leads, until)
    if not event.any():
        raise ValueError("no event in the periods that are over: there is nothing to learn from")
    weights = at_risk * (np.ones(len(panel.day)) if weight is None else weight)[:, None]
    scale = scale or Scale.of(panel.x[at_risk.any(axis=1)])
    columns, renewing = scale.columns(panel.x), panel.renewing(leads)
    size = columns.shape[1]
    ridge = np.concatenate((np.full(size, penalty), [penalty], np.full(leads, 1e-6)))
    theta = np.zeros(size + 1 + leads)
    rate = (weights * event).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-12)
    theta[size + 1 :] = np.log(np.clip(rate, 1e-6, 0.5) / (1 - np.clip(rate, 1e-6, 0.5)))

    def line(at: Floats) -> Floats:
        return (columns @ at[:size])[:, None] + renewing * at[size] + at[size + 1 :]

    def value(at: Floats) -> float:
        lines = line(at)
        return float((weights * (event * lines - np.logaddexp(0, lines))).sum() - ridge @ at**2 / 2)

    best = value(theta)
    for _ in range(MOST_STEPS):
        p = expit(line(theta))
        slope = _to_parameters(columns, renewing, weights * (event - p)) - ridge * theta
        step = np.linalg.solve(_curve(columns, renewing, weights * p * (1 - p)) + np.diag(ridge), slope)
        now = value(theta + step)
        while now < best and np.abs(step).max() > TOLERANCE:
            step = step / 2
            now = value(theta + step)
        theta, gain, best = theta + step, now - best, max(now, best)
        if gain < TOLERANCE * (1 + abs(best)):
            break
    constants = theta[size + 1 :]
    over = int(np.flatnonzero(at_risk.any(axis=0))[-1]) + 1
    constants[over:] = constants[over - 1]
    return Hazard(panel.features, scale, constants, theta[:size], float(theta[size]), penalty)


def _to_parameters(columns: Floats, renewing: Floats, by_lead: Floats) -> Floats:
    """Σ over rows and leads of `by_lead` × (columns, renewal, one for the lead)."""
    return np.concatenate(
        (columns.T @ by_lead.sum(axis=1), [float((renewing * by_lead).sum())], by_lead.sum(axis=0))
    )


def _curve(columns: Floats, renewing: Floats, by_lead: Floats) -> Floats:
    """The same, of the products: features are the same in every lead, so rows need not be written once a lead."""
    size, leads = columns.shape[1], by_lead.shape[1]
    out = np.zeros((size + 1 + leads, size + 1 + leads))
    with_renewal = renewing * by_lead
    out[:size, :size] = (columns * by_lead.sum(axis=1)[:, None]).T @ columns
    out[:size, size] = columns.T @ with_renewal.sum(axis=1)
    out[:size, size + 1 :] = columns.T @ by_lead
    out[size, size] = (renewing * with_renewal).sum()
    out[size, size + 1 :] = with_renewal.sum(axis=0)
    out[size + 1 :, size + 1 :] = np.diag(by_lead.sum(axis=0))
    return np.triu(out) + np.triu(out, 1).T


def effects(model: Hazard, panel: Panel, until: int) -> tuple[Effect, ...]:
    """Every feature with its error from the sandwich over accounts, which have many rows and periods that overlap."""
    leads, size = len(model.constants), len(model.beta)
    at_risk, event = panel.seen(leads, until)
    columns, renewing, p = model.scale.columns(panel.x), panel.renewing(leads), model.hazards(panel)
    off = at_risk * (event - p)
    ridge = np.concatenate((np.full(size + 1, model.penalty), np.full(leads, 1e-6)))
    bread = np.linalg.inv(_curve(columns, renewing, at_risk * p * (1 - p)) + np.diag(ridge))
    scores = np.hstack((columns * off.sum(axis=1)[:, None], (renewing * off).sum(axis=1)[:, None], off))
    totals = np.stack([np.bincount(panel.account, one) for one in scores.T])
    units = max(2, len(np.unique(panel.account[at_risk.any(axis=1)])))
    error = np.sqrt(np.maximum(np.diag(bread @ (totals @ totals.T) @ bread), 0) * units / (units - 1))
    count = len(model.features)
    beta, wide = model.beta[:count], error[:count]
    p_values = erfc(np.abs(beta) / np.maximum(wide, 1e-12) / np.sqrt(2))
    rows = zip(model.features, beta, wide, p_values, benjamini_hochberg(p_values), strict=True)
    return tuple(Effect(name, *(float(number) for number in row)) for name, *row in rows)


def benjamini_hochberg(p: Floats) -> Floats:
    """q-values: the smallest false discovery rate at which each would be called found."""
    order = np.argsort(p)
    raised = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return q
