"""What a signal says of many customers, as columns, and whom it is asked of.

A value is a whole number of 1/10,000 of the signal's unit, so that columns and exact arithmetic agree; NONE stands where there is no
value. `fresh` is the ordinal of the day on which the data behind it was last fresh (0: never).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from banso.health import State
from banso_web.accounts.counting import merges
from banso_web.accounts.reads.contracts import OnDay, contracts_on
from banso_web.core.facts import Asked, states_at
from banso_web.usage.reads.adoption.accounts import Adoption, adoption

Whole = NDArray[np.int64]
NONE = np.iinfo(np.int64).min
PLACES = 10_000
STATES = tuple(State)
CODE = {state: number for number, state in enumerate(STATES)}
Made = TypeVar("Made")


def number(value: Any) -> int:
    """A value as columns keep it: in 1/10,000, half away from zero."""
    scaled = value * PLACES
    return int(scaled + (0.5 if scaled >= 0 else -0.5)) if isinstance(scaled, float) else round(scaled)


def decimal(value: int) -> Decimal | None:
    """A kept value as an exact number; None where there is none."""
    return None if value == NONE else Decimal(value) / PLACES


@dataclass(frozen=True, eq=False)
class Told:
    """Of each account, in their order: the state (its place in STATES), the value where it is known, the last known one where it is not,
    the day its data was last fresh."""

    state: NDArray[np.int8]
    value: Whole
    last: Whole
    fresh: NDArray[np.int32]

    @classmethod
    def nothing(cls, size: int, state: State = State.NOT_COLLECTED) -> Told:
        return cls(
            np.full(size, CODE[state], np.int8),
            np.full(size, NONE, np.int64),
            np.full(size, NONE, np.int64),
            np.zeros(size, np.int32),
        )

    def say(
        self, at: int, state: State, value: Any = None, *, last: Any = None, fresh: date | None = None
    ) -> None:
        """Write what is said of the account at a place."""
        self.state[at] = CODE[state]
        self.value[at] = NONE if value is None else number(value)
        self.last[at] = NONE if last is None else number(last)
        self.fresh[at] = 0 if fresh is None else fresh.toordinal()

    def take(self, places: Any) -> Told:
        return Told(self.state[places], self.value[places], self.last[places], self.fresh[places])


class Everybody:
    """The customers of a question (None: all of them), after 名寄せ and in order of id, with what several signals share, read once.

    Of all customers those count that were known by then, had begun and were in no 除外区分 on the day.
    """

    def __init__(
        self,
        asked: Asked,
        accounts: Collection[int] | None = None,
        silences: Mapping[str, date | None] | None = None,
    ) -> None:
        """`silences`: what is known of them already, by source (see `signals.sources`)."""
        self.asked = asked
        self.silences = dict(silences or {})
        self._once: dict[str, Any] = {}
        self.merged = merges(asked.watermark, asked.known_at)
        wanted = None if accounts is None else sorted(accounts)
        told = states_at(
            "account", as_of=asked.as_of, watermark=asked.watermark, known_at=asked.known_at, ids=wanted
        )
        day = asked.as_of.isoformat()
        self.states = {
            key: values
            for key, values in sorted(told.items())
            if key not in self.merged
            and not values.get("excluded")
            and (values.get("started_on") or day) <= day
        }
        self.ids: Whole = np.array(list(self.states), np.int64)
        self.place = {key: at for at, key in enumerate(self.states)}
        self.some = None if accounts is None else self._with_merged()

    def _with_merged(self) -> list[int]:
        """The accounts of the question and everybody merged into them: whose facts are theirs."""
        return [*self.place, *(other for other, kept in self.merged.items() if kept in self.place)]

    def __len__(self) -> int:
        return len(self.place)

    def state(self, at: int) -> Mapping[str, Any]:
        """What is stated of the account at a place."""
        return self.states[int(self.ids[at])]

    def at(self, account: int) -> int | None:
        """The place of whom a fact came with; None where it is nobody's of the question."""
        return self.place.get(self.merged.get(account, account))

    def by_place(self, found: Mapping[int, Any] | Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
        """{place: what was found under the accounts that count as this one}."""
        told: dict[int, list[Any]] = {}
        for account, one in found.items() if isinstance(found, Mapping) else found:
            at = self.at(account)
            if at is not None:
                told.setdefault(at, []).append(one)
        return told

    def once(self, name: str, make: Callable[[], Made]) -> Made:
        """What several signals share, made by the first that asks."""
        if name not in self._once:
            self._once[name] = make()
        found: Made = self._once[name]
        return found

    @cached_property
    def adoption(self) -> Adoption:
        return adoption(self.asked, ids=None if self.some is None else list(self.place))

    @cached_property
    def contracts(self) -> dict[int, list[OnDay]]:
        """{place: its contracts as stated for the day}."""
        return self.by_place((one.account_id, one) for one in contracts_on(self.asked, self.some))


@dataclass(frozen=True)
class Signal:
    """A named, versioned definition over facts.

    unit: ratio, score, count, days, points or mark. `reads`: in a reader's words, what it is made of. `running`: its data is fresh on the day the
    source last sent, which moves on every night; kept as days before the asked day. `higher_is_better`: how to read it alone.
    """

    key: str
    name: Any  # lazy translation
    unit: str
    version: int
    reads: Any  # lazy translation
    tell: Callable[[Everybody], Told] = field(repr=False)
    running: bool = False
    higher_is_better: bool = True
    see: str = ""  # the permission its value needs beside seeing the customer
    facts: frozenset[str] = frozenset()  # what it stands on: files of happenings, "contract", "contact"
