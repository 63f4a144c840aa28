"""休業日: days on which the company is closed, beside weekends and national holidays."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import in_memory
from banso_web.api.question import Day, Given, PageIn, asked, stamp
from banso_web.api.views.accounts import now, see_accounts
from banso_web.api.words import said
from banso_web.core.actions.closures import add_closures, remove_closure_on
from banso_web.core.reads.calendar import closures

router = Router(tags=["facts"])
ADMIN = {SCOPE: "admin"}


class ClosureOut(Schema):
    on: date
    name: str


class ClosureIn(Given):
    on: Day
    name: Annotated[str, Field(max_length=100)] = ""


class ClosuresIn(PageIn):
    first: Day | None = Field(None, alias="from", description="The first day, inclusive.")
    last: Day | None = Field(None, alias="to", description="The last day, inclusive.")


class ChangedAnswer(schemas.Stamp):
    changed: int = Field(description="0: it was so already, and nothing was written.")


@router.get("/closures", response=schemas.Listed[ClosureOut], summary=said(gettext_lazy("休業日の一覧")))
def list_closures(request: HttpRequest, query: Query[ClosuresIn]) -> Any:
    """The organisation's own closed days as they are set now; they are a setting and are not dated."""
    see_accounts(request)
    question = asked(request, query)
    days = closures(query.first, query.last)
    shown, behind = in_memory(days, query.cursor, query.limit, lambda one: (one[0].isoformat(),), [str])
    return {**stamp(question), "items": [{"on": on, "name": name} for on, name in shown], "next": behind}


@router.post(
    "/closures",
    response={200: ChangedAnswer, 201: ChangedAnswer},
    summary=said(gettext_lazy("休業日を足す")),
    openapi_extra=ADMIN,
)
def add_closure(request: HttpRequest, body: ClosureIn) -> Any:
    """Close the company on a day; a day that is closed already keeps its name (200)."""
    added = add_closures(who(request), {body.on: body.name})
    return Status(201 if added else 200, {**stamp(now()), "changed": added})


@router.delete(
    "/closures/{on}",
    response=ChangedAnswer,
    summary=said(gettext_lazy("休業日を外す")),
    openapi_extra=ADMIN,
)
def delete_closure(request: HttpRequest, on: Path[Day]) -> Any:
    """Open the company on that day again; the audit log keeps what it was."""
    remove_closure_on(who(request), on)
    return {**stamp(now()), "changed": 1}
