"""Contacts and contracts of a customer with the canonical column names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from banso.money import from_units
from banso_web.accounts.access import visible_contacts, visible_contracts
from banso_web.accounts.reads.codes import account_codes
from banso_web.accounts.reads.merged import accounts_of
from banso_web.api.paging import keyset
from banso_web.api.reads.states import values_of, words
from banso_web.core.errors import NotVisible
from banso_web.core.facts import Asked
from banso_web.core.metrics import plain

if TYPE_CHECKING:
    from banso_web.members.models import Member

CONTACT = ("family_name", "given_name", "family_kana", "given_kana", "title", "email", "phone", "status", "left_on",
           "consent_basis", "consent_on")  # fmt: skip
CONTRACT = ("product", "plan", "seats", "seat_unit", "starts_on", "ends_on", "currency", "signed_on", "notified_on",
            "ended_on", "end_reason", "auto_renew", "renewal_months", "notice_kind", "notice_value", "notice_deadline")  # fmt: skip
PARTIES = ("user_company", "bill_to", "dealer")

Page = tuple[list[dict[str, Any]], str | None]


def _blank(value: Any) -> Any:
    return None if value == "" else value


def _of(rows: QuerySet[Any], code: str | None) -> QuerySet[Any]:
    return rows if code is None else rows.filter(code=code)


def _found(rows: QuerySet[Any], code: str) -> Any:
    """One by its own id, or by `~` and Banso's number; 404 where it is none of these rows."""
    by_number = code.startswith("~") and code[1:].isdecimal() and len(code) < 20
    row = rows.filter(**({"pk": int(code[1:])} if by_number else {"code": code})).first()
    if row is None:
        raise NotVisible
    return row


def find_contact(member: Member, code: str) -> Any:
    """A contact, or 404 (also for those who may not see people)."""
    return _found(visible_contacts(member).select_related("department", "account"), code)


def find_contract(member: Member, code: str) -> Any:
    """A contract, or 404."""
    return _found(visible_contracts(member).select_related("account"), code)


def one_contact(row: Any, asked: Asked) -> dict[str, Any]:
    """One contact on the asked day; 404 where nothing was known of it by then."""
    shown = _contacts([row], asked)
    if not shown:
        raise NotVisible
    return shown[0]


def one_contract(member: Member, row: Any, asked: Asked) -> dict[str, Any]:
    """One contract on the asked day; 404 where nothing was known of it by then."""
    shown = _contracts(member, [row], asked)
    if not shown:
        raise NotVisible
    return shown[0]


def contacts(
    member: Member,
    account_id: int | None,
    asked: Asked,
    cursor: str | None,
    limit: int,
    *,
    code: str | None = None,
) -> Page:
    """Contacts (of one customer) in order of id. Nobody, for a member without the right to see people."""
    rows = visible_contacts(member).select_related("department", "account")
    if account_id is not None:
        rows = rows.filter(account_id__in=accounts_of(asked, account_id))
    found, behind = keyset(_of(rows, code), cursor, limit, [("pk", int)])
    return _contacts(found, asked), behind


def _contacts(rows: Sequence[Any], asked: Asked) -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "contact_id": row.code,
            "account_id": row.account.code,
            **{name: _blank(values[name]) for name in CONTACT},
            "department": row.department.name if row.department else None,
            "roles": words(values["roles"]),
            "custom": row.custom,
        }
        for row, values in values_of(rows, asked)
    ]


def contracts(
    member: Member,
    account_id: int | None,
    asked: Asked,
    cursor: str | None,
    limit: int,
    *,
    code: str | None = None,
) -> Page:
    """Contracts (of one customer) in order of id. The stated price is for those who may see prices."""
    rows = visible_contracts(member).select_related("account")
    if account_id is not None:
        rows = rows.filter(account_id__in=accounts_of(asked, account_id))
    found, behind = keyset(_of(rows, code), cursor, limit, [("pk", int)])
    return _contracts(member, found, asked), behind


def _contracts(member: Member, rows: Sequence[Any], asked: Asked) -> list[dict[str, Any]]:
    pairs = values_of(rows, asked)
    companies = account_codes(values[f"{party}_id"] for _row, values in pairs for party in PARTIES)
    sees = member.may("price.view")
    made = []
    for row, values in pairs:
        stated = values["stated_units"]
        made.append(
            {
                "id": row.pk,
                "contract_id": row.code,
                "account_id": row.account.code,
                **{name: _blank(values[name]) for name in CONTRACT},
                "mrr": plain(from_units(stated), 20) if sees and stated is not None else None,
                **{party: companies.get(values[f"{party}_id"]) for party in PARTIES},
                "incomplete": row.incomplete,
                "custom": row.custom,
                "hidden": [] if sees else ["mrr"],
            }
        )
    return made
