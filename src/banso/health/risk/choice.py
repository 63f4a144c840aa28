"""Which model: each learns from the past of a cut and is judged on what came after it, never the other way round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from banso.health._logistic import expit, fit_logistic, logit
from banso.health.backtesting.estimates import Estimate, mean
from banso.health.backtesting.past import Bools, Floats
from banso.health.risk import boosting
from banso.health.risk.hazard import fit_hazard
from banso.health.risk.panel import Panel

BASE, SCORE = "base_rate", "scorecard"
PENALTIES = (3.0, 30.0, 300.0)
ROUNDS = (40, 120)
#: Boosting is tried from so many accounts with the event on; below, trees learn accidents.
BOOSTING_EVENTS = 200
LEAST_CALIBRATING = 20
TURN = 0.25


class Model(Protocol):
    def hazards(self, panel: Panel) -> Floats: ...


@dataclass(frozen=True)
class Candidate:
    """view: what of the panel it may see. fit: from rows whose periods were over by a day, with a weight a row."""

    name: str
    view: Callable[[Panel], Panel]
    fit: Callable[[Panel, int, Floats | None], Model]

    def fitted(self, panel: Panel, until: int, weight: Floats | None = None) -> Callable[[Panel], Floats]:
        """The hazards of any panel by what was known on `until`."""
        model = self.fit(self.view(panel), until, weight)
        return lambda other: model.hazards(self.view(other))


@dataclass(frozen=True, slots=True)
class Tried:
    """loss: mean log loss of a period after the cut. ahead: how much less than the base rate's; None with the reason."""

    name: str
    loss: float
    ahead: Estimate


def candidates(
    panel: Panel, leads: int, monotone: Mapping[str, int], events: int, seed: int
) -> list[Candidate]:
    """From the simplest to the richest. events: accounts with the event before the first cut."""

    def hazard(penalty: float) -> Callable[[Panel, int, Floats | None], Model]:
        return lambda rows, until, weight: fit_hazard(rows, leads, until, penalty, weight)

    def boosted(rounds: int) -> Callable[[Panel, int, Floats | None], Model]:
        return lambda rows, until, weight: boosting.fit_boosted(
            rows, leads, until, monotone, rounds, seed, weight
        )

    found = [Candidate(BASE, Panel.bare, hazard(1.0))]
    if panel.score is not None:
        found.append(Candidate(SCORE, Panel.scored, hazard(1.0)))
    found += [Candidate(f"hazard, penalty {penalty:g}", _whole, hazard(penalty)) for penalty in PENALTIES]
    if boosting.available() and events >= BOOSTING_EVENTS:
        found += [Candidate(f"boosting, {rounds} trees", _whole, boosted(rounds)) for rounds in ROUNDS]
    return found


def _whole(panel: Panel) -> Panel:
    return panel


def forward(candidate: Candidate, panel: Panel, leads: int, cuts: Sequence[int], end: int) -> Floats:
    """Hazards of the rows from the first cut to before `end`, each by what was known on the cut before it; NaN for the others."""
    out = np.full((len(panel.day), leads), np.nan)
    for cut, until in zip(cuts, [*cuts[1:], end], strict=True):
        rows = (panel.day >= cut) & (panel.day < until)
        if rows.any():
            out[rows] = candidate.fitted(panel.rows(panel.day < cut), cut)(panel.rows(rows))
    return out


def judge(said: Mapping[str, Floats], panel: Panel, leads: int, until: int) -> tuple[tuple[Tried, ...], str]:
    """The losses by what had happened by `until`, and the name to take.

    A richer candidate is taken when it beats what is taken so far by more than the error of the difference (by account); for the
    first step away from the base rate the whole interval must lie above 0. Penalties and numbers of trees compete by loss alone.
    """
    at_risk, event = panel.seen(leads, until)
    rows = at_risk & ~np.isnan(said[BASE])
    came, account = event[rows], np.nonzero(rows)[0]
    account = panel.account[account]
    losses = {name: _loss(hazards[rows], came) for name, hazards in said.items()}
    tried = tuple(
        Tried(name, float(loss.mean()), mean(losses[BASE] - loss, came, account))
        for name, loss in losses.items()
    )
    best_of: dict[str, str] = {}
    for one in tried:
        family = one.name.partition(",")[0]
        if family not in best_of or losses[one.name].mean() < losses[best_of[family]].mean():
            best_of[family] = one.name
    taken = BASE
    for name in best_of.values():
        ahead = mean(losses[taken] - losses[name], came, account)
        if ahead.value is None or ahead.low is None:
            continue
        error = (ahead.value - ahead.low) / 1.959963984540054
        if ahead.value > error * (1.959963984540054 if taken == BASE else 1.0):
            taken = name
    return tried, taken


def _loss(hazards: Floats, came: Bools) -> Floats:
    safe = np.clip(hazards, 1e-9, 1 - 1e-9)
    return -np.where(came, np.log(safe), np.log1p(-safe))


@dataclass(frozen=True, slots=True)
class Line:
    """Calibration: logit of the hazard → constant + slope × it."""

    constant: float = 0.0
    slope: float = 1.0

    def of(self, hazards: Floats) -> Floats:
        return expit(self.constant + self.slope * logit(hazards))


def calibrate(said: Floats, panel: Panel, leads: int, until: int, weight: Floats | None = None) -> Line:
    """The line through hazards that were said before and what happened by `until`; none where fewer than 20 accounts had the event.

    The level is free; the slope is drawn towards 1 as if it were known to lie there within ± TURN.
    """
    at_risk, event = panel.seen(leads, until)
    rows = at_risk & ~np.isnan(said)
    where = np.nonzero(rows)[0]
    if len(np.unique(panel.account[np.nonzero(rows & event)[0]])) < LEAST_CALIBRATING:
        return Line()
    told = logit(said[rows])
    middle = float(told.mean())
    columns = np.column_stack((np.ones(len(told)), told - middle))
    found = fit_logistic(
        columns,
        event[rows].astype(np.float64),
        None if weight is None else weight[where],
        np.array([0.0, 1 / TURN**2]),
        told,
    )
    return Line(float(found[0] - found[1] * middle), float(1 + found[1]))
