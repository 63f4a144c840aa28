"""解約予定: ends that were announced by a day and lie after it (spec: metrics, 解約予定MRR)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from banso.money import settle
from banso.revenue import LATE_RENEWAL_DAYS, Book, planned_churn
from banso_web.core.facts import Asked, Memo
from banso_web.core.facts.happenings import effective
from banso_web.core.metrics import Scope
from banso_web.core.models import StateVersion
from banso_web.revenue.reads.book import Loaded, loaded
from banso_web.revenue.reads.customers import Counted, contract_states, day_value, in_scope
from banso_web.revenue.reads.rated import Held, held_in, held_of, is_carried, to_reporting

EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class PlannedEnd:
    """One announced end: what it will take, in 1/10,000 of the reporting currency at the day's rate; `units` None where
    a currency of it has no rate, with what is `held` in its own currencies."""

    account_id: int
    contract_id: int | None
    ends_on: date
    notified_on: date
    units: int | None
    held: Held = ()


_notified: Memo[tuple[int, ...]] = Memo(8)


def contracts_with_notice(mark: int) -> tuple[int, ...]:
    """Contracts of which some version states a notice."""

    def read() -> tuple[int, ...]:
        rows = StateVersion.objects.filter(effective(mark), subject="contract", values__has_key="notified_on")
        return tuple(rows.exclude(values__notified_on=None).values_list("subject_id", flat=True).distinct())

    return _notified.get(mark, read)


def planned_ends(asked: Asked, counted: Counted, scope: Scope | None = None) -> list[PlannedEnd]:
    """Announced ends in order of their day.

    A contract's end is announced by its 解約申出 (`notified_on`); an end that stands only in a movement dated later was
    announced on the day it was recorded: of one contract where its source called it an end (`cause` churn), of a customer
    where nothing is left. The MRR is the contract's (or customer's) at the close of the day, and stands in one of them.
    """
    found = list(_from_contracts(asked, counted))
    found += _from_called_ends(asked, counted, {end.contract_id for end in found if end.contract_id})
    announced: dict[int, int] = {}
    for end in found:
        announced[end.account_id] = announced.get(end.account_id, 0) + (end.units or 0)
    found += _from_movements(asked, counted, announced)
    scope = scope or Scope()
    listed = sorted(found, key=lambda end: (end.ends_on, end.account_id, end.contract_id or 0))
    inside = set(counted.customers[in_scope(counted, scope, asked.as_of, asked.as_of)].tolist())
    return [end for end in listed if end.account_id in inside and is_carried(end.units, end.held)]


def _from_contracts(asked: Asked, counted: Counted) -> Iterable[PlannedEnd]:
    ids = contracts_with_notice(counted.rules.contracts)
    if not ids:
        return
    held = _contract_balances(asked, counted, set(ids))
    for contract, values in contract_states(asked, list(ids)).items():
        notified, ends = day_value(values.get("notified_on")), day_value(values.get("ended_on"))
        ends = ends or day_value(values.get("ends_on"))
        if notified is None or ends is None or contract not in held:
            continue
        if notified <= asked.as_of < ends:
            customer, balances = held[contract]
            units = to_reporting(counted, balances.items(), asked.as_of)
            yield PlannedEnd(customer, contract, ends, notified, units, held_in(balances))


def _contract_balances(
    asked: Asked, counted: Counted, wanted: set[int]
) -> dict[int, tuple[int, dict[str, int]]]:
    """{contract: (customer, {currency: units})} at the close of the day."""
    stored, book = loaded(asked.watermark, asked.known_at), counted.book
    codes = np.flatnonzero(np.isin(stored.contract_ids, list(wanted)))
    rows = np.flatnonzero(np.isin(book.contract, codes) & (book.on <= asked.as_of.toordinal()))
    found: dict[int, tuple[int, dict[str, int]]] = {}
    for at in rows.tolist():
        contract = int(stored.contract_ids[book.contract[at]])
        _customer, held = found.setdefault(
            contract, (int(counted.customers[book.account[at]]), defaultdict(int))
        )
        held[book.currencies[book.currency[at]]] += int(book.delta[at])
    return found


def _from_called_ends(asked: Asked, counted: Counted, noticed: Collection[int]) -> Iterable[PlannedEnd]:
    """Contracts that a movement recorded by the day, and called an end by its source, takes to 0 later.

    Left out: those with a notice, and those renewed within 30 days as 更新率 has it: by the contract itself or by one of the
    same product that begins (a change of plan, a renewal under a new number). Another product renews nothing.
    """
    stored, book, day = loaded(asked.watermark, asked.known_at), counted.book, asked.as_of.toordinal()
    known = book.known < (day + 1 - EPOCH) * 86_400_000_000 - 9 * 3_600_000_000
    called = known & (book.on > day) & (book.delta < 0) & (book.contract >= 0)
    called &= np.isin(book.row, stored.book.row[stored.ends])
    if not called.any():
        return
    codes = np.unique(book.contract[called])
    held = _contract_balances(asked, counted, set(stored.contract_ids[codes].tolist()))
    rows = np.flatnonzero(known & np.isin(book.account, np.unique(book.account[called])))
    rows = rows[np.argsort(book.on[rows], kind="stable")]
    of_contract: dict[int, list[int]] = defaultdict(list)
    for at in rows.tolist():
        of_contract[int(book.contract[at])].append(at)
    products = _products(asked, stored, book, of_contract)
    starts: dict[tuple[int, str], list[int]] = defaultdict(
        list
    )  # {(account, product): days on which a contract of it has MRR again}
    for code, own in of_contract.items():
        for at, before, after in _closes(book, own):
            if after and not before:
                starts[int(book.account[at]), products.get(code, "")].append(int(book.on[at]))
    for code in codes.tolist():
        contract = int(stored.contract_ids[code])
        ends = [at for at, before, after in _closes(book, of_contract[code]) if before and not after]
        last = next((at for at in ends if book.on[at] > day), None)
        if last is None or contract in noticed or contract not in held:
            continue
        mine = [at for at in of_contract[code] if book.on[at] == book.on[last] and called[at]]
        gone = int(book.on[last])
        if not mine or any(
            gone <= begun <= gone + LATE_RENEWAL_DAYS
            for begun in starts[int(book.account[last]), products.get(code, "")]
        ):
            continue
        customer, balances = held[contract]
        units = to_reporting(counted, balances.items(), asked.as_of)
        moment = max(int(book.known[at]) for at in mine)
        yield PlannedEnd(
            customer, contract, date.fromordinal(gone), _day_of(moment), units, held_in(balances)
        )


def _products(
    asked: Asked, stored: Loaded, book: Book, of_contract: Mapping[int, Sequence[int]]
) -> dict[int, str]:
    """{contract's code in the book: its product, by its terms, else by its movements}."""
    ids = {int(stored.contract_ids[code]): code for code in of_contract if code >= 0}
    found = {}
    for code, rows in of_contract.items():
        named = [book.products[book.product[at]] for at in rows if book.product[at] >= 0]
        found[code] = named[0] if named else ""
    for contract, values in contract_states(asked, list(ids)).items():
        if contract in ids and values.get("product"):
            found[ids[contract]] = values["product"]
    return found


def _closes(book: Book, rows: Sequence[int]) -> Iterable[tuple[int, bool, bool]]:
    """(last row of a day, whether there was MRR before it, whether there is after it) of one contract's rows by day."""
    balances: dict[str, int] = defaultdict(int)
    before = False
    for place, at in enumerate(rows):
        balances[book.currencies[book.currency[at]]] += int(book.delta[at])
        if place + 1 == len(rows) or book.on[rows[place + 1]] != book.on[at]:
            after = any(settle(units, currency) > 0 for currency, units in balances.items())
            yield at, before, after
            before = after


def _day_of(moment: int) -> date:
    """The day in Japan of a moment in microseconds."""
    return date.fromordinal(int((moment + 9 * 3_600_000_000) // 86_400_000_000) + EPOCH)


def _from_movements(asked: Asked, counted: Counted, announced: dict[int, int]) -> Iterable[PlannedEnd]:
    """Customers whose movements, recorded by the day, take them to 0 later; what a notice covers already is left out."""
    found = planned_churn(
        counted.book,
        asked.as_of,
        rates=counted.rates,
        contracts=counted.terms,
        reporting=counted.rules.currency,
    )
    book = counted.book
    if found.unrated:
        yield from _unrated_from_movements(asked, counted, set(found.unrated), announced)
    if not found.ends:
        return
    codes = {name: code for code, name in enumerate(book.accounts)}
    for end in found.ends:
        known_on = _known_on(book, codes[end.customer], end.on)
        customer = int(end.customer)
        units = int(end.mrr * 10_000) - announced.get(customer, 0)
        yield PlannedEnd(customer, None, end.on, known_on, units)


def _known_on(book: Book, code: int, end: date) -> date:
    """The day on which an end that stands in movements was recorded."""
    mine = (book.account == code) & (book.on == end.toordinal()) & (book.delta < 0)
    moment = int(book.known[mine].max()) if mine.any() else 0
    return _day_of(moment)


def _unrated_from_movements(
    asked: Asked, counted: Counted, names: set[str], announced: Mapping[int, int]
) -> Iterable[PlannedEnd]:
    """The same for customers with a currency without a rate: which day does not depend on rates, the amount does."""
    book = counted.book
    codes = [code for code, name in enumerate(book.accounts) if name in names and int(name) not in announced]
    part = book.take(np.isin(book.account, codes))
    one_to_one = dict.fromkeys(book.currencies, 1)
    found = planned_churn(
        part, asked.as_of, rates=one_to_one, contracts=counted.terms, reporting=counted.rules.currency
    )
    place = {name: code for code, name in enumerate(part.accounts)}
    held = held_of(counted, {int(end.customer) for end in found.ends}, asked.as_of)
    for end in found.ends:
        customer, known_on = int(end.customer), _known_on(part, place[end.customer], end.on)
        yield PlannedEnd(customer, None, end.on, known_on, None, held_in(held.get(customer, {})))
