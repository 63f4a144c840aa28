"""フォロー漏れ: the customers who are neither content nor complaining, and to whom nobody has spoken of their own accord (US-6).

中程度の満足度 AND no proactive contact for more than so many days AND no urgent ticket open. What is not known is 満足度不明, never
content. Everything is exact; `sort_out` says the same of a hundred thousand customers at once, so that `judge` is asked only about
those whom somebody looks at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
HALF = Fraction(1, 2)
MAN = 10_000  # MRR weighs in 万円


class Verdict(StrEnum):
    """Each customer has one."""

    OVERLOOKED = "overlooked"
    IN_TIME = "in_time"  # 中程度, and spoken to lately (or too new to be due)
    URGENT = "urgent"  # 中程度, and an urgent ticket is open: somebody is at it
    LOW = "low"
    QUIET = "quiet"  # content, and nobody has spoken to them
    FINE = "fine"
    UNKNOWN = "unknown"


VERDICTS = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where 中程度 begins (inclusive) and ends (exclusive), the days without contact that are still in time, the fall that is told, and
    the days before a renewal that weigh. `point`: what one point of the scale is in points of CSAT (NPS: 4/10)."""

    low: Fraction = Fraction(3)
    high: Fraction = Fraction(4)
    days: int = 45
    drop: Fraction = HALF
    renewal_days: int = 120
    point: Fraction = Fraction(1)


STANDARD = Rule()
NPS = Rule(low=Fraction(5), high=Fraction(9), point=Fraction(4, 10))


class Feeling(IntEnum):
    """What 担当所感 says where no answer holds: it may make a customer 中程度 (△) or 低満足 (×), and never content."""

    NONE = 0
    FAIR = 1
    POOR = 2


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a customer. `now`: 今回 (None: no answer holds; then `feeling`). `change`: 今回 − 前回 of the same people.

    `spoken_on`: the last proactive contact; where there never was one, `since` (the first day as a customer) counts.
    """

    now: Fraction | None
    change: Fraction | None = None
    spoken_on: date | None = None
    since: date | None = None
    urgent: int = 0
    renewal_on: date | None = None
    mrr: Fraction | None = None
    feeling: Feeling = Feeling.NONE


@dataclass(frozen=True, slots=True)
class Judged:
    """days None: nobody knows since when. priority: 0 or more, None where MRR is not known; it is MRR in 万円 × (1 + fall + wait +
    renewal), whose three parts stand beside it. `fell`: 低下."""

    verdict: Verdict
    days: int | None
    limit: int
    renewal_in: int | None
    fall: Fraction
    wait: Fraction
    renewal: Fraction
    fell: bool
    priority: Fraction | None


def judge(known: Known, as_of: date, rule: Rule = STANDARD) -> Judged:
    """One customer on a day. A contact of day 0 to day `rule.days` is in time; a renewal in 0 to `rule.renewal_days` days weighs."""
    last = known.spoken_on or known.since
    days = (as_of - last).days if last else None
    renewal_in = (known.renewal_on - as_of).days if known.renewal_on else None
    fall = max(Fraction(0), -(known.change or Fraction(0))) * rule.point
    wait = HALF * max(0, (days or 0) - rule.days) / rule.days
    near = renewal_in is not None and 0 <= renewal_in <= rule.renewal_days
    renewal = HALF if near else Fraction(0)
    return Judged(
        _verdict(known, days, rule),
        days,
        rule.days,
        renewal_in,
        fall,
        wait,
        renewal,
        fall >= rule.drop > 0,
        None if known.mrr is None else known.mrr / MAN * (1 + fall + wait + renewal),
    )


def _verdict(known: Known, days: int | None, rule: Rule) -> Verdict:
    late = days is None or days > rule.days
    if known.now is None:
        if known.feeling == Feeling.NONE:
            return Verdict.UNKNOWN
        if known.feeling == Feeling.POOR:
            return Verdict.LOW
    elif known.now < rule.low:
        return Verdict.LOW
    elif known.now >= rule.high:
        return Verdict.QUIET if late else Verdict.FINE
    if known.urgent:
        return Verdict.URGENT
    return Verdict.OVERLOOKED if late else Verdict.IN_TIME


def sort_out(
    total: Whole, n: Whole, days: Whole, limits: Whole, urgent: Flags, feeling: Whole, rule: Rule = STANDARD
) -> Whole:
    """The verdict of many customers at once, as places in VERDICTS. 今回 is `total` hundredths ÷ `n` (n 0: no answer, then `feeling`);
    days −1: not known."""
    answered = n > 0
    under = answered & (total * rule.low.denominator < 100 * rule.low.numerator * n)
    over = answered & (total * rule.high.denominator >= 100 * rule.high.numerator * n)
    late = (days < 0) | (days > limits)
    place = {verdict: number for number, verdict in enumerate(VERDICTS)}
    low = under | (~answered & (feeling == Feeling.POOR))
    cases = [~answered & (feeling == Feeling.NONE), low, over & late, over, urgent, late]
    said = [Verdict.UNKNOWN, Verdict.LOW, Verdict.QUIET, Verdict.FINE, Verdict.URGENT, Verdict.OVERLOOKED]
    return np.select(cases, [place[one] for one in said], place[Verdict.IN_TIME])
