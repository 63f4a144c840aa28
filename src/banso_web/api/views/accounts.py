"""Customers: list, one, edit, undo; what belongs to one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router
from pydantic import Field

from banso_web.accounts.actions.editing import edit_account, edit_many
from banso_web.accounts.reads.codes import account_ids
from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import by_position
from banso_web.api.problems import invalid
from banso_web.api.question import Day, Given, Id, Month, PageIn, TimeIn, asked, stamp
from banso_web.api.reads import accounts as reads
from banso_web.api.words import said
from banso_web.core import clock
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.facts import Asked, current_watermark, history
from banso_web.desk.actions.undoing import undo
from banso_web.desk.reads.customer import timeline as timeline_of
from banso_web.desk.reads.customers import ListQuery
from banso_web.members.reads import ids_by_code

router = Router(tags=["accounts"])
Code = Annotated[str, Field(max_length=200, description="account_id; `~12` is the internal id 12.")]


class AccountsIn(PageIn):
    """The filters of the customer list."""

    account_id: str | None = Field(None, max_length=200, description="Exactly this account_id.")
    q: str = Field("", max_length=100, description="Words in name, kana or id, whatever their width or case.")
    owner: str = Field("", max_length=200, description="member_id, `me`, or `none`.")
    segment: str = Field("", max_length=100)
    touch: str = Field("", pattern="^(high|low|tech)?$")
    renewal: int | None = Field(
        None, ge=0, le=99_999, description="The next contract end lies within so many days."
    )
    month: Month | None = Field(None, description="The next contract end falls into this month.")
    silent: int | None = Field(None, ge=0, le=99_999, description="No touch for so many days (or never).")
    excluded: str = Field("", pattern="^(only|own|test|trial|poc|loan)?$")
    state: str = Field("", pattern="^(active|ended|incomplete)?$")
    sort: Literal["id", "name", "-name", "mrr", "-mrr"] = "name"


def owner_of(text: str) -> str:
    """What `ListQuery` takes for a member_id, `me` or `none`; 422 for a member that does not exist."""
    if text in ("", "me", "none"):
        return text
    found = ids_by_code([text])
    if text not in found:
        raise invalid("owner", _("この member_id のメンバーはいません。"))
    return str(found[text])


def filters(query: AccountsIn) -> ListQuery:
    return ListQuery(
        text=query.q,
        owner=owner_of(query.owner),
        segment=query.segment,
        touch=query.touch,
        renewal_days=query.renewal,
        renewal_month=date.fromisoformat(f"{query.month}-01") if query.month else None,
        silent_days=query.silent,
        excluded=query.excluded,
        state=query.state,
    )


def see_accounts(request: HttpRequest) -> None:
    """403 for a list of customers without the right to see customers (one customer is 404)."""
    if not who(request).may("account.view"):
        raise Forbidden(_("顧客を見る権限がありません。"))


@router.get(
    "/accounts", response=schemas.Listed[schemas.AccountOut], summary=said(gettext_lazy("顧客の一覧"))
)
def list_accounts(request: HttpRequest, query: Query[AccountsIn]) -> Any:
    """Customers of the asked day that the filters leave. MRR and order by MRR need `revenue.view`."""
    see_accounts(request)
    question, member = asked(request, query), who(request)
    if "mrr" in query.sort and not member.may("revenue.view"):
        raise Forbidden(_("MRR で並べるには、売上の数字を見る権限が必要です。"))
    if query.account_id is not None:
        found = [reads.one(member, reads.exactly(member, query.account_id), question)]
        return {**stamp(question), "items": found, "next": None}
    items, behind = reads.page(member, filters(query), question, query.sort, query.cursor, query.limit)
    return {**stamp(question), "items": items, "next": behind}


@router.get("/accounts/{account}", response=schemas.AccountAnswer, summary=said(gettext_lazy("顧客を1社")))
def get_account(
    request: HttpRequest, response: HttpResponse, query: Query[TimeIn], account: Path[Code]
) -> Any:
    """One customer on the asked day. `ETag` (today only) is what an edit stands on."""
    question, member = asked(request, query), who(request)
    row = reads.find(member, account)
    if question.is_today:
        response["ETag"] = reads.etag(row.pk)
    return {**stamp(question), "account": reads.one(member, row, question)}


class AccountValues(Given):
    """The fields to change; what is not named stays as it is, null empties."""

    name: str | None = Field(None, max_length=300)
    kana: str | None = Field(None, max_length=300)
    corporate_number: str | None = Field(None, max_length=20)
    industry: str | None = Field(None, max_length=100)
    segment: str | None = Field(None, max_length=100)
    employees: int | None = Field(None, ge=0, le=2_000_000_000)
    prefecture: str | None = Field(None, max_length=20)
    fiscal_month: int | None = Field(None, ge=1, le=12)
    budget_month: int | None = Field(None, ge=1, le=12)
    parent_id: str | None = Field(None, max_length=200)
    touch: list[Literal["high", "low", "tech"]] | None = Field(None, max_length=3)
    community: bool | None = None
    owner: str | None = Field(None, max_length=200, description="member_id")
    deputy: str | None = Field(None, max_length=200, description="member_id")
    started_on: Day | None = None
    excluded: Literal["", "own", "test", "trial", "poc", "loan"] | None = None
    success_definition: str | None = Field(None, max_length=20_000)


class AccountEdit(Given):
    values: AccountValues
    valid_from: Day | None = Field(None, description="From which day it is so (default: today).")
    reason: str = Field("", max_length=2000)


class BulkEdit(Given):
    account_ids: list[str] = Field(min_length=1, max_length=5_000)
    values: AccountValues
    reason: str = Field("", max_length=2000)


def _resolve(values: Mapping[str, Any], name: str, found: Mapping[str, int], words: str) -> int | None:
    code = values[name]
    if code in (None, ""):
        return None
    if code not in found:
        raise Refused(
            _("入力を確かめてください。何も保存していません。"), code="invalid", fields={name: words}
        )
    return found[code]


def edit_values(given: AccountValues) -> dict[str, Any]:
    """The action's fields from the canonical ones. Stop or Refused for ids that name nothing."""
    sent = given.dict(exclude_unset=True)
    people = ids_by_code([sent[name] for name in ("owner", "deputy") if sent.get(name)])
    made: dict[str, Any] = {}
    for name, value in sent.items():
        if name in ("owner", "deputy"):
            made[f"{name}_id"] = _resolve(sent, name, people, _("この member_id のメンバーはいません。"))
        elif name == "parent_id":
            companies = account_ids([value] if value else [])
            made[name] = _resolve(sent, name, companies, _("この account_id の顧客はありません。"))
        elif name == "touch":
            made[name] = ";".join(value or [])
        elif isinstance(value, date):
            made[name] = value.isoformat()
        else:
            made[name] = value
    return made


