"""Who cannot have fallen, of many customers at once: exact in whole numbers, so that `drop` is asked only about the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from banso.periods import Calendar, week_start
from banso.usage.drop import DropReason, DropRule, Verdict
from banso.usage.weeks import WEEK, SkipReason, skip

Whole = NDArray[np.int64]
#: Thresholds with larger denominators could leave 64 bits.
FINE = 10_000
Quiet = tuple[Verdict, DropReason | None]
STEADY: Quiet = (Verdict.STEADY, None)
TOO_FEW: Quiet = (Verdict.NOT_JUDGED, DropReason.TOO_FEW)
SHORT: Quiet = (Verdict.NOT_JUDGED, DropReason.SHORT_HISTORY)
SUSPENDED: Quiet = (Verdict.SUSPENDED, DropReason.GAP)


@dataclass(frozen=True)
class Screened:
    """By row: what `drop` says, or None where it must be asked. Levels (baseline, recent) are told of those with too few users."""

    said: Sequence[Quiet | None]
    middles: Whole  # twice the median of the baseline weeks, in units of 1/parts users
    sums: Whole  # the sum of the recent weeks, in the same units
    parts: int
    recent_weeks: int

    def levels(self, row: int) -> tuple[Fraction, Fraction] | None:
        if self.said[row] != TOO_FEW:
            return None
        return (
            Fraction(int(self.middles[row]), 2 * self.parts),
            Fraction(int(self.sums[row]), self.recent_weeks * self.parts),
        )


def screen(
    users: Whole,
    begins: Whole,
    first: date,
    calendar: Calendar | None,
    *,
    as_of: date,
    gaps: Collection[date] = (),
    seats_vary: NDArray[np.bool_] | None = None,
    parts: int = 1,
    rule: DropRule | None = None,
) -> Screened:
    """Customers × whole weeks, one column for each Monday from `first` on, all of which end by `as_of`.

    users: of the week, times `parts` (5 where they are sums of daily users from Monday to Friday, 日次平均). begins: the column in which
    a customer's use begins; what lies before does not count. seats_vary: customers whose seats are not the same in all weeks; they
    are always asked about, as is whoever seems to have fallen or would have without the rule on holidays. One source's `gaps` hold for
    all rows: call once for each set of sources.
    """
    terms = rule or DropRule()
    count, weeks = users.shape
    if weeks and first + WEEK * weeks > as_of:
        raise ValueError(f"{weeks} weeks from {first} are not over on {as_of}")
    middles, sums = np.zeros(count, np.int64), np.zeros(count, np.int64)

    def all_are(said: Quiet | None) -> Screened:
        return Screened([said] * count, middles, sums, parts, terms.recent_weeks)

    newest = week_start(as_of) - WEEK
    if any(newest <= day <= as_of for day in gaps):
        return all_are(SUSPENDED)
    if terms.threshold.denominator > FINE:
        return all_are(None)
    reasons = [skip(first + WEEK * week, calendar, gaps, terms.closed_days)[0] for week in range(weeks)]
    used = [week for week, reason in enumerate(reasons) if reason is None]
    wanted = terms.baseline_weeks + terms.recent_weeks
    if len(used) < wanted:
        return all_are(SHORT)
    before, latest = used[-wanted : -terms.recent_weeks], used[-terms.recent_weeks :]
    ordered = np.sort(users[:, before], axis=1)
    half = terms.baseline_weeks
    middles = ordered[:, (half - 1) // 2] + ordered[:, half // 2]
    sums = users[:, latest].sum(axis=1)
    few = middles < 2 * parts * terms.least_users
    look = _fell(middles, sums, terms) & ~few
    if SkipReason.HOLIDAYS in reasons[-terms.recent_weeks :]:  # a holiday week may look like a fall
        look |= _fell(middles, users[:, -terms.recent_weeks :].sum(axis=1), terms) & ~few
    if seats_vary is not None:
        look |= seats_vary
    short = begins > before[0]
    codes = np.select([short, look, few], [2, 0, 3], 1)
    meaning: tuple[Quiet | None, ...] = (None, STEADY, SHORT, TOO_FEW)
    return Screened([meaning[code] for code in codes.tolist()], middles, sums, parts, terms.recent_weeks)


def _fell(middles: Whole, sums: Whole, rule: DropRule) -> NDArray[np.bool_]:
    """sums ÷ recent weeks ≤ middles ÷ 2 × (1 − threshold), by cross-multiplication."""
    kept = 1 - rule.threshold
    return (middles > 0) & (2 * kept.denominator * sums <= rule.recent_weeks * kept.numerator * middles)
