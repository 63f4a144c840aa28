"""The back-test: which rows count, what a list of a team's length sees, and beside whom a score stands."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from banso.health import backtest

DAY = dt.date(2026, 1, 31)


def days(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


def history(seed: int = 1, accounts: int = 200, months: int = 8) -> tuple[dict[str, Any], dict[str, Any]]:
    """Monthly scores; who scores low leaves sooner. Nobody is scored after leaving."""
    random = np.random.default_rng(seed)
    health = random.uniform(0, 100, accounts)
    leaves = random.exponential(30 + 10 * health).astype(int) + 1
    rows = [
        (f"A{code:03d}", days(30 * month), float(np.clip(health[code] + random.normal(0, 15), 0, 100)), code)
        for month in range(months)
        for code in range(accounts)
        if leaves[code] > 30 * month
    ]
    account, on, value, code = zip(*rows, strict=True)
    table = {
        "account": list(account),
        "as_of": list(on),
        "value": list(value),
        "segment": ["大口" if one % 4 == 0 else "小口" for one in code],
        "member": [f"M{one % 3}" for one in code],
    }
    gone = [one for one in range(accounts) if leaves[one] <= 30 * months + 60]
    return table, {
        "account": [f"A{one:03d}" for one in gone],
        "on": [days(int(leaves[one])) for one in gone],
        "kind": ["churn"] * len(gone),
    }


def test_an_event_counts_from_the_day_after_to_the_last_day_of_the_horizon() -> None:
    """Four accounts leave 0, 1, 30 and 31 days after their snapshot, one left and came back, the last day's horizon is not over."""
    snapshots = {
        "account": ["on", "next", "last", "after", "back", "late"],
        "as_of": [DAY] * 5 + [days(10)],
        "value": [50.0, 50.0, None, 50.0, 50.0, 50.0],
    }
    outcomes = [
        {"account": "on", "on": DAY, "kind": "churn"},
        {"account": "next", "on": days(1), "kind": "churn"},
        {"account": "last", "on": days(30), "kind": "churn"},
        {"account": "after", "on": days(31), "kind": "churn"},
        {"account": "back", "on": days(-9), "kind": "churn"},
        {"account": "back", "on": days(-5), "kind": "reactivation"},
        {"account": "late", "on": days(12), "kind": "churn"},
        {"account": "never scored", "on": days(3), "kind": "churn"},
    ]
    found = backtest(snapshots, outcomes, 30, as_of=days(39))
    counted = found.counted
    assert (counted.read, counted.gone, counted.not_over, counted.used) == (6, 1, 1, 4)
    assert (counted.events, counted.unknown, counted.unknown_events) == (2, 1, 1)
    assert (found.rate.value, found.auc.value, found.auc.reason) == (0.5, None, "few_events")
    assert (found.brier.score.reason, found.calibration.reason) == ("few_events", "few_events")
    assert backtest(snapshots, outcomes, 30, as_of=days(40)).counted.not_over == 0


def test_whatever_table_the_caller_has_the_answer_is_the_same() -> None:
    table, outcomes = history()
    found = backtest(table, outcomes, 60, capacity=5)
    assert found.auc.value is not None and found.auc.value > 0.6
    assert found == backtest(pd.DataFrame(table), pd.DataFrame(outcomes), 60, capacity=5)
    assert found == backtest(pa.table(table), pa.table(outcomes), 60, capacity=5)
    order = np.random.default_rng(1).permutation(len(table["account"]))
    mixed = {name: [column[row] for row in order] for name, column in table.items()}
    mixed["account_id"] = mixed.pop("account")
    again = backtest(mixed, outcomes, 60, capacity=5)
    assert (again.auc.value, again.auc.low) == pytest.approx((found.auc.value, found.auc.low))
    assert (again.counted, again.capacity.precision.events) == (
        found.counted,
        found.capacity.precision.events,
    )


def test_lists_leads_and_false_alarms_by_hand() -> None:
    """Two members, one place each, three days 28 days apart. M1's list: a, a, a; M2's: d, d, d.

    a leaves on day 70, b on day 100 (more than 30 days after its last row), d never. Only a's place on day 56 is within 30 days of its
    departure: precision 1 of 6. a is the only departure with a row in the 30 days before, and was on the list 14 days ahead of it.
    False alarms: a and d came on the lists on day 0 and left not within 30 days: 2 over 2 members × 12 weeks.
    """
    rows = [
        ("a", 0, 10.0, "M1"), ("b", 0, 20.0, "M1"), ("c", 0, 90.0, "M2"), ("d", 0, 30.0, "M2"),
        ("a", 28, 10.0, "M1"), ("b", 28, 20.0, "M1"), ("c", 28, 90.0, "M2"), ("d", 28, 30.0, "M2"),
        ("a", 56, 10.0, "M1"), ("b", 56, 20.0, "M1"), ("c", 56, None, "M2"), ("d", 56, 30.0, "M2"),
    ]  # fmt: skip
    account, on, value, member = zip(*rows, strict=True)
    table = {"account": account, "as_of": [days(one) for one in on], "value": value, "member": member}
    outcomes = {"account": ["a", "b"], "on": [days(70), days(100)], "kind": ["churn", "churn"]}
    found = backtest(table, outcomes, 30, capacity=1).capacity
    assert (found.listed, found.precision.n, found.precision.events) == (6, 6, 1)
    assert (found.recall.events, found.recall.n, found.caught.value) == (1, 1, 1.0)
    assert (found.lead.n, found.lead.median) == (1, 14.0)
    assert found.member_weeks == 24.0
    assert found.false_alarms == pytest.approx(2 / 24)


