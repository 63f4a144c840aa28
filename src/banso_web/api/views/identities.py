"""Whose the ids of the product are: what waits for a person, what was decided, deciding and undoing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import by_position
from banso_web.api.question import Day, Given, Id, PageIn, asked, stamp
from banso_web.api.reads.accounts import exactly
from banso_web.api.reads.people import find_contact
from banso_web.api.views.accounts import now
from banso_web.api.views.targets import ReasonIn
from banso_web.api.words import said
from banso_web.usage.actions.settling import About, Followed, Whose, require, settle, undo
from banso_web.usage.reads.unknown import LINKS, Decided, Line, unknown

router = Router(tags=["usage"])
WRITES = {SCOPE: "write"}
Text = Annotated[str, Field(max_length=200)]


class UnknownIn(PageIn):
    list: Literal["groups", "users", "known"] = Field(
        "groups", description="known: ids that belong to a customer without naming it."
    )
    q: str = Field("", max_length=100, description="In the id, the name or the address.")


class SuggestionOut(Schema):
    account_id: str
    name: str
    reasons: list[str]


class UnknownOut(Schema):
    kind: Literal["group", "user"]
    source: int
    key: str = Field(description="The id that the product sends.")
    events: int
    first_day: date | None
    last_day: date | None
    name: str | None
    email: str | None
    traits: dict[str, str]
    account_id: str | None = Field(description="The customer it counts for.")
    aside: bool = Field(description="true: it counts for nobody, by decision.")
    basis: str | None = Field(description="link, code, rule, group, contact or domain.")
    suggestions: list[SuggestionOut]


class LinkOut(Schema):
    id: int
    kind: Literal["group", "user", "domain", "rule"]
    source: int | None
    key: str
    field: str | None
    account_id: str | None
    aside: bool
    since: date | None
    until: date | None
    decided_at: datetime | None
    decided_by: str | None
    reason: str


class LinkIn(Given):
    """One of account_id, contact_id (of a user) and aside."""

    kind: Literal["group", "user", "domain", "rule"]
    key: Text = Field(description="The id, the domain, or the pattern of a rule (* is any text).")
    source: Id | None = Field(None, description="null: of every source.")
    field: Annotated[str, Field(max_length=100)] = Field(
        "", description="Of a rule: group_id, user_id, email or the name of a trait."
    )
    account_id: Text = ""
    contact_id: Text = ""
    aside: bool = Field(False, description="true: internal or test, counts for nobody.")
    since: Day | None = None
    until: Day | None = Field(None, description="Exclusive.")
    reason: str = Field("", max_length=300)


class GainedOut(Schema):
    account_id: str
    events: int


class SettledAnswer(schemas.Stamp):
    ids: list[int]
    gained: list[GainedOut] = Field(description="Past events that count for a customer now and did not.")
    lost: int = Field(description="Past events that count for nobody now.")


@router.get(
    "/identity/unknown",
    response=schemas.Listed[UnknownOut],
    summary=said(gettext_lazy("未確認の利用者・グループ")),
)
def list_unknown(request: HttpRequest, query: Query[UnknownIn]) -> Any:
    """Ids of the product whose customer is not known, those with the most events first, with whom they may belong to."""
    member = who(request)
    require(member)
    question = asked(request, query)
    found = unknown(member, question, query.list, text=query.q, size=None)
    shown, behind = by_position(found.lines, query.cursor, query.limit)
    return {**stamp(question), "items": [_unknown(line) for line in shown], "next": behind}


def _unknown(line: Line) -> dict[str, Any]:
    seen = line.seen
    return {
        "kind": seen.kind,
        "source": seen.source,
        "key": seen.key,
        "events": seen.events,
        "first_day": seen.first_day,
        "last_day": seen.last_day,
        "name": seen.name or None,
        "email": seen.email or None,
        "traits": seen.traits,
        "account_id": line.account.code if line.account else None,
        "aside": line.aside,
        "basis": line.basis or None,
        "suggestions": [
            {"account_id": one.party.code, "name": one.party.name, "reasons": list(one.reasons)}
            for one in line.suggested
        ],
    }


@router.get(
    "/identity/links",
    response=schemas.Listed[LinkOut],
    summary=said(gettext_lazy("利用者・グループの対応づけの一覧")),
)
def list_links(request: HttpRequest, query: Query[PageIn]) -> Any:
    """Decisions that stand, the latest first."""
    member = who(request)
    require(member)
    question = asked(request, query)
    found = unknown(member, question, LINKS, size=None)
    shown, behind = by_position(found.decided, query.cursor, query.limit)
    return {**stamp(question), "items": [_link(one) for one in shown], "next": behind}


def _link(one: Decided) -> dict[str, Any]:
    link = one.link
    return {
        "id": link.pk,
        "kind": link.kind,
        "source": link.source,
        "key": link.key,
        "field": link.field or None,
        "account_id": one.account.code if one.account else None,
        "aside": one.account is None,
        "since": link.since,
        "until": link.until,
        "decided_at": one.at,
        "decided_by": one.by or None,
        "reason": one.reason,
    }


@router.post(
    "/identity/links",
    response={201: SettledAnswer},
    summary=said(gettext_lazy("利用者・グループの顧客を決める")),
    openapi_extra=WRITES,
)
def post_link(request: HttpRequest, body: LinkIn) -> Any:
    """Decide whose an id, a mail domain or a rule is. The past follows: its events count for the customer from now on."""
    member = who(request)
    require(member)
    about = About(body.kind, body.key, body.source, body.field)
    account = exactly(member, body.account_id).pk if body.account_id else None
    contact = find_contact(member, body.contact_id).pk if body.contact_id else None
    whose = Whose(account, contact, body.since, body.until, aside=body.aside)
    return Status(201, _settled(settle([about], whose, actor=member, reason=body.reason)))


@router.post(
    "/identity/links/{link}/undo",
    response=SettledAnswer,
    summary=said(gettext_lazy("利用者・グループの対応づけを取り消す")),
    openapi_extra=WRITES,
)
def undo_link(request: HttpRequest, link: Path[Id], body: ReasonIn) -> Any:
    """Take a decision back from now on, with those made in the same act."""
    return _settled(undo(link, actor=who(request), reason=body.reason))


def _settled(done: Followed) -> dict[str, Any]:
    gained = [{"account_id": code, "events": events} for code, events in done.gained]
    return {**stamp(now()), "ids": list(done.links), "gained": gained, "lost": done.lost}
