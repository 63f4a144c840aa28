"""今回, 前回 and falls: small cases by hand, and the arrays against a plain reading of the same words."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

import numpy as np

from banso.survey import Answers, Fall, Recovery, Standing, falls, latest, recovery, standing

DAY = date(2026, 11, 24)
Row = tuple[int, int, int, int]  # customer, person, days before DAY, score


def made(*rows: Row) -> Answers:
    columns = np.array(rows, np.int64).reshape(-1, 4)
    return Answers(columns[:, 0], columns[:, 1], DAY.toordinal() - columns[:, 2], columns[:, 3] * 100)


def told(found: Standing) -> list[tuple[int, ...]]:
    columns = (found.account, found.n, found.total, found.pairs, found.now, found.before)
    return [tuple(int(one) for one in row) for row in zip(*columns, strict=True)]


def test_the_change_compares_the_same_people() -> None:
    """Person 1 fell from 5 to 3; person 2 answers for the first time: 今回 4.0 of two, 前回 5.0 and 3.0 of one."""
    found = standing(made((7, 1, 200, 5), (7, 1, 30, 3), (7, 2, 30, 5)), DAY)
    assert told(found) == [(7, 2, 800, 1, 300, 500)]
    assert found.last.tolist() == [DAY.toordinal() - 30]


def test_an_answer_holds_for_180_days_and_the_one_before_may_be_older() -> None:
    assert told(standing(made((7, 1, 900, 5), (7, 1, 180, 4)), DAY)) == [(7, 1, 400, 1, 400, 500)]
    assert told(standing(made((7, 1, 181, 4)), DAY)) == []
    assert told(standing(made((7, 1, 10, 4), (7, 1, -1, 1)), DAY)) == [
        (7, 1, 400, 0, 0, 0)
    ]  # tomorrow's is not known


def test_of_one_days_answers_the_later_entered_counts() -> None:
    assert told(standing(made((7, 1, 10, 4), (7, 1, 10, 2)), DAY)) == [(7, 1, 200, 1, 200, 400)]


def test_latest_takes_one_answer_of_each_person() -> None:
    found = latest(made((7, 1, 80, 2), (7, 1, 20, 4), (8, 2, 91, 5)), DAY, 90)
    assert (found.person.tolist(), found.score.tolist()) == ([1], [400])


def test_arrays_agree_with_a_plain_reading() -> None:
    chance = random.Random(6)
    rows = [
        (chance.randrange(6), chance.randrange(20), chance.randrange(400), chance.randint(1, 5))
        for _ in range(300)
    ]
    rows = [(person % 6, person, days, score) for _account, person, days, score in rows]
    expected: dict[int, list[int]] = {}
    for person in range(20):
        own = sorted(
            ((-days, place), score) for place, (_a, one, days, score) in enumerate(rows) if one == person
        )
        if own and -own[-1][0][0] <= 180:
            sums = expected.setdefault(person % 6, [0] * 5)
            now, before = own[-1][1], own[-2][1] if len(own) > 1 else None
            pair = before is not None
            for place, value in enumerate((1, 100 * now, pair, 100 * now * pair, 100 * (before or 0))):
                sums[place] += value
    assert told(standing(made(*rows), DAY)) == [(key, *expected[key]) for key in sorted(expected)]


def back(days: int) -> date:
    return DAY - timedelta(days=days)


def test_a_fall_ends_when_half_a_point_is_regained() -> None:
    """4 → 3 on day −100, lower still on −60 (2), half a point above the lowest on −20 (3)."""
    rows = [(7, 1, 150, 4), (7, 1, 100, 3), (7, 1, 60, 2), (7, 1, 20, 3)]
    assert falls(made(*rows), DAY) == [Fall(7, back(100), Fraction(2), back(20), back(20))]
    assert falls(made(*rows), DAY)[0].days == 80
    assert falls(made(*rows[:3]), DAY) == [Fall(7, back(100), Fraction(2), None, back(60))]


def test_smaller_falls_and_a_customers_first_answers_are_none() -> None:
    """Ten people, one of whom gives one point less: −0.1."""
    first = [(7, person, 100, 4) for person in range(10)]
    assert falls(made(*first, *((7, person, 10, 3 if person == 0 else 4) for person in range(10))), DAY) == []
    assert falls(made((7, 1, 10, 1)), DAY) == falls(made(), DAY) == []


def test_of_two_customers_each_has_its_own() -> None:
    rows = [(8, 5, 100, 5), (8, 5, 50, 4), (7, 1, 150, 4), (7, 1, 100, 3), (9, 9, 30, 4)]
    assert [(one.account, one.fell_on) for one in falls(made(*rows), DAY)] == [(7, back(100)), (8, back(50))]


def test_recovery_counts_what_is_not_made_good_yet() -> None:
    """Made good after 10, 20 and 40 days, one watched for 30: 3/4, 2/4, then 1 of 1 left at 40. Median 20. Alone, 30 days say nothing."""
    made_good = [Fall(1, back(100), Fraction(2), back(100 - days), back(0)) for days in (10, 20, 40)]
    watched = Fall(2, back(100), Fraction(2), None, back(70))
    assert recovery([*made_good, watched]) == Recovery(4, 3, 20, None)
    assert recovery([watched]) == Recovery(1, 0, None, "no_events")
    assert recovery([made_good[0], watched, watched]) == Recovery(3, 1, None, "not_reached")
    assert recovery([]) == Recovery(0, 0, None, "no_falls")
