"""The ledger: movements of customers in order of day, with the counting rules already applied.

Every revenue figure reads a ledger, so the rules live here once: which rows are known, who the
customer is, what a residue is, and how a late renewal carries the old MRR.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._force import InForce
from ._months import day_number, end_of_day, moment
from ._units import minor_unit
from .book import Book

#: MRR that returns within so many days of the last day of service was never lost (更新遅延).
LATE_RENEWAL_DAYS = 30
NEVER = np.iinfo(np.int32).max

Ints = NDArray[np.int64]
Days = NDArray[np.int32]


@dataclass(frozen=True)
class LeftOut:
    """A customer mapping's value for an account that no metric counts; reason: own, test, trial ..."""

    reason: str = "left_out"


@dataclass(frozen=True)
class Late:
    """One late renewal: customer index, last day of service, day of return (ordinals)."""

    customer: int
    last_day: int
    returned_on: int


@dataclass(frozen=True)
class Residue:
    """A balance under half the smallest coin, taken as 0: customer index, currency, units, day, row."""

    customer: int
    currency: int
    units: int
    day: int
    row: int


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


def starts_of(key: NDArray[Any]) -> NDArray[np.int64]:
    """Positions where a sorted key begins a new run."""
    if not len(key):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate(([0], np.flatnonzero(key[1:] != key[:-1]) + 1))


def running(values: Ints, starts: NDArray[np.int64]) -> Ints:
    """Cumulative sums that begin again at each start."""
    if not len(values):
        return values
    sums = np.cumsum(values)
    before = sums[starts] - values[starts]
    lengths = np.diff(np.append(starts, len(values)))
    sums -= np.repeat(before, lengths)
    return sums


def prepare(
    book: Book,
    *,
    as_of: Any = None,
    known_at: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    upto: int | None = None,
) -> Ledger:
    """Sort a book into a ledger.

    as_of: later movements do not count; an end whose return is dated after it, but was already known
    on that day, still carries its MRR. upto: an ordinal after which the caller needs nothing (a
    speed-up that keeps the rows a late renewal must look at).
    """
    codes, names, left_out = _customers(book, customers)
    limit = None if as_of is None else day_number(as_of)
    keep = _selection(book, codes, limit, known_at, upto)
    if keep is not None:
        positions = np.flatnonzero(keep)
        account, day = book.account[positions], book.on[positions]
    else:
        positions, account, day = None, book.account, book.on
    customer = account if codes is None else codes[account]
    order, customer, day = _sorted(customer, day)
    source = order if positions is None else positions[order]
    delta = book.delta[source]
    currency = book.currency[source] if len(book.currencies) > 1 else None
    if currency is not None and len(currency) and (currency == currency[0]).all():
        only, currency = int(currency[0]), None
    else:
        only = 0
    residues: tuple[Residue, ...] = ()
    if _has_fractions(delta, currency, only, book):
        delta, residues = _settle(book, customer, day, delta, currency, only, source)
    of_account = (
        {name: code if codes is None else int(codes[code]) for code, name in enumerate(book.accounts)}
        if contracts is not None
        else {}
    )
    force = InForce.of(contracts, of_account)
    day, first_live, late = _late_renewals(customer, day, delta, currency, len(names), force)
    ledger = Ledger(
        book,
        names,
        customer,
        day,
        delta,
        currency,
        only,
        source,
        first_live,
        force,
        late,
        residues,
        left_out,
    )
    return ledger if limit is None else _until(ledger, limit)


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
        keep = near if keep is None else keep & near
    return None if keep is None or bool(keep.all()) else keep


