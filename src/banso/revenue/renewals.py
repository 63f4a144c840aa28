"""更新率: of the terms that ended in a period, how many were renewed, and which nobody touched."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from ._late import LATE_RENEWAL_DAYS
from ._months import day_number, day_of
from ._read import columns_of, missing
from ._units import exact, minor_unit
from .book import Book, as_book

_COLUMNS = ("contract_id", "account_id", "product", "starts_on", "ends_on", "ended_on", "auto_renew",
            "renewal_months", "renewed_until")  # fmt: skip


Held = tuple[tuple[str, Decimal], ...]  #: (currency, amount) of what is above 0, in the order of their names


@dataclass(frozen=True)
class Term:
    """One contract term that ended. state: ``renewed``, ``lost`` or ``pending`` (更新手続中: nobody has
    decided. Its MRR goes on for the time being, or it came to 0 without an end on record and its 30 days
    are not over).

    held: what the term was worth at its end, in its own currencies; after: the same of the contract or its
    successor that renewed it (empty where nothing did). automatic: renewed by 自動更新. untouched: automatic and nobody was in
    contact (無接触自動更新); None where contacts are not known.
    """

    contract: str
    account: str
    product: str
    ends_on: dt.date
    state: str
    held: Held
    after: Held
    automatic: bool
    untouched: bool | None
    successor: str = ""


@dataclass(frozen=True)
class RenewalRate:
    """count: renewed ÷ (renewed + lost) terms; amount: the same by the MRR the terms had, per currency. A term
    in two currencies counts once and stands in both amounts.

    None with reason ``no_terms`` where no term was decided. pending terms are in neither and listed.
    A term without MRR at its end is listed in ``without_mrr`` and not counted.
    """

    count: Fraction | None
    amount: dict[str, Fraction | None]
    ended: int
    renewed: int
    lost: int
    pending: int
    automatic: int
    untouched: int | None
    terms: tuple[Term, ...]
    without_mrr: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True)
class _Contract:
    name: str
    account: str
    product: str
    starts_on: int | None
    ends_on: int
    ended_on: int | None
    auto: bool | None
    months: int
    renewed_until: int


class _History:
    """MRR per contract as steps, each currency for itself; a 端数 at a close is 0, as in the ledger."""

    def __init__(self, book: Book) -> None:
        self.steps: dict[str, dict[str, list[tuple[int, int]]]] = {}
        self.product: dict[str, str] = {}
        self.siblings: dict[str, list[str]] = {}
        for at in np.argsort(book.on, kind="stable").tolist():
            code = int(book.contract[at])
            if code < 0:
                continue
            name, account = book.contracts[code], book.accounts[int(book.account[at])]
            if name not in self.steps:
                self.steps[name] = {}
                self.siblings.setdefault(account, []).append(name)
            product = int(book.product[at])
            if product >= 0:
                self.product.setdefault(name, book.products[product])
            steps = self.steps[name].setdefault(book.currencies[int(book.currency[at])], [])
            day, change = int(book.on[at]), int(book.delta[at])
            if steps and steps[-1][0] == day:
                steps[-1] = (day, steps[-1][1] + change)
            else:
                steps.append((day, change))
        for own in self.steps.values():
            for currency, changes in own.items():
                own[currency] = _closes(changes, minor_unit(currency))

    def at(self, contract: str, day: int) -> Held:
        """What is above 0 at the close of a day."""
        found = {}
        for currency, steps in self.steps.get(contract, {}).items():
            units = next((mrr for on, mrr in reversed(steps) if on <= day), 0)
            if units > 0:
                found[currency] = exact(units)
        return tuple(sorted(found.items()))

    def best(self, contract: str, first: int, last: int) -> Held:
        """The first MRR above 0 at a close from ``first`` to ``last``; empty if there is none."""
        days = {
            on for steps in self.steps.get(contract, {}).values() for on, _ in steps if first < on <= last
        }
        closes = (self.at(contract, day) for day in (first, *sorted(days)))
        return next((held for held in closes if held), ())

    def begun(self, contract: str) -> int:
        """The first day with MRR; where there never was any, the day of the first movement."""
        steps = [step for own in self.steps[contract].values() for step in own]
        return min((on for on, mrr in steps if mrr > 0), default=min(on for on, _ in steps))


def _closes(changes: list[tuple[int, int]], coin: int) -> list[tuple[int, int]]:
    """The balance at the close of each day with a change; less than half a coin is nothing."""
    closes, balance = [], 0
    for day, change in changes:
        balance += change
        if 2 * abs(balance) < coin:
            balance = 0
        closes.append((day, balance))
    return closes


def renewal_rate(
    movements: Any,
    contracts: Any,
    start: Any,
    end: Any,
    *,
    as_of: Any = None,
    known_at: Any = None,
    contacted: Collection[str] | None = None,
) -> RenewalRate:
    """The renewal rate of terms with ``start <= ends_on <= end`` (days, both included).

    contracts: a table (contract_id, account_id, product, starts_on, ends_on, ended_on, auto_renew,
    renewal_months). Renewed: the contract, or a successor of the same product and account, has MRR
    above 0 within 30 days after ends_on; a contract that ended is lost at its ended_on, at once, and its
    later terms do not exist. auto_renew rolls ends_on on by renewal_months.

    Where it is not known whether a contract renews by itself (auto_renew missing) and no later end of it is
    stated (another row of it, or ``renewed_until``), its own MRR after the term only goes on for the time
    being: the term is pending however long that lasts, and lost when the contract ends. contacted: ids of
    contracts with a contact before their term ended; None if that is not known.
    """
    book = as_book(movements).cut(as_of=as_of, known_at=known_at)
    history, limit = _History(book), None if as_of is None else day_number(as_of)
    terms, empty = [], []
    for contract in _contracts(contracts):
        for ends_on in _term_ends(contract, day_number(start), day_number(end)):
            term = _term(contract, ends_on, history, limit, contacted)
            if term is None:
                empty.append(contract.name)
            else:
                terms.append(term)
    renewed = [term for term in terms if term.state == "renewed"]
    lost = [term for term in terms if term.state == "lost"]
    decided = len(renewed) + len(lost)
    amounts: dict[str, Fraction | None] = {}
    for currency in sorted({currency for term in terms for currency, _ in term.held}):
        kept = sum((dict(term.held).get(currency, Decimal(0)) for term in renewed), Decimal(0))
        gone = sum((dict(term.held).get(currency, Decimal(0)) for term in lost), Decimal(0))
        amounts[currency] = Fraction(kept) / Fraction(kept + gone) if kept + gone else None
    return RenewalRate(
        count=Fraction(len(renewed), decided) if decided else None,
        amount=amounts,
        ended=len(terms),
        renewed=len(renewed),
        lost=len(lost),
        pending=len(terms) - decided,
        automatic=sum(term.automatic for term in renewed),
        untouched=None if contacted is None else sum(bool(term.untouched) for term in renewed),
        terms=tuple(terms),
        without_mrr=tuple(empty),
        reason=None if decided else "no_terms",
    )


def _term(
    contract: _Contract,
    ends_on: int,
    history: _History,
    limit: int | None,
    contacted: Collection[str] | None,
) -> Term | None:
    before = history.at(contract.name, ends_on - 1)
    if not before:
        return None
    last = ends_on + LATE_RENEWAL_DAYS
    carried, successor = history.best(contract.name, ends_on + 1, last), ""
    # MRR that runs on by itself is a renewal only where somebody decided: 更新手続中 is neither renewed nor lost.
    undecided = bool(carried) and contract.auto is None and contract.renewed_until <= ends_on
    after: Held = () if undecided else carried
    automatic = bool(after and contract.auto)
    if not after:
        product = contract.product or history.product.get(contract.name, "")
        for name in history.siblings.get(contract.account, []):
            near = ends_on - LATE_RENEWAL_DAYS < history.begun(name) <= last
            if name != contract.name and near and history.product.get(name, "") == product:
                after = history.best(name, ends_on + 1, last)
                successor = name if after else ""
            if after:
                break
    # Without an end on record the days after the term are still open; nothing is renewed silently.
    seen = limit is None or limit > ends_on
    stopped = contract.ended_on is not None and (limit is None or contract.ended_on <= limit)
    if after and seen:
        state = "renewed"
    elif stopped:
        state = "lost"
    elif undecided or (limit is not None and limit < last):
        state = "pending"
    else:
        state = "lost"
    renewed = state == "renewed"
    untouched = None if contacted is None else renewed and automatic and contract.name not in contacted
    return Term(
        contract=contract.name,
        account=contract.account,
        product=contract.product,
        ends_on=day_of(ends_on),
        state=state,
        held=before,
        after=after if renewed else (),
        automatic=renewed and automatic,
        untouched=untouched,
        successor=successor if renewed else "",
    )


def _term_ends(contract: _Contract, start: int, end: int) -> list[int]:
    """Ends of the contract's terms inside the period; an earlier ended_on ends the last of them."""
    found, first = [], day_of(contract.ends_on)
    for turn in range(1200 if contract.auto and contract.months else 1):
        day = _months_later(first, turn * contract.months).toordinal()
        if contract.ended_on is not None and contract.ended_on <= day:
            day, turn = contract.ended_on, -1
        if start <= day <= end:
            found.append(day)
        if turn < 0 or day > end:
            break
    return found


