"""Cohorts: worked by hand, and reconciled with the monthly closing over random books."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banso.revenue import cohorts, monthly


def move(account: str, on: Any, delta: int, currency: str = "JPY") -> dict[str, Any]:
    return {"account_id": account, "effective_on": on, "mrr_delta": delta, "currency": currency}


BOOK = [
    move("a", "2026-01-10", 100),
    move("b", "2026-01-20", 200),
    move("a", "2026-03-31", -100),
    move("b", "2026-02-01", 50),
    move("c", "2026-03-05", 70),
    move("gone", "2026-02-03", 10),
    move("gone", "2026-02-20", -10),
]


def test_by_month() -> None:
    found = cohorts(BOOK, as_of="2026-04-15")
    assert found.last_month == "2026-03"
    january, march = found.cohorts
    assert (january.key, january.size) == ("2026-01", 2)
    assert january.retained == (2, 2, 1)
    assert january.mrr == (Decimal(300), Decimal(350), Decimal(250))
    assert january.mrr_retention(1) == Fraction(350, 300)
    assert january.customer_retention(2) == Fraction(1, 2)
    # March is one month old: what it has not lived through is unknown, not 0.
    assert march.retained == (1, None, None)
    assert march.mrr == (Decimal(70), None, None)
    assert march.customer_retention(1) is None


def test_a_quarter_counts_only_those_old_enough() -> None:
    (quarter,) = cohorts(BOOK, "quarter", as_of="2026-03-31").cohorts
    assert quarter.key == "2026-Q1"
    assert quarter.base == (3, 2, 2)
    assert quarter.retained == (3, 2, 1)
    assert quarter.base_mrr == (Decimal(370), Decimal(300), Decimal(300))


def test_by_label() -> None:
    found = cohorts(BOOK, {"a": "x", "b": "y"}, as_of="2026-03-31")
    assert [cohort.key for cohort in found.cohorts] == ["x", "y"]
    assert found.unlabelled == ("c",)
    with pytest.raises(ValueError, match="by is"):
        cohorts(BOOK, "week")


def test_empty() -> None:
    assert cohorts([]).cohorts == ()
    assert cohorts(BOOK, as_of="2025-12-31").cohorts == ()


ROWS = st.lists(
    st.builds(
        move,
        st.sampled_from("abcde"),
        st.integers(0, 300).map(lambda n: dt.date(2026, 1, 1) + dt.timedelta(days=n)),
        st.sampled_from([100, -100, 50, -50, 30]),
        st.sampled_from(["JPY", "JPY", "USD"]),
    ),
    max_size=18,
)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, by=st.sampled_from(["month", "quarter", "year"]))
def test_all_cohorts_add_up_to_the_closing(rows: list[dict[str, Any]], by: str) -> None:
    rates = {"USD": "150"}
    found = cohorts(rows, by, as_of="2026-10-31", rates=rates)
    series = monthly(rows, "2026-01", "2026-10", as_of="2026-10-31", rates=rates)
    if not found.cohorts:
        assert series[-1].counts["closing_customers"] == 0 or not rows
        return
    if by == "month":
        for at, row in enumerate(series):
            ages = [(c, at - int(c.key[5:]) + 1) for c in found.cohorts]
            kept = sum(c.retained[age] or 0 for c, age in ages if 0 <= age < found.ages)
            assert kept == row.counts["closing_customers"]
    for cohort in found.cohorts:
        assert cohort.retained[0] == cohort.base[0] == cohort.size
        assert cohort.mrr[0] == cohort.base_mrr[0]
        for age in range(found.ages):
            share = cohort.customer_retention(age)
            assert share is None or 0 <= share <= 1
