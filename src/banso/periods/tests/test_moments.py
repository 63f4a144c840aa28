"""Moments as people type them: a day with its time, a time of today, in full width and with 時 and 分."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from banso.periods import JST, DateFailure, DateReason, parse_moment

TODAY = date(2026, 11, 24)
AT = datetime(2026, 11, 20, 14, 30, tzinfo=JST)


@pytest.mark.parametrize(
    "text",
    [
        "2026/11/20 14:30", "2026-11-20T14:30", "2026-11-20T14:30:00", "２０２６年１１月２０日　１４時３０分", "2026年11月20日14時半",
        "令和8年11月20日 午後2時30分", "R8.11.20 2:30 PM", "2026/11/20(金) 14:30", "20261120 1430", "2026/11/20 pm 2:30",
    ],
)  # fmt: skip
def test_a_day_with_its_time(text: str) -> None:
    assert parse_moment(text, TODAY) == AT


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [("14:30", 14, 30), ("１４：３０", 14, 30), ("１４時３０分", 14, 30), ("9時", 9, 0), ("午後3時", 15, 0), ("午前12時", 0, 0),
     ("午後12時", 12, 0), ("12:05 am", 0, 5), ("8:05", 8, 5), ("午後0時15分", 12, 15)],
)  # fmt: skip
def test_a_time_alone_is_of_today(text: str, hour: int, minute: int) -> None:
    assert parse_moment(text, TODAY) == datetime(2026, 11, 24, hour, minute, tzinfo=JST)


def test_a_day_alone_is_its_first_moment() -> None:
    assert parse_moment("2026/11/20", TODAY) == datetime(2026, 11, 20, tzinfo=JST)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("25:00", DateReason.UNKNOWN_FORMAT), ("14:61", DateReason.UNKNOWN_FORMAT), ("午後13時", DateReason.UNKNOWN_FORMAT),
        ("2026", DateReason.UNKNOWN_FORMAT), ("あした", DateReason.UNKNOWN_FORMAT), ("11/20 14:30", DateReason.UNKNOWN_FORMAT),
        ("2026-02-30 10:00", DateReason.IMPOSSIBLE_DAY), ("2026/11/20(月) 10:00", DateReason.WEEKDAY_DIFFERS),
        ("2026年11月 10:00", DateReason.MONTH_ONLY), ("", DateReason.EMPTY), ("0:30 PM", DateReason.UNKNOWN_FORMAT),
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused_with_its_reason(text: str, reason: DateReason) -> None:
    found = parse_moment(text, TODAY)
    assert isinstance(found, DateFailure) and found.reason == reason
