"""The ledger: movements of customers in order of day, with the counting rules already applied.

Every revenue figure reads a ledger, so the rules live here once: which rows are known, who the
customer is, what a residue is, and how a late renewal carries the old MRR.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._force import InForce
from ._late import LATE_RENEWAL_DAYS, NEVER, Late, late_renewals
from ._months import day_number, end_of_day, moment
from ._order import Order
from ._residue import Residue, has_fractions, settle
from ._runs import Days, Ints, starts_of
from .book import Book

#: Rows of a block: each of its working columns takes two megabytes.
BLOCK_ROWS = 1 << 18


@dataclass(frozen=True)
class LeftOut:
    """A customer mapping's value for an account that no metric counts; reason: own, test, trial ..."""

    reason: str = "left_out"


@dataclass(frozen=True, eq=False)
class Ledger:
    """Rows sorted by (customer, day); ``source`` points into the book."""

    book: Book
    names: tuple[str, ...]
    customer: NDArray[Any]
    day: Days
    delta: Ints
    currency: NDArray[Any] | None  # None: one currency, index ``only``
    only: int
    source: NDArray[Any]
    first_live: Days  # per customer: first day whose close holds MRR, NEVER if none
    force: InForce | None
    late: tuple[Late, ...]
    residues: tuple[Residue, ...]
    left_out: tuple[tuple[str, str], ...]  # account, reason

    def starts(self) -> NDArray[np.int64]:
        """Position of each customer's first row."""
        return starts_of(self.customer)

    def currency_of_rows(self) -> NDArray[Any]:
        return np.full(len(self.day), self.only) if self.currency is None else self.currency


def prepare(
    book: Book,
    *,
    as_of: Any = None,
    known_at: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    upto: int | None = None,
) -> Ledger:
    """Sort a book into one ledger.

    as_of: later movements do not count; an end whose return is dated after it, but was already known
    on that day, still carries its MRR. upto: an ordinal after which the caller needs nothing (a
    speed-up that keeps the rows a late renewal must look at).
    """
    asked = _Asked.of(book, as_of, known_at, customers, contracts, upto)
    return asked.ledger(0, len(asked.order))


def blocks(
    book: Book,
    *,
    as_of: Any = None,
    known_at: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    upto: int | None = None,
) -> Iterator[Ledger]:
    """The same ledger in pieces of whole customers, small enough for a processor's cache.

    For sums over everything this is twice as fast and takes a fraction of the memory.
    """
    asked = _Asked.of(book, as_of, known_at, customers, contracts, upto)
    for low, high in asked.order.cuts(BLOCK_ROWS):
        yield asked.ledger(low, high)


@dataclass(frozen=True, eq=False)
class _Asked:
    """A question about a book: which rows, whose, and in what order."""

    book: Book
    names: tuple[str, ...]
    positions: Ints | None  # rows of the book that count, None: all
    order: Order
    force: InForce | None
    limit: int | None
    left_out: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls,
        book: Book,
        as_of: Any,
        known_at: Any,
        customers: Mapping[str, Any] | None,
        contracts: Any,
        upto: int | None,
    ) -> _Asked:
        codes, names, left_out = _customers(book, customers)
        limit = None if as_of is None else day_number(as_of)
        keep = _selection(book, codes, limit, known_at, upto)
        positions = None if keep is None else np.flatnonzero(keep)
        account = book.account if positions is None else book.account[positions]
        day = book.on if positions is None else book.on[positions]
        force = None
        if contracts is not None:
            of_account = {
                name: code if codes is None else int(codes[code]) for code, name in enumerate(book.accounts)
            }
            force = InForce.of(contracts, of_account)
        order = Order.of(account if codes is None else codes[account], day)
        return cls(book, names, positions, order, force, limit, left_out)

    def ledger(self, low: int, high: int) -> Ledger:
        """The ledger of the sorted rows from low to high, which hold whole customers."""
        order, customer, day = self.order.rows(low, high)
        whole = high - low == len(self.order)
        first = 0 if whole or not len(customer) else int(customer[0])
        names = self.names if whole else self.names[first : int(customer[-1]) + 1]
        force = self.force
        if first:
            customer = customer - first
        if force is not None and not whole:
            force = force.part(first, first + len(names))
        source = order if self.positions is None else self.positions[order]
        book = self.book
        delta = book.delta[source]
        only, currency = 0, None
        if len(book.currencies) > 1 and len(source):
            currency = book.currency[source]
            if (currency == currency[0]).all():
                only, currency = int(currency[0]), None
        residues: tuple[Residue, ...] = ()
        if has_fractions(delta, currency, only, book):
            delta, residues = settle(book, customer, day, delta, currency, only, source)
        day, first_live, late = late_renewals(
            customer, day, delta, currency, len(names), force,
            None if book.served is None else book.served[source],
        )  # fmt: skip
        ledger = Ledger(
            book, names, customer, day, delta, currency, only, source, first_live, force, late, residues,
            self.left_out,
        )  # fmt: skip
        return ledger if self.limit is None else _until(ledger, self.limit)


def _customers(
    book: Book, customers: Mapping[str, Any] | None
) -> tuple[NDArray[np.int64] | None, tuple[str, ...], tuple[tuple[str, str], ...]]:
    if customers is None:
        return None, book.accounts, ()
    names: dict[str, int] = {}
    left_out = []
    codes = np.empty(len(book.accounts), dtype=np.int64)
    for code, account in enumerate(book.accounts):
        target = customers.get(account, account)
        if target is None or isinstance(target, LeftOut):
            codes[code] = -1
            left_out.append((account, target.reason if target else LeftOut().reason))
        else:
            codes[code] = names.setdefault(str(target), len(names))
    return codes, tuple(names), tuple(left_out)


def _selection(
    book: Book, codes: Ints | None, limit: int | None, known_at: Any, upto: int | None
) -> NDArray[np.bool_] | None:
    keep: NDArray[np.bool_] | None = None
    if codes is not None and (codes < 0).any():
        keep = codes[book.account] >= 0
    if known_at is not None:
        known = book.known <= moment(known_at)
        keep = known if keep is None else keep & known
    if limit is not None:
        so_far = (book.on <= limit) | (book.known <= end_of_day(limit))
        keep = so_far if keep is None else keep & so_far
    if upto is not None:
        near = book.on <= upto + LATE_RENEWAL_DAYS
        # Rows after the question do no harm: taking a few of them out would cost more than it saves.
        if keep is not None or 4 * np.count_nonzero(near) < 3 * len(near):
            keep = near if keep is None else keep & near
    return None if keep is None or bool(keep.all()) else keep


def _until(ledger: Ledger, limit: int) -> Ledger:
    """Only what happened by the day; late renewals not yet returned stay as carried MRR."""
    keep = ledger.day <= limit
    if keep.all():
        return ledger
    return Ledger(
        ledger.book,
        ledger.names,
        ledger.customer[keep],
        ledger.day[keep],
        ledger.delta[keep],
        None if ledger.currency is None else ledger.currency[keep],
        ledger.only,
        ledger.source[keep],
        np.where(ledger.first_live <= limit, ledger.first_live, NEVER).astype(np.int32),
        ledger.force,
        ledger.late,
        tuple(r for r in ledger.residues if r.day <= limit),
        ledger.left_out,
    )
