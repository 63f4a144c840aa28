"""What held from when to when: owners, exclusions, parties of contracts; departments and the sources' further columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema
from pydantic import Field

from banso_web.accounts.access import visible_accounts, visible_contracts
from banso_web.accounts.reads import dated
from banso_web.accounts.reads.codes import account_codes
from banso_web.accounts.reads.merged import accounts_of
from banso_web.api import schemas
from banso_web.api.facts.reads import page, standing_still
from banso_web.api.identity import who
from banso_web.api.paging import pack, unpack
from banso_web.api.question import PageIn, asked, stamp
from banso_web.api.reads import accounts
from banso_web.api.views.accounts import Code, see_accounts
from banso_web.api.words import said
from banso_web.core.facts import Asked
from banso_web.members.reads import codes_by_id

router = Router(tags=["facts"])
AT_ONCE = 1_000  # customers or contracts looked through for one page
OWNERS = {"owner_id": "owner", "deputy_id": "deputy"}
PARTIES = {"user_company_id": "user_company", "bill_to_id": "bill_to", "dealer_id": "dealer"}
Rows = list[tuple[int, dict[str, Any]]]  # (whose, item), in order


class OfAccountIn(PageIn):
    """A page may hold fewer than `limit`, even none: go on while `next` is not null."""

    account: str | None = Field(None, max_length=200, description="Of this customer: account_id, or `~12`.")


class SpanOut(Schema):
    valid_from: date | None = Field(description="null: since always.")
    valid_to: date | None = Field(description="Exclusive; null: it holds on the asked day.")


class OwnershipOut(SpanOut):
    account_id: str
    role: Literal["owner", "deputy"] = Field(description="主担当 or 副担当")
    member_id: str | None
    member_name: str | None


class ExclusionOut(SpanOut):
    account_id: str
    excluded: str


class ContractPartyOut(SpanOut):
    contract_id: str
    role: Literal["contractor", "user_company", "bill_to", "dealer"]
    account_id: str | None = Field(description="The company in this role.")


class DepartmentOut(Schema):
    id: int
    account_id: str
    name: str


class CustomOut(Schema):
    account_id: str
    name: str
    value: Any = None


def _spread(
    subjects: QuerySet[Any], query: PageIn, question: Asked, items: Callable[[Sequence[Any], Asked], Rows]
) -> dict[str, Any]:
    """One page of what many subjects have several of. The cursor keeps the watermark, the subject and the place in it."""
    first, skipped = 0, 0
    if query.cursor:
        _mark, first, skipped = unpack(query.cursor, [int, int, int])
    found = list(subjects.filter(pk__gte=first).order_by("pk")[: AT_ONCE + 1])
    rows = items(found[:AT_ONCE], question)
    here = [one for whose, one in rows if whose == first][:skipped]
    rows = rows[len(here) :] if rows and rows[0][0] == first else rows
    shown, behind = rows[: query.limit], None
    if len(rows) > query.limit:
        last = shown[-1][0]
        done = sum(1 for whose, _one in shown if whose == last) + (len(here) if last == first else 0)
        behind = pack(question.watermark, last, done)
    elif len(found) > AT_ONCE:
        behind = pack(question.watermark, found[-1].pk, 0)
    return {**stamp(question), "items": [one for _whose, one in shown], "next": behind}


def _question(request: HttpRequest, query: PageIn) -> Asked:
    """The question; a cursor keeps the first page's watermark."""
    question = asked(request, query)
    if query.cursor:
        mark, *_place = unpack(query.cursor, [int, int, int])
        question, _after = standing_still(question, pack(mark, 0))
        request.asked = question  # type: ignore[attr-defined]
    return question


def _customers(request: HttpRequest, question: Asked, account: str | None) -> QuerySet[Any]:
    if account is None:
        see_accounts(request)
        return visible_accounts(who(request))
    return visible_accounts(who(request)).filter(pk=accounts.find(who(request), account).pk)


def _span(one: dated.Span) -> dict[str, Any]:
    return {"valid_from": one.start, "valid_to": one.end}


def _ownership(rows: Sequence[Any], question: Asked) -> Rows:
    codes = {row.pk: row.code for row in rows}
    found = dated.spans("account", list(OWNERS), codes, question)
    people = codes_by_id(one.value for one in found)
    listed: Rows = []
    for one in found:
        code, name = people.get(one.value, (None, None))
        item = {
            "account_id": codes[one.subject_id],
            "role": OWNERS[one.field],
            "member_id": code,
            "member_name": name,
        }
        listed.append((one.subject_id, item | _span(one)))
    return listed


def _exclusions(rows: Sequence[Any], question: Asked) -> Rows:
    codes = {row.pk: row.code for row in rows}
    return [
        (one.subject_id, {"account_id": codes[one.subject_id], "excluded": one.value} | _span(one))
        for one in dated.spans("account", ["excluded"], codes, question)
    ]


