"""The hazard beside statsmodels, and what a panel may know."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import statsmodels.api as sm

from banso.health import known_panel
from banso.health.risk.hazard import benjamini_hochberg, effects, fit_hazard
from banso.health.risk.panel import Panel, read_panel
from banso.simulate.signals import SignalPlan, signal_history

DAY = dt.date(2026, 1, 1)


def after(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def panel(seed: int = 1) -> tuple[Panel, int]:
    made = signal_history(SignalPlan(accounts=200, months=10, missing=0, monthly_rate=0.05, seed=seed))
    renews = [day + dt.timedelta(days=15 + row % 300) for row, day in enumerate(made.panel["as_of"])]
    table = {**made.panel, "renews_on": renews}
    return read_panel(table, made.outcomes, "churn", made.signals, None), made.last.toordinal()


def test_without_a_penalty_it_is_the_logistic_regression_of_the_long_table() -> None:
    """Written out period by period, statsmodels gives the same coefficients and the same errors by account."""
    rows, until = panel()
    model = fit_hazard(rows, 3, until, 1e-7)
    at_risk, event = rows.seen(3, until)
    row, lead = np.nonzero(at_risk)
    columns = np.column_stack(
        (model.scale.columns(rows.x)[row], rows.renewing(3)[row, lead], np.eye(3)[lead])
    )
    other = sm.GLM(event[row, lead].astype(float), columns, family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": rows.account[row], "use_correction": False}, tol=1e-12
    )
    found = [*model.beta, model.renewal, *model.constants]
    assert found == pytest.approx(other.params, abs=1e-5)
    units = len(np.unique(rows.account[row]))
    errors = [one.error for one in effects(model, rows, until)]
    assert errors == pytest.approx(other.bse[: len(errors)] * np.sqrt(units / (units - 1)), rel=1e-3)


def test_periods_by_hand() -> None:
    """Known until day 65: two periods are over. a leaves in the second, b shrinks in the first and leaves in the second, c stays."""
    table = {"account": ["a", "b", "c"], "as_of": [DAY] * 3, "x": [1, 2, None]}
    outcomes = {
        "account": ["a", "b", "b"],
        "on": [after(31), after(10), after(40)],
        "kind": ["churn", "contraction", "churn"],
    }
    churn = read_panel(table, outcomes, "churn", ["x"], None)
    at_risk, event = churn.seen(3, after(65).toordinal())
    assert at_risk.tolist() == [[True, True, False]] * 3
    assert event.tolist() == [[False, True, False], [False, True, False], [False] * 3]
    smaller = read_panel(table, outcomes, "contraction", ["x"], None)
    at_risk, event = smaller.seen(3, after(65).toordinal())
    # who left can no longer shrink: a is at risk in its first period alone
    assert at_risk.tolist() == [[True, False, False], [True, False, False], [True, True, False]]
    assert event.tolist() == [[False] * 3, [True, False, False], [False] * 3]


def test_a_lead_that_no_period_has_reached_takes_the_one_before() -> None:
    """Early in a history no sixth period is over; to say that nobody leaves in it would be a lie."""
    rows, _until = panel()
    young = rows.rows(rows.day < rows.day.min() + 60)
    model = fit_hazard(young, 6, int(rows.day.min()) + 90, 1.0)
    assert model.constants[3:] == pytest.approx([model.constants[2]] * 3)
    assert model.constants[2] > -5


def test_benjamini_and_hochberg_by_hand() -> None:
    assert benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.2])) == pytest.approx(
        [0.04, 0.16 / 3, 0.16 / 3, 0.2]
    )


def test_a_panel_holds_what_was_known_at_the_end_of_the_day_in_japan() -> None:
    facts = [
        {"account": "a", "feature": "x", "value": 1, "on": after(0), "recorded_at": None},
        # 23:30 in Japan on day 5: seen that day. Half an hour later is day 6.
        {
            "account": "a",
            "feature": "x",
            "value": 2,
            "on": after(3),
            "recorded_at": "2026-01-06T23:30:00+09:00",
        },
        {
            "account": "a",
            "feature": "x",
            "value": 3,
            "on": after(4),
            "recorded_at": "2026-01-06T15:00:00+00:00",
        },
        # recorded late about an earlier day: it is not the latest
        {
            "account": "a",
            "feature": "x",
            "value": 9,
            "on": after(1),
            "recorded_at": "2026-01-20T09:00:00+09:00",
        },
        # agreed early for a day to come: not there before its day
        {
            "account": "a",
            "feature": "y",
            "value": 7,
            "on": after(8),
            "recorded_at": "2026-01-02T09:00:00+09:00",
        },
        {"account": "b", "feature": "y", "value": 8, "on": after(0), "recorded_at": None},
    ]
    asked = [("a", 4), ("a", 5), ("a", 6), ("a", 8), ("a", 30), ("b", 30), ("c", 30)]
    found = known_panel(
        facts, {"account": [one for one, _ in asked], "as_of": [after(day) for _, day in asked]}
    )
    nan = np.nan
    assert found["x"] == pytest.approx([1, 2, 3, 3, 3, nan, nan], nan_ok=True)
    assert found["y"] == pytest.approx([nan, nan, nan, 7, 7, 8, nan], nan_ok=True)
