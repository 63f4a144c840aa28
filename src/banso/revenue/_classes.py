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
    new, reactivation, or expansion where a contract was in force all along. The flags have length 1
    and are False when no contracts are given.
    """
    held, holds = _flags(opening > 0), _flags(closing > 0)
    gone, came = held & ~holds, ~held & holds
    back = came & before
    paused, resumed = _NOBODY, _NOBODY
    if force is not None:
        ends, begins = np.broadcast_to(last, held.shape), np.broadcast_to(first, held.shape)
        paused, resumed = gone.copy(), back.copy()
        paused[gone] = force.at(customer[gone], ends[gone])
        resumed[back] = force.at(customer[back], begins[back] - 1)
        gone, came, back = gone & ~paused, came & ~resumed, back & ~resumed
    # Small integers instead of masks, for speed: an end is a fall (4 + 1); a customer that came is a
    # rise (3), less 2 when new and less 1 when back.
    kind = _flags(closing > opening).view(np.int8) * np.int8(UP)
    kind += _flags(closing < opening).view(np.int8) * np.int8(DOWN)
    kind += gone.view(np.int8)
    kind -= came.view(np.int8) * np.int8(2)
    kind += back.view(np.int8)
    return kind, paused, resumed


#: Without contracts nobody is known to pause: broadcasts against any number of customers.
_NOBODY = np.zeros(1, dtype=bool)


def _flags(values: NDArray[Any]) -> Flags:
    return np.asarray(values, dtype=bool)
