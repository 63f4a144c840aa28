"""The order of movements by (customer, day)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._runs import Days, Ints


@dataclass(frozen=True, eq=False)
class Order:
    """A stable order. Customer, day and position are packed into one int64 where they fit: sorting
    plain integers is several times faster than a lexsort, and the columns come back by shifts,
    without gathering. Otherwise ``columns`` holds them."""

    key: Ints
    row_bits: int
    day_bits: int
    low_day: int
    columns: tuple[Ints, NDArray[Any], Days] | None = None

    def __len__(self) -> int:
        return len(self.key)

    @classmethod
    def of(cls, customer: NDArray[Any], day: Days) -> Order:
        size = len(day)
        if not size:
            return cls(np.zeros(0, dtype=np.int64), 0, 0, 0)
        low = int(day.min())
        row_bits = max((size - 1).bit_length(), 1)
        day_bits = max((int(day.max()) - low).bit_length(), 1)
        if row_bits + day_bits + int(customer.max()).bit_length() > 62:
            order = np.lexsort((day, customer))
            sorted_customer = customer[order].astype(np.int64)
            return cls(sorted_customer, 0, 0, low, (order, sorted_customer, day[order]))
        key = customer.astype(np.int64)
        key <<= day_bits
        key += day
        key -= low
        head = key[:1000]
        if (head[1:] >= head[:-1]).all() and (key[1:] >= key[:-1]).all():
            return cls(key, 0, day_bits, low)
        key <<= row_bits
        key |= np.arange(size, dtype=np.int64)
        key.sort()
        return cls(key, row_bits, day_bits, low)

    def rows(self, low: int, high: int) -> tuple[NDArray[Any], NDArray[Any], Days]:
        """Positions, customers and days of the sorted rows from low to high."""
        if self.columns is not None:
            order, customer, day = self.columns
            return order[low:high], customer[low:high], day[low:high]
        key = self.key[low:high]
        if self.row_bits:
            position = key & ((1 << self.row_bits) - 1)
            key = key >> self.row_bits
        else:
            position = np.arange(low, high, dtype=np.int64)
        days = (key & ((1 << self.day_bits) - 1)).astype(np.int32)
        days += self.low_day
        return position, (key >> self.day_bits).astype(np.int32), days

    def cuts(self, rows: int) -> Iterator[tuple[int, int]]:
        """Consecutive ranges of about so many rows that never part a customer."""
        shift, low, size = self.row_bits + self.day_bits, 0, len(self.key)
        while low < size:
            high = min(low + rows, size)
            if high < size:
                following = ((int(self.key[high - 1]) >> shift) + 1) << shift
                high = int(np.searchsorted(self.key, following))
            yield low, high
            low = high
