"""Contacts for those who answer requests about personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from banso.names import search_key
from banso_web.accounts.models import Contact

if TYPE_CHECKING:
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
