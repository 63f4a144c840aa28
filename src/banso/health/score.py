"""A reading: what a scorecard says of an account on a day, and what a loss of data may not do to it (docs/decisions/0011).

The value is the weighted mean over the parts that count. Its lower end, on which bands, ranks and alerts stand, is the least that the
lost parts allow: stopped ones at 0, unanswered ones at their last points where those lower it. So taking data away from an account
never lifts the lower end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from banso.health.curves import Curve
from banso.health.scorecard import Band, Bands, Part, Scorecard
from banso.health.signals import Signal, State

#: Days a silent source's last values hold, the fourteenth included.
GAP_DAYS = 14
ZERO, HUNDRED = Fraction(0), Fraction(100)


class How(StrEnum):
    """What a part does to the reading. The order is its code in arrays."""

    AWAY = "away"  # never known: leaves the value and both ends
    COUNTS = "counts"  # its points stand in the value and both ends, and count as known weight
    PAST = "past"  # past its life: leaves, but its last points stand in the lower end if they lower it
    OPEN = "open"  # lost: leaves the value, 0 in the lower end and 100 in the upper


@dataclass(frozen=True, slots=True)
class Standing:
    """What a reading hands on to the next: its band, and the last band that was neither frozen nor unknown."""

    band: Band
    held: Band | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a reading is not simply the mean of everything. `part`: the scorecard's signal, None for the whole.

    Codes of parts: not_collected, not_applicable, never_answered, held (unanswered, within its life: last_on, left in days), past_life
    (last_on), stopped (last_on), gap, gap_long (since), stand_in (by). Of the whole: unknown_weight (known, needed), frozen (would_be),
    gap_over, stays_bad.
    """

    code: str
    part: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contribution:
    """One part of a reading.

    points × share = amount, and amounts add up to the value; low_points × low_share = low_amount add up to the lower end. Shares are
    weight ÷ weight that stands there. points: None where the part does not count; low_points: None where it is not in the lower end.
    by: the signal read, another one than `key` where it stands in. last_points: of the last known value, where it is not known now.
    """

    key: str
    by: str
    group: str | None
    state: State
    how: How
    weight: Decimal
    value: Decimal | str | None
    points: Fraction | None
    share: Fraction
    amount: Fraction
    low_points: Fraction | None
    low_share: Fraction
    low_amount: Fraction
    last_points: Fraction | None
    fresh_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Reading:
    """value, low, high: 0–100, exact; None where no part stands there. completeness: known weight ÷ weight, 0–1 (信頼度).

    `band` stands on `low`. `held`: the last band that was neither frozen nor unknown, shown beside 不明.
    frozen: a source is silent for everybody and its last values hold; the band is that of before and nothing may alert.
    """

    value: Fraction | None
    low: Fraction | None
    high: Fraction | None
    completeness: Fraction
    contributions: tuple[Contribution, ...]
    band: Band
    held: Band | None
    frozen: bool
    reasons: tuple[Reason, ...]
    scorecard: Scorecard
    signals: Mapping[str, Signal]
    as_of: date

    @property
    def standing(self) -> Standing:
        return Standing(self.band, self.held)


