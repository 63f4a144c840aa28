"""The simulated company: reproducible, consistent, and with causes that act as strongly as they were planted."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from math import sqrt

import pytest

from banso.simulate import Cause, Plan, company


def test_the_same_plan_gives_the_same_company() -> None:
    assert company(Plan(accounts=40)).tables == company(Plan(accounts=40)).tables
    assert company(Plan(accounts=40, seed=2)).tables != company(Plan(accounts=40)).tables


def test_an_impossible_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one account"):
        Plan(accounts=0)


def test_no_customer_ever_has_a_negative_mrr_and_churned_ones_end_at_zero() -> None:
    made = company(Plan(accounts=400))
    totals: dict[str, int] = defaultdict(int)
    for row in sorted(made.tables["movements"], key=lambda row: (row["effective_on"], row["movement_id"])):
        totals[row["account_id"]] += row["mrr_delta"]
        assert totals[row["account_id"]] >= 0
    assert {code for code, total in totals.items() if total == 0} == set(made.truth.churn_cause)


def test_contracts_agree_with_their_movements() -> None:
    made = company(Plan(accounts=300))
    totals: Counter[str] = Counter()
    for row in made.tables["movements"]:
        totals[row["contract_id"]] += row["mrr_delta"]
    for contract in made.tables["contracts"]:
        assert totals[contract["contract_id"]] == (0 if contract["ended_on"] else contract["mrr"])


def test_nothing_happens_after_the_day_the_company_is_looked_at() -> None:
    plan = Plan(accounts=200, as_of=date(2026, 3, 5))
    assert max(row["effective_on"] for row in company(plan).tables["movements"]) < plan.as_of


def test_each_planted_cause_kills_as_often_as_its_hazard_says() -> None:
    """Deaths by cause ÷ account-months in which it acted must lie within four standard errors of the planted hazard."""
    plan = Plan(accounts=6000)
    truth = company(plan).truth
    deaths = Counter(truth.churn_cause.values())
    for cause in Cause:
        exposed, hazard = truth.hazard_months[cause], plan.hazards[cause]
        assert exposed > 500
        error = sqrt(hazard * (1 - hazard) / exposed)
        # the first month of a customer is exposed but cannot end: a small downward share, allowed for
        assert abs(deaths[cause] / exposed - hazard) < 4 * error + 0.06 * hazard
