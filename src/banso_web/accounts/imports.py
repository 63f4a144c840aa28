"""Customers, 先方担当者 and contracts as files bring them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from banso.money import to_units, yearly_to_monthly_units
from banso_web.accounts import projection as projection  # the handlers rest on it
from banso_web.accounts.models import Account, Contact, Contract, Department
from banso_web.core.imports import (
    Context,
    Field,
    Hints,
    Problem,
    Result,
    Row,
    StateHandler,
    make_incomplete,
    present,
    resolvers,
)
from banso_web.core.models import Entry, StateVersion
from banso_web.core.personal import erased_code, remembered, was_erased
from banso_web.core.registry import registry


class AccountResolver:
    """A customer nobody has described yet is created under its id as its name, marked 未整備."""

    def find(self, codes: list[str], context: Context) -> dict[str, int]:
        return present(Account, "account", codes, context)

    def make(self, wanted: dict[str, Hints], context: Context) -> dict[str, int]:
        rows = {code: {"name": code[:300], "incomplete": True} for code in wanted}
        return make_incomplete(
            Account, "account", {code: {"name": code[:300]} for code in wanted}, rows, context
        )


class ContractResolver:
    """A contract known only from its movements: what they say (customer, product, currency), marked 未整備."""

    def find(self, codes: list[str], context: Context) -> dict[str, int]:
        return present(Contract, "contract", codes, context)

    def make(self, wanted: dict[str, Hints], context: Context) -> dict[str, int]:
        accounts = AccountResolver().find(list({hints["account"] for hints in wanted.values()}), context)
        values = {
            code: {key: hints[key] for key in ("product", "currency") if hints.get(key)}
            for code, hints in wanted.items()
        }
        rows = {
            code: {"account_id": accounts[hints["account"]], "incomplete": True}
            for code, hints in wanted.items()
        }
        return make_incomplete(Contract, "contract", values, rows, context)


class ContactResolver:
    """A person known only from an answer: the id stands for the name, marked by an empty given name."""

    def find(self, codes: list[str], context: Context) -> dict[str, int]:
        found = present(Contact, "contact", codes, context)
        if remembered():  # who was erased stays known by a keyed hash, so that nobody makes them anew
            hidden = {erased_code(code): code for code in codes if code not in found}
            rows = Contact.objects.filter(code__in=list(hidden)).values_list("code", "pk")
            found |= {hidden[code]: pk for code, pk in rows}
        return found

    def make(self, wanted: dict[str, Hints], context: Context) -> dict[str, int]:
        accounts = AccountResolver().find(list({hints["account"] for hints in wanted.values()}), context)
        values = {code: {"family_name": code[:100]} for code in wanted}
        rows = {
            code: {"account_id": accounts[hints["account"]], "family_name": code[:100]}
            for code, hints in wanted.items()
        }
        return make_incomplete(Contact, "contact", values, rows, context)


def account_of(row: Row) -> Hints:
    """What a reference beside an account_id says about the thing it names."""
    return {
        "account": row.values["account_id"],
        "product": row.get("product"),
        "currency": row.get("currency"),
    }


ACCOUNT_REF = Field("account_id", reference="accounts")


class AccountsHandler(StateHandler):
    """Adds the check of parents: a company is never its own parent, not even by a detour."""

    def __init__(self) -> None:
        names = ("name", "kana", "corporate_number", "industry", "segment", "prefecture", "touch", "excluded")
        numbers = ("employees", "fiscal_month", "budget_month")
        super().__init__(
            key="accounts",
            subject="account",
            model=Account,
            identity="account_id",
            starts="started_on",
            fields=(
                *(Field(name) for name in names),
                *(Field(name, blank=None) for name in numbers),
                Field("parent_id", blank=None, reference="accounts"),
                Field("community", blank=False),
                Field("owner_id", "owner", blank=None, reference="members"),
                Field("deputy_id", "deputy", blank=None, reference="members"),
                Field("started_on", blank=None),
                Field("success_definition"),
            ),
            check=_self_parent,
        )
        self._parents: list[tuple[str, str, int]] = []

    def initial(self, row: Row) -> dict[str, Any]:
        return {"name": row.values["name"]}

    def seen(self, rows: Sequence[Row], context: Context) -> None:
        for row in rows:
            if parent := row.get("parent_id"):
                self._parents.append((row.values["account_id"], parent, row.number))

    def close(self, context: Context) -> tuple[list[Problem], list[int]]:
        problems, copies = super().close(context)
        bad = {problem.number for problem in problems} | set(copies)
        return [*problems, *self._cycles(bad)], copies

    def _cycles(self, skip: set[int]) -> list[Problem]:
        """Rows whose parent leads back to themselves, taking the file's links in order over the stored ones."""
        links = [link for link in self._parents if link[2] not in skip]
        if not links:
            return []
        stored = Account.objects.exclude(parent=None).values_list("code", "parent__code")
        changed = {code for code, _, _ in links}
        up = {code: parent for code, parent in stored if code not in changed}
        problems = []
        for code, parent, number in links:
            path, here = [code], parent
            while here is not None and here != code:
                path.append(here)
                here = up.get(here, "") or None  # type: ignore[assignment]
            if here == code:
                problems.append(
                    Problem(number, "parent_id", "parent_cycle", {"path": " → ".join([*path[:6], code])})
                )
            else:
                up[code] = parent
        return problems


