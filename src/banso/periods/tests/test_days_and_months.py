from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banso.periods import (
    NATIONAL_YEARS,
    Calendar,
    Month,
    PeriodError,
    add_months,
    fiscal_period,
    jst_bounds,
    jst_day,
    week_start,
    year_end_closures,
)

JAPAN = Calendar.japan(year_end_closures([2025, 2026]))


def test_a_log_late_on_a_utc_day_belongs_to_japans_next_day() -> None:
    assert jst_day(datetime(2026, 10, 31, 15, 30, tzinfo=UTC)) == date(2026, 11, 1)
    assert jst_day(datetime(2026, 10, 31, 14, 59, 59, tzinfo=UTC)) == date(2026, 10, 31)
    assert jst_bounds(date(2026, 11, 1)) == (
        datetime(2026, 10, 31, 15, tzinfo=UTC),
        datetime(2026, 11, 1, 15, tzinfo=UTC),
    )


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        jst_day(datetime.fromisoformat("2026-10-31T15:30"))


def test_months_are_added_with_clipping_to_the_months_end() -> None:
    assert add_months(date(2027, 3, 31), -1) == date(2027, 2, 28)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert add_months(date(2026, 1, 15), -1) == date(2025, 12, 15)
    assert add_months(date(2026, 12, 31), 12) == date(2027, 12, 31)


@pytest.mark.parametrize("text", ["2026-10", "2026/10", "2026年10月", "2026年10月度", "２０２６年１０月度"])
def test_a_month_is_read_in_all_its_spellings(text: str) -> None:
    assert Month.parse(text) == Month(2026, 10)


@pytest.mark.parametrize("text", ["2026-13", "2026", "202610", "10/2026", ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        Month.parse(text)


def test_months_know_their_days_and_their_distance() -> None:
    february = Month(2028, 2)
    assert (february.first, february.last, str(february)) == (date(2028, 2, 1), date(2028, 2, 29), "2028-02")
    assert Month(2026, 10) + 3 == Month(2027, 1) and Month(2027, 1) - 3 == Month(2026, 10)
    assert Month(2027, 1) - Month(2026, 10) == 3
    assert Month(2026, 12) < Month(2027, 1) and date(2026, 12, 31) in Month(2026, 12)
    assert [str(month) for month in Month.range(Month(2026, 11), Month(2027, 1))] == [
        "2026-11",
        "2026-12",
        "2027-01",
    ]
    assert list(Month.range(Month(2027, 1), Month(2026, 11))) == []


@given(st.integers(1900, 2100), st.integers(1, 12), st.integers(-500, 500))
def test_adding_months_and_taking_them_off_is_no_change(year: int, month: int, distance: int) -> None:
    start = Month(year, month)
    assert (start + distance) - distance == start
    assert (start + distance) - start == distance


def test_january_is_the_fourth_quarter_of_the_year_begun_in_april() -> None:
    period = fiscal_period(date(2027, 1, 15))
    assert period.label == "2026年度 4Q 下期"
    assert period.year_days == (date(2026, 4, 1), date(2027, 3, 31))
    assert period.half_days == (date(2026, 10, 1), date(2027, 3, 31))
    assert period.quarter_days == (date(2027, 1, 1), date(2027, 3, 31))


@pytest.mark.parametrize(
    ("day", "first_month", "label"),
    [
        (date(2026, 4, 1), 4, "2026年度 1Q 上期"),
        (date(2026, 3, 31), 4, "2025年度 4Q 下期"),
        (date(2026, 9, 30), 4, "2026年度 2Q 上期"),
        (date(2026, 12, 31), 1, "2026年度 4Q 下期"),
        (date(2026, 9, 30), 10, "2025年度 4Q 下期"),
    ],
)
def test_the_fiscal_year_may_begin_in_any_month(day: date, first_month: int, label: str) -> None:
    assert fiscal_period(day, first_month).label == label


def test_a_week_begins_on_monday() -> None:
    assert week_start(date(2026, 11, 22)) == date(2026, 11, 16)
    assert week_start(date(2026, 11, 16)) == date(2026, 11, 16)


def test_the_holidays_of_2026_hold_the_sandwiched_day_and_the_substitute() -> None:
    holidays = {day: JAPAN.closed_because(day) for day in (date(2026, 9, day) for day in (21, 22, 23))}
    assert holidays == {
        date(2026, 9, 21): "敬老の日",
        date(2026, 9, 22): "国民の休日",
        date(2026, 9, 23): "秋分の日",
    }
    assert not JAPAN.is_business_day(date(2026, 5, 6))
    assert not JAPAN.is_business_day(date(2026, 11, 23))
    assert JAPAN.closed_weekdays(date(2026, 9, 21), date(2026, 9, 27)) == tuple(holidays)
    year = (date(2026, 1, 1) + timedelta(days=offset) for offset in range(365))
    assert sum(day in JAPAN.holidays for day in year) == 18


def test_closures_close_the_company_beside_the_national_holidays() -> None:
    assert JAPAN.closed_because(date(2026, 12, 29)) == "年末年始"
    assert JAPAN.on_or_before(date(2026, 12, 31)) == date(2026, 12, 28)
    assert JAPAN.closed_because(date(2027, 1, 1)) == "元日"
    assert JAPAN.next(date(2026, 12, 28)) == date(2027, 1, 4)
    assert Calendar.japan().is_business_day(date(2026, 12, 29))


def test_business_days_step_over_weekends_and_holidays() -> None:
    assert JAPAN.add(date(2026, 11, 24), 5) == date(2026, 12, 1)
    assert JAPAN.add(date(2026, 11, 30), -5) == date(2026, 11, 20)
    assert JAPAN.add(date(2026, 11, 28), 1) == date(2026, 11, 30)
    assert JAPAN.add(date(2026, 11, 24), 0) == date(2026, 11, 24)
    assert JAPAN.on_or_after(date(2026, 11, 28)) == date(2026, 11, 30)
    assert JAPAN.previous(date(2026, 11, 24)) == date(2026, 11, 20)
    assert JAPAN.count(date(2026, 11, 20), date(2026, 11, 30)) == 5
    assert JAPAN.count(date(2026, 11, 30), date(2026, 11, 20)) == -5


def test_outside_the_known_years_only_weekends_count_and_it_says_so() -> None:
    assert JAPAN.has_holidays(2026) and not JAPAN.has_holidays(NATIONAL_YEARS.stop)
    assert JAPAN.is_business_day(date(2100, 1, 1))  # a Friday, and 元日 if anybody knew
    bare = Calendar.weekends_only()
    assert not bare.has_holidays(2026)
    assert bare.is_business_day(date(2026, 11, 23)) and not bare.is_business_day(date(2026, 11, 22))


def test_a_company_that_never_opens_is_an_error_and_not_an_endless_search() -> None:
    closed = Calendar.weekends_only(date(2026, 1, 1) + timedelta(days=offset) for offset in range(900))
    with pytest.raises(ValueError, match="no business day"):
        closed.next(date(2026, 1, 1))


@given(st.dates(date(2020, 1, 1), date(2032, 1, 1)), st.integers(0, 60))
def test_business_days_added_can_be_taken_off_again(day: date, distance: int) -> None:
    start = JAPAN.on_or_after(day)
    end = JAPAN.add(start, distance)
    assert JAPAN.add(end, -distance) == start
    assert JAPAN.count(start, end) == distance
    assert JAPAN.is_business_day(end)