def score(
    signals: Iterable[Signal] | Mapping[str, Signal],
    scorecard: Scorecard,
    as_of: date,
    before: Standing | Reading | None = None,
) -> Reading:
    """The reading of one account.

    signals: those the scorecard does not name are left alone, those it names and that are absent are not_collected.
    before: the reading before this one (or its standing); without it a gap has no band to keep and the band is that of the last values.
    ValueError where a known value is not one the curve can read.
    """
    found = _by_key(signals)
    held = [_hold(part, found, as_of) for part in scorecard.parts]
    count = {
        at: one.points for at, one in enumerate(held) if one.how is How.COUNTS and one.points is not None
    }
    least = {at: one.least for at, one in enumerate(held) if one.how is How.COUNTS and one.least is not None}
    lost = {at for at, one in enumerate(held) if one.how is How.OPEN}
    past = {at: one.last for at, one in enumerate(held) if one.how is How.PAST and one.last is not None}
    weights = [Fraction(part.weight) for part in scorecard.parts]
    lower = _lowered(weights, least | dict.fromkeys(lost, ZERO), past)
    kept = _lowered(weights, least | {at: held[at].last or ZERO for at in lost}, past)
    value, low, high = (
        _mean(weights, points) for points in (count, lower, count | dict.fromkeys(lost, HUNDRED))
    )
    whole = sum(weights, ZERO)
    known = sum((weights[at] for at in count), ZERO) / whole
    had = sum((weights[at] for at, one in enumerate(held) if one.how is not How.AWAY), ZERO) / whole
    frozen = any(one.frozen for one in held)
    over = any(one.how is How.OPEN and one.state is State.GAP for one in held)
    needed = Fraction(scorecard.bands.unknown_under) / 100
    was_bad = (before is not None and before.held is Band.BAD and _bad(low, scorecard.bands)) or (
        had >= needed and _bad(_mean(weights, kept), scorecard.bands)
    )
    band, settled, reasons = _band(scorecard.bands, low, known, needed, was_bad, frozen, over, before)
    value_weight, low_weight = (sum((weights[at] for at in points), ZERO) for points in (count, lower))
    return Reading(
        value,
        low,
        high,
        known,
        tuple(
            _contribution(part, held[at], weights[at], count.get(at), value_weight, lower.get(at), low_weight)
            for at, part in enumerate(scorecard.parts)
        ),
        band,
        settled,
        frozen and not over,
        tuple(reason for one in held for reason in one.reasons) + reasons,
        scorecard,
        found,
        as_of,
    )


def _band(
    bands: Bands,
    low: Fraction | None,
    known: Fraction,
    needed: Fraction,
    was_bad: bool,
    frozen: bool,
    over: bool,
    before: Standing | Reading | None,
) -> tuple[Band, Band | None, tuple[Reason, ...]]:
    """Band, the band held from now on, and why. `banso.health.many` says the same of arrays."""
    held = None if before is None else before.held
    unknown = low is None or known < needed
    settled = Band.UNKNOWN if low is None or unknown else bands.of(low)
    why: tuple[Reason, ...] = (
        (Reason("unknown_weight", None, {"known": known, "needed": needed}),) if unknown else ()
    )
    if frozen and not over and before is not None:
        return before.band, held, (Reason("frozen", None, {"would_be": settled}),)
    if over:
        why, unknown = (Reason("gap_over"),), True
    if unknown and was_bad:
        return Band.BAD, Band.BAD, (*why, Reason("stays_bad"))
    if unknown:
        return Band.UNKNOWN, held, why
    return settled, settled, why


def _bad(value: Fraction | None, bands: Bands) -> bool:
    return value is not None and bands.of(value) is Band.BAD


@dataclass(frozen=True, slots=True)
class _Held:
    """A part's signal after the table of states: `points` in the value, `least` in the lower end, `last` where it was known once."""

    by: str
    state: State
    how: How
    points: Fraction | None = None
    least: Fraction | None = None
    last: Fraction | None = None
    value: Decimal | str | None = None
    fresh_on: date | None = None
    last_on: date | None = None
    frozen: bool = False
    reasons: tuple[Reason, ...] = ()


def _hold(part: Part, signals: Mapping[str, Signal], as_of: date) -> _Held:
    """A part's own signal, or the one that stands in where its own was never answered or is past its life.

    What stands in is no better in the lower end than the last answer was: an answer growing old must not lift a band.
    """
    own = _one(part.signal, part.signal, signals, part.curve, part.life, as_of)
    if part.stand_in is None or own.how not in (How.AWAY, How.PAST):
        return own
    other = _one(part.signal, part.stand_in.signal, signals, part.stand_in.curve, part.stand_in.life, as_of)
    if other.how is How.AWAY:
        return own
    if other.how is How.OPEN or own.last is None:
        both = other
    elif other.how is How.COUNTS and other.points is not None:
        both = replace(other, least=min(other.points, own.last))
    else:
        both = replace(other, last=min(own.last, other.last)) if other.last is not None else own
    told = (*own.reasons, *other.reasons, Reason("stand_in", part.signal, {"by": part.stand_in.signal}))
    return replace(both, frozen=own.frozen or other.frozen, reasons=told)


