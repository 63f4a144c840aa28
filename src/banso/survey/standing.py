"""顧客のCSAT 今回 / 前回: of every customer the mean of its people's latest answers, and of the same people's answers before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
#: How long an answer holds: from the day it was given (day 0) to day 180.
LIFE_DAYS = 180


@dataclass(frozen=True, eq=False)
class Answers:
    """One row an answer: whose (customer), by whom (a number for each person; an answer without a name is a person of its own), when
    (ordinal of the day), and the score in hundredths. Of one person's answers of one day the later row is the later one."""

    account: Whole
    person: Whole
    day: Whole
    score: Whole

    def upto(self, as_of: date) -> Answers:
        """Those given by the end of a day, in order of person and time."""
        there = np.flatnonzero(self.day <= as_of.toordinal())
        order = there[np.lexsort((there, self.day[there], self.person[there]))]
        return Answers(self.account[order], self.person[order], self.day[order], self.score[order])


@dataclass(frozen=True, eq=False)
class Standing:
    """By customer that has an answer within its life, in order of id; sums in hundredths.

    n, total: 今回 over everybody. pairs, now, before: over those who had answered before as well. last: day of the newest answer.
    """

    account: Whole
    n: Whole
    total: Whole
    pairs: Whole
    now: Whole
    before: Whole
    last: Whole


def latest(answers: Answers, as_of: date, days: int) -> Answers:
    """Each person's latest answer by a day, where it was given at most `days` days before."""
    ordered = answers.upto(as_of)
    newest = _is_newest(ordered) & (ordered.day >= as_of.toordinal() - days)
    return Answers(
        ordered.account[newest], ordered.person[newest], ordered.day[newest], ordered.score[newest]
    )


def standing(answers: Answers, as_of: date, life: int = LIFE_DAYS) -> Standing:
    """今回 and 前回 of every customer on a day. The change compares the same people: `now` and `before` are theirs alone."""
    ordered = answers.upto(as_of)
    newest = np.flatnonzero(_is_newest(ordered) & (ordered.day >= as_of.toordinal() - life))
    again = newest > 0
    again[again] = ordered.person[newest[again] - 1] == ordered.person[newest[again]]
    accounts, place = np.unique(ordered.account[newest], return_inverse=True)
    score, earlier = ordered.score[newest], ordered.score[np.maximum(newest - 1, 0)]

    def added(values: Whole) -> Whole:
        return np.bincount(place, weights=values, minlength=len(accounts)).astype(np.int64)

    last = np.zeros(len(accounts), np.int64)
    np.maximum.at(last, place, ordered.day[newest])
    ones = np.ones(len(newest), np.int64)
    return Standing(
        accounts,
        added(ones),
        added(score),
        added(again * ones),
        added(score * again),
        added(earlier * again),
        last,
    )


def _is_newest(ordered: Answers) -> NDArray[np.bool_]:
    """Whether no answer of the same person follows."""
    newest = np.ones(len(ordered.person), bool)
    newest[:-1] = ordered.person[1:] != ordered.person[:-1]
    return newest
