"""Many months at once, computed at the boundaries where a price changes, never by exploding.

One sort by (customer, day) serves all months: a customer's MRR can only differ between two months
where a movement lies between, so a month's bars are sums over its movements alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ._classes import BACK, CHURN, DOWN, NEW, UP, classify
from ._fx import Rates
from ._ledger import Ledger, blocks
from ._months import day_number, first_day, last_day, month_number, month_text, months_of
from ._runs import Ints, running, starts_of
from ._units import exact, ratio
from .book import as_book
from .waterfall import closing_rate_day

_KINDS = 6


@dataclass(frozen=True)
class MonthRow:
    """One month; the fields mean what they mean in :class:`~banso.revenue.Waterfall`."""

    month: str
    opening: Decimal
    new: Decimal
    reactivation: Decimal
    expansion: Decimal
    contraction: Decimal
    churn: Decimal
    fx: Decimal
    closing: Decimal
    difference: Decimal
    nrr: Fraction | None
    grr: Fraction | None
    gross_churn: Fraction | None
    net_churn: Fraction | None
    mrr_churn: Fraction | None
    customer_churn: Fraction | None
    reason: str | None
    counts: Mapping[str, int]


class Monthly(Sequence[MonthRow]):
    """One :class:`MonthRow` a month, in order; ``column("churn")`` reads one column."""

    def __init__(self, rows: Sequence[MonthRow], reporting: str) -> None:
        self._rows = tuple(rows)
        self.reporting = reporting

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> MonthRow: ...
    @overload
    def __getitem__(self, index: slice) -> Monthly: ...
    def __getitem__(self, index: int | slice) -> MonthRow | Monthly:
        found = self._rows[index]
        return found if isinstance(found, MonthRow) else Monthly(found, self.reporting)

    def __iter__(self) -> Iterator[MonthRow]:
        return iter(self._rows)

    def column(self, name: str) -> list[Any]:
        """One field or one count over the months. AttributeError if there is none such."""
        return [row.counts[name] if name in row.counts else getattr(row, name) for row in self._rows]

    def columns(self) -> dict[str, list[Any]]:
        """A dict of columns, counts included: what pandas, Polars or PyArrow make a table from."""
        if not self._rows:
            return {}
        names = [name for name in MonthRow.__dataclass_fields__ if name != "counts"]
        return {name: self.column(name) for name in (*names, *self._rows[0].counts)}


@dataclass(frozen=True, eq=False)
class _Sums:
    """Integer sums per currency and month: ``amount[currency, month, kind]`` and so on.

    Month 0 is all time before the first month, 1..n are the months.
    """

    amount: Ints
    number: Ints
    paused: Ints
    resumed: Ints
    net: Ints  # change of balance per month, from the movements themselves

    def held(self) -> Ints:
        """Change of the number of customers per month."""
        number = self.number
        came = number[:, :, NEW] + number[:, :, BACK] + self.resumed
        return np.asarray(came - number[:, :, CHURN] - self.paused)

    @classmethod
    def empty(cls, currencies: int, width: int) -> _Sums:
        fine = np.zeros((2, currencies, width, _KINDS), dtype=np.int64)
        flat = np.zeros((3, currencies, width), dtype=np.int64)
        return cls(fine[0], fine[1], flat[0], flat[1], flat[2])


def monthly(
    movements: Any,
    start: Any,
    end: Any,
    *,
    as_of: Any = None,
    known_at: Any = None,
    rates: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    reporting: str = "JPY",
) -> Monthly:
    """One row for each month from ``start`` to ``end``, both included.

    Each row equals :func:`~banso.revenue.waterfall` of that month with the same arguments (without
    the split of expansion and without lines). Raises ValueError where end lies before start.
    """
    book, begin, finish = as_book(movements), month_number(start), month_number(end)
    if finish < begin:
        raise ValueError(f"{month_text(finish)} lies before {month_text(begin)}")
    table = Rates.of(rates, reporting)
    months = range(begin, finish + 1)
    limit = None if as_of is None else day_number(as_of)
    found = [_Month(4 + table.places) for _ in months]
    sums = _Sums.empty(len(book.currencies), len(months) + 2)
    for ledger in blocks(
        book,
        as_of=as_of,
        known_at=known_at,
        customers=customers,
        contracts=contracts,
        upto=last_day(finish),
    ):
        mixed = _mixed(ledger)
        _add_block(sums, ledger, months, mixed)
        if mixed is not None and mixed.any():
            _add_mixed(found, ledger, table, months, limit, np.flatnonzero(mixed))
    _add_plain(found, sums, book.currencies, table, months, limit)
    return Monthly([part.row(number) for part, number in zip(found, months, strict=True)], reporting)


class _Month:
    """What has been added up for one month, as integers over 10**places."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.opening = self.closing = self.fx = 0
        self.amount = [0] * _KINDS
        self.number = [0] * _KINDS
        self.held = self.holds = self.paused = self.resumed = 0

    def row(self, number: int) -> MonthRow:
        opening, amount = self.opening, self.amount
        new, back, up, down, churn = (amount[code] for code in (NEW, BACK, UP, DOWN, CHURN))
        counts = {
            "opening_customers": self.held,
            "new_customers": self.number[NEW],
            "reactivated_customers": self.number[BACK],
            "expanded_customers": self.number[UP],
            "contracted_customers": self.number[DOWN],
            "churned_customers": self.number[CHURN],
            "paused_customers": self.paused,
            "resumed_customers": self.resumed,
            "closing_customers": self.holds,
        }

        def money(value: int) -> Decimal:
            return exact(value, self.places)

        return MonthRow(
            month=month_text(number),
            opening=money(opening),
            new=money(new),
            reactivation=money(back),
            expansion=money(up),
            contraction=money(down),
            churn=money(churn),
            fx=money(self.fx),
            closing=money(self.closing),
            difference=money(self.closing - (opening + new + back + up - down - churn + self.fx)),
            nrr=ratio(opening + up - down - churn, opening),
            grr=ratio(opening - down - churn, opening),
            gross_churn=ratio(churn + down, opening),
            net_churn=ratio(churn + down - up, opening),
            mrr_churn=ratio(churn, opening),
            customer_churn=ratio(self.number[CHURN], self.held),
            reason=None if opening > 0 else "no_opening",
            counts=counts,
        )


