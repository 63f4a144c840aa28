"""Alert budgets: solved by hand, tried on what came later, and refused with what could be had instead."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from banso.health import alert_budget

DAY = dt.date(2026, 1, 5)


def weeks(rows: int = 12) -> tuple[dict[str, Any], dict[str, Any]]:
    """Twelve weeks of 40 accounts of two members: 0–9 fall to 20 in the first week and leave within 30 days of the last one, 10–14 fall
    to 30 in the third week and stay, the rest stands at 80."""
    table: dict[str, list[Any]] = {"account": [], "as_of": [], "value": [], "member": []}
    for week in range(rows):
        for account in range(40):
            value = 20 if account < 10 else 30 if account < 15 and week >= 2 else 80
            table["account"].append(str(account))
            table["as_of"].append(DAY + dt.timedelta(weeks=week))
            table["value"].append(value)
            table["member"].append(str(account % 2))
    gone = [str(account) for account in range(10)]
    return table, {"account": gone, "on": [DAY + dt.timedelta(days=80)] * 10}


def test_the_threshold_that_catches_most_within_the_budget_by_hand() -> None:
    """Solved on the first eight weeks, 2 members × 8 weeks × 5 working days = 80 member days.

    Alerts at 20: the ten on day 0; at 30: five more. 15 ÷ 80 = 0.1875 a day with 10 of 15 right; 0.125 with 10 of 10.
    """
    table, outcomes = weeks()
    given = {"horizon": 90, "as_of": DAY + dt.timedelta(days=200)}
    both = alert_budget(table, outcomes, alerts_per_member_day=0.2, precision=0.9, **given)
    assert (both.threshold, both.reason) == (20.0, None)
    assert both.solved is not None and (both.solved.alerts, both.solved.per_member_day) == (10, 0.125)
    assert (both.solved.precision.value, both.solved.recall.value) == (1.0, 1.0)
    assert both.later is not None and both.later.alerts == 0  # who is above stays above: nothing newly passes
    assert both.later.recall.value == 1.0
    loud = alert_budget(table, outcomes, alerts_per_member_day=0.13, precision=0.6, **given)
    assert loud.threshold == 20.0  # 30 would be precise enough, and is too loud
    neither = alert_budget(table, outcomes, alerts_per_member_day=0.1, precision=0.9, **given)
    assert (neither.threshold, neither.reason) == (None, "both_cannot_be_met")
    assert neither.most_alerts is None  # even the quietest threshold is louder
    assert neither.most_precise is not None and neither.most_precise.per_member_day == 0.125


def test_a_probability_alerts_from_above() -> None:
    table, outcomes = weeks()
    table["value"] = [(100 - value) / 100 for value in table["value"]]
    found = alert_budget(
        table,
        outcomes,
        90,
        alerts_per_member_day=0.2,
        precision=0.9,
        means="probability",
        as_of=DAY + dt.timedelta(days=200),
    )
    assert found.threshold == 0.8


def test_few_days_and_few_departures_give_a_reason() -> None:
    table, outcomes = weeks(2)
    given: dict[str, Any] = {
        "alerts_per_member_day": 1,
        "precision": 0.5,
        "as_of": DAY + dt.timedelta(days=200),
    }
    assert alert_budget(table, outcomes, 90, **given).reason == "few_days"
    table, outcomes = weeks()
    few = {name: column[:9] for name, column in outcomes.items()}
    assert alert_budget(table, few, 90, **given).reason == "few_events"
    for wrong in (
        {"alerts_per_member_day": 0, "precision": 0.5},
        {"alerts_per_member_day": 1, "precision": 1.5},
    ):
        with pytest.raises(ValueError, match="alerts per member"):
            alert_budget(table, outcomes, 90, **wrong)


def test_every_threshold_that_is_solved_keeps_its_promise() -> None:
    """Whatever the history: alerts within the budget and precision reached on the days it was solved on."""
    met = 0
    for seed in range(15):
        random = np.random.default_rng(seed)
        account = [str(one) for one in range(150)] * 9
        day = np.repeat(np.arange(9) * 14, 150)
        value = random.uniform(0, 100, len(day))
        leaves = [code for code in range(150) if random.random() < 0.3]
        outcomes = {
            "account": [str(one) for one in leaves],
            "on": [DAY + dt.timedelta(days=int(random.integers(1, 150))) for _ in leaves],
        }
        table = {
            "account": account,
            "as_of": [DAY + dt.timedelta(days=int(one)) for one in day],
            "value": value,
        }
        found = alert_budget(
            table, outcomes, 30, alerts_per_member_day=0.5, precision=0.15, as_of=DAY + dt.timedelta(days=180)
        )
        if found.solved is not None:
            met += 1
            assert found.solved.per_member_day is not None and found.solved.per_member_day <= 0.5
            assert found.solved.precision.value is not None and found.solved.precision.value >= 0.15
            assert found.solved.alerts > 0
        else:
            assert found.reason == "both_cannot_be_met"
    assert 0 < met < 15
