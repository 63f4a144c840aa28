"""The month's waterfall: opening MRR, what happened to each customer, closing MRR.

Definitions: spec/metrics.md. A class is read from a customer's opening and closing MRR alone, never
from the cause somebody typed. All sums are integers; a Decimal is made only where a caller looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ._balances import Balances, balances, cross_sell
from ._classes import BACK, CHURN, DOWN, KINDS, NEW, UP, classify
from ._fx import Rates
from ._ledger import Ledger, prepare
from ._months import day_number, day_of, first_day, last_day, month_number, month_text
from ._units import exact, ratio, total
from .book import as_book


@dataclass(frozen=True)
class Line:
    """One customer's month. ``kind`` is one of :data:`KINDS`; ``amount`` is positive, 0 if unchanged.

    opening, closing: MRR at the month's opening rates; fx: what rates added by the month's end.
    paused, resumed: MRR went to 0, or came back, under a contract in force (休止・無償月).
    rows: the caller's ids of the movements that counted in the month.
    """

    customer: str
    kind: str
    opening: Decimal
    closing: Decimal
    amount: Decimal
    upsell: Decimal
    cross_sell: Decimal
    fx: Decimal
    paused: bool
    resumed: bool
    rows: tuple[int, ...]


class Lines(Sequence[Line]):
    """The lines of a waterfall, made when looked at: 100,000 customers cost nothing until shown."""

    def __init__(self, table: _Table, which: NDArray[np.int64]) -> None:
        self._table = table
        self._which = which

    def __len__(self) -> int:
        return len(self._which)

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> Lines: ...
    def __getitem__(self, index: int | slice) -> Line | Lines:
        if isinstance(index, slice):
            return Lines(self._table, self._which[index])
        return self._table.line(int(self._which[index]))

    def __iter__(self) -> Iterator[Line]:
        return (self._table.line(int(at)) for at in self._which)

    def of(self, *kinds: str) -> Lines:
        """Only the lines of these kinds. ValueError for a kind that does not exist."""
        codes = [KINDS.index(kind) for kind in kinds]
        return Lines(self._table, self._which[np.isin(self._table.kind[self._which], codes)])

    def cross_sold(self) -> Lines:
        """Only customers a part of whose gain is a cross-sell."""
        return Lines(self._table, self._which[np.isin(self._which, list(self._table.crossed))])

    def upsold(self) -> Lines:
        """Only customers a part of whose gain is an upsell: without those who gained by cross-sell alone."""
        moved = self._table.balance.closing - self._table.balance.opening
        whole = [code for code, amount in self._table.crossed.items() if amount >= int(moved[code])]
        return Lines(self._table, self._which[~np.isin(self._which, whole)])

    def opened(self) -> Lines:
        """The opening customers: the denominator of churn rates, NRR and GRR."""
        return Lines(self._table, self._which[self._table.balance.opening[self._which] > 0])

    @property
    def places(self) -> int:
        """What :meth:`units` counts in: 1/10**places of the reporting currency."""
        return self._table.balance.places

    def units(self, name: str) -> NDArray[Any]:
        """One amount of every line as integers (see :attr:`places`), without making a line.

        name: ``opening``, ``closing``, ``amount``, ``upsell``, ``cross_sell`` or ``fx`` as in :class:`Line`;
        ``restated`` is closing + fx, ``kept`` the smaller of opening and closing. ValueError otherwise.
        """
        balance, which = self._table.balance, self._which
        opening, closing, restated = balance.opening[which], balance.closing[which], balance.restated[which]
        if name in ("upsell", "cross_sell"):
            return self._grown(np.abs(closing - opening), name)
        columns: dict[str, Callable[[], NDArray[Any]]] = {
            "opening": lambda: opening,
            "closing": lambda: closing,
            "restated": lambda: restated,
            "amount": lambda: np.abs(closing - opening),
            "fx": lambda: restated - closing,
            "kept": lambda: np.minimum(opening, closing),
        }
        if name not in columns:
            raise ValueError(f"no such amount: {name}")
        return columns[name]()

    def _grown(self, amount: NDArray[Any], name: str) -> NDArray[Any]:
        """The two parts of an expansion; 0 for every other kind."""
        crossed = np.zeros_like(amount)
        for at, code in enumerate(self._which.tolist()):
            if code in self._table.crossed:
                crossed[at] = min(self._table.crossed[code], int(amount[at]))
        found = crossed if name == "cross_sell" else amount - crossed
        return np.where(self.are("expansion"), found, np.zeros_like(amount))

    def are(self, *kinds: str) -> NDArray[np.bool_]:
        """Of every line whether it is of these kinds. ValueError for a kind that does not exist."""
        codes = [KINDS.index(kind) for kind in kinds]
        return np.isin(self._table.kind[self._which], codes)

    def customers(self, where: NDArray[np.int64]) -> list[str]:
        """The customers of the lines at these places."""
        names = self._table.ledger.names
        return [names[code] for code in self._which[where].tolist()]

    def at(self, where: NDArray[np.int64]) -> Lines:
        """The lines at these places, in that order."""
        return Lines(self._table, self._which[where])

    def find(self, customer: str) -> Line | None:
        """The line of one customer, or None."""
        code = self._table.code_of(customer)
        return None if code is None or code not in self._which else self._table.line(code)


@dataclass(frozen=True, eq=False)
class _Table:
    """The columns behind the lines."""

    ledger: Ledger
    balance: Balances
    kind: NDArray[np.int8]
    paused: NDArray[np.bool_]
    resumed: NDArray[np.bool_]
    crossed: Mapping[int, int]
    first: int
    last: int

    def code_of(self, customer: str) -> int | None:
        try:
            return self.ledger.names.index(customer)
        except ValueError:
            return None

    def rows(self, code: int) -> tuple[int, ...]:
        low, high = np.searchsorted(
            self.ledger.customer, np.array([code, code + 1], self.ledger.customer.dtype)
        )
        days = self.ledger.day[low:high]
        inside = (days >= self.first) & (days <= self.last)
        return tuple(self.ledger.book.row[self.ledger.source[low:high][inside]].tolist())

    def line(self, code: int) -> Line:
        places, kind = self.balance.places, KINDS[int(self.kind[code])]
        opening, closing = int(self.balance.opening[code]), int(self.balance.closing[code])
        amount = abs(closing - opening)
        crossed = min(self.crossed.get(code, 0), amount)
        return Line(
            customer=self.ledger.names[code],
            kind=kind,
            opening=exact(opening, places),
            closing=exact(closing, places),
            amount=exact(amount, places),
            upsell=exact(amount - crossed if kind == "expansion" else 0, places),
            cross_sell=exact(crossed if kind == "expansion" else 0, places),
            fx=exact(int(self.balance.restated[code]) - closing, places),
            paused=bool(self.paused[code]),
            resumed=bool(self.resumed[code]),
            rows=self.rows(code),
        )


@dataclass(frozen=True)
class Excluded:
    """A customer (or account) that no bar counts, and why: ``new_and_gone``, ``missing_rate``,
    ``residue`` (端数), or the reason of :class:`LeftOut` (own, test, trial, poc, loan, left_out).

    amount: the residue in its own currency, else 0. currency: of the residue or of the missing rate.
    """

    customer: str
    reason: str
    rows: tuple[int, ...] = ()
    amount: Decimal = Decimal(0)
    currency: str = ""


@dataclass(frozen=True)
class Note:
    """Something a reader must know: ``late_renewal`` (更新遅延; day: last day of service, until: the
    return), ``negative_balance`` (more was taken away than was there), ``month_running`` (as_of lies
    inside the month)."""

    code: str
    customer: str = ""
    day: str = ""
    until: str = ""


@dataclass(frozen=True)
class Waterfall:
    """A month of MRR. Amounts are exact Decimals of the reporting currency, ratios exact Fractions.

    A ratio is None with ``reason`` "no_opening" where nothing stood at the opening: 算出不可, never 0.
    contraction is ダウングレード; fx is what rates made between the opening and the next opening.
    """

    month: str
    reporting: str
    opening: Decimal
    new: Decimal
    reactivation: Decimal
    expansion: Decimal
    upsell: Decimal
    cross_sell: Decimal
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
    lines: Lines = field(repr=False, compare=False)
    excluded: tuple[Excluded, ...] = ()
    notes: tuple[Note, ...] = ()

    def parts(self) -> dict[str, Decimal]:
        """The bars in their order, as ``banso metric nrr_monthly`` names them."""
        names = "opening new reactivation expansion upsell cross_sell contraction churn fx closing difference"
        return {name: getattr(self, name) for name in names.split()}


def waterfall(
    movements: Any,
    month: Any,
    *,
    as_of: Any = None,
    known_at: Any = None,
    rates: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    reporting: str = "JPY",
) -> Waterfall:
    """The waterfall of one month.

    movements: a Book or a table with the columns of movements.csv. month: "2026-10", a date or a
    Month. as_of: a day; later movements do not count. known_at: a moment (a bare day: its end in
    Japan); rows recorded later do not count. rates: a rates.csv table or {currency: rate}.
    customers: account -> customer (merges, parents); None or LeftOut(reason) leaves an account out.
    contracts: a table (account_id, starts_on, ends_on, ended_on, auto_renew) that tells pauses from
    ends; without it MRR 0 is an end.

    Opening: the state before any movement dated in the month; closing: after all of them. Both, and
    with them NRR and GRR, stand at the rates in force on the month's first day; ``fx`` takes the
    closing to the next month's opening rates, so that months chain. Raises ValueError for a month or
    a row that cannot be read.
    """
    book, number = as_book(movements), month_number(month)
    first, last = first_day(number), last_day(number)
    ledger = prepare(
        book, as_of=as_of, known_at=known_at, customers=customers, contracts=contracts, upto=last
    )
    limit = None if as_of is None else day_number(as_of)
    table = _classify(ledger, Rates.of(rates, reporting), first, last, closing_rate_day(number, limit))
    return _result(table, number, reporting, limit is not None and limit < last)


def closing_rate_day(number: int, limit: int | None) -> int:
    """The day whose rates the closing stands at: the next month's first, or as_of where that is earlier."""
    after = last_day(number) + 1
    return after if limit is None else max(min(after, limit), first_day(number))


