"""フォロー漏れ: US-6 to the digit, the edges of every band, and the arrays against the exact rule."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest

from banso.health.overlooked import NPS, STANDARD, VERDICTS, Feeling, Known, Rule, Verdict, judge, sort_out

DAY = date(2026, 11, 24)


def known(
    now: str | None,
    change: str = "0",
    spoken: str = "",
    renewal: str = "",
    mrr: int | None = 100_000,
    urgent: int = 0,
) -> Known:
    """Days as month-day; a month before December lies in 2026 for contacts and in 2027 for renewals."""
    return Known(
        None if now is None else Fraction(now), Fraction(change), date.fromisoformat(f"2026-{spoken}") if spoken else None, None, urgent,
        date.fromisoformat(f"2027-{renewal}") if renewal else None, None if mrr is None else Fraction(mrr),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "verdict", "priority"),
    [
        # 52 × (1 + 0.7 + 10/45 × 0.5) = 52 × 1.8111…
        (
            known("3.2", "-0.7", "09-30", "03-31", 520_000),
            Verdict.OVERLOOKED,
            Fraction(52) * Fraction(163, 90),
        ),
        # 30 × (1 + 0.7 + 43/45 × 0.5 + 0.5) = 30 × 2.6777…
        (
            known("3.4", "-0.7", "08-28", "02-28", 300_000),
            Verdict.OVERLOOKED,
            Fraction(30) * Fraction(241, 90),
        ),
        (known("3.6", "0", "09-10", "06-30", 180_000), Verdict.OVERLOOKED, Fraction(24)),
        (known("3.1", "-0.1", "10-30", "", 250_000), Verdict.IN_TIME, Fraction(25) * Fraction(11, 10)),
        (known("2.1", "-0.7", "11-20", "", 600_000, urgent=1), Verdict.LOW, Fraction(60) * Fraction(17, 10)),
        (known("4.6", "0.1", "07-01", "", 350_000), Verdict.QUIET, Fraction(35) * (1 + Fraction(101, 90))),
        (known(None, "0", "07-15", "", 400_000), Verdict.UNKNOWN, Fraction(40) * (1 + Fraction(87, 90))),
    ],
)
def test_the_story(facts: Known, verdict: Verdict, priority: Fraction) -> None:
    found = judge(facts, DAY)
    assert (found.verdict, found.priority) == (verdict, priority)


def test_the_edges_of_the_bands() -> None:
    """3.0 belongs to the middle and 4.0 does not; day 45 is in time and day 46 is not."""
    late, in_time = "10-09", "10-10"  # 46 and 45 days before
    said = {now: judge(known(now, spoken=late), DAY).verdict for now in ("2.99", "3.0", "3.99", "4.0")}
    assert list(said.values()) == [Verdict.LOW, Verdict.OVERLOOKED, Verdict.OVERLOOKED, Verdict.QUIET]
    assert judge(known("3.5", spoken=in_time), DAY).verdict == Verdict.IN_TIME
    assert judge(known("4.5", spoken=in_time), DAY).verdict == Verdict.FINE
    assert judge(known("3.5", spoken=late, urgent=1), DAY).verdict == Verdict.URGENT


def test_who_was_never_spoken_to_counts_from_the_first_day() -> None:
    new = Known(Fraction(3), since=DAY - timedelta(days=10))
    old = Known(Fraction(3), since=DAY - timedelta(days=90), mrr=Fraction(100_000))
    assert judge(new, DAY).verdict == Verdict.IN_TIME
    assert (judge(old, DAY).verdict, judge(old, DAY).priority) == (Verdict.OVERLOOKED, 15)
    nobody_knows = judge(Known(Fraction(3)), DAY)
    assert (nobody_knows.verdict, nobody_knows.days, nobody_knows.wait, nobody_knows.priority) == (
        Verdict.OVERLOOKED, None, 0, None,
    )  # fmt: skip


def test_a_renewal_weighs_within_120_days_and_not_when_it_is_past() -> None:
    def near(days: int) -> Fraction:
        return judge(Known(Fraction(3), renewal_on=DAY + timedelta(days=days)), DAY).renewal

    assert [near(days) for days in (-1, 0, 120, 121)] == [0, Fraction(1, 2), Fraction(1, 2), 0]


def test_a_fall_is_told_from_half_a_point_on_and_a_rise_is_no_fall() -> None:
    assert [judge(known("3", change), DAY).fell for change in ("-0.49", "-0.5", "0.9")] == [
        False,
        True,
        False,
    ]
    assert judge(known("3", "0.9"), DAY).fall == 0


def test_nps_is_mid_from_5_to_8_and_weighs_four_tenths() -> None:
    """Two points of NPS less are 0.8 points of CSAT."""
    said = [judge(known(now, "-2", "07-01"), DAY, NPS) for now in ("4.9", "5", "8", "8.9", "9")]
    assert [one.verdict for one in said] == [Verdict.LOW, *[Verdict.OVERLOOKED] * 3, Verdict.QUIET]
    assert said[0].fall == Fraction(8, 10) and said[0].fell


def test_sort_out_says_what_judge_says() -> None:
    chance = random.Random(6)
    rules = [STANDARD, NPS, Rule(low=Fraction(5, 2), high=Fraction(37, 10))]
    n, total, days, limit, urgent, feeling = (
        np.array([pick() for _ in range(3_000)])
        for pick in (
            lambda: chance.randrange(4), lambda: chance.randrange(100, 1_500, 5), lambda: chance.randrange(-1, 60),
            lambda: chance.choice((30, 45)), lambda: chance.random() < 0.2, lambda: chance.randrange(3),
        )
    )  # fmt: skip
    for rule in rules:
        said = sort_out(total, n, days, limit, urgent, feeling, rule)
        for place in range(0, len(n), 3):
            one = Known(
                Fraction(int(total[place]), 100 * int(n[place])) if n[place] else None,
                spoken_on=None if days[place] < 0 else DAY - timedelta(days=int(days[place])),
                urgent=int(urgent[place]),
                feeling=Feeling(int(feeling[place])),
            )
            own = Rule(rule.low, rule.high, int(limit[place]), rule.drop, rule.renewal_days, rule.point)
            assert VERDICTS[said[place]] == judge(one, DAY, own).verdict


def test_a_feeling_stands_in_only_where_nobody_answered_and_makes_nobody_content() -> None:
    late = DAY - timedelta(days=60)

    def said(now: Fraction | None, feeling: Feeling, urgent: int = 0) -> Verdict:
        return judge(Known(now, spoken_on=late, urgent=urgent, feeling=feeling), DAY).verdict

    assert said(None, Feeling.NONE) == Verdict.UNKNOWN
    assert (said(None, Feeling.FAIR), said(None, Feeling.FAIR, 1)) == (Verdict.OVERLOOKED, Verdict.URGENT)
    assert said(None, Feeling.POOR) == Verdict.LOW
    assert said(Fraction(5), Feeling.POOR) == Verdict.QUIET
