"""Contacts: for those who answer requests about personal data, and to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from banso.names import search_key
from banso_web.accounts.access import visible_contacts
from banso_web.accounts.models import Contact
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked

if TYPE_CHECKING:
    from collections.abc import Collection

    from banso_web.members.models import Member


def find_contacts(member: Member, text: str, *, limit: int) -> list[Contact]:
    """Contacts whose name, reading or address holds the text, or whose id is the text; [] without the right or a text."""
    key = search_key(text)
    if not key or not member.may("personal.manage"):
        return []
    rows = Contact.objects.filter(Q(search_key__contains=key) | Q(code=text.strip())).select_related(
        "account"
    )
    return list(rows.order_by("family_kana", "given_kana", "pk")[:limit])


def people_choices(
    member: Member, account_id: int, asked: Asked, besides: Collection[str] = ()
) -> list[tuple[str, str]]:
    """[(contact_id, name and title)] of the customer's people who are there (and of `besides`), as far as the member may
    see people."""
    wanted = Q(account_id__in=accounts_of(asked, account_id)) & (
        Q(status="active") | Q(code__in=list(besides))
    )
    rows = visible_contacts(member).filter(wanted).order_by("family_kana", "given_kana", "pk")
    return [(row.code, " ".join(filter(None, (row.family_name, row.given_name, row.title)))) for row in rows]


@dataclass(frozen=True)
class Named:
    """A contact as a request about personal data names them."""

    id: int
    name: str
    account: str
    erased: bool


def contact_named(member: Member, contact_id: int) -> Named | None:
    """The contact, or None for nobody or without the right."""
    if not member.may("personal.manage"):
        return None
    found = Contact.objects.filter(pk=contact_id).select_related("account").first()
    if found is None:
        return None
    name = f"{found.family_name} {found.given_name}".strip()
    return Named(found.pk, name, found.account.name, found.erased)
