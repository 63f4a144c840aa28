"""What belongs to customers and is a state: contacts and contracts; of all, of one customer, one; added and edited."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Status
from pydantic import Field

from banso_web.accounts.actions.contacts import add_contact, edit_contact
from banso_web.accounts.actions.contracts import add_contract, edit_contract
from banso_web.accounts.actions.stating import Done, Times, latest
from banso_web.accounts.reads.codes import account_ids
from banso_web.api import schemas
from banso_web.api.facts.shapes import FactCode, Name
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.question import Day, Given, PageIn, TimeIn, asked, stamp
from banso_web.api.reads import accounts, people
from banso_web.api.views.accounts import Code, now, see_accounts, seen_version
from banso_web.api.words import said
from banso_web.core.errors import Forbidden, Refused

router = Router(tags=["accounts"])
WRITES = {SCOPE: "write"}
EDITS = {SCOPE: "write", "x-banso-etag": True}
Amount = Annotated[str | int | float, Field(description="税抜; a plain number or its text.")]


class ThingsIn(PageIn):
    account: str | None = Field(None, max_length=200, description="Of this customer: account_id, or `~12`.")
    code: str | None = Field(None, max_length=200, description="Exactly this id.")


class Stated(Given):
    """The times of a change: from which day it is so (default today), since when the company knows it (default now)."""

    valid_from: Day | None = None
    recorded_on: Day | None = None
    reason: str = Field("", max_length=2_000)

    def times(self) -> Times:
        return Times(self.valid_from, self.recorded_on, self.reason)


class ContactValues(Given):
    """What is not named stays as it is; an empty text empties."""

    family_name: Name | None = None
    given_name: Name | None = None
    family_kana: Name | None = None
    given_kana: Name | None = None
    department: Name | None = None
    title: Name | None = None
    roles: list[Name] | None = Field(None, max_length=20)
    email: Name | None = None
    phone: Name | None = None
    consent_basis: Literal["", "consent", "relation", "card", "public"] | None = None
    consent_on: Day | None = None


class ContractValues(Given):
    """What is not named stays as it is; null or an empty text empties. `mrr`, or `amount` with `term_months`."""

    product: Name | None = None
    plan: Name | None = None
    seats: int | None = Field(None, ge=0, lt=2**31)
    seat_unit: Name | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    mrr: Amount | None = None
    amount: Amount | None = None
    term_months: int | None = Field(None, ge=1, le=1_200)
    currency: Annotated[str, Field(max_length=3)] | None = None
    signed_on: Day | None = None
    auto_renew: bool | None = None
    renewal_months: int | None = Field(None, ge=0, le=1_200)
    notice_kind: (
        Literal["", "months_before", "days_before", "day_of_previous_month", "date", "none"] | None
    ) = None
    notice_value: int | None = Field(None, ge=0, le=10_000)
    notice_deadline: Day | None = None
    user_company: Name | None = Field(None, description="account_id")
    bill_to: Name | None = Field(None, description="account_id")
    dealer: Name | None = Field(None, description="account_id")


class ContactIn(Stated):
    contact_id: Name = Field("", description="Of another system; made up where it is empty.")
    values: ContactValues


class ContactEdit(Stated):
    values: ContactValues


class ContractIn(Stated):
    contract_id: Name = Field("", description="Made from the customer's id where it is empty.")
    values: ContractValues


class ContractEdit(Stated):
    values: ContractValues


class ContactAnswer(schemas.Stamp):
    contact: schemas.ContactOut


class ContractAnswer(schemas.Stamp):
    contract: schemas.ContractOut


ENTRY = Field(None, description="The change's own number: POST /edits/{entry}/undo takes it back.")


class ContactWritten(ContactAnswer):
    changed: bool
    entry: int | None = ENTRY


class ContractWritten(ContractAnswer):
    changed: bool
    entry: int | None = ENTRY


def _see_people(request: HttpRequest) -> None:
    see_accounts(request)
    if not who(request).may("contact.view"):
        raise Forbidden(_("先方担当者を見る権限がありません。"))


def _listed(question: Any, page: tuple[list[dict[str, Any]], str | None]) -> dict[str, Any]:
    return {**stamp(question), "items": page[0], "next": page[1]}


def _own(request: HttpRequest, account: str | None) -> int | None:
    return None if account is None else accounts.find(who(request), account).pk


@router.get(
    "/contacts", response=schemas.Listed[schemas.ContactOut], summary=said(gettext_lazy("先方担当者の一覧"))
)
def list_contacts(request: HttpRequest, query: Query[ThingsIn]) -> Any:
    """Contacts of every customer the caller may see."""
    _see_people(request)
    question, own = asked(request, query), _own(request, query.account)
    page = people.contacts(who(request), own, question, query.cursor, query.limit, code=query.code)
    return _listed(question, page)


@router.get(
    "/accounts/{account}/contacts",
    response=schemas.Listed[schemas.ContactOut],
    summary=said(gettext_lazy("顧客の先方担当者")),
)
def account_contacts(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """403 without the right to see people: an empty list would say that there is nobody."""
    question, row = asked(request, query), accounts.find(who(request), account)
    _see_people(request)
    return _listed(question, people.contacts(who(request), row.pk, question, query.cursor, query.limit))


@router.get("/contacts/{code}", response=ContactAnswer, summary=said(gettext_lazy("先方担当者を1名")))
def get_contact(
    request: HttpRequest, response: HttpResponse, query: Query[TimeIn], code: Path[FactCode]
) -> Any:
    """One contact on the asked day. `ETag` (today only) is what an edit stands on."""
    question = asked(request, query)
    row = people.find_contact(who(request), code)
    if question.is_today:
        response["ETag"] = f'"{latest("contact", row.pk)}"'
    return {**stamp(question), "contact": people.one_contact(row, question)}


@router.post(
    "/accounts/{account}/contacts",
    response={201: ContactWritten},
    summary=said(gettext_lazy("先方担当者を登録する")),
    openapi_extra=WRITES,
)
def post_contact(request: HttpRequest, response: HttpResponse, body: ContactIn, account: Path[Code]) -> Any:
    """A new contact of a customer, for those who may edit the customer."""
    member = who(request)
    own = accounts.find(member, account).pk
    values = body.values.dict(exclude_unset=True)
    done = add_contact(own, values, actor=member, times=body.times(), code=body.contact_id)
    return Status(201, contact_written(request, response, done.id, done))


@router.patch(
    "/contacts/{code}",
    response=ContactWritten,
    summary=said(gettext_lazy("先方担当者を編集する")),
    openapi_extra=EDITS,
)
def patch_contact(
    request: HttpRequest, response: HttpResponse, body: ContactEdit, code: Path[FactCode]
) -> Any:
    """Change fields from a day on: one dated version, one audit row. With `If-Match`, 412 where somebody was faster."""
    row = people.find_contact(who(request), code)
    done = edit_contact(
        row.pk,
        body.values.dict(exclude_unset=True),
        actor=who(request),
        times=body.times(),
        seen=seen_version(request),
    )
    return contact_written(request, response, row.pk, done)


def contact_written(request: HttpRequest, response: HttpResponse, number: int, done: Done) -> dict[str, Any]:
    """The contact as it is now, its new `ETag`, and what was written."""
    row = people.find_contact(who(request), f"~{number}")
    response["ETag"] = f'"{latest("contact", row.pk)}"'
    question = now()
    shown = people.one_contact(row, question)
    return {**stamp(question), "contact": shown, "changed": done.entry_id is not None, "entry": done.entry_id}


@router.get(
    "/contracts", response=schemas.Listed[schemas.ContractOut], summary=said(gettext_lazy("契約の一覧"))
)
def list_contracts(request: HttpRequest, query: Query[ThingsIn]) -> Any:
    """Contracts of every customer the caller may see."""
    see_accounts(request)
    question, own = asked(request, query), _own(request, query.account)
    page = people.contracts(who(request), own, question, query.cursor, query.limit, code=query.code)
    return _listed(question, page)


@router.get(
    "/accounts/{account}/contracts",
    response=schemas.Listed[schemas.ContractOut],
    summary=said(gettext_lazy("顧客の契約")),
)
def account_contracts(request: HttpRequest, query: Query[PageIn], account: Path[Code]) -> Any:
    """The customer's contracts as of the asked day."""
    question, row = asked(request, query), accounts.find(who(request), account)
    return _listed(question, people.contracts(who(request), row.pk, question, query.cursor, query.limit))


