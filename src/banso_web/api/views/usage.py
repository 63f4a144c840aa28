"""機能の定義, and how widely each customer uses the product."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.accounts.access import visible_accounts
from banso_web.accounts.counting import called
from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import in_memory
from banso_web.api.question import Given, PageIn, ScopeIn, TimeIn, asked, scope_of, stamp
from banso_web.api.views.accounts import now, see_accounts
from banso_web.api.words import said
from banso_web.core.errors import NotVisible
from banso_web.core.facts import Asked
from banso_web.core.metrics import exact, plain
from banso_web.usage.actions.features import require, retire_feature, save_feature
from banso_web.usage.metrics.rates import inside
from banso_web.usage.reads.adoption import AccountUse, adoption
from banso_web.usage.reads.definitions import FeatureLine, features
from banso_web.usage.reads.kept import progress
from banso_web.usage.reads.own import OwnLine, own_metrics, silent_days

router = Router(tags=["usage"])
ADMIN = {SCOPE: "admin"}
Code = Annotated[str, Field(max_length=200, description="The feature's own id.")]
Text = Annotated[str, Field(max_length=200)]


class EventRuleOut(Schema):
    name: str
    starts: bool = Field(description="true: every event whose name begins so.")
    property: str
    values: list[str]


class FeatureOut(Schema):
    key: str
    name: str
    core: bool
    plans: list[list[str]] = Field(description="[product, plan]; an empty plan is every plan of the product.")
    events: list[EventRuleOut]
    instead: str
    at_least: int
    link: str
    advice: str


class EventRuleIn(Given):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    starts: bool = False
    property: Annotated[str, Field(max_length=100)] = ""
    values: Annotated[list[Text], Field(max_length=50)] = []


class FeaturePatch(Given):
    """What is left out stays as it is."""

    name: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    core: bool | None = None
    plans: Annotated[list[tuple[Text, Text]], Field(max_length=200)] | None = None
    events: Annotated[list[EventRuleIn], Field(min_length=1, max_length=50)] | None = None
    instead: Text | None = Field(None, description="The key of the feature whose work it would save.")
    at_least: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    link: Annotated[str, Field(max_length=500)] | None = None
    advice: Annotated[str, Field(max_length=1000)] | None = None
    reason: Annotated[str, Field(max_length=2000)] = ""


class FeatureIn(FeaturePatch):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    events: Annotated[list[EventRuleIn], Field(min_length=1, max_length=50)]
    key: Annotated[str, Field(max_length=200)] = Field("", description="Made where it is empty.")


class FeatureAnswer(schemas.Stamp):
    feature: FeatureOut


class ChangedFeature(schemas.Stamp):
    key: str


class UseOut(Schema):
    account_id: str
    name: str
    form: str = Field(description="events, daily (files of daily use), or empty.")
    reason: str = Field(description="Why there is no number: no_contract, not_collected, gap; else empty.")
    users_month: str | None = Field(description="Of 30 days; of files the mean day.")
    users_week: str | None
    users_day: str | None
    seats: int | None
    active_rate: str | None
    core_used: list[str] | None
    core_unused: list[str] | None
    adoption_breadth: str | None
    depth: str | None = Field(description="Events for each active user.")
    stickiness: str | None
    last_seen: date | None
    silent_days: list[date]


class OwnMetricOut(Schema):
    key: str
    name: str
    feature: str = Field(description="The feature's key; empty: any use.")
    measure: str = Field(description="users, events or per_user.")
    days: int = Field(description="Of the period that ends with each day.")
    per_seat: bool
    formula: str
    day: date | None = Field(description="The last day that is counted.")
    value: str | None
    numerator: int | None
    denominator: int | None
    days_counted: int = Field(description="Days of the past that are counted as it is defined now.")
    days_to_count: int


class AdoptionIn(ScopeIn, PageIn):
    pass


def _out(line: FeatureLine) -> dict[str, Any]:
    return {
        "key": line.code,
        "name": line.name,
        "core": line.core,
        "plans": [list(pair) for pair in line.definition.plans],
        "events": [
            {"name": one.name, "starts": one.starts, "property": one.property, "values": list(one.values)}
            for one in line.definition.rules
        ],
        "instead": line.instead,
        "at_least": line.at_least,
        "link": line.link,
        "advice": line.advice,
    }


def _one(question: Asked, key: str) -> FeatureLine:
    found = next((line for line in features(question) if line.code == key), None)
    if found is None:
        raise NotVisible
    return found


@router.get("/features", response=schemas.Listed[FeatureOut], summary=said(gettext_lazy("機能の一覧")))
def list_features(request: HttpRequest, query: Query[PageIn]) -> Any:
    """The features as they are defined at the watermark, in order of key. A definition holds for all of history."""
    see_accounts(request)
    question = asked(request, query)
    shown, behind = in_memory(features(question), query.cursor, query.limit, lambda one: (one.code,), [str])
    return {**stamp(question), "items": [_out(line) for line in shown], "next": behind}


@router.get("/features/{key}", response=FeatureAnswer, summary=said(gettext_lazy("機能を1つ")))
def get_feature(request: HttpRequest, query: Query[TimeIn], key: Path[Code]) -> Any:
    """One feature as it is defined at the watermark."""
    see_accounts(request)
    question = asked(request, query)
    return {**stamp(question), "feature": _out(_one(question, key))}


def _values(body: FeaturePatch) -> dict[str, Any]:
    given = body.dict(exclude_unset=True, exclude={"reason", "key"})
    if "events" in given:
        given["rules"] = given.pop("events")
    return {name: value for name, value in given.items() if value is not None}


@router.post("/features", response={201: ChangedFeature}, summary=said(gettext_lazy("機能を定義する")), openapi_extra=ADMIN)  # fmt: skip
def add_feature(request: HttpRequest, body: FeatureIn) -> Any:
    """Define a feature, over all of history. A key that exists is stated anew. Needs `settings.edit`."""
    made = save_feature(_values(body), actor=who(request), code=body.key, reason=body.reason)
    question = now()
    key = next(line.code for line in features(question) if line.id == made)
    return Status(201, {**stamp(question), "key": key})


@router.patch("/features/{key}", response=ChangedFeature, summary=said(gettext_lazy("機能の定義を変える")), openapi_extra=ADMIN)  # fmt: skip
def change_feature(request: HttpRequest, body: FeaturePatch, key: Path[Code]) -> Any:
    """State a feature anew, over all of history; its versions stay. Needs `settings.edit`."""
    require(who(request))
    line = _one(now(), key)
    before = {**_out(line), "rules": _out(line)["events"]}
    save_feature({**before, **_values(body)}, actor=who(request), feature_id=line.id, reason=body.reason)
    return {**stamp(now()), "key": key}


@router.delete("/features/{key}", response=ChangedFeature, summary=said(gettext_lazy("機能の定義を廃止する")), openapi_extra=ADMIN)  # fmt: skip
def delete_feature(request: HttpRequest, key: Path[Code]) -> Any:
    """Take a feature out of use; its versions stay. Needs `settings.edit`."""
    require(who(request))
    retire_feature(_one(now(), key).id, actor=who(request))
    return {**stamp(now()), "key": key}


def _number(value: Fraction | None) -> str | None:
    return None if value is None else plain(exact(value))


def _use(use: AccountUse, code: str, name: str) -> dict[str, Any]:
    rate, found = use.rate, use.breadth
    return {
        "account_id": code,
        "name": name,
        "form": use.form,
        "reason": use.reason,
        "users_month": _number(use.month),
        "users_week": _number(use.week),
        "users_day": _number(use.day),
        "seats": use.seats,
        "active_rate": _number(rate.value if rate else None),
        "core_used": list(found.used) if found else None,
        "core_unused": list(found.unused) if found else None,
        "adoption_breadth": _number(found.value if found else None),
        "depth": _number(use.depth),
        "stickiness": _number(use.stickiness),
        "last_seen": use.last,
        "silent_days": list(use.silent),
    }


@router.get(
    "/adoption", response=schemas.Listed[UseOut], summary=said(gettext_lazy("顧客ごとの利用の広がり"))
)
def list_adoption(request: HttpRequest, query: Query[AdoptionIn]) -> Any:
    """Each customer with use or with a contract in force, in the 30 days that end with `as_of`. In order of account id."""
    see_accounts(request)
    question = asked(request, query)
    found, whose = adoption(question), inside(question, scope_of(query))
    seen = set(visible_accounts(who(request)).values_list("pk", flat=True)) & whose.keys() & found.rows.keys()
    names = called(seen)
    shown, behind = in_memory([names[key] for key in seen], query.cursor, query.limit, lambda one: (one.code,), [str])  # fmt: skip
    items = [_use(found.rows[one.id], one.code, one.name) for one in shown]
    return {**stamp(question), "items": items, "next": behind}


def _own(line: OwnLine, question: Asked) -> dict[str, Any]:
    counted = progress(line.defined, question)
    told = line.values(counted.rows, silent_days(question))
    last = None if line.lost or not told else told[-1]
    return {
        "key": line.code,
        "name": line.name,
        "feature": line.feature.code if line.feature else "",
        "measure": line.measure,
        "days": line.days,
        "per_seat": line.per_seat,
        "formula": line.formula,
        "day": last.day if last else None,
        "value": _number(last.value) if last else None,
        "numerator": last.top if last else None,
        "denominator": last.bottom if last else None,
        "days_counted": counted.done,
        "days_to_count": counted.total,
    }


@router.get(
    "/usage_metrics", response=schemas.Listed[OwnMetricOut], summary=said(gettext_lazy("自社の指標の一覧"))
)
def list_usage_metrics(request: HttpRequest, query: Query[PageIn]) -> Any:
    """The organisation's own metrics of use with their last value before `as_of`. In order of key."""
    see_accounts(request)
    question = asked(request, query)
    shown, behind = in_memory(
        own_metrics(question), query.cursor, query.limit, lambda one: (one.code,), [str]
    )
    return {**stamp(question), "items": [_own(line, question) for line in shown], "next": behind}