def _one(part: str, key: str, signals: Mapping[str, Signal], curve: Curve, life: int, as_of: date) -> _Held:
    signal = signals.get(key)
    if signal is None:
        return _Held(key, State.NOT_COLLECTED, How.AWAY, reasons=(Reason("not_collected", part),))
    state = signal.state
    if state is State.NOT_COLLECTED and (signal.last is not None or signal.fresh_on is not None):
        state = (
            State.STOPPED
        )  # a source that was once connected is taken out by another version, never by falling silent
    points = _points(signal, curve)
    base = _Held(key, state, How.AWAY, None, None, None, signal.value, signal.fresh_on, signal.last_on)
    if state is State.KNOWN:
        return replace(base, how=How.COUNTS, points=points, least=points)
    base = replace(base, last=points)
    if state is State.STOPPED:
        return replace(base, how=How.OPEN, reasons=(Reason("stopped", part, {"last_on": signal.last_on}),))
    if state in (State.NOT_COLLECTED, State.NOT_APPLICABLE) or points is None:
        code = "never_answered" if state is State.NO_ANSWER else str(state)
        return replace(base, last=None, reasons=(Reason(code, part),))
    since, told_on = signal.fresh_on or signal.last_on, signal.last_on or signal.fresh_on
    silent, age = _days(since, as_of), _days(told_on, as_of)
    gap = state is State.GAP
    if gap and (silent is None or silent > GAP_DAYS):
        return replace(base, how=How.OPEN, reasons=(Reason("gap_long", part, {"since": since}),))
    if age is None or age > life:
        why = Reason("past_life", part, {"last_on": told_on})
        return replace(base, how=How.PAST, frozen=gap, reasons=(why,))
    why = (
        Reason("gap", part, {"since": since})
        if gap
        else Reason("held", part, {"last_on": told_on, "left": life - age})
    )
    return replace(base, how=How.COUNTS, points=points, least=points, frozen=gap, reasons=(why,))


def _points(signal: Signal, curve: Curve) -> Fraction | None:
    if signal.points is not None:
        return Fraction(signal.points)
    value = signal.value if signal.state is State.KNOWN else signal.last
    return None if value is None else curve.at(value)


def _days(since: date | None, as_of: date) -> int | None:
    return None if since is None else (as_of - since).days


def _by_key(signals: Iterable[Signal] | Mapping[str, Signal]) -> dict[str, Signal]:
    found: dict[str, Signal] = {}
    for signal in signals.values() if isinstance(signals, Mapping) else signals:
        if signal.key in found:
            raise ValueError(f"signal {signal.key} is given twice")
        found[signal.key] = signal
    return found


def _mean(weights: Sequence[Fraction], points: Mapping[int, Fraction]) -> Fraction | None:
    if not points:
        return None
    return sum((weights[at] * value for at, value in points.items()), ZERO) / sum(
        (weights[at] for at in points), ZERO
    )


def _lowered(
    weights: Sequence[Fraction], stands: Mapping[int, Fraction], past: Mapping[int, Fraction]
) -> dict[int, Fraction]:
    """What stands, and those of `past` that lower its mean: from the lowest up, which gives the least mean there is."""
    out = dict(stands)
    for at, points in sorted(past.items(), key=lambda item: (item[1], item[0])):
        mean = _mean(weights, out)
        if mean is not None and points >= mean:
            break
        out[at] = points
    return out


def _contribution(
    part: Part,
    held: _Held,
    weight: Fraction,
    points: Fraction | None,
    value_weight: Fraction,
    low_points: Fraction | None,
    low_weight: Fraction,
) -> Contribution:
    share = ZERO if points is None else weight / value_weight
    low_share = ZERO if low_points is None else weight / low_weight
    return Contribution(
        part.signal,
        held.by,
        part.group,
        held.state,
        held.how,
        part.weight,
        held.value,
        points,
        share,
        share * (points or ZERO),
        low_points,
        low_share,
        low_share * (low_points or ZERO),
        held.last,
        held.fresh_on,
        held.last_on,
    )
