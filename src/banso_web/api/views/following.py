"""フォロー漏れ and its sister lists, how contacts lean, and the assignment of 能動ヒアリング."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from ninja import Query, Router, Schema, Status
from pydantic import Field

from banso.money import from_units
from banso_web.accounts.counting import called, ids_by_code
from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import by_position
from banso_web.api.question import Given, PageIn, TimeIn, asked, stamp
from banso_web.api.views.accounts import now, owner_of, see_accounts
from banso_web.api.views.revenue import see_numbers
from banso_web.api.words import said
from banso_web.core.errors import NotVisible
from banso_web.core.metrics import exact, plain
from banso_web.desk.reads import whole
from banso_web.desk.reads.customers import ListQuery
from banso_web.desk.reads.whole_rows import Row, rows
from banso_web.health.reads.following import CONTACT_DAYS
from banso_web.lifecycle.actions import assign_hearings

router = Router(tags=["portfolio"])
Basis = Literal["csat", "nps"]


class WhomIn(Schema):
    owner: str = Field("", max_length=200, description="member_id, `me`, or `none`.")
    segment: str = Field("", max_length=100)
    basis: Basis = Field("csat", description="By which answers: CSAT or NPS.")


class FollowingIn(WhomIn, PageIn):
    list: Literal["overlooked", "low", "fell", "quiet", "unknown", "urgency"] = "overlooked"


class ContactsIn(WhomIn, TimeIn):
    pass


class HearingOut(Schema):
    owner: str
    due_on: date | None


class FollowingOut(Schema):
    account_id: str
    name: str
    owner: str = Field(description="The 主担当's name.")
    verdict: str = Field(description="overlooked, in_time, urgent, low, quiet, fine or unknown.")
    priority: str | None = Field(
        description="MRR in 万円 × (1 + fall + wait + renewal); null where MRR is not known."
    )
    fall: str
    wait: str
    renewal: str
    mrr: str | None
    now: str | None = Field(description="今回; null: no answer holds (never content).")
    before: str | None = Field(description="前回 of the same people.")
    people: int
    compared: int
    fell: bool
    last_proactive_on: date | None
    days: int | None = Field(
        description="Since then; where there never was one, since the first day as a customer."
    )
    days_in_time: int
    renewal_on: date | None
    urgent_tickets: int
    unanswered_requests: int = Field(description="Told where satisfaction is unknown.")
    hearing: HearingOut | None


class StakeOut(Schema):
    customers: int
    mrr: str
    unrated: int = Field(description="Customers in a currency without a rate; they are in no sum.")


class RuleOut(Schema):
    basis: str
    mid_from: str
    mid_below: str
    days: int
    drop: str
    renewal_days: int


class FollowingAnswer(schemas.Listed[FollowingOut]):
    total: StakeOut
    rule: RuleOut
    unknown: StakeOut = Field(
        description="Whose satisfaction is unknown: never in the total of another list."
    )


class ShareOut(Schema):
    group: str = Field(description="red, overlooked, mid, high, unknown; all; or a customer's account_id.")
    customers: int
    contacts: int
    proactive: int
    mrr: str
    of_contacts: str | None
    of_mrr: str | None


class ContactsAnswer(schemas.Stamp):
    days: int
    whole: ShareOut
    red: ShareOut = Field(
        description="Those in alarm that were spoken to: low satisfaction, or an urgent ticket open in the days."
    )
    red_accounts: list[str]
    groups: list[ShareOut]
    busiest: list[ShareOut]
    others: int = Field(description="Contacts with customers that have no MRR.")
    unstated: int = Field(description="Contacts of which nobody said whether they were proactive.")


class HearingsIn(Given):
    account_ids: Annotated[list[Annotated[str, Field(max_length=200)]], Field(min_length=1, max_length=5_000)]
    owner: Annotated[str, Field(max_length=200)] = Field(
        "", description="member_id; empty: each customer's 主担当."
    )


class HearingsDone(schemas.Stamp):
    assigned: int
    already: int = Field(description="Customers that have an open one; they get no other.")
    edit: int | None = Field(description="For `POST /edits/{edit}/undo`.")


def _ratio(value: Fraction | None) -> str | None:
    return None if value is None else plain(exact(value))


def _units(units: int | None) -> str | None:
    return None if units is None else plain(from_units(units), 20)


def _stake(found: whole.Stake) -> dict[str, Any]:
    return {"customers": found.customers, "mrr": _units(found.mrr_units), "unrated": found.unrated}


def _row(row: Row) -> dict[str, Any]:
    line, told = row.line, row.line.judged
    return {
        "account_id": row.code,
        "name": row.name,
        "owner": row.owner,
        "verdict": told.verdict.value,
        "priority": _ratio(told.priority),
        "fall": _ratio(told.fall),
        "wait": _ratio(told.wait),
        "renewal": _ratio(told.renewal),
        "mrr": _units(line.customer.mrr_units),
        "now": _ratio(line.now),
        "before": _ratio(line.before),
        "people": line.n,
        "compared": line.pairs,
        "fell": told.fell,
        "last_proactive_on": line.spoken_on,
        "days": told.days,
        "days_in_time": told.limit,
        "renewal_on": line.customer.renewal_on,
        "urgent_tickets": line.urgent,
        "unanswered_requests": row.silent,
        "hearing": {"owner": row.hearing.owner, "due_on": row.hearing.due_on} if row.hearing else None,
    }


def _narrowed(query: WhomIn) -> ListQuery:
    return ListQuery(owner=owner_of(query.owner), segment=query.segment)


@router.get(
    "/portfolio/following",
    response=FollowingAnswer,
    summary=said(gettext_lazy("フォロー漏れと、その隣の一覧")),
)
def list_following(request: HttpRequest, query: Query[FollowingIn]) -> Any:
    """One list of the portfolio in its order: フォロー漏れ by priority, urgency with open urgent tickets first, the others by MRR."""
    see_accounts(request)
    see_numbers(request)
    question, member = asked(request, query), who(request)
    found = whole.whole(member, question, query.basis)
    inside = whole.among(found, member, _narrowed(query))
    places = whole.listed(found, query.list, inside)
    shown, behind = by_position(places, query.cursor, query.limit)
    rule = found.rule
    return {
        **stamp(question),
        "items": [_row(row) for row in rows(question, found, shown)],
        "next": behind,
        "total": _stake(whole.stake(found, places)),
        "unknown": _stake(whole.stake(found, whole.members(found, whole.UNKNOWN, inside))),
        "rule": {
            "basis": query.basis,
            "mid_from": _ratio(rule.low),
            "mid_below": _ratio(rule.high),
            "days": rule.days,
            "drop": _ratio(rule.drop),
            "renewal_days": rule.renewal_days,
        },
    }


def _share(one: whole.Share, group: str = "") -> dict[str, Any]:
    return {
        "group": group or one.key,
        "customers": one.customers,
        "contacts": one.contacts,
        "proactive": one.proactive,
        "mrr": _units(one.mrr_units),
        "of_contacts": _ratio(one.of_contacts),
        "of_mrr": _ratio(one.of_mrr),
    }


@router.get("/portfolio/contacts", response=ContactsAnswer, summary=said(gettext_lazy("接点の偏り")))
def contacts(request: HttpRequest, query: Query[ContactsIn]) -> Any:
    """How the contacts of 30 days are shared out between groups of customers, beside their share of MRR."""
    see_accounts(request)
    see_numbers(request)
    question, member = asked(request, query), who(request)
    found = whole.whole(member, question, query.basis)
    leaning = whole.lean(found, whole.among(found, member, _narrowed(query)))
    ids = {
        place: found.customers[place].id
        for place in (*leaning.red_places, *(place for place, _share in leaning.busiest))
    }
    codes = {key: one.code for key, one in called(list(ids.values())).items()}
    return {
        **stamp(question),
        "days": CONTACT_DAYS,
        "whole": _share(leaning.whole),
        "red": _share(leaning.red),
        "red_accounts": [codes[ids[place]] for place in leaning.red_places],
        "groups": [_share(one) for one in leaning.parts],
        "busiest": [_share(one, codes[ids[place]]) for place, one in leaning.busiest],
        "others": leaning.others,
        "unstated": leaning.unstated,
    }


@router.post("/portfolio/hearings", response={201: HearingsDone}, summary=said(gettext_lazy("能動ヒアリングを割り当てる")), openapi_extra={SCOPE: "write"})  # fmt: skip
def assign(request: HttpRequest, body: HearingsIn) -> Any:
    """A task for each of these customers, due in five business days. One edit, so one undo."""
    see_accounts(request)
    known = ids_by_code(body.account_ids)
    if set(body.account_ids) - known.keys():
        raise NotVisible
    done = assign_hearings([known[code] for code in body.account_ids], actor=who(request), owner=body.owner)
    return Status(
        201, {**stamp(now()), "assigned": done.made, "already": done.already, "edit": done.entry_id}
    )
