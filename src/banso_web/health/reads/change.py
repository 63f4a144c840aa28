"""Why one customer's health is another on one day than on another: exact sums, each part with its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Any

from banso.health import Explanation, Reading, Step, explain
from banso_web.core.facts import Asked
from banso_web.core.ui.formats import number_text
from banso_web.health.reads.asking import reading
from banso_web.health.signals import SIGNALS
from banso_web.health.words import BAND_MARKS, KINDS, signal_word

if TYPE_CHECKING:
    from banso_web.members.models import Member

PLACES = 100


@dataclass(frozen=True)
class Line:
    """One part in one way. amount: in hundredths that add up to the shown change, and the same in words. before, after: its points, None
    where away."""

    key: str
    name: Any
    kind: Any
    amount: Fraction
    text: str
    before: Fraction | None
    after: Fraction | None
    withheld: bool


@dataclass(frozen=True)
class Side:
    """The reading of one day."""

    day: date
    value: Fraction | None
    low: Fraction | None
    band: str
    version: str


@dataclass(frozen=True)
class Change:
    """change None: one of the days has no value there. lines and `kinds` (word, sum in words) add up to it as it is shown (`total`)."""

    before: Side | None
    after: Side | None
    change: Fraction | None
    lines: tuple[Line, ...] = ()
    kinds: tuple[tuple[Any, str], ...] = ()
    total: str = ""


def change(member: Member, account_id: int, asked: Asked, first: date, last: date, end: str) -> Change:
    """Of the value, or of the lower end (`end` low). Whoever asks has shown that the customer may be seen."""
    days = [reading(replace(asked, as_of=day), account_id) for day in (first, last)]
    before, after = (one.reading if one else None for one in days)
    sides = [_side(one, day) for one, day in ((before, first), (after, last))]
    told = explain(before, after, end="low" if end == "low" else "value") if before and after else None
    if told is None or told.change is None:
        return Change(sides[0], sides[1], None)
    lines = tuple(_line(step, amount, member) for step, amount in zip(told.steps, shown(told), strict=True))
    sums = {kind: Fraction(0) for kind in KINDS}
    for step, line in zip(told.steps, lines, strict=True):
        sums[step.kind] += line.amount
    kinds = tuple((KINDS[kind], _signed(amount)) for kind, amount in sums.items() if amount)
    whole = sum(sums.values(), Fraction(0))
    return Change(sides[0], sides[1], whole, lines, kinds, _signed(whole))


def _signed(amount: Fraction) -> str:
    return number_text(amount, 2, signed=True)


def _side(one: Reading | None, day: date) -> Side | None:
    return None if one is None else Side(day, one.value, one.low, BAND_MARKS[one.band], one.scorecard.version)


def _line(step: Step, amount: Fraction, member: Member) -> Line:
    definition = SIGNALS.get(step.part)
    withheld = definition is not None and bool(definition.see) and not member.may(definition.see)
    return Line(
        step.part,
        signal_word(step.part),
        KINDS[step.kind],
        amount,
        _signed(amount),
        step.before,
        step.after,
        withheld,
    )


def shown(told: Explanation) -> Sequence[Fraction]:
    """The steps' amounts in whole hundredths that add up to the difference of the two readings as they are shown.

    What rounding leaves over goes to the steps that rounding took most from, so that a reader's own sum is right.
    """
    exact = [step.amount * PLACES for step in told.steps]
    floors = [floor(amount) for amount in exact]
    whole = _hundredths(told.after) - _hundredths(told.before)
    short = whole - sum(floors)
    order = sorted(range(len(exact)), key=lambda at: (floors[at] - exact[at], at))
    for at in order[:short]:
        floors[at] += 1
    return [Fraction(amount, PLACES) for amount in floors]


def _hundredths(value: Fraction | None) -> int:
    """Half up, as every figure is shown."""
    return 0 if value is None else floor(value * PLACES + Fraction(1, 2))