def _months_later(day: dt.date, months: int) -> dt.date:
    """The same day some months later; the end of a month stays the end of a month."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    last = calendar.monthrange(year, month + 1)[1]
    was_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month + 1, last if was_last else min(day.day, last))


def _contracts(table: Any) -> list[_Contract]:
    columns, size = columns_of(table, _COLUMNS)
    out = []
    until: dict[str, int] = {}
    for row in range(size):
        for name in ("ends_on", "renewed_until"):
            if name in columns and not missing(columns[name][row]):
                code = str(columns["contract_id"][row])
                until[code] = max(until.get(code, 0), day_number(columns[name][row]))
    for row in range(size):
        cell = {name: columns[name][row] for name in columns if not missing(columns[name][row])}
        if "ends_on" not in cell:
            continue  # a contract without a term end renews nothing
        out.append(
            _Contract(
                name=str(cell["contract_id"]),
                account=str(cell["account_id"]),
                product=str(cell.get("product", "")),
                starts_on=day_number(cell["starts_on"]) if "starts_on" in cell else None,
                ends_on=day_number(cell["ends_on"]),
                ended_on=day_number(cell["ended_on"]) if "ended_on" in cell else None,
                auto=str(cell["auto_renew"]) in ("1", "1.0", "True", "true")
                if "auto_renew" in cell
                else None,
                months=int(cell.get("renewal_months", 12)),
                renewed_until=until[str(cell["contract_id"])],
            )
        )
    return out
