"""When satisfaction fell, and whether it ever came back: 「一度下がった満足度は上げにくい」 as the company's own figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from banso.lifetime import kaplan_meier
from banso.survey.standing import LIFE_DAYS, Answers

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Fall:
    """A customer's CSAT fell by `step` or more. `recovered_on` None: not back by `seen_on`, the last day anybody answered."""

    account: int
    fell_on: date
    low: Fraction
    recovered_on: date | None
    seen_on: date

    @property
    def days(self) -> int:
        """From the fall to the recovery, or as long as it was watched."""
        return ((self.recovered_on or self.seen_on) - self.fell_on).days


def falls(answers: Answers, as_of: date, *, step: Fraction = HALF, life: int = LIFE_DAYS) -> list[Fall]:
    """Every fall by a day: on some day of answers 今回 lay at least `step` under 前回 of the same people. It ends when 今回 stands
    `step` above the lowest it came to; until then further losses belong to it. In order of customer and day.
    """
    rows = answers.upto(as_of)
    size = len(rows.day)
    if not size:
        return []
    first = np.ones(size, bool)
    first[1:] = rows.person[1:] != rows.person[:-1]
    gone = rows.day + life + 1
    gone[:-1] = np.where(first[1:], gone[:-1], np.minimum(gone[:-1], rows.day[1:]))
    earlier, again = np.roll(rows.score, 1), ~first
    # What each answer adds to its customer from its day on, and takes away when another takes its place or it has grown too old.
    parts = np.stack(
        [rows.score, np.ones(size, np.int64), rows.score * again, earlier * again, again], axis=1
    )
    events = np.concatenate([parts, -parts])
    account, day = np.tile(rows.account, 2), np.concatenate([rows.day, gone])
    answered = np.concatenate([np.ones(size, bool), np.zeros(size, bool)])
    order = np.lexsort((day, account))
    account, day, answered = account[order], day[order], answered[order]
    sums = np.cumsum(
        events[order], axis=0
    )  # what a customer adds it also takes away: the next one begins at 0
    ends = np.flatnonzero(np.append((account[1:] != account[:-1]) | (day[1:] != day[:-1]), True))
    heard = np.logical_or.reduceat(answered, np.append(0, ends[:-1] + 1))
    ends = ends[heard & (day[ends] <= as_of.toordinal())]
    account, day, sums = account[ends], day[ends], sums[ends]
    fell = (sums[:, 4] > 0) & (
        (sums[:, 3] - sums[:, 2]) * step.denominator >= 100 * step.numerator * sums[:, 4]
    )
    found: list[Fall] = []
    for one in np.unique(account[fell]).tolist():
        low, high = np.searchsorted(account, [one, one + 1]).tolist()
        found += _of_one(one, day[low:high].tolist(), sums[low:high].tolist(), fell[low:high].tolist(), step)
    return found


def _of_one(
    account: int, days: list[int], sums: list[list[int]], fell: list[bool], step: Fraction
) -> list[Fall]:
    found: list[Fall] = []
    since: int | None = None
    low = Fraction(0)
    last = date.fromordinal(days[-1])
    for day, (total, n, *_rest), is_fall in zip(days, sums, fell, strict=True):
        value = Fraction(total, 100 * n)
        if since is None:
            if is_fall:
                since, low = day, value
        elif value >= low + step:
            on = date.fromordinal(day)
            found.append(Fall(account, date.fromordinal(since), low, on, on))
            since = None
        else:
            low = min(low, value)
    if since is not None:
        found.append(Fall(account, date.fromordinal(since), low, None, last))
    return found


@dataclass(frozen=True, slots=True)
class Recovery:
    """How long a fall takes to be made good. median: days, by Kaplan and Meier, so that falls that are not made good yet count as long
    as they were watched; None where fewer than half came back (`reason`: no_falls, no_events, not_reached)."""

    n: int
    recovered: int
    median: int | None
    reason: str | None


def recovery(found: Sequence[Fall]) -> Recovery:
    """The statistic of these falls."""
    if not found:
        return Recovery(0, 0, None, "no_falls")
    curve = kaplan_meier([one.days for one in found], [one.recovered_on is not None for one in found])
    median = None if curve.median is None else int(curve.median)
    return Recovery(curve.n, curve.events, median, curve.median_reason)
