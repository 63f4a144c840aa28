"""欠測: the source was silent for everybody. A holiday is not a silence, and a silence of weeks stays one."""

from __future__ import annotations

from datetime import date, timedelta

from banso.periods import Calendar, Month, year_end_closures
from banso.usage import missing_days, silent_months, silent_since, volume_anomalies, volume_days

JAPAN = Calendar.japan(year_end_closures([2026]))


def open_days(first: date, last: date) -> list[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if JAPAN.is_business_day(day)]


def test_every_weekday_of_a_silence_is_missing_and_no_holiday() -> None:
    rows = open_days(date(2026, 9, 7), date(2026, 11, 15))
    found = missing_days(rows, JAPAN, date(2026, 9, 7), date(2026, 11, 23))
    assert found == tuple(
        date(2026, 11, day) for day in range(16, 21)
    )  # 11/23 is 勤労感謝の日, and weekends never had rows


def test_a_silence_of_six_weeks_is_missing_to_its_last_day() -> None:
    rows = open_days(date(2026, 4, 1), date(2026, 5, 29))
    found = missing_days(rows, JAPAN, date(2026, 6, 1), date(2026, 7, 10))
    assert found == tuple(open_days(date(2026, 6, 1), date(2026, 7, 10)))


def test_holidays_between_are_passed_over() -> None:
    """Tuesdays: 11/3 is a holiday, so 10/6, 10/13, 10/20 and 10/27 are the four before 11/10."""
    rows = [day for day in open_days(date(2026, 10, 6), date(2026, 11, 20)) if day != date(2026, 11, 10)]
    assert missing_days(rows, JAPAN, date(2026, 10, 1), date(2026, 11, 20)) == (date(2026, 11, 10),)


def test_without_four_comparable_weekdays_nothing_is_said() -> None:
    rows = open_days(date(2026, 10, 26), date(2026, 11, 13))
    assert missing_days(rows, JAPAN, date(2026, 10, 1), date(2026, 11, 20)) == ()
    assert missing_days([], JAPAN, date(2026, 10, 1), date(2026, 11, 20)) == ()


def test_a_weekday_that_is_often_empty_is_no_silence() -> None:
    fridays = {date(2026, 10, 2) + timedelta(weeks=n) for n in range(7)}
    rows = [day for day in open_days(date(2026, 9, 28), date(2026, 11, 20)) if day not in fridays]
    assert missing_days(rows, JAPAN, date(2026, 9, 28), date(2026, 11, 20)) == ()


def test_weekends_count_where_the_source_works_on_weekends() -> None:
    rows = [date(2026, 9, 7) + timedelta(days=n) for n in range(60)]
    rows.remove(date(2026, 10, 24))  # a Saturday
    assert missing_days(rows, JAPAN, rows[0], rows[-1]) == (date(2026, 10, 24),)


def test_a_day_far_from_its_weekday_is_an_anomaly() -> None:
    rows = {day: 1000 + day.day for day in open_days(date(2026, 9, 1), date(2026, 11, 20))}
    rows[date(2026, 11, 18)] = 350
    rows[date(2026, 11, 19)] = 2500
    rows[date(2026, 11, 20)] = 700  # low, but more than half: a quiet day
    found = volume_anomalies(rows, JAPAN, date(2026, 11, 1), date(2026, 11, 20))
    assert [(each.day, each.rows, each.low) for each in found] == [
        (date(2026, 11, 18), 350, True),
        (date(2026, 11, 19), 2500, False),
    ]
    # Wednesdays of the eight weeks before, without 9/23, a holiday: the 11th, 4, 28, 21, 14, 7 and 30; the median is 14.
    assert found[0].usual == 1014


def test_a_source_that_always_sends_the_same_does_not_alarm_at_one_more() -> None:
    rows = dict.fromkeys(open_days(date(2026, 9, 1), date(2026, 11, 20)), 100)
    rows[date(2026, 11, 20)] = 101
    assert volume_anomalies(rows, JAPAN, date(2026, 11, 1), date(2026, 11, 20)) == ()
    rows[date(2026, 11, 20)] = 40
    (found,) = volume_anomalies(rows, JAPAN, date(2026, 11, 1), date(2026, 11, 20))
    assert (found.usual, found.score) == (100.0, -6.0)  # 60 below, a tenth of the median is 10


def test_without_four_same_weekdays_a_volume_is_not_judged() -> None:
    rows = dict.fromkeys(open_days(date(2026, 10, 26), date(2026, 11, 20)), 100)
    rows[date(2026, 11, 20)] = 1
    # Fridays: 10/30, 11/6 and 11/13 alone lie before the 20th.
    (day,) = volume_days(rows, JAPAN, date(2026, 11, 20), date(2026, 11, 20))
    assert (day.rows, day.usual, day.score, day.is_anomaly, day.low) == (1, None, None, False, False)
    rows[date(2026, 10, 23)] = 100
    (day,) = volume_days(rows, JAPAN, date(2026, 11, 20), date(2026, 11, 20))
    assert (day.usual, day.score, day.is_anomaly, day.low) == (100.0, -9.9, True, True)


def test_a_silence_runs_until_rows_come_again() -> None:
    rows = open_days(date(2026, 9, 7), date(2026, 11, 12))
    assert silent_since(rows, JAPAN, date(2026, 11, 12)) is None
    assert silent_since(rows, JAPAN, date(2026, 11, 15)) == date(2026, 11, 13)
    assert silent_since([*rows, date(2026, 11, 16)], JAPAN, date(2026, 11, 16)) is None
    assert silent_since(rows[-3:], JAPAN, date(2026, 11, 15)) is None  # nothing can be said
    assert silent_since([], JAPAN, date(2026, 11, 15)) is None


def test_a_month_is_silent_with_more_than_fourteen_missing_days_or_no_row_at_all() -> None:
    until_june = open_days(date(2026, 3, 2), date(2026, 6, 9))
    since = open_days(date(2026, 8, 17), date(2026, 9, 30))
    # June lacks 6/10–6/30, 15 days; July all 22; August the ten before 8/17 (8/11 is a holiday), which leaves enough to see.
    assert silent_months([*until_june, *since], JAPAN, date(2026, 9, 30)) == {Month(2026, 6), Month(2026, 7)}
    # Three weeks and nothing any more: no day has four weekdays to be compared with, the month tells.
    assert silent_months(open_days(date(2026, 9, 7), date(2026, 9, 25)), JAPAN, date(2026, 11, 30)) == {
        Month(2026, 10),
        Month(2026, 11),
    }
    assert silent_months([], JAPAN, date(2026, 11, 30)) == frozenset()