def _sorted(customer: NDArray[Any], day: Days) -> tuple[NDArray[Any], NDArray[Any], Days]:
    """The stable order by (customer, day), and both columns in that order.

    Customer, day and position are packed into one int64 where they fit: sorting plain integers is
    several times faster than a lexsort, and the columns are unpacked without gathering.
    """
    size = len(day)
    if not size:
        return np.zeros(0, dtype=np.int64), customer, day
    low = int(day.min())
    row_bits = max((size - 1).bit_length(), 1)
    day_bits = max((int(day.max()) - low).bit_length(), 1)
    if row_bits + day_bits + int(customer.max()).bit_length() > 62:
        order = np.lexsort((day, customer))
        return order, customer[order], day[order]
    key = customer.astype(np.int64)
    key <<= day_bits
    key += day
    key -= low
    if not (key[1:] >= key[:-1]).all():
        key <<= row_bits
        key += np.arange(size, dtype=np.int64)
        key.sort()
        order = (key & ((1 << row_bits) - 1)).astype(np.int32 if row_bits < 32 else np.int64)
        key >>= row_bits
        day = (key & ((1 << day_bits) - 1)).astype(np.int32)
        day += low
        key >>= day_bits
        return order, key.astype(np.int32), day
    return np.arange(size, dtype=np.int32), customer, day


def _has_fractions(delta: Ints, currency: NDArray[Any] | None, only: int, book: Book) -> bool:
    """A residue needs a fraction of a coin somewhere; most books have none."""
    if not len(delta):
        return False
    coins = np.array([minor_unit(name) for name in book.currencies], dtype=np.int64)
    coin = coins[only] if currency is None else coins[currency]
    return bool((delta % coin).any())


def _settle(
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


def _live(
    customer: NDArray[Any], delta: Ints, currency: NDArray[Any] | None, begins: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the customer holds MRR in any currency after each row."""
    if currency is None:
        return running(delta, begins) > 0
    live = np.zeros(len(delta), dtype=bool)
    for code in np.unique(currency):
        live |= running(np.where(currency == code, delta, 0), begins) > 0
    return live


def _late_renewals(
    customer: NDArray[Any],
    day: Days,
    delta: Ints,
    currency: NDArray[Any] | None,
    count: int,
    force: InForce | None,
) -> tuple[Days, Days, tuple[Late, ...]]:
    """Move ends to their return where MRR comes back in time; the first day with MRR per customer."""
    first_live = np.full(count, NEVER, dtype=np.int32)
    if not len(day):
        return day, first_live, ()
    live = _live(customer, delta, currency, starts_of(customer))
    same = customer[1:] == customer[:-1]
    closes = np.append(~same | (day[1:] != day[:-1]), True)
    at = None if closes.all() else np.flatnonzero(closes)
    if at is not None:
        live, same = live[at], customer[at[1:]] == customer[at[:-1]]
    # A close differs in state from the one before; customers begin without MRR.
    before = np.append(False, live[:-1] & same)
    turns = np.flatnonzero(live != before)
    turn_rows = turns if at is None else at[turns]
    who, when = customer[turn_rows], day[turn_rows]
    begins = starts_of(who)  # a customer's first turn is always upward
    first_live[who[begins]] = when[begins]
    back = np.flatnonzero(
        ~live[turns[:-1]] & (who[1:] == who[:-1]) & (when[1:] - when[:-1] <= LATE_RENEWAL_DAYS)
    )
    if force is not None and len(back):
        # With a contract in force there was no last day of service: a short pause stays a pause.
        back = back[~force.at(who[back], when[back])]
    if not len(back):
        return day, first_live, ()
    # From the day that lost the MRR up to the last row before the return, all counts on the return.
    opened = turns[back] - 1
    row_from = (opened if at is None else at[opened]) + 1
    last = turns[back + 1] - 1
    row_to = (last if at is None else at[last]) + 1
    lengths = row_to - row_from
    rows = np.repeat(row_from - np.append(0, np.cumsum(lengths)[:-1]), lengths) + np.arange(lengths.sum())
    day = day.copy()
    day[rows] = np.repeat(when[back + 1], lengths)
    late = tuple(
        Late(int(c), int(gone), int(returned))
        for c, gone, returned in zip(who[back], when[back], when[back + 1], strict=True)
    )
    return day, first_live, late


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
