"""What the palette finds among the members, for those who may see them."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import pgettext

from banso.names import search_key
from banso_web.core.registry import SearchHit
from banso_web.members.models import Member


def find_members(member: Member, text: str, limit: int) -> Sequence[SearchHit]:
    """Active members whose name, member_id or address holds the text, width- and kana-blind; by name."""
    key = search_key(text)
    if not key or not member.may("member.view"):
        return []
    rows = (
        Member.objects.filter(is_active=True)
        .order_by("name", "pk")
        .values_list("pk", "name", "code", "email")
    )
    kind = pgettext("list", "メンバー")
    found = [
        SearchHit(name, reverse("member", args=[pk]), kind, code)
        for pk, name, code, email in rows
        if any(key in search_key(part) for part in (name, code, (email or "").partition("@")[0]))
    ]
    return found[:limit]
