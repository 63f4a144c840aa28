"""Movements, charges, invoices, LTV inputs and rates as files bring them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from banso import money
from banso_web.accounts.imports import account_of
from banso_web.core.bulk import insert_rows
from banso_web.core.facts import counted
from banso_web.core.imports import Context, Fact, Field, HappeningHandler, Outcome, Problem, Result, Row
from banso_web.core.models import Entry
from banso_web.core.registry import registry
from banso_web.revenue import derived
from banso_web.revenue.models import Charge, Closing, Invoice, LtvInput, Movement, Rate

to_units = lru_cache(maxsize=100_000)(money.to_units)  # prices repeat
ACCOUNT = Field("account_id", reference="accounts")
LEDGER = "derived:"  # ids of the contract ledger's recipe begin so
_SUPPLIED = "(supplied)"  # no column of a file: rows of files are never derived ones, even under the same id
_HALF_UNIT = 5_000  # half a yen in 1/10,000: below it a balance counts as nothing


class MovementsHandler(HappeningHandler[Movement]):
    """Movements, the only source of MRR. Refuses a decrease with nothing to decrease.

    Balances are kept as four 64-bit numbers a row, so that a million rows take some tens of megabytes.
    """

    def __init__(self) -> None:
        super().__init__(
            key="movements",
            model=Movement,
            identity=("movement_id",),
            on="effective_on",
            fields=(
                ACCOUNT,
                Field("contract_id", blank=None, reference="contracts", hints=account_of),
                Field("product"),
                Field("effective_on", blank=None),
                Field("delta_units", "mrr_delta", blank=0, convert=to_units),
                Field("currency", blank="JPY"),
                Field("cause"),
                Field("reason"),
                Field("note"),
                Field("derived", _SUPPLIED, blank=False),
            ),
            check=_movement_problem,
        )
        self._balances = Balances()
        self._ledger: dict[str, set[str]] = {}  # contract → ids of the movements a ledger gave it

    def seen(self, rows: Sequence[Row], context: Context) -> None:
        for row in rows:
            self._balances.add(row)

    def close(self, context: Context) -> tuple[list[Problem], list[int]]:
        problems, copies = super().close(context)
        skip = {problem.number for problem in problems} | set(copies)
        return [*problems, *self._balances.problems(skip, context)], copies

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]:
        return super().look([_supplied(row) for row in rows], context)

    def write(self, rows: Sequence[Row], context: Context) -> list[Outcome]:
        for row in rows:
            self.passed(row)
        return super().write([_supplied(row) for row in rows], context)

    def passed(self, row: Row) -> None:
        code: str = row.values["movement_id"]
        if code.startswith(LEDGER) and row.get("contract_id"):
            self._ledger.setdefault(row.values["contract_id"], set()).add(code)

    def finish(self, context: Context) -> None:
        """A ledger says everything about its contracts: what an older state of it gave and this one does not, goes."""
        contracts = sorted(self._ledger)
        for start in range(0, len(contracts), 1_000):
            part = contracts[start : start + 1_000]
            rows = counted(Movement, context.watermark).filter(contract__code__in=part, derived=False)
            standing = rows.filter(code__startswith=LEDGER).select_related("contract")
            stale = [
                row for row in standing if row.contract and row.code not in self._ledger[row.contract.code]
            ]
            void_movements(stale, context)

    def wrote(self, facts: Sequence[Fact], context: Context) -> None:
        """Supplied movements of a contract replace the derived ones: those are voided in the same entry."""
        contracts = {fact["contract_id"] for fact in facts if fact["contract_id"]}
        if not contracts:
            return
        stale = counted(Movement, context.watermark).filter(contract__in=contracts, derived=True)
        void_movements(list(stale), context)


def _supplied(row: Row) -> Row:
    row.values[_SUPPLIED] = False
    return row


def void_movements(stale: Sequence[Movement], context: Context) -> None:
    """Take derived movements back by void rows of the same code. Undoing the entry brings them back."""
    codes = [one.code for one in stale]
    mine = set(
        Movement.objects.filter(entry=context.entry, code__in=codes, is_void=True).values_list(
            "code", flat=True
        )
    )
    insert_rows(Movement, [derived.void_of(one, context) for one in stale if one.code not in mine])
    Movement.objects.filter(code__in=codes).update(contested=True)


def _movement_problem(row: Row) -> Problem | None:
    if row.get("contract_id") and not row.get("account_id"):
        return Problem(row.number, "account_id", "required", {})
    return None


class Balances:
    """MRR day by day of every contract (or, without one, of every customer) in a file and in the data beneath it."""

    def __init__(self) -> None:
        self._key, self._account, self._day, self._delta, self._code, self._number = (
            array("q") for _ in range(6)
        )
        self._any_negative = False
        self._ledgers: set[int] = set()  # keys of contracts whose whole ledger the file brings

    def add(self, row: Row) -> None:
        account, contract = row.values["account_id"], row.get("contract_id") or ""
        currency = row.get("currency") or "JPY"
        delta = to_units(row.values["mrr_delta"])
        key = hash((account, contract, currency))
        self._key.append(key)
        if contract and row.values["movement_id"].startswith(LEDGER):
            self._ledgers.add(key)
        self._account.append(hash((account, currency)))
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
        bad = _below(columns[0], *columns[2:])
        # A movement without a contract is checked against everything the customer has.
        rest = (
            ~np.isin(columns[4], np.fromiter(bad, dtype=np.int64))
            if bad
            else np.ones(len(columns[0]), dtype=bool)
        )
        bad |= _below(*(one[rest] for one in columns[1:]))
        return [Problem(number, "mrr_delta", "nothing_to_end", {}) for number in sorted(bad)]

    def _stored(self, accounts: Any, context: Context) -> list[Any]:
        """What is stored for the file's customers, less the codes that the file brings itself, less derived rows of
        contracts whose movements the file brings and less the older state of a ledger that the file brings."""
        wanted, codes = set(accounts.tolist()), set(self._code)
        keys = set(self._key)
        found = [array("q") for _ in range(5)]
        if not Movement.objects.exists():
            return [np.frombuffer(one, dtype=np.int64) if one else np.zeros(0, np.int64) for one in found]
        rows = counted(Movement, context.watermark).order_by()
        names = (
            "account__code",
            "contract__code",
            "currency",
            "effective_on",
            "delta_units",
            "code",
            "derived",
        )
        for account, contract, currency, day, delta, code, made in rows.values_list(*names).iterator(20_000):
            owner = hash((account, currency))
            if owner not in wanted or hash(code) in codes or code in context.withdrawn:
                continue
            key = hash((account, contract or "", currency))
            if (made and key in keys) or (code.startswith(LEDGER) and key in self._ledgers):
                continue
            for column, value in zip(found, (key, owner, day.toordinal(), delta, -1), strict=True):
                column.append(value)
        return [np.frombuffer(one, dtype=np.int64) if one else np.zeros(0, np.int64) for one in found]


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
    suspects = np.unique(key[running < -_HALF_UNIT])
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
            if balance >= -_HALF_UNIT:
                break
            if deltas[position] < 0 and numbers[position] >= 0:
                bad.add(numbers[position])
                balance -= deltas[position]
        at = end
    return bad


class ChargesHandler(HappeningHandler[Charge]):
    def __init__(self) -> None:
        super().__init__(
            key="charges",
            model=Charge,
            identity=("charge_id",),
            on="on",
            fields=(
                ACCOUNT,
                Field("on", blank=None),
                Field("amount", blank=None),
                Field("currency", blank="JPY"),
                Field("kind", blank="spot"),
                Field("product"),
            ),
        )


class InvoicesHandler(HappeningHandler[Invoice]):
    def __init__(self) -> None:
        days = ("billed_on", "due_on", "paid_on")
        super().__init__(
            key="invoices",
            model=Invoice,
            identity=("invoice_id",),
            on="billed_on",
            fields=(
                ACCOUNT,
                *(Field(name, blank=None) for name in days),
                Field("amount", blank=None),
                Field("currency", blank="JPY"),
            ),
            check=_invoice_problem,
        )


def _invoice_problem(row: Row) -> Problem | None:
    billed: date | None = row.get("billed_on")
    due: date | None = row.get("due_on")
    if billed and due and due < billed:
        return Problem(row.number, "due_on", "end_before_start", {"start": str(billed), "end": str(due)})
    return None


class RatesHandler(HappeningHandler[Rate]):
    def __init__(self) -> None:
        super().__init__(
            key="rates",
            model=Rate,
            identity=("currency", "on"),
            on="on",
            fields=(
                Field("currency"),
                Field("on", blank=None),
                Field("rate", "rate_to_reporting", blank=None),
            ),
            check=_rate_problem,
        )


def _rate_problem(row: Row) -> Problem | None:
    rate = row.get("rate_to_reporting")
    if rate is not None and rate <= 0:
        return Problem(row.number, "rate_to_reporting", "not_positive", {"text": str(rate)})
    return None


class LtvInputsHandler(HappeningHandler[LtvInput]):
    def __init__(self) -> None:
        super().__init__(
            key="ltv_inputs",
            model=LtvInput,
            identity=("segment", "key", "on"),
            on="on",
            fields=(
                Field("segment"),
                Field("key"),
                Field("value", blank=None),
                Field("source"),
                Field("on", blank=None),
            ),
        )


def closed_months(entry: Entry) -> list[tuple[str, str]]:
    """Closed months whose figures stand on an entry: what an undo must tell first."""
    closings = Closing.objects.filter(watermark__gte=entry.seq or 0, reopened_at=None).order_by("month")
    months = dict.fromkeys(f"{closing.month:%Y-%m}" for closing in closings)
    if not months:
        return []
    return [
        (
            "closed_months",
            _("締めた月がこの取り込みの上に立っています: %(months)s") % {"months": "、".join(months)},
        )
    ]


registry.undo_checks.append(closed_months)
registry.file_handlers["movements"] = MovementsHandler
registry.file_handlers["charges"] = ChargesHandler
registry.file_handlers["invoices"] = InvoicesHandler
registry.file_handlers["rates"] = RatesHandler
registry.file_handlers["ltv_inputs"] = LtvInputsHandler