def _self_parent(row: Row) -> Problem | None:
    if row.get("parent_id") and row.get("parent_id") == row.values["account_id"]:
        return Problem(row.number, "parent_id", "own_parent", {"id": row.values["account_id"]})
    return None


class ContactsHandler(StateHandler):
    """Departments are made on first mention."""

    def __init__(self) -> None:
        texts = ("family_name", "given_name", "family_kana", "given_kana", "title", "roles", "email", "phone")
        super().__init__(
            key="contacts",
            subject="contact",
            model=Contact,
            identity="contact_id",
            fixed=(ACCOUNT_REF,),
            fields=(
                *(Field(name) for name in texts),
                Field("department_id", "department", blank=None, reference="departments", hints=_department),
                Field("status", blank="active"),
                Field("left_on", blank=None),
                Field("consent_basis"),
                Field("consent_on", blank=None),
            ),
        )

    def initial(self, row: Row) -> dict[str, Any]:
        return {"family_name": row.values["family_name"]}

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]:
        gone = {row.number: _erased_person(row) for row in rows}
        taken = iter(
            super().look([_own_department(row) for row in rows if gone[row.number] is None], context)
        )
        return [gone[row.number] or next(taken) for row in rows]

    def write(self, rows: Sequence[Row], context: Context) -> Any:
        return super().write([_own_department(row) for row in rows], context)


def _erased_person(row: Row) -> Problem | None:
    """Somebody whose personal data was erased is not taken again, whatever the file says."""
    if was_erased(code=row.values["contact_id"], email=row.get("email") or ""):
        return Problem(row.number, "contact_id", "erased_person")
    return None


_MARK = "\x1f"


def _own_department(row: Row) -> Row:
    """Departments belong to a customer: 総務部 of two customers are two, so the reference names both."""
    name = row.values.get("department")
    if name and _MARK not in name:
        row.values["department"] = f"{row.values['account_id']}{_MARK}{name}"
    return row


def _department(row: Row) -> Hints:
    return account_of(row)


class DepartmentResolver:
    """Departments by customer and name."""

    def find(self, codes: list[str], context: Context) -> dict[str, int]:
        accounts = {code.partition(_MARK)[0] for code in codes}
        rows = Department.objects.filter(account__code__in=accounts).values_list(
            "account__code", "name", "pk"
        )
        found = {f"{account}{_MARK}{name}": pk for account, name, pk in rows}
        return {code: found[code] for code in codes if code in found}

    def make(self, wanted: dict[str, Hints], context: Context) -> dict[str, int]:
        accounts = AccountResolver().find([code.partition(_MARK)[0] for code in wanted], context)
        for code in list(wanted):
            if code.partition(_MARK)[0] not in accounts:
                accounts.update(AccountResolver().make({code.partition(_MARK)[0]: {}}, context))
        made = [
            Department(account_id=accounts[code.partition(_MARK)[0]], name=code.partition(_MARK)[2][:200])
            for code in wanted
        ]
        Department.objects.bulk_create(made, ignore_conflicts=True)
        return self.find(list(wanted), context)


