"""Who calls, members, the audit log, whether the service lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Query, Router, Schema
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import caller, who
from banso_web.api.paging import keyset, pack, unpack
from banso_web.api.question import BIG, Day, PageIn, TimeIn, asked, stamp
from banso_web.api.words import said
from banso_web.core.errors import Forbidden
from banso_web.core.facts import current_watermark
from banso_web.core.organisation import fiscal_month, organisation_name
from banso_web.core.reads.audit import Wanted, audit_rows, hidden_fields
from banso_web.members.reads import Person, people_after, person_of

if TYPE_CHECKING:
    from banso_web.core.models import AuditRow
    from banso_web.members.models import Member

router = Router(tags=["organisation"])


class HealthOut(Schema):
    status: str
    watermark: int


@router.get("/health", response=HealthOut, auth=None, summary=said(gettext_lazy("動いているか")))
def health(request: HttpRequest) -> Any:
    """Needs no key. The database answers, or this is a 500."""
    return {"status": "ok", "watermark": current_watermark()}


class MemberOut(Schema):
    id: int
    member_id: str
    name: str
    email: str | None
    job: str
    roles: list[str]
    manager_id: str | None
    active: bool
    joined_on: Day | None


class MeOut(schemas.Stamp):
    member: MemberOut
    permissions: list[str] = Field(description="What the key leaves of the member's rights.")
    scopes: list[str]
    organisation: str
    fiscal_month: int


class MembersIn(PageIn):
    active: bool | None = None


class AuditOut(Schema):
    id: int
    at: Any
    actor: str
    via: str
    action: str
    subject: str
    subject_id: int | None
    subject_label: str
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str
    hidden: list[str] = Field(description="Fields whose values the caller may not see; they are null.")


class AuditIn(PageIn):
    who: str = Field("", max_length=100)
    text: str = Field("", max_length=100)
    action: str = Field("", max_length=60)
    subject: str = Field("", max_length=30)
    subject_id: int | None = Field(None, ge=0, le=BIG)
    via: str = Field("", max_length=10)
    since: Day | None = None
    until: Day | None = None


def _member(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "member_id": person.code,
        "name": person.name,
        "email": person.email,
        "job": person.job,
        "roles": list(person.roles),
        "manager_id": person.manager,
        "active": person.is_active,
        "joined_on": person.joined_on,
    }


@router.get(
    "/me",
    response=MeOut,
    summary=said(gettext_lazy("このキーのメンバー")),
    openapi_extra={SCOPE: "read|write|import|metrics"},
)
def me(request: HttpRequest, query: Query[TimeIn]) -> Any:
    """The member the key acts for, and what it may do."""
    member = who(request)
    return {
        **stamp(asked(request, query)),
        "member": _member(person_of(member)),
        "permissions": sorted(member.permissions),
        "scopes": sorted(caller(request).scopes),
        "organisation": organisation_name(),
        "fiscal_month": fiscal_month(),
    }


@router.get("/members", response=schemas.Listed[MemberOut], summary=said(gettext_lazy("メンバーの一覧")))
def list_members(request: HttpRequest, query: Query[MembersIn]) -> Any:
    """Members as they are today, in order of id. Needs `member.view`."""
    if not who(request).may("member.view"):
        raise Forbidden(_("メンバーを見る権限がありません。"))
    question = asked(request, query)
    after = unpack(query.cursor, [int])[0] if query.cursor else 0
    found = people_after(after, query.limit + 1, active=query.active)
    shown = found[: query.limit]
    behind = pack(shown[-1].id) if len(found) > query.limit else None
    return {**stamp(question), "items": [_member(person) for person in shown], "next": behind}


@router.get("/audit", response=schemas.Listed[AuditOut], summary=said(gettext_lazy("監査ログ")))
def list_audit(request: HttpRequest, query: Query[AuditIn]) -> Any:
    """Who did what to what, latest first; rows about things the caller may not see are left out. Needs `audit.view`."""
    member = who(request)
    if not member.may("audit.view"):
        raise Forbidden(_("監査ログを見る権限がありません。"))
    question = asked(request, query)
    wanted = Wanted(
        query.who,
        query.text,
        query.action,
        query.subject,
        query.subject_id,
        query.via,
        query.since,
        query.until,
    )
    rows, behind = keyset(audit_rows(member, wanted), query.cursor, query.limit, [("-pk", int)])
    return {**stamp(question), "items": [_audited(member, row) for row in rows], "next": behind}


def _audited(member: Member, row: AuditRow) -> dict[str, Any]:
    hidden = hidden_fields(member, row)
    return {
        "id": row.pk,
        "at": row.at,
        "actor": row.actor_name,
        "via": row.via,
        "action": row.action,
        "subject": row.subject,
        "subject_id": row.subject_id,
        "subject_label": row.subject_label,
        "old": {key: None if key in hidden else value for key, value in row.old.items()},
        "new": {key: None if key in hidden else value for key, value in row.new.items()},
        "reason": row.reason,
        "hidden": hidden,
    }
