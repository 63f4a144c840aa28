"""The quick look says what the careful one says, or leaves the row to it: compared over random series, levels near the thresholds."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from banso.periods import Calendar, week_start, year_end_closures
from banso.usage import DropReason, DropRule, Verdict, drop, screen

CALENDAR = Calendar.japan(year_end_closures([2026]))
WEEKS = 14


def series_of(random: Any, daily: bool) -> tuple[dict[date, int], list[int], int]:
    """Daily or weekly users from `begins` on, steady, slowly falling, fallen or around the least number: (by day, by week, begins)."""
    level = int(random.choice([0, 9, 10, 11, 12, 30, 1000]))
    begins = int(random.choice([0, 0, 0, 0, 1, 3, 4, 5, 13, 14]))
    fallen = float(random.choice([1, 1, 0.75, 0.71, 0.7, 0.69, 0.2, 0]))
    latest = int(random.choice([1, 2, 2, 3]))
    by_day: dict[date, int] = {}
    by_week = [0] * WEEKS
    for week in range(begins, WEEKS):
        here = level * (fallen if week >= WEEKS - latest else 1)
        for weekday in range(7 if daily else 1):
            users = max(0, round(here + random.integers(-1, 2)))
            by_day[FIRST + timedelta(weeks=week, days=weekday)] = users
            by_week[week] += users if weekday < 5 else 0
    return by_day, by_week, begins


FIRST = date(2026, 8, 17)


@pytest.mark.parametrize("daily", [False, True])
@pytest.mark.parametrize(
    ("as_of", "gaps"),
    [
        (date(2026, 11, 24), ()),  # a holiday week lies among the baseline weeks, none among the latest
        (date(2026, 9, 29), ()),  # the newest week but one has three holidays
        (date(2027, 1, 5), ()),  # 年末年始
        (date(2027, 1, 12), ()),  # behind it
        (date(2026, 11, 24), (date(2026, 10, 7),)),
        (date(2026, 11, 24), (date(2026, 11, 3), date(2026, 10, 7), date(2026, 8, 20), date(2026, 9, 9))),
        (date(2026, 11, 24), (date(2026, 11, 23),)),
    ],
)
def test_the_quick_look_never_contradicts_the_careful_one(
    daily: bool, as_of: date, gaps: tuple[date, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.Generator(np.random.PCG64(7))
    monkeypatch.setattr(f"{__name__}.FIRST", week_start(as_of) - timedelta(weeks=WEEKS))
    made = [series_of(random, daily) for _ in range(120)]
    vary = random.random(len(made)) < 0.1
    found = screen(
        np.array([by_week for _days, by_week, _begins in made], np.int64),
        np.array([begins for _days, _weeks, begins in made], np.int64),
        FIRST,
        CALENDAR,
        as_of=as_of,
        gaps=gaps,
        seats_vary=vary,
        parts=5 if daily else 1,
    )
    told: Counter[Any] = Counter()
    for row, (by_day, _weeks, _begins) in enumerate(made):
        seats = {FIRST: 60, FIRST + timedelta(weeks=12): 30} if vary[row] else 60
        careful = drop(by_day, CALENDAR, seats, as_of=as_of, gaps=gaps, daily=daily)
        told[found.said[row]] += 1
        if found.said[row] is None:
            continue
        assert found.said[row] == (careful.verdict, careful.reason), (row, by_day)
        assert careful.seats_change in (None, 0)
        if careful.reason is DropReason.TOO_FEW:
            assert found.levels(row) == (careful.baseline, careful.recent)
        else:
            assert found.levels(row) is None
    # Most are decided; the thresholds themselves were met on both sides.
    assert told[None] < len(made) * 0.6
    if not gaps:
        assert {None, (Verdict.STEADY, None), (Verdict.NOT_JUDGED, DropReason.TOO_FEW)} <= set(told)


def test_exactly_at_the_threshold_is_left_to_the_careful_look() -> None:
    """Median 100, mean 70: −30 % to the last digit. 70.5 is not a drop and needs no look."""
    users = np.array([[100] * 12 + [70, 70], [100] * 12 + [70, 71]], np.int64)
    found = screen(users, np.zeros(2, np.int64), date(2026, 8, 17), None, as_of=date(2026, 11, 24))
    assert found.said == [None, (Verdict.STEADY, None)]
    finer = DropRule(threshold=Fraction(3, 10) + Fraction(1, 10**9))
    unsaid = screen(
        users, np.zeros(2, np.int64), date(2026, 8, 17), None, as_of=date(2026, 11, 24), rule=finer
    )
    assert unsaid.said == [None, None]  # too fine for whole numbers of 64 bits: everybody is looked at


def test_a_week_that_is_not_over_is_refused() -> None:
    with pytest.raises(ValueError, match="are not over"):
        screen(
            np.zeros((1, 14), np.int64),
            np.zeros(1, np.int64),
            date(2026, 8, 24),
            None,
            as_of=date(2026, 11, 24),
        )