class ContractsHandler(StateHandler):
    """Terms of contracts; `stated_units` is the month's price as the file says it, MRR itself stands in movements."""

    def __init__(self) -> None:
        texts = ("product", "plan", "seat_unit", "end_reason", "notice_kind")
        days = ("starts_on", "ends_on", "signed_on", "notified_on", "ended_on", "notice_deadline")
        super().__init__(
            key="contracts",
            subject="contract",
            model=Contract,
            identity="contract_id",
            starts="starts_on",
            fixed=(ACCOUNT_REF,),
            fields=(
                *(Field(name) for name in texts),
                *(Field(name, blank=None) for name in days),
                Field("seats", blank=None, convert=int),
                Field("currency", blank="JPY"),
                Field("auto_renew", blank=None),
                Field("renewal_months", blank=None),
                Field("notice_value", blank=None),
                Field("user_company_id", "user_company", blank=None, reference="accounts"),
                Field("bill_to_id", "bill_to", blank=None, reference="accounts"),
                Field("dealer_id", "dealer", blank=None, reference="accounts"),
            ),
            check=_contract_problem,
            extra=_stated_units,
        )


def _contract_problem(row: Row) -> Problem | None:
    starts: date | None = row.get("starts_on")
    for column in ("ends_on", "ended_on"):
        ends = row.get(column)
        if starts and ends and ends < starts:
            return Problem(row.number, column, "end_before_start", {"start": str(starts), "end": str(ends)})
    if row.get("amount") is not None and row.get("mrr") is None:
        months = row.get("term_months")
        if months is None or months < 1:
            return Problem(row.number, "term_months", "term_missing", {})
    seats: Decimal | None = row.get("seats")
    if seats is not None and (seats < 0 or seats != int(seats)):
        return Problem(row.number, "seats", "not_whole", {"text": str(seats)})
    mrr = row.get("mrr") if row.get("mrr") is not None else row.get("amount")
    if mrr is not None and mrr < 0:
        return Problem(row.number, "mrr", "negative_price", {"text": str(mrr)})
    return None


def _stated_units(row: Row) -> dict[str, Any]:
    if "mrr" not in row.values and "amount" not in row.values:
        return {}
    mrr, amount, months = row.get("mrr"), row.get("amount"), row.get("term_months")
    if mrr is not None:
        return {"stated_units": to_units(mrr)}
    if amount is not None and months:
        return {"stated_units": _per_month(amount, months)}
    return {"stated_units": None}


def _per_month(amount: Decimal, months: Decimal) -> int:
    if months == int(months):
        return yearly_to_monthly_units(amount, int(months))
    return yearly_to_monthly_units(amount * 1000, int(months * 1000))


@dataclass(frozen=True)
class ContractTerms:
    """A contract for deriving its movements; its terms stand in its versions."""

    pk: int
    code: str
    account_id: int


def contracts_beside(
    entries: Sequence[Entry], after: int, limit: int, also: Any = ()
) -> tuple[list[int], int]:
    """Every contract of the next customers that have a contract touched by the entries, and the last customer's id.

    Contracts beside the touched ones count too: a new contract may be the successor of an old one. `also`: ids of
    contracts that are touched in another way.
    """
    versions = StateVersion.objects.filter(entry__in=entries, subject="contract")
    said = Q(values__incomplete__isnull=True) | Q(values__incomplete=False)
    touched = versions.filter(said).values("subject_id")
    wanted = Q(pk__in=touched) | Q(pk__in=also)
    accounts = Contract.objects.filter(wanted, account__gt=after).order_by("account")
    ids = list(accounts.values_list("account", flat=True).distinct()[:limit])
    return list(Contract.objects.filter(account__in=ids).values_list("pk", flat=True)), ids[
        -1
    ] if ids else after


def contract_terms(ids: Sequence[int]) -> list[ContractTerms]:
    """The contracts of these ids, by code."""
    rows = Contract.objects.filter(pk__in=ids).order_by("code").values_list("pk", "code", "account_id")
    return [ContractTerms(*row) for row in rows]


resolvers["accounts"] = AccountResolver()
resolvers["contracts"] = ContractResolver()
resolvers["contacts"] = ContactResolver()
resolvers["departments"] = DepartmentResolver()
registry.file_handlers["accounts"] = AccountsHandler
registry.file_handlers["contacts"] = ContactsHandler
registry.file_handlers["contracts"] = ContractsHandler