def _parties(rows: Sequence[Any], question: Asked) -> Rows:
    contracts = {row.pk: row for row in rows}
    found = dated.spans("contract", list(PARTIES), contracts, question)
    companies = account_codes(one.value for one in found)
    by_contract: dict[int, list[dict[str, Any]]] = {}
    for one in found:
        item = {
            "contract_id": contracts[one.subject_id].code,
            "role": PARTIES[one.field],
            "account_id": companies.get(one.value),
        }
        by_contract.setdefault(one.subject_id, []).append(item | _span(one))
    listed: Rows = []
    for pk in sorted(contracts):
        row = contracts[pk]
        own = {"contract_id": row.code, "role": "contractor", "account_id": row.account.code}
        listed.append((pk, {**own, "valid_from": None, "valid_to": None}))
        listed += [(pk, item) for item in by_contract.get(pk, [])]
    return listed


@router.get(
    "/ownership", response=schemas.Listed[OwnershipOut], summary=said(gettext_lazy("主担当・副担当の履歴"))
)
def list_ownership(request: HttpRequest, query: Query[OfAccountIn]) -> Any:
    """Who was 主担当 and 副担当 of which customer, from when to when."""
    question = _question(request, query)
    return _spread(_customers(request, question, query.account), query, question, _ownership)


@router.get(
    "/accounts/{account}/ownership",
    response=schemas.Listed[OwnershipOut],
    summary=said(gettext_lazy("顧客の主担当・副担当の履歴")),
)
def account_ownership(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """The same of one customer."""
    question = _question(request, query)
    return _spread(_customers(request, question, account), query, question, _ownership)


@router.get(
    "/exclusions", response=schemas.Listed[ExclusionOut], summary=said(gettext_lazy("除外区分の履歴"))
)
def list_exclusions(request: HttpRequest, query: Query[OfAccountIn]) -> Any:
    """Which customers leave every metric (own, test, trial, poc, loan), from when to when."""
    question = _question(request, query)
    return _spread(_customers(request, question, query.account), query, question, _exclusions)


@router.get(
    "/accounts/{account}/exclusions",
    response=schemas.Listed[ExclusionOut],
    summary=said(gettext_lazy("顧客の除外区分の履歴")),
)
def account_exclusions(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """The same of one customer."""
    question = _question(request, query)
    return _spread(_customers(request, question, account), query, question, _exclusions)


def _contracts(request: HttpRequest, question: Asked, account: str | None) -> QuerySet[Any]:
    member = who(request)
    rows = visible_contracts(member).select_related("account")
    if account is None:
        see_accounts(request)
        return rows
    return rows.filter(account_id__in=accounts_of(question, accounts.find(member, account).pk))


@router.get("/parties", response=schemas.Listed[ContractPartyOut], summary=said(gettext_lazy("契約の当事者")))
def list_parties(request: HttpRequest, query: Query[OfAccountIn]) -> Any:
    """契約先, 利用企業, 請求先 and 販売店 of every contract, from when to when. `account`: the 契約先."""
    question = _question(request, query)
    return _spread(_contracts(request, question, query.account), query, question, _parties)


@router.get(
    "/accounts/{account}/parties",
    response=schemas.Listed[ContractPartyOut],
    summary=said(gettext_lazy("顧客の契約の当事者")),
)
def account_parties(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """The same of the contracts of one customer."""
    question = _question(request, query)
    return _spread(_contracts(request, question, account), query, question, _parties)


def _departments(request: HttpRequest, query: PageIn, account: str | None) -> dict[str, Any]:
    member = who(request)
    question, after = standing_still(asked(request, query), query.cursor)
    request.asked = question  # type: ignore[attr-defined]
    if account is None:
        see_accounts(request)
    own = None if account is None else accounts.find(member, account).pk
    shown, behind = page(dated.departments(member, question, own), question, after, query.limit)
    items = [{"id": row.pk, "account_id": row.account.code, "name": row.name} for row in shown]
    return {**stamp(question), "items": items, "next": behind}


@router.get("/departments", response=schemas.Listed[DepartmentOut], summary=said(gettext_lazy("部署の一覧")))
def list_departments(request: HttpRequest, query: Query[OfAccountIn]) -> Any:
    """Departments of customers. They come into being with their first mention and are not dated."""
    return _departments(request, query, query.account)


@router.get(
    "/accounts/{account}/departments",
    response=schemas.Listed[DepartmentOut],
    summary=said(gettext_lazy("顧客の部署")),
)
def account_departments(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """The same of one customer."""
    return _departments(request, query, account)


def _custom(request: HttpRequest) -> Callable[[Sequence[Any], Asked], Rows]:
    def items(rows: Sequence[Any], question: Asked) -> Rows:
        codes = {row.pk: row.code for row in rows}
        found = dated.custom_fields(who(request), question, codes)
        return [
            (pk, {"account_id": codes[pk], "name": name, "value": found[pk][name]})
            for pk in sorted(found)
            for name in sorted(found[pk])
        ]

    return items


@router.get(
    "/custom_fields", response=schemas.Listed[CustomOut], summary=said(gettext_lazy("顧客の追加項目"))
)
def list_custom_fields(request: HttpRequest, query: Query[OfAccountIn]) -> Any:
    """Columns that the sources had beside the canonical ones, customer by customer."""
    question = _question(request, query)
    return _spread(_customers(request, question, query.account), query, question, _custom(request))


@router.get(
    "/accounts/{account}/custom_fields",
    response=schemas.Listed[CustomOut],
    summary=said(gettext_lazy("1社の追加項目")),
)
def account_custom_fields(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """The same of one customer."""
    question = _question(request, query)
    return _spread(_customers(request, question, account), query, question, _custom(request))
