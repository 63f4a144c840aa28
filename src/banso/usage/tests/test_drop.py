"""US-5 to the digit, and the rules around it."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banso.periods import Calendar, year_end_closures
from banso.usage import (
    Drop,
    DropReason,
    DropRule,
    PastAlert,
    SkipReason,
    Verdict,
    decide_alert,
    drop,
    weekly_means,
)

JAPAN = Calendar.japan(year_end_closures([2025, 2026]))
BASELINE = (120, 118, 122, 119, 121, 117, 120, 123)
#: The weeks of US-5 ①: that of 2026-09-21 has three holidays.
MONDAYS = [date(2026, 9, 7) + timedelta(days=7 * n) for n in range(11) if n != 2]
TOWA = dict(zip(MONDAYS, (*BASELINE, 84, 71), strict=True))
DAY = date(2026, 11, 24)


def percent(found: Drop) -> str:
    assert found.change is not None
    return f"{float(found.change) * 100:.1f}"


def test_case_1_a_drop_with_its_weeks() -> None:
    found = drop(TOWA, JAPAN, 150, as_of=DAY)
    assert (found.verdict, found.reason) == (Verdict.DROP, None)
    assert (found.baseline, found.recent) == (120, Fraction(155, 2))
    assert percent(found) == "-35.4"
    assert [week.monday for week in (*found.baseline_weeks, *found.recent_weeks)] == MONDAYS
    assert [(week.monday, week.reason) for week in found.skipped] == [
        (date(2026, 9, 21), SkipReason.HOLIDAYS)
    ]
    assert found.skipped[0].days == (date(2026, 9, 21), date(2026, 9, 22), date(2026, 9, 23))


def test_case_2_fewer_seats_are_no_drop_of_use() -> None:
    found = drop(TOWA, JAPAN, {date(2024, 9, 1): 150, date(2026, 11, 9): 90}, as_of=DAY)
    assert (found.verdict, found.reason) == (Verdict.STEADY, DropReason.SEATS)
    assert found.per_seat
    assert found.baseline == Fraction(4, 5)  # 120 ÷ 150
    assert found.recent == Fraction(155, 180)  # (84 + 71) ÷ 2 ÷ 90
    assert percent(found) == "7.6"
    assert found.seats_change == Fraction(-2, 5)


def test_case_3_a_silent_source_suspends_and_a_backfill_resumes() -> None:
    silent = [date(2026, 11, day) for day in range(16, 21)]
    found = drop(TOWA, JAPAN, 150, as_of=DAY, gaps=silent)
    assert (found.verdict, found.reason, found.change) == (Verdict.SUSPENDED, DropReason.GAP, None)
    assert percent(drop(TOWA, JAPAN, 150, as_of=DAY)) == "-35.4"


def test_a_silence_long_ago_only_skips_its_week() -> None:
    weeks = {MONDAYS[0] - timedelta(days=7): 121, **TOWA}
    found = drop(weeks, JAPAN, as_of=DAY, gaps=[date(2026, 10, 13)])
    assert found.verdict is Verdict.DROP
    assert (date(2026, 10, 12), SkipReason.GAP) in [(week.monday, week.reason) for week in found.skipped]
    # 120, 118, 122, 119, 117, 120, 123 and 121 of the week before: median 120
    assert found.baseline == 120


def test_case_4_the_turn_of_the_year_is_no_drop() -> None:
    mondays = [date(2026, 10, 26) + timedelta(days=7 * n) for n in range(11)]
    users = (121, 120, 120, 119, 120, 121, 120, 120, 119, 40, 116)
    found = drop(dict(zip(mondays, users, strict=True)), JAPAN, as_of=date(2027, 1, 12))
    assert (found.verdict, found.reason) == (Verdict.STEADY, DropReason.HOLIDAY)
    assert [week.users for week in found.recent_weeks] == [119, 116]
    assert percent(found) == "-2.1"
    without = drop(dict(zip(mondays, users, strict=True)), Calendar.weekends_only(), as_of=date(2027, 1, 12))
    assert (
        without.verdict is Verdict.DROP
    )  # (40 + 116) ÷ 2 = 78.0: the false alert of a product without holidays
    assert without.recent == 78


def test_case_5_too_few_users_are_listed_not_judged() -> None:
    found = drop(dict(zip(MONDAYS, (4, 4, 5, 4, 4, 5, 4, 4, 2, 2), strict=True)), JAPAN, as_of=DAY)
    assert (found.verdict, found.reason) == (Verdict.NOT_JUDGED, DropReason.TOO_FEW)
    assert found.baseline_users == 4


def test_exactly_thirty_percent_is_a_drop() -> None:
    assert drop((*[100] * 8, 70, 70), None).is_drop
    assert not drop((*[100] * 8, 70, 71), None).is_drop
    assert drop((*[10] * 8, 7, 7), None).is_drop  # ten users are enough
    assert drop((*[9] * 8, 1, 1), None).reason is DropReason.TOO_FEW


def test_a_stop_to_nothing_is_said() -> None:
    found = drop(dict.fromkeys(MONDAYS[:-2], 50), JAPAN, as_of=DAY)
    assert (found.verdict, found.reason, found.change) == (Verdict.DROP, DropReason.STOPPED, -1)


def test_a_short_history_says_so() -> None:
    found = drop(dict(list(TOWA.items())[1:]), JAPAN, as_of=DAY)
    assert (found.verdict, found.reason) == (Verdict.NOT_JUDGED, DropReason.SHORT_HISTORY)
    assert drop({}, JAPAN, as_of=DAY).reason is DropReason.SHORT_HISTORY


def test_weeks_that_are_not_over_do_not_count() -> None:
    with_this_week = {**TOWA, date(2026, 11, 23): 1}
    assert drop(with_this_week, JAPAN, as_of=DAY).change == drop(TOWA, JAPAN, as_of=DAY).change


def test_more_users_than_seats_are_kept_and_marked() -> None:
    found = drop(TOWA, JAPAN, 121, as_of=DAY)
    assert [week.users for week in found.baseline_weeks if week.over_seats] == [122, 123]
    assert found.baseline == 120


@pytest.mark.parametrize("seats", [{date(2026, 10, 1): 150}, {date(2020, 1, 1): 0, date(2026, 11, 9): 90}])
def test_unknown_or_no_seats_fall_back_to_users(seats: dict[date, int]) -> None:
    found = drop(TOWA, JAPAN, seats, as_of=DAY)
    assert not found.per_seat
    assert percent(found) == "-35.4"


def test_daily_means_stand_for_weekly_users() -> None:
    days = {monday + timedelta(days=n): 24 for monday in MONDAYS for n in range(5)}
    days[date(2026, 11, 14)] = 99  # a Saturday is left out
    weeks = weekly_means(days, until=DAY)
    assert weeks[date(2026, 11, 9)] == 24
    assert weeks[date(2026, 9, 21)] == 0
    assert date(2026, 11, 23) not in weeks


def test_a_holiday_alone_makes_no_drop_of_daily_means() -> None:
    """Two weeks of four open days with 22 of 24 a day: 17.6 ÷ 24 = −26.7 %, with 20 a day 16 ÷ 24 = −33.3 %, yet −16.7 % a day."""
    calendar = Calendar({date(2026, 11, 10): "", date(2026, 11, 17): ""}, {}, [2026])
    days = {
        monday + timedelta(days=n): 24 if monday < date(2026, 11, 9) else 20
        for monday in MONDAYS
        for n in range(5)
        if calendar.is_business_day(monday + timedelta(days=n))
    }
    days |= {date(2026, 9, 21) + timedelta(days=n): 24 for n in range(5)}
    found = drop(days, calendar, as_of=DAY)
    assert percent(found) == "-33.3"
    assert (found.verdict, found.reason) == (Verdict.STEADY, DropReason.HOLIDAY)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        ({date(2026, 11, 9): -1}, "negative"),
        ([("2026-11-09", 1), (date(2026, 11, 9), 2)], "twice"),
        ({"no day": 1}, "no day"),
        ({date(2026, 11, 9): float("nan")}, "finite"),
        ({date(2026, 11, 9): "many"}, "not a number"),
    ],
)
def test_nonsense_is_refused_by_name(series: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        drop(series, JAPAN)


def test_a_weekly_series_on_other_days_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-11-10"):
        drop({date(2026, 11, 10): 4}, JAPAN, daily=False)


def test_rules_without_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="not a rule"):
        DropRule(threshold=Fraction(0))


numbers = st.lists(st.integers(0, 500), min_size=10, max_size=30)


@given(numbers, st.integers(2, 9))
def test_the_verdict_does_not_hang_on_the_unit_of_seats(users: list[int], times: int) -> None:
    """Constant seats change no verdict, however many."""
    plain, seated = drop(users, None), drop(users, None, 37 * times)
    assert (plain.verdict, plain.change) == (seated.verdict, seated.change)


@given(numbers)
def test_more_use_in_the_last_weeks_never_makes_a_drop(users: list[int]) -> None:
    before = drop(users, None)
    after = drop([*users[:-2], users[-2] + 50, users[-1] + 50], None)
    assert before.is_drop or not after.is_drop


@given(numbers)
def test_the_parts_reproduce_the_change(users: list[int]) -> None:
    found = drop(users, None)
    middle = sorted(users[-10:-2])
    baseline = Fraction(middle[3] + middle[4], 2)
    assert found.baseline == baseline
    assert found.recent == Fraction(users[-2] + users[-1], 2)
    if baseline:
        assert found.change == Fraction(users[-2] + users[-1], 2) / baseline - 1
    else:
        assert (found.change, found.verdict) == (None, Verdict.NOT_JUDGED)


FALL = drop(TOWA, JAPAN, as_of=DAY)  # −35.4 %


def test_an_alert_rests_for_day_0_to_14_unless_it_falls_ten_points_further() -> None:
    assert decide_alert(FALL, DAY).raise_it
    last = PastAlert(date(2026, 11, 10), Fraction(-35, 100))
    quiet = decide_alert(FALL, date(2026, 11, 24), last)
    assert (quiet.raise_it, quiet.why, quiet.until) == (False, "locked", date(2026, 11, 24))
    assert decide_alert(FALL, date(2026, 11, 25), last).raise_it
    assert FALL.change is not None
    just_ten = PastAlert(date(2026, 11, 10), FALL.change + Fraction(1, 10))
    again = decide_alert(FALL, date(2026, 11, 24), just_ten)
    assert again.raise_it and again.further
    nearly = PastAlert(date(2026, 11, 10), FALL.change + Fraction(99, 1000))
    assert not decide_alert(FALL, date(2026, 11, 24), nearly).raise_it


def test_a_snooze_holds_to_its_last_day() -> None:
    assert decide_alert(FALL, DAY, snoozed_until=DAY).why == "snoozed"
    assert decide_alert(FALL, DAY, snoozed_until=DAY - timedelta(days=1)).raise_it
    steady = drop([100] * 10, None)
    assert decide_alert(steady, DAY).why == "no_drop"
