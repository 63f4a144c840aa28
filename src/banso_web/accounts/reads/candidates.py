"""Customers that may be one company, with the reasons; a person decides (`accounts.actions.merging`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count

from banso.names import same_company_candidates
from banso_web.accounts.access import visible_accounts
from banso_web.accounts.models import Account, Merge
from banso_web.core.facts import current_watermark
from banso_web.core.facts.happenings import effective

if TYPE_CHECKING:
    from banso_web.members.models import Member

THOROUGH = 30_000  # up to so many customers every name is compared; above it only equal keys and numbers are


@dataclass(frozen=True)
class Party:
    """One side of a candidate pair."""

    id: int
    code: str
    name: str
    corporate_number: str
    prefecture: str


@dataclass(frozen=True)
class Pair:
    """Two customers that may be one. `verdict`: same (equal 法人番号), likely, possible; `reasons`: codes of banso.names."""

    first: Party
    second: Party
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Decided:
    """A decision that stands."""

    id: int
    kept: Party
    other: Party
    decision: str
    reasons: tuple[str, ...]
    decided_at: datetime | None
    decided_by: str
    note: str  # what the person wrote


def _party(account: Account) -> Party:
    return Party(account.pk, account.code, account.name, account.corporate_number, account.prefecture)


def candidates(member: Member, *, limit: int = 500) -> list[Pair]:
    """Undecided pairs among the customers the member may see, certain ones first. Nothing is ever merged by itself."""
    rows = _compared(member)
    pairs = same_company_candidates(
        [row.name for row in rows], [row.corporate_number or None for row in rows]
    )
    decided = _decided_pairs()
    found = [
        Pair(
            _party(rows[pair.first]),
            _party(rows[pair.second]),
            pair.verdict.value,
            tuple(reason.value for reason in pair.reasons),
        )
        for pair in pairs
        if frozenset((rows[pair.first].pk, rows[pair.second].pk)) not in decided
    ]
    order = {"same": 0, "likely": 1, "possible": 2}
    found.sort(key=lambda pair: (order[pair.verdict], pair.first.code, pair.second.code))
    return found[:limit]


def _compared(member: Member) -> Sequence[Account]:
    """The customers to compare: all of them, or in a very large portfolio those with an equal key or number."""
    rows = (
        visible_accounts(member).only("pk", "code", "name", "corporate_number", "prefecture").order_by("code")
    )
    if rows.count() <= THOROUGH:
        return list(rows)
    alike = Account.objects.filter(live=True, merged_into=None)
    keys = (
        alike.exclude(core_key="")
        .values("core_key")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
        .values("core_key")
    )
    numbers = (
        alike.exclude(corporate_number="").values("corporate_number").annotate(n=Count("id")).filter(n__gt=1)
    )
    by_key = rows.filter(core_key__in=keys)
    by_number = rows.filter(corporate_number__in=numbers.values("corporate_number"))
    return sorted({row.pk: row for row in (*by_key, *by_number)}.values(), key=lambda row: row.code)


def _decided_pairs() -> set[frozenset[int]]:
    rows = Merge.objects.filter(effective(current_watermark())).values_list("kept_id", "other_id")
    return {frozenset(row) for row in rows}


def decided(member: Member) -> list[Decided]:
    """The decisions that stand now, the latest first."""
    if not member.may("account.view"):
        return []
    latest: dict[frozenset[int], Merge] = {}
    rows = Merge.objects.filter(effective(current_watermark())).select_related(
        "kept", "other", "entry", "entry__actor"
    )
    for merge in rows.order_by("entry__seq", "id"):
        latest[frozenset((merge.kept.pk, merge.other.pk))] = merge
    return [
        Decided(
            merge.pk,
            _party(merge.kept),
            _party(merge.other),
            merge.decision,
            tuple(merge.reasons),
            merge.entry.entered_at,
            merge.entry.actor.name if merge.entry.actor else "",
            merge.entry.reason,
        )
        for merge in reversed(latest.values())
    ]
