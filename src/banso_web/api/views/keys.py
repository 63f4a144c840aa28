"""API keys as their owner sees them: made on the page by a person, listed and revoked here too."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import caller, who
from banso_web.api.paging import pack, unpack
from banso_web.api.question import Id, PageIn, asked, stamp
from banso_web.api.views.accounts import now
from banso_web.api.views.calendar import ChangedAnswer
from banso_web.api.words import said
from banso_web.members.actions import revoke_key
from banso_web.members.reads import keys_after

router = Router(tags=["organisation"])
ADMIN = {SCOPE: "admin"}


class KeyOut(Schema):
    id: int
    name: str
    prefix: str = Field(
        description="The beginning by which a key is told from others; the rest is kept as a hash alone."
    )
    member_id: str
    scopes: list[str]
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None
    current: bool = Field(description="It is the key of this request.")


@router.get(
    "/keys",
    response=schemas.Listed[KeyOut],
    summary=said(gettext_lazy("API キーの一覧")),
    openapi_extra=ADMIN,
)
def list_keys(request: HttpRequest, query: Query[PageIn]) -> Any:
    """One's own keys; everybody's for those who manage members. A key's text is never shown again."""
    question, member = asked(request, query), who(request)
    after = unpack(query.cursor, [int])[0] if query.cursor else 0
    found = keys_after(member, after, query.limit + 1)
    shown = found[: query.limit]
    items = [
        {
            "id": one.pk,
            "name": one.name,
            "prefix": f"banso_{one.prefix}",
            "member_id": one.member.code,
            "scopes": one.scopes,
            "made_at": one.made_at,
            "expires_at": one.expires_at,
            "revoked_at": one.revoked_at,
            "last_used_on": one.last_used_on,
            "current": caller(request).name == f"key:{one.pk}",
        }
        for one in shown
    ]
    return {
        **stamp(question),
        "items": items,
        "next": pack(shown[-1].pk) if len(found) > query.limit else None,
    }


@router.delete(
    "/keys/{key}",
    response=ChangedAnswer,
    summary=said(gettext_lazy("API キーを無効にする")),
    openapi_extra=ADMIN,
)
def delete_key(request: HttpRequest, key: Path[Id]) -> Any:
    """The key stops working at once: one's own, or anybody's for those who manage members; 404 for all others."""
    revoke_key(key, actor=who(request))
    return {**stamp(now()), "changed": 1}
