"""A company's own model of who will leave (or shrink, or grow), or the reason why its scorecard must do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from banso.health._logistic import expit, logit
from banso.health.backtesting.estimates import LEAST_EVENTS, Estimate, auc_difference
from banso.health.backtesting.past import Floats, Ints, Means, day_of
from banso.health.backtesting.run import Backtest, backtest
from banso.health.risk import boosting, choice
from banso.health.risk.hazard import Effect, effects, fit_hazard
from banso.health.risk.panel import STEP, Panel, read_panel
from banso.revenue._interval import Z95
from banso.revenue._months import day_number

#: A history is thin, and the scorecard is used, below any of these: days from the first snapshot to the last known day, snapshot
#: days whose 90 days are over, accounts with the event in all, accounts with the event before the first cut.
LEAST_DAYS, LEAST_SNAPSHOTS, LEAST_ACCOUNTS, LEAST_EARLY = 365, 8, 50, 20
#: The horizon on which a model is checked on what came last.
CHECK = 90
HORIZONS = (30, 90, 180)


@dataclass(frozen=True)
class Risks:
    """Probabilities of the event within each horizon, by row of the panel that was asked (accounts that had left are not among them).

    low, high: 95 % of what other histories as likely as this one would have said (Bayesian bootstrap by account). to_renewal: until the
    end of the 30 days in which the renewal falls; NaN without a renewal within the longest horizon.
    """

    account: tuple[str, ...]
    as_of: Ints
    probability: Mapping[int, Floats]
    low: Mapping[int, Floats]
    high: Mapping[int, Floats]
    to_renewal: Floats
    to_renewal_low: Floats
    to_renewal_high: Floats


@dataclass(frozen=True)
class RiskModel:
    """hazards: of each refit, the first one by the history as it was."""

    kind: str
    horizons: tuple[int, ...]
    features: tuple[str, ...]
    hazards: tuple[Callable[[Panel], Floats], ...]

    def predict(self, panel: Any) -> Risks:
        """Columns as for `fit_risk`, as known on each row's day."""
        rows = read_panel(panel, {"account": [], "on": []}, self.kind, self.features, None)
        survive = [np.cumprod(1 - hazards(rows), axis=1) for hazards in self.hazards]
        told = {days: _told(survive, np.full(len(rows.day), days // STEP)) for days in self.horizons}
        away = np.where(rows.renews_on > rows.day, -(-(rows.renews_on - rows.day) // STEP), 0)
        inside = (away > 0) & (away <= survive[0].shape[1])
        middle, low, high = (
            np.where(inside, one, np.nan) for one in _told(survive, np.where(inside, away, 1))
        )
        return Risks(
            account=tuple(rows.accounts[code] for code in rows.account),
            as_of=rows.day,
            probability={days: one[0] for days, one in told.items()},
            low={days: one[1] for days, one in told.items()},
            high={days: one[2] for days, one in told.items()},
            to_renewal=middle,
            to_renewal_low=low,
            to_renewal_high=high,
        )


def _told(survive: Sequence[NDArray[np.floating[Any]]], leads: Ints) -> tuple[Floats, Floats, Floats]:
    """Probability within so many periods by the history as it was, and its interval out of the refits (NaN without any)."""
    gone = np.stack([1 - one[np.arange(len(leads)), leads - 1] for one in survive])
    line = logit(gone)
    half = Z95 * line[1:].std(axis=0, ddof=1) if len(line) > 2 else np.full(len(leads), np.nan)
    return gone[0], expit(line[0] - half), expit(line[0] + half)


@dataclass(frozen=True)
class RiskFit:
    """model: None with the `reason` (short_history, few_snapshots, few_events, few_early_events, few_later_events,
    no_better_than_base_rate, no_better_than_scorecard): the scorecard must do.

    check: the back-test, at 90 days, of the chosen model on the last quarter of the snapshot days, learnt and calibrated on what was known
    before it; nothing was chosen on it. ahead_of_score: its area less the scorecard's there. effects: of the hazard over the whole history,
    whatever was chosen. notes: without_boosting (scikit-learn is not installed), few_for_boosting.
    """

    model: RiskModel | None
    reason: str | None
    chosen: str | None = None
    tried: tuple[choice.Tried, ...] = ()
    check: Backtest | None = None
    ahead_of_score: Estimate | None = None
    effects: tuple[Effect, ...] = ()
    notes: tuple[str, ...] = ()
    accounts_with_event: int = 0


def fit_risk(
    panel: Any,
    outcomes: Any,
    *,
    as_of: Any,
    features: Sequence[str],
    kind: str = "churn",
    score: str | None = None,
    monotone: Mapping[str, int] | None = None,
    horizons: Sequence[int] = HORIZONS,
    refits: int = 20,
    seed: int = 0,
) -> RiskFit:
    """A model of the event within `horizons` (whole 30 days), from snapshots and what happened until `as_of`.

    panel: account (or account_id), as_of, the features (numbers; empty where unknown) as they were known on that day
    (`banso.health.known_panel` makes it out of facts), optionally renews_on, and the column named by `score`, which the model must beat.
    outcomes: as for `backtest`. monotone: {feature: 1 where more is more risk, −1 where it is less}, for boosting.
    The snapshot days whose 90 days are over are parted in four. Models learn before the second and the third quarter and are chosen on
    them. The chosen one is checked on the last: learnt before the third, calibrated on it. The one that is given learns from the first three
    and is calibrated on the last: what is calibrated is what is used, on snapshots it has not learnt from.
    refits: as many histories with other weights for the accounts give the interval; 0 for none. Same input and seed, same answer.
    Raises ValueError for unusable rows or horizons.
    """
    if not horizons or any(days < STEP or days % STEP for days in horizons):
        raise ValueError(f"horizons are whole {STEP} days, not {list(horizons)}")
    until, leads = day_number(as_of), max(horizons) // STEP
    whole = read_panel(panel, outcomes, kind, features, score)
    rows = whole.rows(whole.day <= until)
    with_event = rows.accounts_with_event(until)
    days = np.unique(rows.day[rows.day + CHECK <= until])
    if (reason := thin(rows, until, days)) is not None:
        return RiskFit(None, reason, accounts_with_event=with_event)
    second, third, last = (int(days[len(days) * quarter // 4]) for quarter in (1, 2, 3))
    early = rows.rows(rows.day < second).accounts_with_event(second)
    pool = choice.candidates(rows, leads, monotone or {}, early, seed)
    said = {one.name: choice.forward(one, rows, leads, (second, third), last) for one in pool}
    tried, name = choice.judge(said, rows, leads, last)
    notes = _notes(early)
    beaten = {choice.BASE: "no_better_than_base_rate", choice.SCORE: "no_better_than_scorecard"}
    chosen = next(one for one in pool if one.name == name)
    later = rows.rows((rows.day >= last) & (rows.day + CHECK <= until))
    check, ahead = _check(later, _ready(chosen, rows, leads, third, last, None)(later), outcomes, until, kind)
    found = effects(fit_hazard(rows, leads, until, choice.PENALTIES[0]), rows, until)
    if name in beaten:
        return RiskFit(None, beaten[name], None, tried, check, ahead, found, notes, with_event)
    models = [_ready(chosen, rows, leads, last, until, weight) for weight in _weights(rows, refits, seed)]
    model = RiskModel(kind, tuple(sorted(horizons)), tuple(features), tuple(models))
    return RiskFit(model, None, name, tried, check, ahead, found, notes, with_event)


def thin(rows: Panel, until: int, days: Ints) -> str | None:
    """Why this history cannot carry a model, or None. The numbers are the constants of this module."""
    if not len(rows.day) or until - int(rows.day.min()) < LEAST_DAYS:
        return "short_history"
    if len(days) < LEAST_SNAPSHOTS:
        return "few_snapshots"
    if rows.accounts_with_event(until) < LEAST_ACCOUNTS:
        return "few_events"
    second, last = int(days[len(days) // 4]), int(days[len(days) * 3 // 4])
    if rows.rows(rows.day < second).accounts_with_event(second) < LEAST_EARLY:
        return "few_early_events"
    later = rows.rows((rows.day >= last) & (rows.day + CHECK <= until))
    soon = (later.event_on > 0) & (later.event_on <= later.day + CHECK)
    if len(np.unique(later.account[soon])) < LEAST_EVENTS:
        return "few_later_events"
    return None


def _notes(early: int) -> tuple[str, ...]:
    if not boosting.available():
        return ("without_boosting",)
    return ("few_for_boosting",) if early < choice.BOOSTING_EVENTS else ()


def _check(
    later: Panel, hazards: Floats, outcomes: Any, until: int, kind: str
) -> tuple[Backtest, Estimate | None]:
    said = 1 - np.prod(1 - hazards[:, : CHECK // STEP], axis=1)
    names = [later.accounts[code] for code in later.account]
    table = {"account": names, "as_of": [day_of(day) for day in later.day], "value": said}
    found = backtest(table, outcomes, CHECK, as_of=day_of(until), kind=kind, means=Means.PROBABILITY)
    if later.score is None:
        return found, None
    known = ~np.isnan(later.score)
    event = (later.event_on > 0) & (later.event_on <= later.day + CHECK)
    return found, auc_difference(said[known], -later.score[known], event[known], later.account[known])


def _weights(rows: Panel, refits: int, seed: int) -> list[Floats | None]:
    random = np.random.default_rng(seed)
    each = [random.exponential(size=len(rows.accounts)) for _ in range(refits)]
    return [None, *(one[rows.account] for one in each)]


def _ready(
    chosen: choice.Candidate, rows: Panel, leads: int, cut: int, until: int, weight: Floats | None
) -> Callable[[Panel], Floats]:
    """Learnt from what was known on the cut, calibrated on the snapshots since then by what had happened by `until`."""
    before, since = rows.day < cut, (rows.day >= cut) & (rows.day < until)
    hazards = chosen.fitted(rows.rows(before), cut, None if weight is None else weight[before])
    held_out = rows.rows(since)
    line = choice.calibrate(
        hazards(held_out), held_out, leads, until, None if weight is None else weight[since]
    )
    return lambda panel: line.of(hazards(panel))