def _classify(ledger: Ledger, rates: Rates, first: int, last: int, closing_day: int) -> _Table:
    balance = balances(ledger, rates, first, last, closing_day)
    everyone = np.arange(len(ledger.names))
    kind, paused, resumed = classify(
        balance.opening, balance.closing, ledger.first_live < first, everyone, ledger.force, first, last
    )
    paused, resumed = np.broadcast_to(paused, kind.shape), np.broadcast_to(resumed, kind.shape)
    growing = kind == UP
    growing[list(balance.unrated)] = False
    crossed = cross_sell(ledger, balance, growing, first, last)
    return _Table(ledger, balance, kind, paused, resumed, crossed, first, last)


def _result(table: _Table, number: int, reporting: str, running: bool) -> Waterfall:
    balance, kind, places = table.balance, table.kind, table.balance.places
    counted = np.ones(len(kind), dtype=bool)
    counted[list(balance.unrated)] = False
    moved = balance.closing - balance.opening

    def bar(code: int) -> int:
        return abs(total(moved[counted & (kind == code)]))

    opening, closing = total(balance.opening[counted]), total(balance.restated[counted])
    new, back, up, down, churn = bar(NEW), bar(BACK), bar(UP), bar(DOWN), bar(CHURN)
    crossed = sum(min(amount, int(moved[code])) for code, amount in table.crossed.items())
    fx = closing - total(balance.closing[counted])
    held = counted & np.asarray(balance.opening > 0, dtype=bool)
    counts = _counts(table, counted, held)
    shown = counted & (np.asarray((balance.opening != 0) | (balance.closing != 0), dtype=bool))
    difference = closing - (opening + new + back + up - down - churn + fx)
    return Waterfall(
        month=month_text(number),
        reporting=reporting,
        opening=exact(opening, places),
        new=exact(new, places),
        reactivation=exact(back, places),
        expansion=exact(up, places),
        upsell=exact(up - crossed, places),
        cross_sell=exact(crossed, places),
        contraction=exact(down, places),
        churn=exact(churn, places),
        fx=exact(fx, places),
        closing=exact(closing, places),
        difference=exact(difference, places),
        nrr=ratio(opening + up - down - churn, opening),
        grr=ratio(opening - down - churn, opening),
        gross_churn=ratio(churn + down, opening),
        net_churn=ratio(churn + down - up, opening),
        mrr_churn=ratio(churn, opening),
        customer_churn=ratio(counts["churned_customers"], counts["opening_customers"]),
        reason=None if opening > 0 else "no_opening",
        counts=counts,
        lines=Lines(table, np.flatnonzero(shown)),
        excluded=_excluded(table),
        notes=_notes(table, counted, running),
    )


