"""Sums over runs of equal keys in sorted columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Days = NDArray[np.int32]


def starts_of(key: NDArray[Any]) -> NDArray[np.int64]:
    """Positions where a sorted key begins a new run."""
    if not len(key):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate(([0], np.flatnonzero(key[1:] != key[:-1]) + 1))


def running(values: Ints, starts: NDArray[np.int64]) -> Ints:
    """Cumulative sums that begin again at each start."""
    if not len(values):
        return values
    sums = np.cumsum(values)
    before = sums[starts] - values[starts]
    lengths = np.diff(np.append(starts, len(values)))
    sums -= np.repeat(before, lengths)
    return sums
