"""Readings of everybody, or of some, from their signals: which scorecard each has, and what it says.

Everything here is computed from facts for the question as it is asked; `reads.kept` holds what was computed before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from banso.health import (
    Column,
    Reading,
    Scorecard,
    Signal,
    State,
    choose,
    score,
    score_many,
)
from banso.health.scorecard import FIELDS
from banso_web.core.facts import Asked
from banso_web.health.columns import Table
from banso_web.health.reads.cards import cards, signals_of
from banso_web.health.reads.kept import KeptDay, KeptSignal
from banso_web.health.signals import SIGNALS, Signals, told_of
from banso_web.health.signals.features import line_of
from banso_web.health.signals.told import CODE, NONE, PLACES, STATES, Everybody, Told, Whole, decimal

#: 担当所感 in a scorecard's table.
MARKS = {4: "◎", 3: "○", 2: "△", 1: "×"}
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Readings:
    """Of each account of `ids` (in order): value, low, high from 0 to 100 and `known` from 0 to 1 (NaN where there is none); band and
    held as places in `banso.health.Band` (−1: none); frozen; which of `cards` it has (−1: none)."""

    as_of: date
    ids: Whole
    value: Floats
    low: Floats
    high: Floats
    known: Floats
    band: Codes
    held: Codes
    frozen: Codes
    card: Codes
    cards: tuple[Scorecard, ...]

    NAMES = ("value", "low", "high", "known", "band", "held", "frozen", "card")

    @property
    def table(self) -> Table:
        """As columns to be kept."""
        return {
            "id": self.ids,
            "state": np.zeros(len(self.ids), np.int8),
            **{name: getattr(self, name) for name in self.NAMES},
        }


@dataclass(frozen=True, eq=False)
class Computed:
    signals: Signals
    readings: Readings


def definition(asked: Asked) -> str:
    """A digest of everything a day's readings stand on beside facts: scorecards, the versions of their signals, and features."""
    found = cards(asked)
    told = [(key, SIGNALS[key].version, repr(line_of(key, asked))) for key in signals_of(found)]
    return sha256(repr((told, [card.digest for card in found])).encode()).hexdigest()


def compute(
    asked: Asked, accounts: Collection[int] | None = None, before: Mapping[str, Any] | None = None
) -> Computed:
    """Signals and readings of all customers or of some. `before`: the table of readings of the day before, whose bands a gap keeps."""
    return read_by_cards(Everybody(asked, accounts), before)


def read_by_cards(
    everybody: Everybody,
    before: Mapping[str, Any] | None = None,
    known: Mapping[str, Told] | None = None,
) -> Computed:
    """The same; signals that are `known` are not asked again."""
    asked = everybody.asked
    found = cards(asked)
    signals = told_of(everybody, signals_of(found), known)
    return Computed(signals, read_by(signals, found, before))


def read_by(
    signals: Signals, found: Sequence[Scorecard], before: Mapping[str, Any] | None = None
) -> Readings:
    """What these scorecards, by precedence, say of signals that hold all they read. `before` as for `compute`."""
    everybody, day = signals.everybody, signals.everybody.asked.as_of
    size = len(everybody)
    which = chosen(everybody, found)
    out = {name: np.full(size, np.nan) for name in ("value", "low", "high", "known")}
    codes = {name: np.full(size, -1, np.int8) for name in ("band", "held")}
    frozen = np.zeros(size, np.int8)
    band_before, held_before = (_before(everybody.ids, before, name) for name in ("band", "held"))
    for number, card in enumerate(found):
        at = np.flatnonzero(which == number)
        if not len(at):
            continue
        columns = {key: column(key, signals.told[key].take(at)) for key in signals_of([card])}
        one = score_many(
            columns, card, day, n=len(at), band_before=band_before[at], held_before=held_before[at]
        )
        out["value"][at], out["low"][at], out["high"][at] = one.value, one.low, one.high
        out["known"][at] = one.completeness
        codes["band"][at], codes["held"][at], frozen[at] = one.band, one.held, one.frozen
    whole: dict[str, Any] = {**out, **codes, "frozen": frozen, "card": which}
    return Readings(day, everybody.ids, **whole, cards=tuple(found))