def test_of_equal_scores_the_larger_customer_is_listed() -> None:
    table = {"account": ["a", "b"], "as_of": [DAY, DAY], "value": [10, 10], "mrr": [1, 2]}
    outcomes = {"account": ["b"], "on": [days(5)], "kind": ["churn"]}
    assert backtest(table, outcomes, 30, capacity=1, as_of=days(30)).capacity.precision.value == 1.0
    assert (
        backtest({**table, "mrr": [2, 1]}, outcomes, 30, capacity=1, as_of=days(30)).capacity.recall.value
        == 0.0
    )


def test_a_departure_without_a_value_is_a_departure_missed() -> None:
    table = {"account": ["a", "b"], "as_of": [DAY, DAY], "value": [None, 10]}
    found = backtest(table, {"account": ["a"], "on": [days(5)]}, 30, capacity=2, as_of=days(30))
    assert (found.capacity.listed, found.capacity.recall.value) == (1, 0.0)


def test_rivals_stand_on_the_same_rows() -> None:
    table, outcomes = history()
    random = np.random.default_rng(3)
    table["recency"] = random.exponential(5, len(table["account"]))
    found = backtest(table, outcomes, 60, capacity=5)
    rivals = {rival.name: rival for rival in found.rivals}
    assert set(rivals) == {"recency", "last_score", "base_rate"}
    assert rivals["base_rate"].auc.value == 0.5
    assert rivals["base_rate"].ahead.value == pytest.approx(found.auc.value - 0.5)  # type: ignore[operator]
    assert rivals["recency"].ahead.low is not None and rivals["recency"].ahead.low > 0  # noise is beaten
    first = sum(1 for on in table["as_of"] if on == DAY)
    assert rivals["last_score"].auc.n == found.counted.used - first  # a first score has none before it
    without = backtest({**table, "recency": [None] * len(table["account"])}, outcomes, 60)
    assert without.rivals[0].auc.reason == "few_events"
    del table["recency"]
    assert backtest(table, outcomes, 60).rivals[0].auc.reason == "not_given"


def test_segments_and_days_add_up_to_the_whole() -> None:
    table, outcomes = history()
    found = backtest(table, outcomes, 60, capacity=5)
    for parts in (found.segments, found.days):
        assert sum(part.rate.n for part in parts) == found.counted.used
        assert sum(part.rate.events for part in parts) == found.counted.events
        assert sum(part.precision.n for part in parts) == found.capacity.listed
    assert [part.name for part in found.segments] == ["大口", "小口"]
    assert found.days[0].name == "2026-01-31" and found.days[0].said is None  # too early for a probability


def test_what_comes_later_changes_nothing_that_was_said_before() -> None:
    """Facts after a day are not there for a back-test as of that day: the same with and without them."""
    table, outcomes = history()
    cut = days(150)
    keep = [row for row, on in enumerate(table["as_of"]) if on <= cut]
    known = [row for row, on in enumerate(outcomes["on"]) if on <= cut]
    then = backtest(
        {name: [column[row] for row in keep] for name, column in table.items()},
        {name: [column[row] for row in known] for name, column in outcomes.items()},
        60,
        as_of=cut,
    )
    now = backtest(table, outcomes, 60, as_of=cut)
    assert now.counted.not_over > then.counted.not_over
    assert (now.auc, now.brier, now.calibration, now.capacity) == (
        then.auc,
        then.brier,
        then.calibration,
        then.capacity,
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": ["high", 1.0]}, "row 0: value"),
        ({"as_of": ["never", DAY]}, "row 0: as_of"),
        ({"account": ["a", "a"]}, "two values on one day"),
        ({"account": ["a", None]}, "row 1: account is missing"),
    ],
)
def test_unusable_rows_are_named(change: dict[str, Any], message: str) -> None:
    table = {"account": ["a", "b"], "as_of": [DAY, DAY], "value": [1.0, 2.0]}
    with pytest.raises(ValueError, match=message):
        backtest({**table, **change}, {"account": [], "on": []}, 30)


def test_unusable_questions_are_refused_and_an_empty_history_says_nothing() -> None:
    table: dict[str, list[Any]] = {"account": ["a"], "as_of": [DAY], "value": [50.0]}
    none: dict[str, list[Any]] = {"account": [], "on": []}
    for arguments, message in (
        ({"horizon": 0}, "at least one day"),
        ({"horizon": 30, "capacity": 0}, "at least one account"),
        ({"horizon": 30, "means": "probability"}, "between 0 and 1"),
    ):
        with pytest.raises(ValueError, match=message):
            backtest(table, none, **arguments)  # type: ignore[arg-type]
    empty = backtest({"account": [], "as_of": [], "value": []}, none, 30)
    assert (empty.counted.used, empty.auc.reason, empty.first, empty.capacity.false_alarms) == (
        0,
        "few_events",
        None,
        None,
    )
