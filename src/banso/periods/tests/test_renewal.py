"""The table of US-4, by hand, and the rules around it. As of 2026-11-24, closed 12/29 to 1/3."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from banso.periods import (
    Calendar,
    DeadlineBasis,
    NoticeKind,
    PeriodError,
    RenewalTerms,
    RenewalWindow,
    WindowState,
    plan_ringi,
    renewal_window,
    sort_renewals,
    year_end_closures,
)

AS_OF = date(2026, 11, 24)
CALENDAR = Calendar.japan(year_end_closures([2025, 2026, 2027]))

# contract: starts_on, ends_on, renewal_months, notice_kind, notice_value
CONTRACTS = {
    "A": ("2026-04-01", "2027-03-31", "12", "months_before", "1"),
    "B": ("2026-03-01", "2027-02-28", "12", "months_before", "1"),
    "C": ("2026-01-01", "2026-12-31", "12", "months_before", "1"),
    "D": ("2026-04-01", "2027-03-31", "12", "months_before", "3"),
    "E": ("2026-02-01", "2027-01-31", "12", "months_before", "2"),
    "F": ("2026-07-01", "2027-06-30", "12", "months_before", "1"),
    "G": ("2026-11-01", "2026-11-30", "1", "none", ""),
}


def row(contract_id: str, /, **changes: object) -> dict[str, object]:
    names = ("starts_on", "ends_on", "renewal_months", "notice_kind", "notice_value")
    return {"contract_id": contract_id, **dict(zip(names, CONTRACTS[contract_id], strict=True)), **changes}


def window(contract_id: str, /, **changes: object) -> RenewalWindow:
    return renewal_window(row(contract_id, **changes), CALENDAR)


@pytest.mark.parametrize(
    ("contract_id", "deadline", "estimated", "internal", "start", "end", "state", "days_left", "to_deadline"),
    [
        ("A", "2027-02-28", False, "2027-02-26", "2026-12-31", "2027-02-28", WindowState.BEFORE, 96, 96),
        ("B", "2027-01-28", True, "2027-01-28", "2026-11-28", "2027-01-28", WindowState.BEFORE, 65, 65),
        ("C", "2026-11-30", False, "2026-11-30", "2026-09-30", "2026-11-30", WindowState.INSIDE, 6, 6),
        ("D", "2026-12-31", False, "2026-12-28", "2026-09-30", "2026-11-30", WindowState.INSIDE, 6, 37),
        ("E", "2026-11-30", False, "2026-11-30", "2026-08-30", "2026-10-30", WindowState.AFTER, 6, 6),
        ("F", "2027-05-30", True, "2027-05-28", "2027-03-30", "2027-05-30", WindowState.BEFORE, 187, 187),
    ],
)
def test_the_window_follows_the_notice_deadline(
    contract_id: str,
    deadline: str,
    estimated: bool,
    internal: str,
    start: str,
    end: str,
    state: WindowState,
    days_left: int,
    to_deadline: int,
) -> None:
    found = window(contract_id)
    position = found.position(AS_OF)
    assert found.deadline == date.fromisoformat(deadline)
    assert found.estimated is estimated
    assert found.internal_deadline == date.fromisoformat(internal)
    assert (found.window_start, found.window_end) == (date.fromisoformat(start), date.fromisoformat(end))
    assert (position.state, position.days_left, position.days_to_deadline) == (state, days_left, to_deadline)
    assert found.holidays_known


def test_a_monthly_contract_without_notice_has_no_window() -> None:
    found = window("G")
    assert found.basis is DeadlineBasis.NOT_APPLICABLE and not found.applies
    assert (found.deadline, found.window_start, found.task_date) == (None, None, None)
    assert found.position(AS_OF).state is WindowState.NOT_APPLICABLE
    assert found.position(AS_OF).days_left is None
    assert (
        window("G", renewal_months="").basis is DeadlineBasis.NOT_APPLICABLE
    )  # the term's own length says it


def test_renewals_stand_in_order_of_their_deadlines() -> None:
    windows = [window(contract_id) for contract_id in "GFEDCBA"]
    assert [found.contract_id for found in sort_renewals(windows)] == ["C", "E", "D", "B", "A", "F", "G"]


def test_equal_deadlines_and_expiries_are_ordered_by_id() -> None:
    twins = [window("C", contract_id="C2"), window("C", contract_id="C1")]
    assert [found.contract_id for found in sort_renewals(twins)] == ["C1", "C2"]


def test_both_civil_readings_are_kept_where_they_differ() -> None:
    assert window("B").readings == (date(2027, 1, 28), date(2027, 1, 31))
    assert window("F").readings == (date(2027, 5, 30), date(2027, 5, 31))
    assert window("A").readings == ()
    # Here counting from midnight is the earlier: 3/31 less a month is 2/28, less a day 2/27.
    assert window("A", ends_on="2027-03-30").readings == (date(2027, 2, 27), date(2027, 2, 28))


def test_the_contracts_explicit_day_removes_the_mark() -> None:
    found = window("B", notice_kind="date", notice_value="", notice_deadline="2027-01-31")
    assert (found.basis, found.deadline, found.estimated) == (DeadlineBasis.STATED, date(2027, 1, 31), False)
    assert found.internal_deadline == date(2027, 1, 29)  # 1/31 is a Sunday
    assert (found.window_start, found.window_end) == (date(2026, 11, 28), date(2027, 1, 28))
    assert window("F", notice_deadline="2027-05-31").deadline == date(2027, 5, 31)


def test_a_window_that_opens_on_a_closed_day_gives_the_task_to_the_next_open_one() -> None:
    assert window("B").task_date == date(2026, 11, 30)  # 11/28 is a Saturday
    assert window("A").task_date == date(2027, 1, 4)  # 12/31 lies in the year-end closure
    assert window("D").task_date == date(2026, 9, 30)


def test_four_days_before_it_opens_the_window_says_so() -> None:
    assert window("B").position(AS_OF).days_to_start == 4
    assert window("B").position(date(2026, 11, 28)).state is WindowState.INSIDE
    assert window("B").position(date(2027, 1, 28)).state is WindowState.INSIDE
    assert window("B").position(date(2027, 1, 29)).state is WindowState.AFTER
    assert window("E").position(date(2026, 12, 2)).days_to_deadline == -2


def test_days_before_and_a_day_of_the_month_before_are_read_too() -> None:
    sixty = window("A", notice_kind="days_before", notice_value=60)
    assert sixty.deadline == date(2027, 1, 30) and sixty.basis is DeadlineBasis.COMPUTED
    assert (sixty.window_start, sixty.window_end) == (date(2026, 10, 30), date(2026, 12, 30))
    thirty = window("A", notice_kind="days_before", notice_value=30)
    assert thirty.deadline == date(2027, 3, 1)
    assert (thirty.window_start, thirty.window_end) == (date(2026, 12, 31), date(2027, 2, 28))
    twentieth = window("A", notice_kind="day_of_previous_month", notice_value=20)
    assert twentieth.deadline == date(2027, 2, 20)
    assert (twentieth.window_start, twentieth.window_end) == (date(2026, 11, 20), date(2027, 1, 20))
    assert window("A", notice_kind="day_of_previous_month", notice_value=31).deadline == date(2027, 2, 28)


def test_a_yearly_contract_without_notice_hangs_on_its_expiry() -> None:
    found = window("A", notice_kind="none", notice_value="")
    assert (found.basis, found.deadline, found.internal_deadline) == (DeadlineBasis.NO_NOTICE, None, None)
    assert (found.window_start, found.window_end) == (date(2026, 12, 31), date(2027, 2, 28))
    assert found.position(date(2027, 1, 10)).days_left == 49
    assert [w.contract_id for w in sort_renewals([found, window("F")])] == ["A", "F"]


def test_a_rule_that_nobody_entered_is_unknown_and_not_absent() -> None:
    assert window("A", notice_kind="", notice_value="").basis is DeadlineBasis.UNKNOWN
    assert window("A", notice_kind="date").basis is DeadlineBasis.UNKNOWN
    assert window("A", notice_kind="months_before", notice_value="").basis is DeadlineBasis.UNKNOWN
    assert window("A", ends_on="").basis is DeadlineBasis.NOT_APPLICABLE


def test_a_known_budget_month_opens_the_window_earlier_but_never_later() -> None:
    assert window("A", budget_month=11).window_start == date(2026, 10, 1)
    assert window("A", budget_month=3).window_start == date(2026, 12, 31)
    assert window("A", budget_month=2).window_start == date(2026, 12, 31)
    assert window("A", budget_month=1).window_start == date(2026, 12, 1)
    assert window("D", budget_month=11).window_start == date(2026, 9, 30)
    assert window("A", budget_month=11).window_end == date(2027, 2, 28)
    assert window("E", budget_month=2).window_start == date(2026, 2, 1)  # not before the contract began
    with pytest.raises(PeriodError):
        window("A", budget_month=13)


def test_ringi_is_planned_back_in_business_days() -> None:
    plan = plan_ringi(date(2026, 11, 30), 5, CALENDAR)
    assert plan.draft_by == date(2026, 11, 20)  # 11/23 is a holiday
    assert plan.is_late(AS_OF) and not plan.is_late(date(2026, 11, 20))
    on_sunday = plan_ringi(date(2026, 11, 29), 5, CALENDAR)
    assert (on_sunday.decide_by, on_sunday.draft_by) == (date(2026, 11, 27), date(2026, 11, 19))


def test_without_holiday_data_weekends_alone_move_days_and_it_says_so() -> None:
    bare = Calendar.weekends_only()
    found = renewal_window(row("D"), bare)
    assert found.internal_deadline == date(2026, 12, 31) and not found.holidays_known
    assert plan_ringi(date(2026, 11, 30), 5, bare).draft_by == date(2026, 11, 23)


def test_a_contract_may_be_a_dataclass_a_mapping_or_any_object() -> None:
    terms = RenewalTerms("C", date(2026, 12, 31), NoticeKind.MONTHS_BEFORE, 1)
    anything = SimpleNamespace(
        contract_id="C", ends_on=date(2026, 12, 31), notice_kind="months_before", notice_value=1
    )
    assert renewal_window(terms, CALENDAR) == renewal_window(anything, CALENDAR) == window("C")


@pytest.mark.parametrize(
    "changes",
    [
        {"notice_kind": "someday"},
        {"notice_value": "one"},
        {"notice_value": "-1"},
        {"ends_on": "2027-02-30"},
        {"notice_kind": "day_of_previous_month", "notice_value": "0"},
    ],
)
def test_what_cannot_be_read_is_an_error_and_never_a_guess(changes: dict[str, object]) -> None:
    with pytest.raises(PeriodError):
        window("A", **changes)
