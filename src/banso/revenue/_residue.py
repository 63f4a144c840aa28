"""端数: a balance under half the smallest coin after a movement is 0, and is listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._runs import Days, Ints, running, starts_of
from ._units import minor_unit
from .book import Book


@dataclass(frozen=True)
class Residue:
    """A balance under half the smallest coin, taken as 0: customer index, currency, units, day, row."""

    customer: int
    currency: int
    units: int
    day: int
    row: int


def has_fractions(delta: Ints, currency: NDArray[Any] | None, only: int, book: Book) -> bool:
    """A residue needs a fraction of a coin somewhere; most books have none."""
    if not len(delta):
        return False
    coins = np.array([minor_unit(name) for name in book.currencies], dtype=np.int64)
    coin = coins[only] if currency is None else coins[currency]
    return bool((delta % coin).any())


def settle(
    book: Book,
    customer: NDArray[Any],
    day: Days,
    delta: Ints,
    currency: NDArray[Any] | None,
    only: int,
    source: NDArray[Any],
) -> tuple[Ints, tuple[Residue, ...]]:
    """Balances under half a coin become 0, first of each contract, then of each customer."""
    money = np.full(len(day), only, dtype=np.int64) if currency is None else currency.astype(np.int64)
    coins = np.array([minor_unit(name) for name in book.currencies], dtype=np.int64)
    half = coins[money] / 2
    kinds = len(book.currencies)
    by_customer = customer.astype(np.int64) * kinds + money
    contract = book.contract[source].astype(np.int64) + 1
    by_contract = by_customer * (len(book.contracts) + 1) + contract
    delta = delta.copy()
    found: list[Residue] = []
    for group in (by_contract, by_customer):
        order = np.lexsort((np.arange(len(day)), day, group))
        grouped, days, limits = group[order], day[order], half[order]
        begins = starts_of(grouped)
        closes = np.append((grouped[1:] != grouped[:-1]) | (days[1:] != days[:-1]), True)
        part = delta[order]
        while True:
            balance = running(part, begins)
            small = np.flatnonzero(closes & (balance != 0) & (np.abs(balance) < limits))
            if not len(small):
                break
            # One per group and round: a residue taken away moves every later balance of its group.
            _, firsts = np.unique(grouped[small], return_index=True)
            for at in small[firsts]:
                row = order[at]
                found.append(
                    Residue(
                        int(customer[row]),
                        int(money[row]),
                        int(balance[at]),
                        int(day[row]),
                        int(book.row[source[row]]),
                    )
                )
            part[small[firsts]] -= balance[small[firsts]]
        delta[order] = part
    return delta, tuple(found)
