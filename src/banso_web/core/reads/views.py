"""Saved views a member may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Q

from banso_web.core.models import SavedView

if TYPE_CHECKING:
    from banso_web.members.models import Member


@dataclass(frozen=True)
class ViewLine:
    """A view as the list shows it: `query` is ready for an address."""

    id: int
    name: str
    query: str
    shared: bool
    own: bool
    owner: str


def views_for(member: Member, page: str) -> list[ViewLine]:
    """The member's own views of a page and the shared ones, own first, by name. One query."""
    rows = SavedView.objects.filter(Q(owner=member) | Q(shared=True), page=page).select_related("owner")
    lines = [
        ViewLine(
            row.pk,
            row.name,
            urlencode(row.query, doseq=True),
            row.shared,
            row.owner_id == member.pk,
            row.owner.name,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: (not line.own, line.name))
