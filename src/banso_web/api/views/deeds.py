"""What is done with a customer beside editing fields: added; a contact leaves or returns; a contract ends, goes on, changes price."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from ninja import Path, Router, Status
from pydantic import Field

from banso_web.accounts.actions.adding import add_account, alike
from banso_web.accounts.actions.contacts import come_back, leave
from banso_web.api import schemas
from banso_web.api.facts.shapes import FactCode, Name
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.problems import Stop
from banso_web.api.question import Day, Given, stamp
from banso_web.api.reads import accounts, people
from banso_web.api.views.accounts import AccountValues, edit_values, now, renamed, seen_version
from banso_web.api.views.accounts import router as of_accounts
from banso_web.api.views.belongings import (
    Amount,
    ContactWritten,
    ContractWritten,
    Stated,
    contact_written,
    contract_written,
)
from banso_web.api.words import said
from banso_web.core.errors import Refused
from banso_web.revenue.actions.ending import cancel_end, end_contract
from banso_web.revenue.actions.movements import add_movement

router = Router(tags=["accounts"])
WRITES = {SCOPE: "write"}
EDITS = {SCOPE: "write", "x-banso-etag": True}


class AccountIn(Stated):
    """A new customer. `values.name` is needed."""

    account_id: Name = Field("", description="Of another system; the next free number where it is empty.")
    values: AccountValues
    alike_seen: bool = Field(
        False, description="Add it although similar customers exist (422 `alike` lists them)."
    )


class EndValues(Given):
    ended_on: Day = Field(description="The last day of service; MRR goes to 0 at its close.")
    notified_on: Day | None = None
    end_reason: Name = ""


class EndIn(Stated):
    values: EndValues


class PriceValues(Given):
    effective_on: Day
    delta: Amount = Field(
        description="How much more (or less, negative) a month, 税抜, in the contract's currency."
    )
    cause: Literal[
        "", "new", "upsell", "cross_sell", "seats", "price", "downgrade", "churn", "reactivation"
    ] = ""
    reason: Name = ""
    note: str = Field("", max_length=4_000)


class PriceIn(Stated):
    values: PriceValues


@of_accounts.post(  # one address, one router
    "/accounts",
    response={201: schemas.EditAnswer},
    summary=said(gettext_lazy("顧客を登録する")),
    openapi_extra=WRITES,
)
def post_account(request: HttpRequest, response: HttpResponse, body: AccountIn) -> Any:
    """A new customer, for those who may edit customers; who edits their own only becomes its 主担当.

    422 `alike` names customers (that the caller may see) which it may be already; send `alike_seen` after looking.
    """
    member = who(request)
    values = edit_values(body.values)
    try:
        done = add_account(
            values, actor=member, times=body.times(), code=body.account_id, alike_seen=body.alike_seen
        )
    except Refused as problem:
        if problem.code == "alike":
            found = alike(member, str(values.get("name") or ""), str(values.get("corporate_number") or ""))
            shown = [{"account_id": one.code, "name": one.name, "verdict": one.verdict} for one in found]
            raise Stop(422, "alike", problem.message, alike=shown) from problem
        told = renamed(problem)
        if "code" in told.fields:
            told.fields["account_id"] = told.fields.pop("code")
        raise told from problem
    row = accounts.find(member, f"~{done.id}")
    response["ETag"] = accounts.etag(row.pk)
    question = now()
    shown_account = accounts.one(member, row, question)
    return Status(201, {**stamp(question), "account": shown_account, "changed": 1, "entry": done.entry_id})


@router.post(
    "/contacts/{code}/leave",
    response=ContactWritten,
    summary=said(gettext_lazy("先方担当者を在籍なしにする")),
    openapi_extra=EDITS,
)
def leave_contact(request: HttpRequest, response: HttpResponse, body: Stated, code: Path[FactCode]) -> Any:
    """The contact left or moved on `valid_from`; what they did stays. 422 where they are gone already."""
    row = people.find_contact(who(request), code)
    done = leave(row.pk, actor=who(request), times=body.times(), seen=seen_version(request))
    return contact_written(request, response, row.pk, done)


@router.post(
    "/contacts/{code}/return",
    response=ContactWritten,
    summary=said(gettext_lazy("先方担当者を在籍に戻す")),
    openapi_extra=EDITS,
)
def return_contact(request: HttpRequest, response: HttpResponse, body: Stated, code: Path[FactCode]) -> Any:
    """The contact is there again from `valid_from` on."""
    row = people.find_contact(who(request), code)
    done = come_back(row.pk, actor=who(request), times=body.times(), seen=seen_version(request))
    return contact_written(request, response, row.pk, done)


@router.post(
    "/contracts/{code}/end",
    response=ContractWritten,
    summary=said(gettext_lazy("契約の解約を登録する")),
    openapi_extra=EDITS,
)
def end_one_contract(request: HttpRequest, response: HttpResponse, body: EndIn, code: Path[FactCode]) -> Any:
    """Register an end, also one to come: its MRR goes to 0 at the close of `ended_on`."""
    row = people.find_contract(who(request), code)
    done = end_contract(
        row.pk,
        body.values.dict(exclude_unset=True),
        actor=who(request),
        times=body.times(),
        seen=seen_version(request),
    )
    return contract_written(request, response, row.pk, done)


@router.post(
    "/contracts/{code}/cancel-end",
    response=ContractWritten,
    summary=said(gettext_lazy("契約の解約を取り消す")),
    openapi_extra=EDITS,
)
def cancel_contract_end(
    request: HttpRequest, response: HttpResponse, body: Stated, code: Path[FactCode]
) -> Any:
    """The contract goes on with the MRR it had; that an end was registered stays in the history."""
    row = people.find_contract(who(request), code)
    done = cancel_end(row.pk, actor=who(request), times=body.times(), seen=seen_version(request))
    return contract_written(request, response, row.pk, done)


@router.post(
    "/contracts/{code}/price",
    response=ContractWritten,
    summary=said(gettext_lazy("契約のMRRを変える")),
    openapi_extra=EDITS,
)
def change_price(request: HttpRequest, response: HttpResponse, body: PriceIn, code: Path[FactCode]) -> Any:
    """MRR goes up or down from a day on, for those who see the numbers. 422 where it would fall below 0."""
    row = people.find_contract(who(request), code)
    done = add_movement(
        row.pk,
        body.values.dict(exclude_unset=True),
        actor=who(request),
        times=body.times(),
        seen=seen_version(request),
    )
    return contract_written(request, response, row.pk, done)