def _mixed(ledger: Ledger) -> NDArray[np.bool_] | None:
    """Customers with several currencies: their class depends on the rates, so they go by month."""
    if ledger.currency is None:
        return None
    starts = ledger.starts()
    low = np.minimum.reduceat(ledger.currency, starts)
    high = np.maximum.reduceat(ledger.currency, starts)
    mixed = np.zeros(len(ledger.names), dtype=bool)
    mixed[ledger.customer[starts]] = low != high
    return mixed


def _month_index(day: NDArray[np.int32], months: range) -> NDArray[np.int16]:
    """0 before the months, 1..n within, n + 1 after; by a table over the days that occur."""
    if not len(day):
        return np.zeros(0, dtype=np.int16)
    low = int(day.min())
    table = months_of(np.arange(low, int(day.max()) + 1, dtype=np.int32)) - months.start + 1
    return np.clip(table, 0, len(months) + 1).astype(np.int16)[day - low]


def _add_block(sums: _Sums, ledger: Ledger, months: range, mixed: NDArray[np.bool_] | None) -> None:
    """Add a block's customers of one currency: their class does not depend on any rate."""
    customer, day, delta, currency = ledger.customer, ledger.day, ledger.delta, ledger.currency
    if mixed is not None and mixed.any():
        plain = ~mixed[customer]
        customer, day, delta = customer[plain], day[plain], delta[plain]
        currency = None if currency is None else currency[plain]
    if not len(day):
        return
    month = _month_index(day, months)
    begins = np.empty(len(day), dtype=bool)
    begins[0] = True
    np.not_equal(customer[1:], customer[:-1], out=begins[1:])
    begins[1:] |= month[1:] != month[:-1]
    at = np.flatnonzero(begins)
    if len(at) < len(day):
        customer, month, delta = customer[at], month[at], np.add.reduceat(delta, at)
        currency = None if currency is None else currency[at]
    closing = running(delta, starts_of(customer))
    opening = closing - delta
    firsts = np.array([first_day(months.start), *(first_day(m) for m in months), 0], dtype=np.int32)
    lasts = np.array([0, *(last_day(m) for m in months), 0], dtype=np.int32)
    before = ledger.first_live[customer] < firsts[month]
    first, last = (firsts[month], lasts[month]) if ledger.force is not None else (0, 0)
    kind, paused, resumed = classify(opening, closing, before, customer, ledger.force, first, last)
    kinds, width = sums.net.shape
    cell = month + (ledger.only * width if currency is None else currency.astype(np.int64) * width)
    cells = kinds * width
    finer = cell * _KINDS + kind
    sums.amount[...] += _sum_by(finer, np.abs(delta), cells * _KINDS).reshape(sums.amount.shape)
    sums.number[...] += np.bincount(finer, minlength=cells * _KINDS).reshape(sums.number.shape)
    sums.net[...] += _sum_by(cell, delta, cells).reshape(kinds, width)
    if ledger.force is not None:
        sums.paused[...] += np.bincount(cell[paused], minlength=cells).reshape(kinds, width)
        sums.resumed[...] += np.bincount(cell[resumed], minlength=cells).reshape(kinds, width)


