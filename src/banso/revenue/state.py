"""What is recurring on one day: MRR, ARR, ARPA, known ends, and the cohort of twelve months ago."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ._balances import Balances, balances
from ._fx import Rates
from ._ledger import Ledger, prepare
from ._months import day_number, day_of, end_of_day, moment
from ._runs import running, starts_of
from ._units import exact, ratio, total
from .book import Book, as_book


@dataclass(frozen=True)
class MrrAt:
    """MRR at the close of a day. ``by_customer``: those above or below 0, in the reporting currency.

    unrated: customers with an amount in a currency that has no rate, and that currency; they are in no
    sum. arpa is None without customers (reason ``no_customers``).
    """

    day: dt.date
    mrr: Decimal
    customers: int
    arpa: Fraction | None
    by_customer: Mapping[str, Decimal] = field(repr=False)
    unrated: Mapping[str, str] = field(default_factory=dict)

    @property
    def arr(self) -> Decimal:
        """Twelve times the MRR."""
        return self.mrr * 12


def mrr_at(
    movements: Any,
    day: Any,
    *,
    as_of: Any = None,
    known_at: Any = None,
    rates: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    reporting: str = "JPY",
) -> MrrAt:
    """The MRR of every customer at the close of ``day``, at the rates in force that day.

    An end is dated its last day of service, so it is no longer in that day's MRR. Without ``as_of``
    everything known counts, also a return after ``day`` that carries a gap; with ``as_of=day`` only
    what was there on that day.
    """
    target = day_number(day)
    ledger = prepare(
        as_book(movements),
        as_of=as_of,
        known_at=known_at,
        customers=customers,
        contracts=contracts,
        upto=target,
    )
    balance = balances(ledger, Rates.of(rates, reporting), target, target, target)
    return _mrr_at(ledger, balance, target)


def _mrr_at(ledger: Ledger, balance: Balances, target: int) -> MrrAt:
    closing = balance.closing.copy()
    closing[list(balance.unrated)] = 0
    whole, count = total(closing), int((closing > 0).sum())
    found = np.flatnonzero(closing)
    scale = 10**balance.places
    return MrrAt(
        day=day_of(target),
        mrr=exact(whole, balance.places),
        customers=count,
        arpa=Fraction(whole, scale * count) if count else None,
        by_customer={ledger.names[at]: exact(int(closing[at]), balance.places) for at in found},
        unrated={ledger.names[at]: currency for at, currency in balance.unrated.items()},
    )


@dataclass(frozen=True, eq=False)
class Intervals:
    """MRR per customer and currency as steps: from ``on[i]`` (ordinal) the MRR is ``mrr[i]``
    (1/10,000 units) until the next row of the same customer and currency. Sorted by customer,
    currency, day; ``customer`` and ``currency`` index the name tuples."""

    customer: NDArray[np.int64]
    currency: NDArray[np.int64]
    on: NDArray[np.int32]
    mrr: NDArray[np.int64]
    names: tuple[str, ...]
    currencies: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.on)


def intervals(
    movements: Any,
    *,
    as_of: Any = None,
    known_at: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
) -> Intervals:
    """MRR intervals per customer, after residues and late renewals: one row per day that changes it."""
    ledger = prepare(
        as_book(movements), as_of=as_of, known_at=known_at, customers=customers, contracts=contracts
    )
    money = ledger.currency_of_rows().astype(np.int64)
    group = ledger.customer.astype(np.int64) * len(ledger.book.currencies) + money
    order = np.argsort(group, kind="stable")  # days are already in order within a customer
    group, day = group[order], ledger.day[order]
    after = running(ledger.delta[order], starts_of(group))
    closes = np.append((group[1:] != group[:-1]) | (day[1:] != day[:-1]), True)[: len(group)]
    at = np.flatnonzero(closes)
    who, mrr = group[at], after[at]
    same = np.append(False, who[1:] == who[:-1])[: len(at)]
    changed = np.append(0, mrr[:-1])[: len(at)] * same != mrr
    at, who = at[changed], who[changed]
    kinds = len(ledger.book.currencies)
    return Intervals(who // kinds, who % kinds, day[at], after[at], ledger.names, ledger.book.currencies)


@dataclass(frozen=True)
class PlannedEnd:
    """A known end in the future: last day of service, and the MRR the customer has today."""

    customer: str
    on: dt.date
    mrr: Decimal


@dataclass(frozen=True)
class PlannedChurn:
    """解約予定MRR: in no churn rate until its day has come."""

    as_of: dt.date
    mrr: Decimal
    ends: tuple[PlannedEnd, ...]
    unrated: Mapping[str, str] = field(default_factory=dict)


def planned_churn(
    movements: Any,
    as_of: Any,
    *,
    known_at: Any = None,
    rates: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    reporting: str = "JPY",
) -> PlannedChurn:
    """Customers with MRR on ``as_of`` whose movements known that day take it to 0 later.

    Known means recorded by the end of ``as_of`` in Japan (and by ``known_at``). An end whose return is
    already known within 30 days, and a pause under a contract in force, is no planned churn.
    """
    today = day_number(as_of)
    known = end_of_day(today) if known_at is None else min(end_of_day(today), moment(known_at))
    book: Book = as_book(movements).cut(known_at=known)
    ledger = prepare(book, customers=customers, contracts=contracts)
    table = Rates.of(rates, reporting)
    balance = balances(ledger, table, today, today, today)
    later = np.unique(ledger.day[(ledger.day > today) & (ledger.delta < 0)])
    open_ends = np.flatnonzero(balance.closing > 0)
    open_ends = open_ends[~np.isin(open_ends, list(balance.unrated))]
    ends = _first_zero(ledger, open_ends, today) if len(later) else {}
    found = [
        PlannedEnd(ledger.names[code], day_of(on), exact(int(balance.closing[code]), balance.places))
        for code, on in sorted(ends.items(), key=lambda item: (item[1], item[0]))
        if ledger.force is None or not ledger.force.at(np.array([code]), on)[0]
    ]
    return PlannedChurn(
        day_of(today),
        sum((end.mrr for end in found), Decimal(0)),
        tuple(found),
        {ledger.names[at]: currency for at, currency in balance.unrated.items()},
    )


def _first_zero(ledger: Ledger, customers: NDArray[np.int64], today: int) -> dict[int, int]:
    """Per customer the first day after today whose close holds no MRR in any currency."""
    out: dict[int, int] = {}
    future = set(ledger.customer[ledger.day > today].tolist())
    money = ledger.currency_of_rows()
    for code in customers.tolist():
        if code not in future:
            continue
        low, high = np.searchsorted(ledger.customer, np.array([code, code + 1], ledger.customer.dtype))
        held: dict[int, int] = {}
        for at in range(low, high):
            currency = int(money[at])
            held[currency] = held.get(currency, 0) + int(ledger.delta[at])
            day = int(ledger.day[at])
            closes = at + 1 == high or int(ledger.day[at + 1]) != day
            if closes and day > today and not any(amount > 0 for amount in held.values()):
                out[code] = day
                break
    return out


class CohortLines(Sequence[tuple[str, Decimal, Decimal]]):
    """(customer, MRR then, MRR now) of each, made when looked at."""

    def __init__(self, names: Sequence[str], before: NDArray[Any], after: NDArray[Any], places: int) -> None:
        self._names, self._before, self._after = names, before, after
        self.places = places

    def __len__(self) -> int:
        return len(self._before)

    @overload
    def __getitem__(self, index: int) -> tuple[str, Decimal, Decimal]: ...
    @overload
    def __getitem__(self, index: slice) -> CohortLines: ...
    def __getitem__(self, index: int | slice) -> tuple[str, Decimal, Decimal] | CohortLines:
        if isinstance(index, slice):
            return CohortLines(self._names[index], self._before[index], self._after[index], self.places)
        before, after = int(self._before[index]), int(self._after[index])
        return self._names[index], exact(before, self.places), exact(after, self.places)

    @property
    def before(self) -> NDArray[Any]:
        """MRR then, in 1/10**places."""
        return self._before

    @property
    def after(self) -> NDArray[Any]:
        """MRR now, in 1/10**places."""
        return self._after

    def at(self, places: NDArray[np.int64]) -> CohortLines:
        """The lines at these places, in that order."""
        names = [self._names[place] for place in places.tolist()]
        return CohortLines(names, self._before[places], self._after[places], self.places)

    def customers(self, places: NDArray[np.int64]) -> list[str]:
        """The customers of the lines at these places."""
        return [self._names[place] for place in places.tolist()]


@dataclass(frozen=True)
class Cohort12:
    """NRR and GRR over twelve months: the customers of a year ago, then and now.

    ``lines``: customer, MRR then, MRR now. Not the product of twelve monthly values: another cohort.
    """

    then: dt.date
    now: dt.date
    opening: Decimal
    closing: Decimal
    kept: Decimal
    customers: int
    nrr: Fraction | None
    grr: Fraction | None
    reason: str | None
    lines: CohortLines = field(repr=False, compare=False)
    unrated: Mapping[str, str] = field(default_factory=dict)


def year_before(day: dt.date) -> dt.date:
    """The day twelve months earlier; the end of February looks back to the end of February, leap year or not."""
    last = calendar.monthrange(day.year - 1, day.month)[1]
    is_month_end = day.day == calendar.monthrange(day.year, day.month)[1]
    return day.replace(year=day.year - 1, day=last if is_month_end else day.day)


def retention_12m(
    movements: Any,
    as_of: Any,
    *,
    known_at: Any = None,
    rates: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    reporting: str = "JPY",
) -> Cohort12:
    """NRR = MRR on ``as_of`` of those with MRR twelve months before, over their MRR then; GRR takes
    min(then, now) of each. Both days at the rates of the earlier one. The end of February looks back to the end
    of February, so that a month's end is compared with a month's end. None with reason ``no_opening`` where
    nobody had MRR then."""
    now = day_of(day_number(as_of))
    then = year_before(now)
    ledger = prepare(
        as_book(movements), as_of=as_of, known_at=known_at, customers=customers, contracts=contracts
    )
    start = then.toordinal()
    table = Rates.of(rates, reporting)
    balance = balances(ledger, table, start + 1, now.toordinal(), start, opening_day=start)
    held = np.asarray(balance.opening > 0, dtype=bool)
    held[list(balance.unrated)] = False
    opening, closing = balance.opening[held], np.maximum(balance.closing[held], 0)
    before, after, kept = total(opening), total(closing), total(np.minimum(opening, closing))
    places = balance.places
    return Cohort12(
        then=then,
        now=now,
        opening=exact(before, places),
        closing=exact(after, places),
        kept=exact(kept, places),
        customers=int(held.sum()),
        nrr=ratio(after, before),
        grr=ratio(kept, before),
        reason=None if before > 0 else "no_opening",
        lines=CohortLines(
            [ledger.names[code] for code in np.flatnonzero(held).tolist()], opening, closing, places
        ),
        unrated={ledger.names[at]: currency for at, currency in balance.unrated.items()},
    )
