"""Amounts of several currencies: what they are in the reporting one, and what is unknown because a rate is missing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from banso.money import exponent, from_units
from banso_web.revenue.reads.customers import Counted

Held = tuple[tuple[str, int], ...]  # (currency, units) of what is not 0


def rate_on(counted: Counted, currency: str, day: date) -> Decimal | None:
    """The rate to the reporting currency in force on a day; None where nobody gave one."""
    if currency == counted.rules.currency:
        return Decimal(1)
    table = counted.rates
    dated = sorted(
        (on, index) for index, on in enumerate(table["on"]) if table["currency"][index] == currency
    )
    found = bisect_right([on for on, _ in dated], day)
    return Decimal(table["rate_to_reporting"][dated[found - 1][1]]) if found else None


def to_reporting(counted: Counted, held: Iterable[tuple[str, int]], day: date) -> int | None:
    """Units of several currencies as units of the reporting one, rounded half up; None where one of them has no rate:
    unknown is a state, never 0."""
    total = Decimal(0)
    for currency, units in held:
        if not units:
            continue
        rate = rate_on(counted, currency, day)
        if rate is None:
            return None
        total += Decimal(units) * rate
    return int(total.to_integral_value(rounding=ROUND_HALF_UP))


def held_in(balances: Mapping[str, int]) -> Held:
    """What is not 0, by currency in the order of their names."""
    return tuple(sorted((currency, units) for currency, units in balances.items() if units))


def is_carried(units: int | None, held: Held) -> bool:
    """Whether MRR stands: above 0 in the reporting currency, or, where no rate tells, in a currency of its own."""
    return any(amount > 0 for _currency, amount in held) if units is None else units > 0


def held_of(counted: Counted, customers: Collection[int], day: date) -> dict[int, dict[str, int]]:
    """{customer: {currency: units}} at the close of a day, in their own currencies; for a few customers."""
    book = counted.book
    codes = np.flatnonzero(np.isin(counted.customers, list(customers)))
    found: dict[int, dict[str, int]] = {}
    for at in np.flatnonzero(np.isin(book.account, codes) & (book.on <= day.toordinal())).tolist():
        balances = found.setdefault(int(counted.customers[book.account[at]]), {})
        currency = book.currencies[book.currency[at]]
        balances[currency] = balances.get(currency, 0) + int(book.delta[at])
    return found


def added_up(parts: Iterable[Iterable[tuple[str, int]]]) -> Held:
    """Several amounts as one, currency by currency."""
    sums: dict[str, int] = {}
    for part in parts:
        for currency, units in part:
            sums[currency] = sums.get(currency, 0) + units
    return held_in(sums)


def held_text(held: Iterable[tuple[str, int]]) -> str:
    """In words, each in its own currency: USD 1,200.00 · EUR 20.00."""
    return " · ".join(f"{currency} {from_units(units):,.{exponent(currency)}f}" for currency, units in held)