def _sum_by(cell: Ints, values: Ints, cells: int) -> Ints:
    """Exact int64 sums per cell. bincount adds doubles, which are exact up to 2**53: values that could
    pass it are added in two halves."""
    if float(max(values.max(), -values.min())) * len(values) < 2.0**53:
        return np.bincount(cell, values, cells).astype(np.int64)
    low = np.bincount(cell, values & 0xFFFFFF, cells).astype(np.int64)
    high = np.bincount(cell, values >> 24, cells).astype(np.int64)
    return (high << 24) + low


def _add_plain(
    found: list[_Month],
    sums: _Sums,
    currencies: tuple[str, ...],
    rates: Rates,
    months: range,
    limit: int | None,
) -> None:
    balance = np.cumsum(sums.net, axis=1)
    holding = np.cumsum(sums.held(), axis=1)
    for code, name in enumerate(currencies):
        for at, number in enumerate(months, start=1):
            rate, after = rates.at(name, first_day(number)), rates.at(name, closing_rate_day(number, limit))
            if rate is None or after is None:
                continue  # unknown is not 0: waterfall() lists these customers as missing_rate
            part = found[at - 1]
            part.opening += int(balance[code, at - 1]) * rate
            part.closing += int(balance[code, at]) * after
            part.fx += int(balance[code, at]) * (after - rate)
            part.held += int(holding[code, at - 1])
            part.holds += int(holding[code, at])
            part.paused += int(sums.paused[code, at])
            part.resumed += int(sums.resumed[code, at])
            for kind in range(_KINDS):
                part.amount[kind] += int(sums.amount[code, at, kind]) * rate
                part.number[kind] += int(sums.number[code, at, kind])


def _add_mixed(
    found: list[_Month],
    ledger: Ledger,
    rates: Rates,
    months: range,
    limit: int | None,
    who: NDArray[np.int64],
) -> None:
    """Customers with several currencies, month by month, in Python integers."""
    assert ledger.currency is not None
    names, width = ledger.book.currencies, len(months) + 2
    place = np.full(len(ledger.names), -1, dtype=np.int64)
    place[who] = np.arange(len(who))
    rows = np.flatnonzero(place[ledger.customer] >= 0)
    state = np.zeros((len(names), len(who), width), dtype=np.int64)
    month = _month_index(ledger.day[rows], months)
    np.add.at(state, (ledger.currency[rows], place[ledger.customer[rows]], month), ledger.delta[rows])
    state = np.cumsum(state, axis=2)
    for at, number in enumerate(months, start=1):
        first, last = first_day(number), last_day(number)
        opens = [rates.at(name, first) for name in names]
        closes = [rates.at(name, closing_rate_day(number, limit)) for name in names]
        before, after = state[:, :, at - 1], state[:, :, at]
        unrated = np.zeros(len(who), dtype=bool)
        for code, rate in enumerate(opens):
            if rate is None:
                unrated |= (before[code] != 0) | (after[code] != 0)
        opening, closing = _at(before, opens), _at(after, opens)
        restated = _at(after, closes)
        lived = ledger.first_live[who] < first
        kind, paused, resumed = classify(opening, closing, lived, who, ledger.force, first, last)
        part, rated = found[at - 1], ~unrated
        part.opening += sum(opening[rated].tolist())
        part.closing += sum(restated[rated].tolist())
        part.fx += sum((restated - closing)[rated].tolist())
        part.held += int((rated & (opening > 0)).sum())
        part.holds += int((rated & (closing > 0)).sum())
        part.paused += int((rated & paused).sum())
        part.resumed += int((rated & resumed).sum())
        for code in range(_KINDS):
            of_kind = rated & (kind == code)
            part.amount[code] += sum(np.abs((closing - opening)[of_kind]).tolist())
            part.number[code] += int(of_kind.sum())


def _at(state: Ints, rates: list[int | None]) -> NDArray[Any]:
    converted: NDArray[Any] = np.zeros(state.shape[1], dtype=object)
    for amounts, rate in zip(state, rates, strict=True):
        converted = converted + amounts.astype(object) * (rate or 0)
    return converted
