"""A decrease needs something to decrease: MRR by close of day, of what a file brings and of what is stored beneath it."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np

from banso import money
from banso_web.core.facts import counted, current_watermark
from banso_web.core.imports import Context, Problem, Row
from banso_web.core.models import Entry
from banso_web.revenue.models import Movement

to_units = lru_cache(maxsize=100_000)(money.to_units)  # prices repeat
LEDGER = "derived:"  # ids of the contract ledger's recipe begin so
HALF_UNIT = 5_000  # half a yen in 1/10,000: below it a balance counts as nothing
_NAMES = ("account__code", "contract__code", "currency", "effective_on", "delta_units", "code", "derived")
_CHUNK = 20_000
FEW = 500  # so many customers are asked for by their ids; beyond it all movements are read
Columns = list[Any]  # key, owner, day, delta, row number (-1: stored), all 64-bit


class Balances:
    """MRR day by day of every contract (or, without one, of every customer) in a file and in the data beneath it."""

    def __init__(self) -> None:
        self._key, self._account, self._day, self._delta, self._code, self._number = (
            array("q") for _ in range(6)
        )
        self._any_negative = False
        self._ledgers: set[int] = set()  # keys of contracts whose whole ledger the file brings
        self._few: set[str] | None = set()  # the customers by their ids, while they are few

    def add(self, row: Row) -> None:
        account, contract = row.values["account_id"], row.get("contract_id") or ""
        currency = row.get("currency") or "JPY"
        delta = to_units(row.values["mrr_delta"])
        key = hash((account, contract, currency))
        self._key.append(key)
        if contract and row.values["movement_id"].startswith(LEDGER):
            self._ledgers.add(key)
        self._account.append(hash((account, currency)))
        if self._few is not None:
            self._few.add(account)
            self._few = self._few if len(self._few) <= FEW else None
        self._day.append(row.values["effective_on"].toordinal())
        self._delta.append(delta)
        self._code.append(hash(row.values["movement_id"]))
        self._number.append(row.number)
        self._any_negative = self._any_negative or delta < 0

    def problems(self, skip: set[int], context: Context) -> list[Problem]:
        """The rows at which a contract's (or customer's) MRR would fall below nothing, by close of day."""
        if not self._any_negative:
            return []
        columns = [
            np.frombuffer(one, dtype=np.int64)
            for one in (self._key, self._account, self._day, self._delta, self._number)
        ]
        if skip:
            keep = ~np.isin(columns[4], np.fromiter(skip, dtype=np.int64))
            columns = [one[keep] for one in columns]
        stored = self._stored(columns[1], context)
        columns = [np.concatenate([one, more]) for one, more in zip(columns, stored, strict=True)]
        bad = _without_ground(columns)
        return [Problem(number, "mrr_delta", "nothing_to_end", {}) for number in sorted(bad)]

    def _stored(self, accounts: Any, context: Context) -> list[Any]:
        """What is stored for the file's customers, less the codes that the file brings itself, less derived rows of
        contracts whose movements the file brings and less the older state of a ledger that the file brings."""
        wanted, codes = set(accounts.tolist()), set(self._code)
        keys = set(self._key)
        found = _empty()
        if not Movement.objects.exists():
            return _arrays(found)
        rows = counted(Movement, context.watermark).order_by().values_list(*_NAMES)
        if self._few is not None:
            rows = rows.filter(account__code__in=self._few)
        for account, contract, currency, day, delta, code, made in rows.iterator(_CHUNK):
            owner = hash((account, currency))
            if owner not in wanted or hash(code) in codes or code in context.withdrawn:
                continue
            key = hash((account, contract or "", currency))
            if (made and key in keys) or (code.startswith(LEDGER) and key in self._ledgers):
                continue
            for column, value in zip(found, (key, owner, day.toordinal(), delta, -1), strict=True):
                column.append(value)
        return _arrays(found)


def rows_without_ground(entry: Entry) -> int:
    """How many decreases of an unpublished entry would fall below nothing on what counts by now."""
    own = Movement.objects.filter(entry=entry)
    if not own.filter(delta_units__lt=0, is_void=False, derived=False).exists():
        return 0
    found = _empty()
    owners: set[int] = set()
    codes: set[int] = set()
    for at, row in enumerate(own.order_by().values_list(*_NAMES, "is_void").iterator(_CHUNK)):
        account, contract, currency, day, delta, code, made, void = row
        codes.add(hash(code))
        if void:
            continue
        owner = hash((account, currency))
        owners.add(owner)
        values = (
            hash((account, contract or "", currency)),
            owner,
            day.toordinal(),
            delta,
            -1 if made else at,
        )
        for column, value in zip(found, values, strict=True):
            column.append(value)
    stored = counted(Movement, current_watermark()).order_by().values_list(*_NAMES)
    for account, contract, currency, day, delta, code, _made in stored.iterator(_CHUNK):
        owner = hash((account, currency))
        if owner not in owners or hash(code) in codes:
            continue
        values = (hash((account, contract or "", currency)), owner, day.toordinal(), delta, -1)
        for column, value in zip(found, values, strict=True):
            column.append(value)
    return len(_without_ground(_arrays(found)))


def _empty() -> list[array[int]]:
    return [array("q") for _ in range(5)]


def _arrays(columns: Iterable[array[int]]) -> Columns:
    return [np.frombuffer(one, dtype=np.int64) if one else np.zeros(0, np.int64) for one in columns]


def _without_ground(columns: Columns) -> set[int]:
    """Row numbers of decreases below nothing: by contract, then (for what has none) by everything the customer has."""
    bad = _below(columns[0], *columns[2:])
    rest = (
        ~np.isin(columns[4], np.fromiter(bad, dtype=np.int64))
        if bad
        else np.ones(len(columns[0]), dtype=bool)
    )
    return bad | _below(*(one[rest] for one in columns[1:]))


def _below(key: Any, day: Any, delta: Any, number: Any) -> set[int]:
    """Row numbers of decreases on the days on which their key's running total is below nothing.

    Totals are taken at the close of each day, so the order of rows within a day does not matter. Once a decrease is
    refused the walk goes on without it.
    """
    order = np.lexsort((day, key))
    key, day, delta, number = key[order], day[order], delta[order], number[order]
    if not len(key):
        return set()
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    total = np.cumsum(delta)
    running = total - np.repeat(
        np.concatenate([[0], total[starts[1:] - 1]]), np.diff(np.append(starts, len(key)))
    )
    suspects = np.unique(key[running < -HALF_UNIT])
    bad: set[int] = set()
    for one in suspects.tolist():
        at = np.flatnonzero(key == one)
        bad |= _walk(day[at].tolist(), delta[at].tolist(), number[at].tolist())
    return bad


def _walk(days: list[int], deltas: list[int], numbers: list[int]) -> set[int]:
    bad: set[int] = set()
    balance, at = 0, 0
    while at < len(days):
        end = at
        while end < len(days) and days[end] == days[at]:
            end += 1
        balance += sum(deltas[at:end])
        for position in reversed(range(at, end)):
            if balance >= -HALF_UNIT:
                break
            if deltas[position] < 0 and numbers[position] >= 0:
                bad.add(numbers[position])
                balance -= deltas[position]
        at = end
    return bad