def seen_version(request: HttpRequest) -> int | None:
    """The entry of If-Match; None where anything may be overwritten (`*`, or no header)."""
    text = request.headers.get("If-Match", "").strip()
    if text in ("", "*"):
        return None
    match = re.fullmatch(r'(?:W/)?"(\d{1,18})"', text)
    if match is None:
        raise invalid("If-Match", _("ETag の値をそのまま送ってください。"))
    return int(match[1])


def now() -> Asked:
    """The question that a write is answered for."""
    today = clock.today()
    return Asked(as_of=today, today=today, watermark=current_watermark())


@router.patch(
    "/accounts/{account}",
    response=schemas.EditAnswer,
    summary=said(gettext_lazy("顧客を編集する")),
    openapi_extra={SCOPE: "write", "x-banso-etag": True},
)
def patch_account(
    request: HttpRequest, response: HttpResponse, body: AccountEdit, account: Path[Code]
) -> Any:
    """Change fields from a day on: one dated version, one audit row. With `If-Match`, 412 where somebody was faster."""
    member = who(request)
    row = reads.find(member, account)
    try:
        done = edit_account(
            row.pk,
            edit_values(body.values),
            actor=member,
            reason=body.reason,
            valid_from=body.valid_from,
            seen_entry=seen_version(request),
        )
    except Refused as problem:
        raise renamed(problem) from problem
    row.refresh_from_db()
    response["ETag"] = reads.etag(row.pk)
    question = now()
    shown = reads.one(member, row, question)
    return {**stamp(question), "account": shown, "changed": done.changed, "entry": done.entry_id}


