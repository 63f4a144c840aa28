from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banso.periods import (
    DateFailure,
    DateReason,
    Month,
    PeriodError,
    format_date_ja,
    format_wareki,
    parse_date,
    parse_day,
)

THE_DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24",
        "2026/11/24",
        "2026.11.24",
        "20261124",
        "2026年11月24日",
        "令和8年11月24日",
        "令和 8年 11月 24日",
        "R8.11.24",
        "R08/11/24",
        "r8-11-24",
        "㋿8年11月24日",
        "２０２６－１１－２４",
        "２０２６／１１／２４",
        "２０２６１１２４",
        "令和８年１１月２４日",
        "Ｒ８．１１．２４",
        "2026/11/24(火)",
        "2026年11月24日（火曜日）",
        " 2026-11-24　",
        "2026-11-24 00:00:00",
        "2026/11/24 9:05",
        "2026-11-24T23:59",
    ],
)
def test_a_day_is_read_in_all_its_spellings(text: str) -> None:
    assert parse_date(text) == THE_DAY


def test_a_time_with_an_offset_gives_japans_day() -> None:
    assert parse_date("2026-10-31T15:30:00Z") == date(2026, 11, 1)
    assert parse_date("2026-10-31T15:30:00+09:00") == date(2026, 10, 31)
    assert parse_date(datetime.fromisoformat("2026-10-31T23:00")) == date(2026, 10, 31)
    assert parse_date(THE_DAY) == THE_DAY


@pytest.mark.parametrize("text", ["2026年4月度", "2026年4月", "2026-04", "2026/4", "令和8年4月度", "R8.4"])
def test_a_month_stays_a_month(text: str) -> None:
    assert parse_date(text) == Month(2026, 4)
    assert parse_day(text) == DateFailure(DateReason.MONTH_ONLY, text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", date(2019, 5, 1)),
        ("令和1年12月31日", date(2019, 12, 31)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("平成31年1月1日", date(2019, 1, 1)),
        ("H元.1.8", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("S39.10.10", date(1964, 10, 10)),
        ("T15.12.24", date(1926, 12, 24)),
        ("M45.7.29", date(1912, 7, 29)),
    ],
)
def test_eras_count_from_their_first_year(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", DateReason.EMPTY),
        ("　", DateReason.EMPTY),
        (None, DateReason.EMPTY),
        ("未定", DateReason.UNDECIDED),
        ("tbd", DateReason.UNDECIDED),
        ("2026-02-30", DateReason.IMPOSSIBLE_DAY),
        ("2026/02/29", DateReason.IMPOSSIBLE_DAY),
        ("9999-12-31T23:59:59-12:00", DateReason.IMPOSSIBLE_DAY),  # in Japan that is a year 10000
        ("20260230", DateReason.IMPOSSIBLE_DAY),
        ("2026-13-01", DateReason.IMPOSSIBLE_DAY),
        ("2026年13月度", DateReason.IMPOSSIBLE_DAY),
        ("令和8年2月30日", DateReason.IMPOSSIBLE_DAY),
        ("令和元年4月30日", DateReason.ERA_OUT_OF_RANGE),
        ("令和元年4月度", DateReason.ERA_OUT_OF_RANGE),
        ("平成31年5月1日", DateReason.ERA_OUT_OF_RANGE),
        ("令和0年5月1日", DateReason.ERA_OUT_OF_RANGE),
        ("昭和65年1月1日", DateReason.ERA_OUT_OF_RANGE),
        ("2026/11/24(月)", DateReason.WEEKDAY_DIFFERS),
        ("26/11/24", DateReason.UNKNOWN_FORMAT),
        ("11/24/2026", DateReason.UNKNOWN_FORMAT),
        ("2026-11/24", DateReason.UNKNOWN_FORMAT),
        ("来月末", DateReason.UNKNOWN_FORMAT),
        ("46350", DateReason.UNKNOWN_FORMAT),
        ("2026-11-24T25:00", DateReason.UNKNOWN_FORMAT),
        (True, DateReason.UNKNOWN_FORMAT),
        (float("nan"), DateReason.UNKNOWN_FORMAT),
        (0, DateReason.OUT_OF_RANGE),
        (-5.0, DateReason.OUT_OF_RANGE),
        (2_958_466, DateReason.OUT_OF_RANGE),
        (60, DateReason.IMPOSSIBLE_DAY),
    ],
)
def test_what_is_no_day_is_refused_with_its_reason(value: str | float | None, reason: DateReason) -> None:
    found = parse_date(value)
    assert isinstance(found, DateFailure)
    assert found.reason is reason


def test_excels_serial_numbers_are_days() -> None:
    assert parse_date(46350) == date(2026, 11, 24)
    assert parse_date(46350.75) == date(2026, 11, 24)
    assert parse_date(1) == date(1900, 1, 1) and parse_date(59) == date(1900, 2, 28)
    assert parse_date(61) == date(1900, 3, 1)
    assert parse_date(2_958_465) == date(9999, 12, 31)
    assert parse_date(20261124) == THE_DAY and parse_date(20261124.0) == THE_DAY


def test_a_page_shows_the_weekday_with_every_day() -> None:
    assert format_date_ja(THE_DAY) == "2026/11/24(火)"
    assert format_date_ja(date(2027, 2, 6)) == "2027/02/06(土)"


def test_printed_documents_may_carry_the_era() -> None:
    assert format_wareki(THE_DAY) == "令和8年11月24日"
    assert format_wareki(date(2019, 5, 1)) == "令和元年5月1日"
    assert format_wareki(date(2019, 4, 30)) == "平成31年4月30日"
    with pytest.raises(PeriodError):
        format_wareki(date(1872, 12, 31))


@given(st.dates(date(1873, 1, 1), date(2117, 1, 1)))
def test_what_is_shown_can_be_read_back(day: date) -> None:
    assert parse_date(format_date_ja(day)) == day
    assert parse_date(format_wareki(day)) == day
    assert parse_date(day.strftime("%Y%m%d")) == day


@given(st.text(max_size=20))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    assert isinstance(parse_date(text), date | Month | DateFailure)
