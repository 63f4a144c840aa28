"""Simulated use: reproducible, without a silent day, and the planted changes are what the rules find, and all they find."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from banso.periods import Calendar
from banso.simulate import Change, Company, Plan, Usage, company, goes_on, usage
from banso.usage import Drop, DropReason, Verdict, drop, missing_days

PLAN = Plan(accounts=160)


def judged(made: Company, used: Usage, plan: Plan) -> dict[str, Drop]:
    """Of customers who have not left; seats are those that their rows state."""
    users: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    seats: dict[str, dict[date, int]] = defaultdict(dict)
    for row in used.rows:
        users[row["account_id"]][row["day"]] += row["users"]
        if row["seats"] is not None:
            seats[row["account_id"]][row["day"]] = row["seats"]
    return {
        code: drop(days, Calendar.japan(), seats.get(code), as_of=plan.as_of, daily=True)
        for code, days in users.items()
        if code not in made.truth.churned_on
    }


def test_the_same_company_has_the_same_use_and_no_day_is_silent() -> None:
    made = company(PLAN)
    used = usage(made, PLAN)
    assert used == usage(company(PLAN), PLAN)
    days = {row["day"] for row in used.rows}
    assert max(days) < PLAN.as_of
    assert missing_days(days, Calendar.japan(), min(days), PLAN.as_of - timedelta(days=1)) == ()
    assert date(2026, 9, 22) not in days  # 国民の休日


def test_what_was_planted_is_found_and_nothing_else_is() -> None:
    for as_of in (date(2026, 11, 24), date(2026, 5, 12), date(2027, 1, 13)):
        plan = Plan(accounts=160, as_of=as_of)
        made = company(plan)
        used = usage(made, plan)
        found = judged(made, used, plan)
        assert list(used.planted.values()).count(Change.FALL) == 4
        fell = {code for code, verdict in found.items() if verdict.is_drop}
        assert fell == {code for code, change in used.planted.items() if change is Change.FALL}
        (fewer,) = [code for code, change in used.planted.items() if change is Change.SEATS]
        told = found[fewer]
        assert (told.verdict, told.reason) == (Verdict.STEADY, DropReason.SEATS)
        assert told.seats_change is not None and Fraction(-43, 100) < told.seats_change < Fraction(-39, 100)
        for code, change in used.planted.items():
            if change is Change.SMALL:
                assert found[code].verdict is Verdict.NOT_JUDGED


def test_use_goes_on_as_on_the_last_such_weekday_while_the_customer_is_one() -> None:
    made = company(PLAN)
    used = usage(made, PLAN)
    ahead = goes_on(made, used, PLAN, weeks=2)
    days = {row["day"] for row in ahead}
    # 2026-11-24 is a Tuesday; 11/23 is a holiday, so Mondays repeat 11/16.
    assert min(days) == PLAN.as_of == date(2026, 11, 24) and max(days) == date(2026, 12, 7)
    assert missing_days(days, Calendar.japan(), min(days), max(days)) == ()
    left = made.truth.churned_on
    assert not [row for row in ahead if row["day"] > left.get(row["account_id"], row["day"])]

    def on(rows: list[dict[str, Any]], day: date) -> set[tuple[Any, ...]]:
        return {
            tuple(row[key] for key in ("account_id", "department", "feature", "users"))
            for row in rows
            if row["day"] == day
        }

    for day, like in ((date(2026, 11, 30), date(2026, 11, 16)), (date(2026, 12, 1), date(2026, 11, 17))):
        assert on(ahead, day) and on(ahead, day) <= on(used.rows, like)


def test_who_leaves_fades_before_the_end_and_uses_nothing_after_it() -> None:
    made = company(PLAN)
    used = usage(made, PLAN)
    by_week: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in used.rows:
        left: Any = made.truth.churned_on.get(row["account_id"])
        if left is not None:
            assert row["day"] <= left
            by_week[row["account_id"]][(left - row["day"]).days // 7] += row["users"]
    leaving = [
        code for code, change in used.planted.items() if change is Change.LEAVING and 11 in by_week[code]
    ]
    assert leaving
    for code in leaving:
        assert by_week[code][1] < by_week[code][11] / 2, code
