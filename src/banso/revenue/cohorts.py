"""Retention by the month a customer started, by customers and by MRR."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._fx import Rates
from ._ledger import Ledger, prepare
from ._months import day_number, last_day, month_text, months_of
from ._runs import running, starts_of
from ._units import exact
from .book import as_book

By = str | Mapping[str, str] | Callable[[str], str | None]


@dataclass(frozen=True)
class Cohort:
    """Customers that started together. All tuples run over age in months, from the start month (0)
    to the oldest age of the whole table; an age not yet reached is None, never 0.

    base: customers old enough for the age; retained: of them, those with MRR; base_mrr: what the base
    had at the close of its start month; mrr: what it has at the age. Retention is retained over base
    and mrr over base_mrr. ``size``: base at age 0.
    """

    key: str
    size: int
    base: tuple[int | None, ...]
    retained: tuple[int | None, ...]
    base_mrr: tuple[Decimal | None, ...]
    mrr: tuple[Decimal | None, ...]

    def customer_retention(self, age: int) -> Fraction | None:
        base, kept = self.base[age], self.retained[age]
        return Fraction(kept, base) if base and kept is not None else None

    def mrr_retention(self, age: int) -> Fraction | None:
        base, mrr = self.base_mrr[age], self.mrr[age]
        return Fraction(mrr) / Fraction(base) if base and mrr is not None else None


@dataclass(frozen=True)
class Cohorts:
    """Cohorts in order of key. last_month: the last complete month; unrated: customers left out for a
    missing rate, unlabelled: customers the ``by`` gave no key."""

    by: str
    last_month: str | None
    cohorts: tuple[Cohort, ...]
    unrated: tuple[str, ...] = ()
    unlabelled: tuple[str, ...] = ()

    @property
    def ages(self) -> int:
        """Number of columns."""
        return len(self.cohorts[0].base) if self.cohorts else 0


def cohorts(
    movements: Any,
    by: By = "month",
    *,
    as_of: Any = None,
    known_at: Any = None,
    rates: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    reporting: str = "JPY",
) -> Cohorts:
    """Cohorts by start ``"month"``, ``"quarter"`` (calendar) or ``"year"``, or by a label of the customer (a
    mapping or a function; None leaves it out and lists it).

    A customer starts in the first month whose close holds MRR, so new-and-gone starts nothing. Only
    months complete by ``as_of`` count; without it, up to the month of the last movement. MRR stands at
    the rates in force on the last day, so that exchange rates do not look like retention. In any
    complete month, the retained customers of all cohorts are that month's closing customers.
    """
    ledger = prepare(
        as_book(movements), as_of=as_of, known_at=known_at, customers=customers, contracts=contracts
    )
    name = by if isinstance(by, str) else "label"
    if not len(ledger.day):
        return Cohorts(name, None, ())
    final = int(months_of(ledger.day.max().reshape(1))[0])
    if as_of is not None:
        day = day_number(as_of)
        current = int(months_of(np.array([day], dtype=np.int32))[0])
        final = current if day == last_day(current) else current - 1
    steps = _steps(ledger, Rates.of(rates, reporting), final)
    keys, unlabelled = _keys(by, ledger.names, steps.started)
    return Cohorts(
        name,
        month_text(final),
        _table(steps, keys, final),
        tuple(ledger.names[code] for code in steps.unrated),
        tuple(ledger.names[code] for code in unlabelled),
    )


@dataclass(frozen=True, eq=False)
class _Steps:
    """Changes of a customer's month-end MRR; ``started``: first month with MRR, -1 for never."""

    customer: NDArray[Any]
    month: NDArray[np.int64]
    after: NDArray[Any]
    before: NDArray[Any]
    started: NDArray[np.int64]
    unrated: tuple[int, ...]
    places: int


