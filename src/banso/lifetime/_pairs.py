"""Counting pairs in order without looking at each of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._read import Flags


def before(values: NDArray[np.int64], asks: Flags) -> tuple[int, int, int]:
    """Over the elements that ask: how many of those before them that do not ask are lower, are equal, and are there at all.

    values: whole numbers ≥ 0 in the order in which they stand. A radix descent: at each bit the elements whose higher bits agree
    stand together in their order, so one running count of the zeros gives every pair that this bit decides. O(n · bits).
    """
    there = np.cumsum(~asks)
    total = int(there[asks].sum())
    lower = 0
    values = values.astype(np.int32)
    here = np.arange(len(values), dtype=np.int32)
    for bit in reversed(range(int(values.max()).bit_length() if len(values) else 0)):
        prefix, high = values >> (bit + 1), (values >> bit) & 1 == 1
        starts = np.flatnonzero(np.append(True, prefix[1:] != prefix[:-1]))
        sizes = np.diff(np.append(starts, len(values)))
        zeros = np.cumsum(~high & ~asks, dtype=np.int32)
        earlier = np.append(np.int32(0), zeros)[starts]  # zeros of the groups before
        deciding = high & asks
        lower += int((zeros - np.repeat(earlier, sizes))[deciding].sum(dtype=np.int64))
        # In each group the zeros keep their order at its head, the ones theirs behind them.
        low = np.cumsum(~high, dtype=np.int32)
        low_before = np.append(np.int32(0), low)[starts]
        head = np.repeat((starts - low_before).astype(np.int32), sizes)
        low_until = np.repeat(np.append(low_before[1:], low[-1]), sizes)
        place = np.where(high, low_until + here - low, head + low - 1)
        moved, asking = np.empty_like(values), np.empty_like(asks)
        moved[place], asking[place] = values, asks
        values, asks = moved, asking
    # Equal values stand together now, each group still in its order.
    first = np.append(True, values[1:] != values[:-1])[: len(values)]
    points = np.cumsum(~asks)
    earlier = np.append(0, points)[np.flatnonzero(first)][np.cumsum(first) - 1]
    return lower, int((points - earlier)[asks].sum()), total
