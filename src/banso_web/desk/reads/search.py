"""What the palette finds: customers and their people, for those who may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from banso.names import search_key
from banso_web.accounts.access import visible_accounts, visible_contacts
from banso_web.core.registry import SearchHit

if TYPE_CHECKING:
    from banso_web.members.models import Member


def find_customers(member: Member, text: str, limit: int) -> Sequence[SearchHit]:
    """Customers whose name, reading or id holds the text, width- and kana-blind."""
    key = search_key(text)
    if not key:
        return []
    rows = visible_accounts(member).filter(search_key__contains=key).order_by("sort_key", "pk")[:limit]
    return [SearchHit(row.name, reverse("customer", args=[row.pk]), _("顧客"), row.code) for row in rows]


def find_people(member: Member, text: str, limit: int) -> Sequence[SearchHit]:
    """先方担当者; nothing for those who may not see them."""
    key = search_key(text)
    if not key:
        return []
    rows = visible_contacts(member).filter(search_key__contains=key).select_related("account")[:limit]
    return [
        SearchHit(
            f"{row.family_name} {row.given_name}".strip(),
            reverse("customer", args=[row.account_id]),
            _("先方担当者"),
            row.account.name,
        )
        for row in rows
    ]
