"""Movements, charges, invoices, LTV inputs and rates as files bring them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from banso_web.accounts.imports import account_of
from banso_web.core.bulk import insert_rows
from banso_web.core.imports import Context, Fact, Field, HappeningHandler, Outcome, Problem, Result, Row
from banso_web.core.models import Entry
from banso_web.core.registry import registry
from banso_web.core.ui.formats import joined, month_text
from banso_web.revenue import derived
from banso_web.revenue.balances import LEDGER, Balances, rows_without_ground, to_units
from banso_web.revenue.models import Charge, Closing, Invoice, LtvInput, Movement, Rate

ACCOUNT = Field("account_id", reference="accounts")
_SUPPLIED = "(supplied)"  # no column of a file: rows of files are never derived ones, even under the same id


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
            standing = context.standing(
                Movement, contract__code__in=part, derived=False, code__startswith=LEDGER
            )
            stale = [
                row for row in standing if row.contract and row.code not in self._ledger[row.contract.code]
            ]
            void_movements(stale, context)

    def settle(self, entry: Entry) -> int:
        """Ends that stood at the check may have lost what they end since."""
        super().settle(entry)
        return rows_without_ground(entry)

    def wrote(self, facts: Sequence[Fact], context: Context) -> None:
        """Supplied movements of a contract replace the derived ones: those are voided in the same entry."""
        contracts = {fact["contract_id"] for fact in facts if fact["contract_id"]}
        if not contracts:
            return
        void_movements(context.standing(Movement, contract__in=contracts, derived=True), context)


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
    months = dict.fromkeys(month_text(closing.month) for closing in closings)
    if not months:
        return []
    return [
        (
            "closed_months",
            _("締めた月がこの取り込みの上に立っています: %(months)s") % {"months": joined(months)},
        )
    ]


registry.undo_checks.append(closed_months)
registry.file_handlers["movements"] = MovementsHandler
registry.file_handlers["charges"] = ChargesHandler
registry.file_handlers["invoices"] = InvoicesHandler
registry.file_handlers["rates"] = RatesHandler
registry.file_handlers["ltv_inputs"] = LtvInputsHandler
