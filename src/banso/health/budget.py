"""Alert budget: from alerts per member and day and a wanted precision to the threshold that keeps both, or the word that none does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from banso.health.backtesting.capacity import came_on, departures_caught, member_days, previous
from banso.health.backtesting.estimates import Estimate, share, too_few
from banso.health.backtesting.past import Bools, Floats, Means, Past, read_past

#: The share of snapshot days, the earliest ones, on which a threshold is solved; it is tried on the rest.
SOLVED_ON = 2 / 3
LEAST_DAYS = 3


@dataclass(frozen=True)
class Alerts:
    """What a threshold gives: an alert is an account that passes it and had not at its snapshot before.

    per_member_day: by working day. precision: alerts followed by the event within the horizon. recall: accounts with the event that
    were above the threshold within the horizon before.
    """

    threshold: float
    alerts: int
    per_member_day: float | None
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True)
class AlertBudget:
    """threshold: in the unit of the values (alert at or below for health, at or above for a probability); None when both cannot be met.

    solved: on the earlier days; later: the same threshold on the days after, which it has not seen: what to expect.
    most_alerts: the threshold that fills the number of alerts, whatever its precision; most_precise: the one that keeps the
    precision (None where none does) and is quieter than wanted or louder than allowed. reason: few_events, few_without_event, few_days, both_cannot_be_met.
    """

    threshold: float | None
    reason: str | None
    solved: Alerts | None = None
    later: Alerts | None = None
    most_alerts: Alerts | None = None
    most_precise: Alerts | None = None


def alert_budget(
    snapshots: Any,
    outcomes: Any,
    horizon: int,
    *,
    alerts_per_member_day: float,
    precision: float,
    as_of: Any = None,
    kind: str = "churn",
    means: Means | str = Means.HEALTH,
) -> AlertBudget:
    """The threshold that catches most within the budget. Tables as for `backtest`.

    Of the thresholds that stay within `alerts_per_member_day` (working days, Monday to Friday) and reach `precision`, the one whose alerts
    were followed by most events. Snapshots a month apart cannot see what rises and falls between: give the days that alerts will be looked at.
    ValueError for a budget that is not positive or a precision outside 0–1.
    """
    if alerts_per_member_day <= 0 or not 0 < precision <= 1:
        raise ValueError(
            "alerts per member and day are more than 0, and a precision lies above 0 and up to 1"
        )
    means = Means(means)
    past = read_past(snapshots, outcomes, horizon, as_of, kind, means)
    days = np.unique(past.day)
    if len(days) < LEAST_DAYS:
        return AlertBudget(None, "few_days")
    early = past.day <= days[int(len(days) * SOLVED_ON) - 1]
    if (reason := too_few(past.event[early], past.account[early])) is not None:
        return AlertBudget(None, reason)
    levels, alerts, hits = _sweep(past, early)
    within = alerts <= alerts_per_member_day * _member_days(past, early)
    precise = hits >= precision * alerts

    def best(ok: Bools, wanted: Floats) -> Alerts | None:
        if not ok.any():
            return None
        return _alerts(past, float(levels[ok][np.argmax(wanted[ok])]), early, means)

    solved = best(within & precise, hits)
    if solved is None:
        both = "both_cannot_be_met"
        return AlertBudget(None, both, most_alerts=best(within, alerts), most_precise=best(precise, hits))
    level = -solved.threshold if means is Means.HEALTH else solved.threshold
    return AlertBudget(solved.threshold, None, solved, _alerts(past, level, ~early, means))


def _sweep(past: Past, rows: Bools) -> tuple[Floats, Floats, Floats]:
    """Every level of risk that occurs, with the alerts it gives and those followed by the event; levels without an alert are left out."""
    known = rows & ~np.isnan(past.risk)
    before = np.nan_to_num(previous(past, past.risk), nan=-np.inf)
    levels = np.unique(past.risk[known])

    def passing(chosen: Bools) -> Floats:
        """At or above the level now, less at or above it now and before."""
        now = np.sort(past.risk[chosen])
        stayed = np.sort(np.minimum(past.risk, before)[chosen])
        return (np.searchsorted(stayed, levels) - np.searchsorted(now, levels)).astype(np.float64)

    alerts, hits = passing(known), passing(known & past.event)
    return levels[alerts > 0], alerts[alerts > 0], hits[alerts > 0]


def _alerts(past: Past, level: float, rows: Bools, means: Means) -> Alerts:
    on = past.risk >= level  # an unknown value is on no side
    alert = came_on(past, on) & rows
    days = _member_days(past, rows)
    return Alerts(
        -level if means is Means.HEALTH else level,
        int(alert.sum()),
        float(alert.sum()) / days if days else None,
        share(past.event[alert], past.account[alert]),
        departures_caught(past, on, rows)[0],
    )


def _member_days(past: Past, rows: Bools) -> float:
    return member_days(past.day[rows], past.member[rows]) * 5 / 7