@router.get("/contracts/{code}", response=ContractAnswer, summary=said(gettext_lazy("契約を1件")))
def get_contract(
    request: HttpRequest, response: HttpResponse, query: Query[TimeIn], code: Path[FactCode]
) -> Any:
    """One contract on the asked day. `ETag` (today only) is what an edit stands on."""
    question, member = asked(request, query), who(request)
    row = people.find_contract(member, code)
    if question.is_today:
        response["ETag"] = f'"{latest("contract", row.pk)}"'
    return {**stamp(question), "contract": people.one_contract(member, row, question)}


@router.post(
    "/accounts/{account}/contracts",
    response={201: ContractWritten},
    summary=said(gettext_lazy("契約を登録する")),
    openapi_extra=WRITES,
)
def post_contract(request: HttpRequest, response: HttpResponse, body: ContractIn, account: Path[Code]) -> Any:
    """A new contract of a customer (the 契約先), for those who may edit the customer. Its price gives its movements."""
    member = who(request)
    own = accounts.find(member, account).pk
    done = add_contract(own, _terms(body.values), actor=member, times=body.times(), code=body.contract_id)
    return Status(201, contract_written(request, response, done.id, done))


@router.patch(
    "/contracts/{code}",
    response=ContractWritten,
    summary=said(gettext_lazy("契約を編集する")),
    openapi_extra=EDITS,
)
def patch_contract(
    request: HttpRequest, response: HttpResponse, body: ContractEdit, code: Path[FactCode]
) -> Any:
    """Other terms from a day on; what was agreed before stays. With `If-Match`, 412 where somebody was faster."""
    member = who(request)
    row = people.find_contract(member, code)
    done = edit_contract(
        row.pk, _terms(body.values), actor=member, times=body.times(), seen=seen_version(request)
    )
    return contract_written(request, response, row.pk, done)


def _terms(given: ContractValues) -> dict[str, Any]:
    """The action's fields: companies by their internal ids. Refused for one that does not exist."""
    sent = given.dict(exclude_unset=True)
    named = {name: sent.pop(name) for name in people.PARTIES if name in sent}
    found = account_ids([code for code in named.values() if code])
    for name, code in named.items():
        if code and code not in found:
            words = _("この account_id の顧客はありません。")
            raise Refused(
                _("入力を確かめてください。何も保存していません。"), code="invalid", fields={name: words}
            )
        sent[f"{name}_id"] = found[code] if code else None
    return sent


def contract_written(request: HttpRequest, response: HttpResponse, number: int, done: Done) -> dict[str, Any]:
    """The contract as it is now, its new `ETag`, and what was written."""
    member = who(request)
    row = people.find_contract(member, f"~{number}")
    response["ETag"] = f'"{latest("contract", row.pk)}"'
    question = now()
    shown = people.one_contract(member, row, question)
    return {
        **stamp(question),
        "contract": shown,
        "changed": done.entry_id is not None,
        "entry": done.entry_id,
    }
