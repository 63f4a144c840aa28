"""更新遅延: MRR that comes back soon after its end was never lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._force import InForce
from ._runs import Days, Ints, running, starts_of

#: MRR that returns within so many days of the last day of service was never lost (更新遅延).
LATE_RENEWAL_DAYS = 30
NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Late:
    """One late renewal: customer index, last day of service, day of return (ordinals)."""

    customer: int
    last_day: int
    returned_on: int


def _live(
    customer: NDArray[Any], delta: Ints, currency: NDArray[Any] | None, begins: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the customer holds MRR in any currency after each row."""
    if currency is None:
        return running(delta, begins) > 0
    live = np.zeros(len(delta), dtype=bool)
    for code in np.unique(currency):
        live |= running(np.where(currency == code, delta, 0), begins) > 0
    return live


def _last_service(customer: NDArray[Any], day: Days, delta: Ints, served: Days, at: int) -> int:
    """The last day of service behind the close of a day (its last row) on which a customer's MRR went to 0."""
    first = at
    while first > 0 and customer[first - 1] == customer[at] and day[first - 1] == day[at]:
        first -= 1
    rows = slice(first, at + 1)
    return int(served[rows][delta[rows] < 0].max(initial=served[at]))


def late_renewals(
    customer: NDArray[Any],
    day: Days,
    delta: Ints,
    currency: NDArray[Any] | None,
    count: int,
    force: InForce | None,
    served: Days | None = None,
) -> tuple[Days, Days, tuple[Late, ...]]:
    """Move ends to their return where MRR comes back in time; the first day with MRR per customer.

    served: each row's last day of service where a rule counts ends on a later ``day``; time runs from it.
    """
    first_live = np.full(count, NEVER, dtype=np.int32)
    if not len(day):
        return day, first_live, ()
    live = _live(customer, delta, currency, starts_of(customer))
    same = customer[1:] == customer[:-1]
    closes = np.append(~same | (day[1:] != day[:-1]), True)
    at = None if closes.all() else np.flatnonzero(closes)
    if at is not None:
        live, same = live[at], customer[at[1:]] == customer[at[:-1]]
    # A close differs in state from the one before; customers begin without MRR.
    before = np.append(False, live[:-1] & same)
    turns = np.flatnonzero(live != before)
    turn_rows = turns if at is None else at[turns]
    who, when = customer[turn_rows], day[turn_rows]
    begins = starts_of(who)  # a customer's first turn is always upward
    first_live[who[begins]] = when[begins]
    back = np.flatnonzero(
        ~live[turns[:-1]] & (who[1:] == who[:-1]) & (when[1:] - when[:-1] <= LATE_RENEWAL_DAYS)
    )
    if force is not None and len(back):
        # With a contract in force there was no last day of service: a short pause stays a pause.
        back = back[~force.at(who[back], when[back])]
    if served is not None and len(back):
        gone = np.array([_last_service(customer, day, delta, served, turn_rows[at]) for at in back])
        back = back[when[back + 1] - gone <= LATE_RENEWAL_DAYS]
    if not len(back):
        return day, first_live, ()
    # From the day that lost the MRR up to the last row before the return, all counts on the return.
    opened = turns[back] - 1
    row_from = (opened if at is None else at[opened]) + 1
    last = turns[back + 1] - 1
    row_to = (last if at is None else at[last]) + 1
    lengths = row_to - row_from
    rows = np.repeat(row_from - np.append(0, np.cumsum(lengths)[:-1]), lengths) + np.arange(lengths.sum())
    day = day.copy()
    day[rows] = np.repeat(when[back + 1], lengths)
    late = tuple(
        Late(int(c), int(gone), int(returned))
        for c, gone, returned in zip(who[back], when[back], when[back + 1], strict=True)
    )
    return day, first_live, late
