"""CSAT, NPS and CES of a set of answers (spec: metrics). An answer that is None or NaN was not given and does not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isnan, sqrt
from typing import Any

from scipy.special import stdtrit

from banso.revenue import wilson

#: Two-sided 95 %.
Z95 = 1.959963984540054
Given = Counter[Fraction]


@dataclass(frozen=True, slots=True)
class Score:
    """One figure of answers. `value` None: nobody answered. `interval`: 95 %, None where the answers allow none (`method`
    says how it is made: t, adjusted_wald, wilson)."""

    value: Fraction | None
    n: int
    interval: tuple[float, float] | None = None
    method: str = ""


def csat(scores: Iterable[Any]) -> Score:
    """The mean of answers on 1 to 5, with Student's interval inside the scale. None with fewer than two answers or none that differ:
    then the answers say nothing of how they scatter."""
    given = _given(scores, 1, 5)
    n = given.total()
    if not n:
        return Score(None, 0)
    mean = sum((one * times for one, times in given.items()), Fraction(0)) / n
    spread = sum(times * (one - mean) ** 2 for one, times in given.items())
    if not spread:
        return Score(mean, n)
    half = float(stdtrit(n - 1, 0.975)) * sqrt(spread / (n - 1) / n)
    return Score(mean, n, (max(1.0, float(mean) - half), min(5.0, float(mean) + half)), "t")


def csat_top2(scores: Iterable[Any]) -> Score:
    """The share of 4 and 5 among answers on 1 to 5."""
    return _share(_given(scores, 1, 5), 4)


def nps(scores: Iterable[Any]) -> Score:
    """The share of 9 and 10 less that of 0 to 6, in points from −100 to 100.

    The interval adds ¾ of an answer to either side and 1½ between them (adjusted Wald), so that few answers that agree do not
    pass for certainty.
    """
    given = _given(scores, 0, 10)
    n = given.total()
    if not n:
        return Score(None, 0)
    up, down = _sum(given, lambda one: one >= 9), _sum(given, lambda one: one <= 6)
    high, low, all_ = (up + 0.75) / (n + 3), (down + 0.75) / (n + 3), n + 3
    half = Z95 * sqrt((high + low - (high - low) ** 2) / all_)
    interval = (max(-100.0, 100 * (high - low - half)), min(100.0, 100 * (high - low + half)))
    return Score(Fraction(100 * (up - down), n), n, interval, "adjusted_wald")


def ces(scores: Iterable[Any]) -> Score:
    """The share of 5, 6 and 7 among answers on 1 to 7."""
    return _share(_given(scores, 1, 7), 5)


def _sum(given: Given, fits: Callable[[Fraction], bool]) -> int:
    return sum(times for one, times in given.items() if fits(one))


def _share(given: Given, least: int) -> Score:
    n, hits = given.total(), _sum(given, lambda one: one >= least)
    return Score(Fraction(hits, n), n, wilson(hits, n), "wilson") if n else Score(None, 0)


def _given(scores: Iterable[Any], low: int, high: int) -> Given:
    """How often each answer was given, exact; a float by its printed digits. ValueError for an answer outside the scale."""
    found: Given = Counter()
    for score, times in Counter(scores).items():
        if score is None or (isinstance(score, float) and isnan(score)):
            continue
        exact = Fraction(score) if isinstance(score, int | Fraction | Decimal) else Fraction(str(score))
        if not low <= exact <= high:
            raise ValueError(f"an answer lies between {low} and {high}, not {score!r}")
        found[exact] += times
    return found
