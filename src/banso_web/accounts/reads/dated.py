"""What held from when to when: owners, exclusions, parties; and what customers have beside their columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from banso_web.accounts.access import visible_accounts
from banso_web.accounts.models import Account, Department
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, states_at, timelines
from banso_web.core.facts.timeline import FIRST, LAST

if TYPE_CHECKING:
    from banso_web.members.models import Member


@dataclass(frozen=True)
class Span:
    """One value of a dated field. `start` None: since always; `end` (exclusive) None: it still holds on the asked day."""

    subject_id: int
    field: str
    value: Any
    start: date | None
    end: date | None


def spans(subject: str, fields: Sequence[str], ids: Collection[int], asked: Asked) -> list[Span]:
    """Every stretch of these fields that began by the asked day, by subject, field and start; blanks are left out.

    One query, however many subjects are asked.
    """
    found = timelines(
        subject,
        fields,
        watermark=asked.watermark,
        known_at=asked.known_at,
        ids=sorted(ids),
        from_always=False,
    )
    day = asked.as_of.toordinal()
    listed = []
    for key in sorted(ids):
        for field in fields:
            for start, end, value in found[field].spans(key):
                if start <= day and value not in (None, ""):
                    begins = None if start == FIRST else date.fromordinal(start)
                    ends = None if end == LAST or end > day else date.fromordinal(end)
                    listed.append(Span(key, field, value, begins, ends))
    return listed


def departments(member: Member, asked: Asked, account_id: int | None) -> QuerySet[Department]:
    """Departments of customers the member may see (of one and what was merged into it). They are not dated."""
    shown = Account.objects.filter(live=True) if member.may("account.view") else Account.objects.none()
    if account_id is not None:
        shown = shown.filter(pk__in=accounts_of(asked, account_id))
    return Department.objects.filter(account__in=shown).select_related("account")


def custom_fields(member: Member, asked: Asked, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """{account: {column: text}} of these customers on the asked day, of those the member may see. One query."""
    if asked.is_today:
        rows = visible_accounts(member).filter(pk__in=list(ids)).values_list("pk", "custom")
        return {pk: custom for pk, custom in rows if custom}
    known = states_at(
        "account", as_of=asked.as_of, watermark=asked.watermark, known_at=asked.known_at, ids=sorted(ids)
    )
    return {pk: values["custom"] for pk, values in known.items() if values.get("custom")}