def _before(ids: Whole, table: Mapping[str, Any] | None, name: str) -> Codes:
    """A column of the day before, in the order of `ids`; −1 where there was none."""
    found = np.full(len(ids), -1, np.int8)
    if table is not None and len(table["id"]):
        at = np.searchsorted(table["id"], ids)
        at[at == len(table["id"])] = 0
        there = table["id"][at] == ids
        found[there] = table[name][at[there]]
    return found


def chosen(everybody: Everybody, found: Sequence[Scorecard]) -> Codes:
    """The place of each account's scorecard in `found`, by precedence; −1 where none is for it."""
    fields = {field for card in found for field in (card.whom or {})}
    if not fields:
        return np.zeros(len(everybody), np.int8)
    known: dict[Any, int] = {}
    which = np.empty(len(everybody), np.int8)
    for at in range(len(everybody)):
        told = whom(everybody, at, fields)
        key = tuple(told.values())
        if key not in known:
            card = choose(found, told).scorecard
            known[key] = -1 if card is None else found.index(card)
        which[at] = known[key]
    return which


def whom(everybody: Everybody, at: int, fields: Collection[str] = FIELDS) -> dict[str, str | tuple[str, ...]]:
    """What scorecards choose an account by: its segment, and the products of its contracts in force. Accounts have no stage yet."""
    told: dict[str, str | tuple[str, ...]] = {}
    if "segment" in fields:
        told["segment"] = everybody.state(at).get("segment") or ""
    if "product" in fields:
        day = everybody.asked.as_of
        held = {one.product for one in everybody.contracts.get(at, ()) if one.in_force(day)}
        told["product"] = tuple(sorted(held))
    return told


def column(key: str, told: Told) -> Column:
    """What a signal says of accounts, as the library reads it."""
    fresh = _days(told.fresh)
    asked = (told.state == CODE[State.NO_ANSWER]) | (told.state == CODE[State.STOPPED])
    return Column(
        told.state,
        _numbers(key, told.value),
        _numbers(key, told.last),
        last_on=np.where(asked, fresh, np.datetime64("NaT")),
        fresh_on=fresh,
    )


def _numbers(key: str, values: Whole) -> Any:
    if SIGNALS[key].unit == "mark":
        return np.array([MARKS.get(value // PLACES) for value in values.tolist()], object)
    return np.where(values == NONE, np.nan, values / PLACES)


def _days(ordinals: NDArray[np.int32]) -> NDArray[np.datetime64]:
    days = np.datetime64("0001-01-01", "D") + (ordinals.astype(np.int64) - 1)
    return np.where(ordinals > 0, days, np.datetime64("NaT", "D"))


def signal(key: str, told: Told, at: int) -> Signal:
    """What a signal says of the account at a place, exact."""
    fresh = date.fromordinal(int(told.fresh[at])) if told.fresh[at] else None
    return _signal(
        key, STATES[told.state[at]], decimal(int(told.value[at])), decimal(int(told.last[at])), fresh
    )


def kept_reading(day: KeptDay, card: Scorecard) -> Reading:
    """The exact reading of a kept day again, from its kept signals."""
    return score([kept_signal(key, one) for key, one in day.signals.items()], card, day.day)


def kept_signal(key: str, kept: KeptSignal) -> Signal:
    """The same of a kept one."""
    return _signal(key, kept.state, kept.value, kept.last, kept.fresh_on)


def _signal(
    key: str, state: State, value: Decimal | None, last: Decimal | None, fresh_on: date | None
) -> Signal:
    return Signal(
        key,
        _value(key, value),
        state,
        fresh_on=fresh_on,
        last=_value(key, last),
        last_on=fresh_on if state in (State.NO_ANSWER, State.STOPPED) else None,
    )


def _value(key: str, value: Decimal | None) -> Decimal | str | None:
    return MARKS.get(int(value)) if value is not None and SIGNALS[key].unit == "mark" else value