def _counts(table: _Table, counted: NDArray[np.bool_], held: NDArray[np.bool_]) -> dict[str, int]:
    of_kind = np.bincount(table.kind[counted], minlength=len(KINDS))
    return {
        "opening_customers": int(held.sum()),
        "new_customers": int(of_kind[NEW]),
        "reactivated_customers": int(of_kind[BACK]),
        "expanded_customers": int(of_kind[UP]),
        "contracted_customers": int(of_kind[DOWN]),
        "churned_customers": int(of_kind[CHURN]),
        "paused_customers": int((table.paused & counted).sum()),
        "resumed_customers": int((table.resumed & counted).sum()),
        "closing_customers": int((counted & np.asarray(table.balance.closing > 0, dtype=bool)).sum()),
    }


def _excluded(table: _Table) -> tuple[Excluded, ...]:
    ledger, balance = table.ledger, table.balance
    out = [Excluded(account, reason) for account, reason in ledger.left_out]
    for code, currency in balance.unrated.items():
        out.append(Excluded(ledger.names[code], "missing_rate", table.rows(code), currency=currency))
    inside = (ledger.day >= table.first) & (ledger.day <= table.last) & (ledger.delta > 0)
    for code in np.unique(ledger.customer[inside]).tolist():
        if not balance.opening[code] and not balance.closing[code] and code not in balance.unrated:
            out.append(Excluded(ledger.names[code], "new_and_gone", table.rows(code)))
    for residue in ledger.residues:
        if table.first <= residue.day <= table.last:
            currency = ledger.book.currencies[residue.currency]
            amount = exact(residue.units)
            name = ledger.names[residue.customer]
            out.append(Excluded(name, "residue", (residue.row,), amount, currency))
    return tuple(out)


def _notes(table: _Table, counted: NDArray[np.bool_], running: bool) -> tuple[Note, ...]:
    names = table.ledger.names
    out = [Note("month_running")] if running else []
    for late in table.ledger.late:
        if late.last_day <= table.last and late.returned_on >= table.first:
            gone, returned = day_of(late.last_day).isoformat(), day_of(late.returned_on).isoformat()
            out.append(Note("late_renewal", names[late.customer], gone, returned))
    below = counted & np.asarray((table.balance.opening < 0) | (table.balance.closing < 0), dtype=bool)
    out.extend(Note("negative_balance", names[code]) for code in np.flatnonzero(below))
    return tuple(out)