def _steps(ledger: Ledger, rates: Rates, final: int) -> _Steps:
    names, when = ledger.book.currencies, last_day(final)
    money = ledger.currency_of_rows()
    scale = [rates.at(name, when) for name in names]
    inside = ledger.day <= when
    rateless = np.array([rate is None for rate in scale], dtype=bool)
    unrated = np.unique(ledger.customer[inside & rateless[money]])
    inside &= ~np.isin(ledger.customer, unrated)
    customer, day = ledger.customer[inside], ledger.day[inside]
    delta: NDArray[Any] = ledger.delta[inside]
    places = 4
    if any(rate != 10**rates.places for rate, name in zip(scale, names, strict=True) if rate is not None):
        factor = np.array([rate or 0 for rate in scale], dtype=object)
        delta, places = delta.astype(object) * factor[money[inside]], 4 + rates.places
    month = months_of(day)
    at = np.flatnonzero(
        np.append(True, (customer[1:] != customer[:-1]) | (month[1:] != month[:-1]))[: len(day)]
    )
    if not len(at):
        started = np.full(len(ledger.names), -1, dtype=np.int64)
        return _Steps(customer, month, delta, delta, started, tuple(unrated.tolist()), places)
    customer, month, moved = customer[at], month[at], np.add.reduceat(delta, at)
    after = running(moved, starts_of(customer))
    # A balance below 0 is a flaw of the data (waterfall notes it) and nobody's MRR.
    floor = np.where(after > 0, after, 0)
    first = np.append(True, customer[1:] != customer[:-1])
    before = np.where(first, 0, np.append(0, floor[:-1]))
    started = np.full(len(ledger.names), -1, dtype=np.int64)
    holding = np.flatnonzero(floor > 0)[::-1]  # the earliest is written last and stays
    started[customer[holding]] = month[holding]
    return _Steps(customer, month, floor, before, started, tuple(unrated.tolist()), places)


def _keys(by: By, names: tuple[str, ...], started: NDArray[np.int64]) -> tuple[list[str | None], list[int]]:
    keys: list[str | None] = []
    for name, month in zip(names, started.tolist(), strict=True):
        if month < 0:
            keys.append(None)
        elif isinstance(by, Mapping):
            keys.append(by.get(name))
        elif callable(by):
            keys.append(by(name))
        elif by == "month":
            keys.append(month_text(month))
        elif by == "quarter":
            keys.append(f"{month // 12:04d}-Q{month % 12 // 3 + 1}")
        elif by == "year":
            keys.append(f"{month // 12:04d}")
        else:
            raise ValueError(f"by is 'month', 'quarter', 'year', a mapping or a function, not {by!r}")
    return keys, [code for code, key in enumerate(keys) if key is None and started[code] >= 0]


def _table(steps: _Steps, keys: list[str | None], final: int) -> tuple[Cohort, ...]:
    labels = sorted({key for key in keys if key is not None})
    if not labels:
        return ()
    place = {label: at for at, label in enumerate(labels)}
    cohort = np.array([-1 if key is None else place[key] for key in keys], dtype=np.int64)
    ages = final - int(steps.started[cohort >= 0].min()) + 1
    shape = (len(labels), ages + 1)
    kept, base = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    mrr, base_mrr = np.zeros(shape, dtype=object), np.zeros(shape, dtype=object)
    own = cohort[steps.customer] >= 0
    who = steps.customer[own]
    group, begun = cohort[who], steps.started[who]
    month, before, after = steps.month[own], steps.before[own], steps.after[own]
    real = month >= begun  # before the start there is no MRR at a close
    group, begun, who = group[real], begun[real], who[real]
    month, before, after = month[real], before[real], after[real]
    age = month - begun
    np.add.at(kept, (group, age), (after > 0).astype(np.int64) - (before > 0))
    np.add.at(mrr, (group, age), (after - before).astype(object))
    # A customer leaves base and sums after the last age it has reached.
    ends = np.append(who[1:] != who[:-1], True)[: len(who)]
    out = final - begun[ends] + 1
    np.add.at(kept, (group[ends], out), -(after[ends] > 0).astype(np.int64))
    np.add.at(mrr, (group[ends], out), -after[ends].astype(object))
    starts = age == 0
    np.add.at(base, (group[starts], 0), 1)
    np.add.at(base, (group[starts], final - begun[starts] + 1), -1)
    np.add.at(base_mrr, (group[starts], 0), after[starts].astype(object))
    np.add.at(base_mrr, (group[starts], final - begun[starts] + 1), -after[starts].astype(object))
    base, kept = base.cumsum(axis=1), kept.cumsum(axis=1)
    base_mrr, mrr = base_mrr.cumsum(axis=1), mrr.cumsum(axis=1)

    def counted(values: NDArray[Any], row: int) -> tuple[int | None, ...]:
        return tuple(int(values[row, at]) if base[row, at] else None for at in range(ages))

    def money(values: NDArray[Any], row: int) -> tuple[Decimal | None, ...]:
        return tuple(
            exact(int(values[row, at]), steps.places) if base[row, at] else None for at in range(ages)
        )

    return tuple(
        Cohort(
            key=label,
            size=int(base[row, 0]),
            base=counted(base, row),
            retained=counted(kept, row),
            base_mrr=money(base_mrr, row),
            mrr=money(mrr, row),
        )
        for row, label in enumerate(labels)
    )
