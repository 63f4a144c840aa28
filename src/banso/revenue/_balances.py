"""Opening and closing balances of every customer, and what product growth is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._fx import Rates
from ._ledger import Ledger
from ._runs import Ints, running, starts_of


@dataclass(frozen=True, eq=False)
class Balances:
    """Per customer, in 1/10**places of the reporting currency. ``unrated``: currency without rate."""

    places: int
    opening: NDArray[Any]
    closing: NDArray[Any]  # at the opening rates
    restated: NDArray[Any]  # the closing at the closing rates
    unrated: dict[int, str]
    scales: tuple[int | None, ...]  # opening rate of each currency


def balances(
    ledger: Ledger, rates: Rates, first: int, last: int, closing_day: int, opening_day: int | None = None
) -> Balances:
    """State before ``first`` and after ``last``; rates in force on ``opening_day`` (default: first)
    and on ``closing_day``."""
    opening = per_currency(ledger, ledger.day < first)
    closing = per_currency(ledger, ledger.day <= last)
    names = ledger.book.currencies
    open_rates = tuple(rates.at(name, opening_day or first) for name in names)
    close_rates = tuple(rates.at(name, closing_day) for name in names)
    unrated: dict[int, str] = {}
    for code, name in enumerate(names):
        if open_rates[code] is None:
            for customer in np.flatnonzero((opening[code] != 0) | (closing[code] != 0)):
                unrated.setdefault(int(customer), name)
    used = [bool(opening[code].any() or closing[code].any()) for code in range(len(names))]
    simple = all(not used[code] or name == rates.reporting for code, name in enumerate(names))
    if simple:
        zero = np.zeros(len(ledger.names), dtype=np.int64)
        home = [code for code in range(len(names)) if used[code]]
        start, end = (opening[home[0]], closing[home[0]]) if home else (zero, zero)
        return Balances(4, start, end, end, unrated, tuple(r and 1 for r in open_rates))
    return Balances(
        4 + rates.places,
        _convert(opening, open_rates),
        _convert(closing, open_rates),
        _convert(closing, close_rates),
        unrated,
        open_rates,
    )


def per_currency(ledger: Ledger, which: NDArray[np.bool_]) -> list[Ints]:
    """Sums of delta over the chosen rows: one int64 array over customers per currency."""
    out = []
    for code in range(len(ledger.book.currencies)):
        if ledger.currency is None:
            rows = which if code == ledger.only else np.zeros(0, dtype=bool)
        else:
            rows = which & (ledger.currency == code)
        sums = np.zeros(len(ledger.names), dtype=np.int64)
        if rows.any():
            np.add.at(sums, ledger.customer[rows], ledger.delta[rows])
        out.append(sums)
    return out


def _convert(amounts: list[Ints], rates: tuple[int | None, ...]) -> NDArray[Any]:
    """Python ints, so that no rate can overflow them; a missing rate counts 0 and is listed apart."""
    converted: NDArray[Any] = np.zeros(len(amounts[0]), dtype=object)
    for values, rate in zip(amounts, rates, strict=True):
        if rate:
            converted = converted + values.astype(object) * rate
    return converted


def cross_sell(
    ledger: Ledger, balance: Balances, growing: NDArray[np.bool_], first: int, last: int
) -> dict[int, int]:
    """Per growing customer: growth on products never held before ``first``, uncapped.

    A row without a product is never a new product: nobody knows that it is one.
    """
    product = ledger.book.product[ledger.source]
    rows = np.flatnonzero(growing[ledger.customer] & (product >= 0) & (ledger.day <= last))
    if not len(rows):
        return {}
    money = ledger.currency_of_rows()[rows].astype(np.int64)
    who, what, when = ledger.customer[rows].astype(np.int64), product[rows].astype(np.int64), ledger.day[rows]
    pair = who * (len(ledger.book.products) + 1) + what
    group = pair * len(ledger.book.currencies) + money
    order = np.lexsort((when, group))
    group, pair, when, money, who = group[order], pair[order], when[order], money[order], who[order]
    begins = starts_of(group)
    sums = running(ledger.delta[rows][order], begins)
    closes = np.append((group[1:] != group[:-1]) | (when[1:] != when[:-1]), True)
    held = set(pair[closes & (sums > 0) & (when < first)].tolist())
    ends = np.append(begins[1:], len(group)) - 1
    growth: dict[int, tuple[int, int]] = {}
    for at in ends.tolist():
        if int(pair[at]) in held:
            continue
        amount = int(sums[at]) * int(balance.scales[int(money[at])] or 0)
        customer, so_far = growth.get(int(pair[at]), (int(who[at]), 0))
        growth[int(pair[at])] = (customer, so_far + amount)
    out: dict[int, int] = {}
    for customer, amount in growth.values():
        out[customer] = out.get(customer, 0) + max(amount, 0)
    return out
