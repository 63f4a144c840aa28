"""The one place that names what happened to a customer between two balances."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._force import InForce

KINDS = ("unchanged", "new", "reactivation", "expansion", "contraction", "churn")
UNCHANGED, NEW, BACK, UP, DOWN, CHURN = range(6)
Flags = NDArray[np.bool_]


def classify(
    opening: NDArray[Any],
    closing: NDArray[Any],
    before: Flags,
    customer: NDArray[Any],
    force: InForce | None,
    first: Any,
    last: Any,
) -> tuple[NDArray[np.int8], Flags, Flags]:
    """Codes of :data:`KINDS`, and which changes are pauses and returns from a pause.

    opening, closing: balances at one set of rates; before: whether the customer ever had MRR before
    the period; first, last: the period's day ordinals, one or one per element. Above 0 to not above 0
    is churn, or contraction (a pause) where a contract is still in force at the close; the way back is
    new, reactivation, or expansion where a contract was in force all along.
    """
    held, holds = np.asarray(opening > 0, dtype=bool), np.asarray(closing > 0, dtype=bool)
    paused, resumed = held & ~holds, ~held & holds & before
    if force is None:
        gone, back = paused, resumed
        paused, resumed = np.zeros((2, len(held)), dtype=bool)
    else:
        ends, begins = np.broadcast_to(last, held.shape), np.broadcast_to(first, held.shape)
        gone, back = paused.copy(), resumed.copy()
        paused[paused] = force.at(customer[gone], ends[gone])
        resumed[resumed] = force.at(customer[back], begins[back] - 1)
        gone, back = gone & ~paused, back & ~resumed
    kind = np.zeros(len(held), dtype=np.int8)
    kind[np.asarray(closing > opening, dtype=bool)] = UP
    kind[np.asarray(closing < opening, dtype=bool)] = DOWN
    kind[gone] = CHURN
    kind[back] = BACK
    kind[~held & holds & ~before] = NEW
    return kind, paused, resumed
