"""Planted causes are found and idle signals are not, over many companies; the probabilities hold on what they never saw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from banso.health import backtest, fit_risk
from banso.simulate.signals import SignalPlan, signal_history

PLAN = SignalPlan(accounts=250, months=20, idle=12, monthly_rate=0.02)


def found_over(seeds: range) -> tuple[int, int, int]:
    """(planted signals, those found with their sign, idle ones called found)."""
    planted = hits = false = 0
    for seed in seeds:
        made = signal_history(replace(PLAN, seed=seed))
        fit = fit_risk(made.panel, made.outcomes, as_of=made.last, features=made.signals, refits=0)
        assert fit.check is not None, fit.reason
        called = {one.feature: one.log_odds for one in fit.effects if one.found}
        planted += len(PLAN.truth)
        hits += sum(called.get(name, 0) * effect > 0 for name, effect in PLAN.truth.items())
        false += sum(name not in PLAN.truth for name in called)
    return planted, hits, false


def held_by_the_interval(seeds: range) -> int:
    """Companies whose interval of departures over expected ones holds 1 when what is said is the planted truth."""
    held = 0
    for seed in seeds:
        made = signal_history(replace(PLAN, seed=seed))
        table = {"account": made.panel["account"], "as_of": made.panel["as_of"], "value": made.chance}
        ratio = backtest(table, made.outcomes, 30, as_of=made.last, means="probability").calibration
        low, high = ratio.observed_over_expected.low, ratio.observed_over_expected.high
        held += low is not None and high is not None and low <= 1 <= high
    return held


def test_the_same_plan_gives_the_same_history_and_the_rate_that_was_planted() -> None:
    made, again = signal_history(PLAN), signal_history(PLAN)
    assert made.outcomes == again.outcomes
    assert np.array_equal(made.panel["use"], again.panel["use"], equal_nan=True)
    expected = float(np.sum(made.chance))
    assert len(made.outcomes["account"]) == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_planted_causes_are_found_and_idle_signals_are_not() -> None:
    planted, hits, false = found_over(range(100, 103))
    assert hits >= 0.9 * planted
    assert false <= 2


@pytest.mark.soak
def test_recovery_and_false_discoveries_over_a_hundred_companies() -> None:
    """Recovery at least 95 %; of all discoveries 5 % idle, as q ≤ 0.05 promises, give or take two errors; intervals of 95 % hold the truth."""
    planted, hits, false = found_over(range(100, 200))
    assert hits >= 0.95 * planted
    found = hits + false
    assert false / found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / found)
    assert held_by_the_interval(range(100, 200)) >= 95 - 3 * np.sqrt(100 * 0.95 * 0.05)
