"""Missing is not good: over random scorecards and random losses; explanations add up; arrays say what the exact form says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from banso.health import (
    Band,
    Bands,
    Column,
    Curve,
    How,
    Kind,
    Line,
    Part,
    Reading,
    Scorecard,
    Signal,
    StandIn,
    Standing,
    State,
    Table,
    band_code,
    explain,
    score,
    score_many,
    state_code,
)

DAY = date(2026, 11, 24)
BANDS = list(Band)
MARKS = ("◎", "○", "△", "×")
randoms = st.randoms(use_true_random=False)


def number(random: Random, low: int = 0, high: int = 100) -> Decimal:
    return Decimal(random.randint(low * 10, high * 10)) / 10


def curve(random: Random) -> Curve:
    if random.random() < 0.3:
        return Table(tuple((mark, number(random)) for mark in MARKS))
    knots = sorted({number(random) for _ in range(random.randint(2, 5))} | {Decimal(0), Decimal(100)})
    return Line(tuple((knot, number(random)) for knot in knots))


def scorecard(random: Random, key: str = "a") -> Scorecard:
    parts = []
    for at in random.sample(range(7), random.randint(1, 6)):
        stand_in = StandIn(f"t{at}", curve(random), random.randint(1, 200)) if random.random() < 0.4 else None
        weight = Decimal(random.choice(["0.5", "1", "1", "2", "3.7"]))
        parts.append(Part(f"s{at}", weight, curve(random), random.randint(1, 200), None, stand_in))
    return Scorecard(key, {}, DAY, tuple(parts), Bands(number(random, 50, 90), number(random, 10, 49)))


def curves(card: Scorecard) -> dict[str, Curve]:
    found = {part.signal: part.curve for part in card.parts}
    return found | {part.stand_in.signal: part.stand_in.curve for part in card.parts if part.stand_in}


def value(random: Random, of: Curve) -> Decimal | str:
    return random.choice(MARKS) if isinstance(of, Table) else number(random)


def signal(random: Random, key: str, of: Curve) -> Signal:
    day = DAY - timedelta(random.choice([0, 1, 13, 14, 15, 16, 60, 150, 300]))
    state = random.choice([State.KNOWN, State.KNOWN, State.KNOWN, *State])
    if state is State.KNOWN:
        return Signal(key, value(random, of), state, day)
    last = value(random, of) if random.random() < 0.8 else None
    fresh = random.choice([day, None, DAY - timedelta(random.randint(0, 20))])
    return Signal(key, None, state, fresh, last, day if last is not None and random.random() < 0.8 else None)


def account(random: Random, card: Scorecard) -> dict[str, Signal]:
    return {key: signal(random, key, of) for key, of in curves(card).items() if random.random() < 0.85}


def standing(random: Random) -> Standing | None:
    held = random.choice([Band.BAD, Band.WATCH, Band.GOOD])
    return random.choice([None, Standing(held, held), Standing(Band.UNKNOWN, held), Standing(Band.UNKNOWN)])


def losing(random: Random, one: Signal) -> Signal:
    """The same signal after its data went away in one of the ways there are."""
    last, on = one.value, DAY - timedelta(random.randint(0, 400))
    fresh = random.choice([None, on, DAY - timedelta(random.randint(0, 30))])
    state = random.choice([State.NO_ANSWER, State.STOPPED, State.GAP, State.NOT_COLLECTED])
    fresh = fresh or on if state is State.NOT_COLLECTED else fresh
    return Signal(one.key, None, state, fresh, last, on)


def rank(low: Fraction | None) -> Fraction:
    return Fraction(101) if low is None else low  # without any value an account is listed apart, behind all


@given(randoms)
def test_losing_data_betters_neither_the_bands_value_nor_the_band_nor_the_known_share(random: Random) -> None:
    card = scorecard(random)
    signals = account(random, card)
    before = score(signals, card, DAY, standing(random))
    known = [key for key, one in signals.items() if one.state is State.KNOWN]
    for key in random.sample(known, random.randint(0, len(known))):
        signals[key] = losing(random, signals[key])
        after = score(signals, card, DAY, before)
        assert before.low is None or (after.low is not None and after.low <= before.low)
        assert BANDS.index(after.band) <= BANDS.index(before.band)
        assert after.completeness <= before.completeness or _by_stand_in(before, after)
        for end in (after.low, after.value, after.high):
            assert end is None or 0 <= end <= 100
        before = after


def _by_stand_in(before: Reading, after: Reading) -> bool:
    return any(one.by != two.by for one, two in zip(before.contributions, after.contributions, strict=True))


@given(randoms)
def test_a_silent_source_changes_no_band(random: Random) -> None:
    card = scorecard(random)
    signals = account(random, card)
    before = score(signals, card, DAY, standing(random))
    known = [one for one in before.contributions if one.state is State.KNOWN and one.by == one.key]
    for one in random.sample(known, min(len(known), 2)):
        fresh = DAY - timedelta(random.randint(1, 14))
        signals[one.key] = Signal(one.key, None, State.GAP, fresh, one.value, fresh)
        after = score(signals, card, DAY, before)
        assert after.band is before.band and after.held is before.held


@given(randoms)
def test_who_never_answered_reads_as_if_nobody_had_asked(random: Random) -> None:
    card = scorecard(random)
    signals = {key: one for key, one in account(random, card).items() if one.state is State.KNOWN}
    part = card.parts[0]
    for key in (part.signal, part.stand_in.signal if part.stand_in else part.signal):
        signals[key] = Signal(key, None, State.NO_ANSWER)
    reading = score(signals, card, DAY)
    if len(card.parts) > 1:
        without = score(signals, replace(card, parts=card.parts[1:]), DAY)
        assert (reading.value, reading.low, reading.high) == (without.value, without.low, without.high)
        assert reading.band in (without.band, Band.UNKNOWN)
    else:
        assert (reading.value, reading.band) == (None, Band.UNKNOWN)


@given(randoms)
def test_contributions_and_explanations_add_up_exactly(random: Random) -> None:
    old, new = scorecard(random), scorecard(random)
    signals, later = account(random, old), account(random, old)
    kinds = {
        key
        for key, of in curves(old).items()
        if key in curves(new) and type(curves(new)[key]) is not type(of)
    }
    later = {
        key: one for key, one in later.items() if key not in kinds
    }  # a mark is not read by a curve over numbers
    first = score(signals, old, DAY)
    second = score(later, random.choice([old, new]), DAY + timedelta(1))
    for reading in (first, second):
        assert sum((one.amount for one in reading.contributions), Fraction(0)) == (reading.value or 0)
        assert sum((one.low_amount for one in reading.contributions), Fraction(0)) == (reading.low or 0)
    for end in ("value", "low"):
        told = explain(first, second, end=end)  # type: ignore[arg-type]
        if told.change is not None:
            assert sum((step.amount for step in told.steps), Fraction(0)) == told.change
            assert second.scorecard == old or not told.of(Kind.INPUT) or told.steps
            if second.scorecard == old:
                assert not told.of(Kind.WEIGHT) and not told.of(Kind.VERSION)
        else:
            assert told.before is None or told.after is None


def column(signals: list[Signal | None]) -> Column:
    def values(name: str) -> np.ndarray:  # type: ignore[type-arg]
        found = [None if one is None else getattr(one, name) for one in signals]
        if any(isinstance(one, str) for one in found):
            return np.array(found, dtype=object)
        return np.array([np.nan if one is None else float(one) for one in found])

    def days(name: str) -> np.ndarray:  # type: ignore[type-arg]
        return np.array(
            [None if one is None else getattr(one, name) for one in signals], dtype="datetime64[D]"
        )

    states = [state_code(State.NOT_COLLECTED if one is None else one.state) for one in signals]
    return Column(
        np.array(states, np.int8), values("value"), values("last"), days("last_on"), days("fresh_on")
    )


@given(randoms)
def test_arrays_say_what_the_exact_form_says(random: Random) -> None:
    card = scorecard(random)
    accounts = [account(random, card) for _ in range(12)]
    befores = [standing(random) for _ in accounts]
    found = score_many(
        {key: column([one.get(key) for one in accounts]) for key in curves(card)},
        card,
        DAY,
        band_before=np.array([band_code(one and one.band) for one in befores], np.int8),
        held_before=np.array([band_code(one and one.held) for one in befores], np.int8),
    )
    for at, (signals, before) in enumerate(zip(accounts, befores, strict=True)):
        exact = score(signals, card, DAY, before)
        for name in ("value", "low", "high", "completeness"):
            want, have = getattr(exact, name), getattr(found, name)[at]
            assert np.isnan(have) if want is None else abs(have - float(want)) < 1e-9
        assert found.band[at] == band_code(exact.band) and found.held[at] == band_code(exact.held)
        assert found.frozen[at] == exact.frozen
        for place, one in enumerate(exact.contributions):
            assert abs(found.amount[at, place] - float(one.amount)) < 1e-9
            assert abs(found.low_amount[at, place] - float(one.low_amount)) < 1e-9
            assert found.how[at, place] == list(How).index(one.how)
            assert bool(found.stands_in[at, place]) == (one.by != one.key)
