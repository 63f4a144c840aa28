"""名寄せ: customers that may be one company; a person decides."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.accounts.actions import merging
from banso_web.accounts.reads.candidates import Party, candidates, decided
from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import by_position
from banso_web.api.question import Given, Id, PageIn, asked, stamp
from banso_web.api.reads.accounts import exactly
from banso_web.api.views.accounts import see_accounts
from banso_web.api.views.targets import MadeAnswer, ReasonIn, made
from banso_web.api.words import said

router = Router(tags=["merges"])
WRITES = {SCOPE: "write"}


class PartyOut(Schema):
    id: int
    account_id: str
    name: str
    corporate_number: str | None
    prefecture: str | None


class CandidateOut(Schema):
    first: PartyOut
    second: PartyOut
    verdict: str
    reasons: list[str]


class MergeOut(Schema):
    id: int
    kept: PartyOut
    other: PartyOut
    decision: str
    reasons: list[str]


class MergeIn(Given):
    kept: str = Field(min_length=1, max_length=200, description="account_id that stays.")
    other: str = Field(min_length=1, max_length=200, description="account_id that is read as `kept` (same).")
    decision: Literal["same", "different"]
    reason: str = Field("", max_length=2_000)


def _party(one: Party) -> dict[str, Any]:
    return {
        "id": one.id,
        "account_id": one.code,
        "name": one.name,
        "corporate_number": one.corporate_number or None,
        "prefecture": one.prefecture or None,
    }


@router.get(
    "/merges/candidates", response=schemas.Listed[CandidateOut], summary=said(gettext_lazy("名寄せの候補"))
)
def list_candidates(request: HttpRequest, query: Query[PageIn]) -> Any:
    """Undecided pairs, certain ones first (at most 500). Nothing is ever merged by itself."""
    see_accounts(request)
    question = asked(request, query)
    shown, behind = by_position(candidates(who(request)), query.cursor, query.limit)
    items = [
        {
            "first": _party(one.first),
            "second": _party(one.second),
            "verdict": one.verdict,
            "reasons": list(one.reasons),
        }
        for one in shown
    ]
    return {**stamp(question), "items": items, "next": behind}


@router.get("/merges", response=schemas.Listed[MergeOut], summary=said(gettext_lazy("名寄せの一覧")))
def list_merges(request: HttpRequest, query: Query[PageIn]) -> Any:
    """Decisions that stand now, latest first."""
    see_accounts(request)
    question = asked(request, query)
    shown, behind = by_position(decided(who(request)), query.cursor, query.limit)
    items = [
        {
            "id": one.id,
            "kept": _party(one.kept),
            "other": _party(one.other),
            "decision": one.decision,
            "reasons": list(one.reasons),
        }
        for one in shown
    ]
    return {**stamp(question), "items": items, "next": behind}


@router.post(
    "/merges", response={201: MadeAnswer}, summary=said(gettext_lazy("名寄せを決める")), openapi_extra=WRITES
)
def post_merge(request: HttpRequest, body: MergeIn) -> Any:
    """`same`: `other` is read as `kept` from now on; `different`: the pair is no candidate any more."""
    member = who(request)
    kept, other = exactly(member, body.kept), exactly(member, body.other)
    found = merging.decide(kept.pk, other.pk, body.decision, actor=member, reason=body.reason)
    return Status(201, made(found.pk))


@router.post(
    "/merges/{merge}/undo",
    response=MadeAnswer,
    summary=said(gettext_lazy("名寄せを取り消す")),
    openapi_extra=WRITES,
)
def undo_merge(request: HttpRequest, merge: Path[Id], body: ReasonIn) -> Any:
    """Take a decision back from now on: both sides stand as before."""
    merging.undo(merge, actor=who(request), reason=body.reason)
    return made(merge)
