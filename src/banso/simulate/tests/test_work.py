"""The rest of the simulated files: reproducible, and nothing reaches past the day it is looked at."""

from __future__ import annotations

from banso.simulate import Plan, company, work


def test_the_same_company_has_the_same_work() -> None:
    plan = Plan(accounts=30)
    assert work(company(plan), plan) == work(company(plan), plan)


def test_no_touch_or_answer_lies_in_the_future_or_after_the_customer_left() -> None:
    plan = Plan(accounts=200)
    made = company(plan)
    tables = work(made, plan)
    for row in tables["touches"]:
        limit = min(made.truth.churned_on.get(row["account_id"], plan.as_of), plan.as_of)
        assert row["at"][:10] < limit.isoformat()
    assert tables["responses"]
    assert all(row["answered_on"] < plan.as_of for row in tables["responses"] if row["answered_on"])


def test_an_unanswered_survey_has_no_score() -> None:
    plan = Plan(accounts=200)
    silent = [row for row in work(company(plan), plan)["responses"] if row["answered_on"] is None]
    assert silent
    assert all(row["score"] is None for row in silent)