def renamed(problem: Refused) -> Refused:
    """The refusal with the canonical names of the fields."""
    problem.fields = {
        name.removesuffix("_id") if name != "parent_id" else name: text
        for name, text in problem.fields.items()
    }
    return problem


@router.post(
    "/edits",
    response=schemas.UndoAnswer,
    summary=said(gettext_lazy("顧客をまとめて編集する")),
    openapi_extra={SCOPE: "write"},
)
def bulk_edit(request: HttpRequest, body: BulkEdit) -> Any:
    """The same fields for many customers: one entry, all or nothing."""
    member = who(request)
    ids = [reads.find(member, code).pk for code in body.account_ids]
    try:
        done = edit_many(ids, edit_values(body.values), actor=member, reason=body.reason)
    except Refused as problem:
        raise renamed(problem) from problem
    return {**stamp(now()), "changed": done.changed}


@router.post(
    "/edits/{entry}/undo",
    response=schemas.UndoAnswer,
    summary=said(gettext_lazy("変更を元に戻す")),
    openapi_extra={SCOPE: "write"},
)
def undo_account_edit(request: HttpRequest, entry: Path[Id]) -> Any:
    """Take back what was saved on a customer: its fields, contacts, contracts, their ends and prices, movements and touches.

    `entry` stands in the answer of the change. `changed`: how many customers it was about. 422 `stands_on_it` while a later
    change stands on it; 403 where one of its customers is not the caller's to edit.
    """
    changed = undo(entry, actor=who(request))
    return {**stamp(now()), "changed": changed}


class TimelineIn(PageIn):
    kind: str = Field("", max_length=40)


@router.get(
    "/accounts/{account}/timeline",
    response=schemas.Listed[schemas.TimelineOut],
    summary=said(gettext_lazy("顧客のタイムライン")),
)
def account_timeline(request: HttpRequest, query: Query[TimelineIn], account: Path[Code]) -> Any:
    """What happened with the customer up to the asked day, latest first, in the caller's language."""
    question, member = asked(request, query), who(request)
    row = reads.find(member, account)
    items = timeline_of(member, row.pk, question, kind=query.kind, limit=5_000)
    shown, behind = by_position(items, query.cursor, query.limit)
    made = [
        {"at": one.at, "kind": one.kind, "label": str(one.label), "text": one.text, "detail": str(one.detail)}
        for one in shown
    ]
    return {**stamp(question), "items": made, "next": behind}


@router.get(
    "/accounts/{account}/history",
    response=schemas.Listed[schemas.ChangeOut],
    summary=said(gettext_lazy("顧客の項目の履歴")),
)
def account_history(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """Every dated change of the customer's own fields, latest entered first. Members and parents stand as internal ids."""
    question, member = asked(request, query), who(request)
    row = reads.find(member, account)
    versions = history("account", row.pk, watermark=question.watermark, known_at=question.known_at)
    changes = [
        {
            "field": field,
            "value": str(value) if isinstance(value, Decimal) else value,
            "valid_from": version.valid_from,
            "recorded_at": version.recorded_at,
            "entry": version.seq,
        }
        for version in reversed(versions)
        for field, value in version.values.items()
    ]
    shown, behind = by_position(changes, query.cursor, query.limit)
    return {**stamp(question), "items": shown, "next": behind}
