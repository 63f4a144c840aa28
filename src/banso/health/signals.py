"""A signal: what is known of one side of an account on a day, and why not where it is not known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class State(StrEnum):
    """The six states of the metric dictionary. The order is the code of a state in arrays (`state_code`)."""

    KNOWN = "known"
    NOT_COLLECTED = "not_collected"  # 未収集: the source was never connected here
    NOT_APPLICABLE = "not_applicable"  # 対象外: it does not concern this account
    NO_ANSWER = "no_answer"  # 無回答: nobody answered in time, or nobody was asked
    STOPPED = "stopped"  # 途絶: this account had it and it stopped, while the source lives
    GAP = "gap"  # 欠測: the source is silent for everybody


_CODES = {state: code for code, state in enumerate(State)}


def state_code(state: State) -> int:
    """The number that stands for a state in `banso.health.Column.state`."""
    return _CODES[state]


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of one account on one day.

    value: in the signal's own unit, or a category (◎); only where `state` is known.
    fresh_on: the day the data behind was last fresh; a gap is counted from here.
    last, last_on: the last known value and its day, where the state is not known; a life is counted from here. Each of the two days
    stands for the other where that is None. A source that was once connected and is said to be not_collected keeps `last` or
    `fresh_on`, and is then read as stopped.
    points: 0–100, instead of what the curve would give for `value` (for `last` where the state is not known).
    """

    key: str
    value: Decimal | str | None
    state: State = State.KNOWN
    fresh_on: date | None = None
    last: Decimal | str | None = None
    last_on: date | None = None
    points: Decimal | Fraction | None = None

    def __post_init__(self) -> None:
        if self.state is State.KNOWN and self.value is None and self.points is None:
            raise ValueError(f"signal {self.key} is said to be known and has no value")
        if self.state is not State.KNOWN and self.value is not None:
            raise ValueError(
                f"signal {self.key} is {self.state}: what was known before belongs in `last`, not in `value`"
            )
        if self.points is not None and not 0 <= self.points <= 100:
            raise ValueError(f"points of signal {self.key} lie between 0 and 100, not {self.points}")
