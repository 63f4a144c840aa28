"""Why a reading is another one than before: part by part, adding up exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from banso.health.score import ZERO, Contribution, How, Reading, score

#: part → (weight, points, whether it counts as known)
_Stands = dict[str, tuple[Fraction, Fraction, bool]]


class Kind(StrEnum):
    INPUT = "input"  # the points of a part known on both days changed
    LOST = "lost"  # a part is not known any more, with what renormalising makes of it
    GAINED = "gained"  # a part became known, with what renormalising makes of it
    WEIGHT = "weight"  # the scorecard weighs otherwise, or weighs other parts
    VERSION = "version"  # the scorecard reads the same signal otherwise (curve, life, stand-in)


@dataclass(frozen=True, slots=True)
class Step:
    """What one part did in one way; `amount` in points of the reading, exact. before, after: the part's points, None where away."""

    part: str
    kind: Kind
    amount: Fraction
    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Steps add up to `change` = after − before. change: None, without steps, where one of the two has no value."""

    before: Fraction | None
    after: Fraction | None
    change: Fraction | None
    steps: tuple[Step, ...]

    def of(self, kind: Kind) -> Fraction:
        return sum((step.amount for step in self.steps if step.kind is kind), ZERO)


def explain(before: Reading, after: Reading, *, end: Literal["value", "low"] = "value") -> Explanation:
    """The change between two readings of one account, exactly, split in input, data lost and gained, weight and version.

    end: of the value, or of the lower end, on which the band stands. The later signals are first read by the earlier scorecard
    (input, then data gained, then data lost), then by the later one (weight, then version); so each scorecard answers for itself.
    """
    first, last = (reading.value if end == "value" else reading.low for reading in (before, after))
    if first is None or last is None:
        return Explanation(first, last, None, ())
    same = before.scorecard == after.scorecard
    middle = after if same else score(after.signals, before.scorecard, after.as_of)
    start, turned, there = (_stands(reading, end) for reading in (before, middle, after))
    steps: list[Step] = []
    if turned or same:
        steps += _moved(start, turned, None)
    else:
        turned = (
            start  # the earlier scorecard reads nothing of the later day: the whole change is the version's
        )
    if not same:
        earlier, later = ({part.signal for part in reading.scorecard.parts} for reading in (before, after))
        steps += _rescored(
            turned,
            there,
            earlier,
            later,
            {part.signal: Fraction(part.weight) for part in after.scorecard.parts},
        )
    return Explanation(
        first, last, last - first, tuple(step for step in steps if step.amount or step.before != step.after)
    )


def _stands(reading: Reading, end: str) -> _Stands:
    out: _Stands = {}
    for one in reading.contributions:
        points = one.points if end == "value" else one.low_points
        if points is not None:
            out[one.key] = Fraction(one.weight), points, _counts(one)
    return out


def _counts(one: Contribution) -> bool:
    return one.how is How.COUNTS


def _mean(stands: _Stands) -> Fraction:
    return sum((weight * points for weight, points, _ in stands.values()), ZERO) / _weight(stands)


def _weight(stands: _Stands) -> Fraction:
    return sum((weight for weight, _, _ in stands.values()), ZERO)


def _moved(start: _Stands, end: _Stands, kind: Kind | None) -> list[Step]:
    """From one to the other at unchanged weights: points of what stands in both, then what came, then what left.

    A part that came, of weight w, moved the mean by w × (its points − the mean without the newcomers) ÷ the weight with them; one that
    left by w × (the mean without the leavers − its points) ÷ the weight with them. Both add up whatever their number.
    """
    steps = []
    now = {}
    whole = _weight(start)
    for part, (weight, points, counted) in start.items():
        _, then, counts = end.get(part, (weight, points, counted))
        now[part] = weight, then, counts
        if then != points or counted != counts:
            why = Kind.INPUT if counted and counts else Kind.GAINED if counts else Kind.LOST
            steps.append(Step(part, kind or why, weight * (then - points) / whole, points, then))
    mean = _mean(now)
    came = {part: stand for part, stand in end.items() if part not in start}
    whole += _weight(came)
    for part, (weight, points, counts) in came.items():
        why = Kind.GAINED if counts else Kind.LOST
        steps.append(Step(part, kind or why, weight * (points - mean) / whole, None, points))
    mean = _mean(end)
    for part, (weight, points, counted) in now.items():
        if part not in end:
            why = Kind.LOST if counted else Kind.GAINED
            steps.append(Step(part, kind or why, weight * (mean - points) / whole, points, None))
    return steps


def _rescored(
    start: _Stands, end: _Stands, earlier: set[str], later: set[str], weights: Mapping[str, Fraction]
) -> list[Step]:
    """One day's signals under two scorecards: other weights, then other ways of reading."""
    reweighed = {
        part: (weights[part], points, counts) for part, (_, points, counts) in start.items() if part in later
    }
    reweighed |= {part: stand for part, stand in end.items() if part not in earlier}
    if (
        not reweighed
    ):  # nothing that stood before is in the later scorecard, and what stands now was only read otherwise
        reweighed = end
    mean = _mean(start)
    old, new = _weight(start), _weight(reweighed)
    steps = []
    for part in {**start, **reweighed}:
        had = start[part][0] / old if part in start else ZERO
        has = reweighed[part][0] / new if part in reweighed else ZERO
        points = start[part][1] if part in start else reweighed[part][1]
        if had != has:
            before, after = (points if share else None for share in (had, has))
            steps.append(Step(part, Kind.WEIGHT, (has - had) * (points - mean), before, after))
    return steps + _moved(reweighed, end, Kind.VERSION)
