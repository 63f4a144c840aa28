"""Features: which event belongs to which, what a plan holds, and the period that a silent source stretches."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest

from banso.usage import (
    EventRule,
    Feature,
    Named,
    active_rate,
    core_of,
    depth,
    named,
    overlaps,
    unnamed,
    window,
)

APPLY = Feature("apply", (EventRule("申請"), EventRule("申請_", starts=True)), core=True)
BULK = Feature(
    "bulk",
    (EventRule("申請_一括", property="via", values=("csv", "api")), EventRule("取込", starts=True)),
    core=True,
    plans=(("勤怠", "S"), ("経費", "")),
)
EVENTS = ["申請", "申請_一括", "申請_削除", "取込", "取込完了", "通知"]


def test_an_event_belongs_where_the_first_rule_says() -> None:
    assert named([APPLY], EVENTS) == (
        Named("申請", "apply"),
        Named("申請_一括", "apply"),
        Named("申請_削除", "apply"),
    )
    assert named([BULK], EVENTS) == (
        Named("取込", "bulk"),
        Named("取込完了", "bulk"),
        Named("申請_一括", "bulk", "via", "csv"),
        Named("申請_一括", "bulk", "via", "api"),
    )
    first = Feature("x", (EventRule("a", property="p", values=("1",)), EventRule("a")))
    assert named([first], ["a"]) == (Named("a", "x", "p", "1"),)  # the second row cannot count it again


def test_what_stands_in_none_and_what_in_two() -> None:
    assert unnamed([APPLY, BULK], EVENTS) == ("通知",)
    assert overlaps([APPLY, BULK], EVENTS) == {"申請_一括": ("apply", "bulk")}


def test_core_features_are_those_of_the_plans_held() -> None:
    other = Feature("other", (EventRule("通知"),))
    listed = [APPLY, BULK, other]
    assert core_of(listed, {("勤怠", "S")}) == ("apply", "bulk")
    assert core_of(listed, {("勤怠", "M")}) == ("apply",)
    assert core_of(listed, {("経費", "何でも")}) == ("apply", "bulk")
    assert core_of(listed, ()) == ("apply",)
    assert core_of(listed, None) is None  # the plan is not known, and it matters
    assert core_of([APPLY, other], None) == ("apply",)


def test_rules_that_say_nothing_are_refused() -> None:
    for wrong in ({"name": ""}, {"name": "a", "property": "p"}, {"name": "a", "values": ("1",)}):
        with pytest.raises(ValueError):
            EventRule(**wrong)  # type: ignore[arg-type]


def test_a_period_reaches_back_over_silent_days() -> None:
    day = date(2026, 11, 24)
    assert window(day, 30) == date(2026, 10, 26)
    assert window(day, 1) == day
    assert window(day, 30, [date(2026, 11, 20), date(2026, 10, 25), date(2026, 9, 1)]) == date(2026, 10, 24)
    lost = [day - timedelta(days=n) for n in range(1, 15)]
    assert window(day, 30, lost) == date(2026, 10, 26) - timedelta(days=14)
    assert window(day, 30, [*lost, day]) is None  # fifteen: the last values no longer stand


def test_a_mean_of_daily_users_is_a_rate_too() -> None:
    assert active_rate(Fraction(212, 19), 40).value == Fraction(53, 190)
    assert depth(120, 30) == 4
    assert depth(None, 30) is None and depth(5, 0) is None
