"""Targets and countermeasures (改善策)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import by_position
from banso_web.api.question import Day, Given, Id, Month, PageIn, ScopeIn, asked, scope_of, stamp
from banso_web.api.views.revenue import see_numbers
from banso_web.api.words import said
from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.metrics import month_start, plain
from banso_web.members.reads import codes_by_id, ids_by_code
from banso_web.reports.actions.countermeasures import (
    add_countermeasure,
    finish_countermeasure,
    withdraw_countermeasure,
)
from banso_web.reports.actions.targets import require, set_target, withdraw_target
from banso_web.reports.reads.countermeasures import Measure, measures
from banso_web.reports.reads.targets import TargetLine, all_targets

router = Router(tags=["targets"])
WRITES = {SCOPE: "write"}


class TargetOut(Schema):
    id: int
    metric: str
    scope: str = Field(
        description="Empty: the company. team and owner stand by their internal member id (see /members)."
    )
    period: str
    op: str
    value: str
    owner: str
    effective_on: date | None


class TargetsIn(PageIn):
    metric: str = Field("", max_length=60)


class ScopeBody(Given, ScopeIn):
    """Whom the target is for."""


class TargetIn(Given):
    metric: str = Field(max_length=60)
    op: Literal["<=", ">="]
    value: Decimal = Field(max_digits=20, decimal_places=6, description="Ratios are shares: 0.05 is 5 %.")
    owner: str = Field("", max_length=200, description="Who answers for it, as text.")
    effective_on: Day | None = None
    scope: ScopeBody | None = None
    reason: str = Field("", max_length=2_000)


class ReasonIn(Given):
    reason: str = Field("", max_length=2_000)


class MeasureOut(Schema):
    id: int
    metric: str
    month: str
    kind: str
    text: str
    owner: str = Field(description="member_id")
    owner_name: str
    due_on: date
    expected_effect: str
    churn_reason: str
    done_on: date | None
    made_by: str
    made_at: datetime


class MeasuresIn(PageIn):
    metric: str = Field("", max_length=60)
    month: Month | None = None


class MeasureIn(Given):
    """担当・期限・期待効果 must be told, and 関連する解約理由 where the metric is about churn."""

    metric: str = Field(max_length=60)
    month: Month
    kind: Literal["feedback", "strategy", "product"]
    text: str = Field(min_length=1, max_length=10_000)
    owner: str = Field(min_length=1, max_length=200, description="member_id")
    due_on: Day
    expected_effect: str = Field(min_length=1, max_length=300)
    churn_reason: str = Field("", max_length=300)


class DoneIn(Given):
    done_on: Day


class MadeAnswer(schemas.Stamp):
    id: int


def made(key: int) -> dict[str, Any]:
    """What a write answers: the thing's id, and the watermark after it."""
    today = clock.today()
    return {**stamp(Asked(as_of=today, today=today, watermark=current_watermark())), "id": key}


def _target(line: TargetLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "metric": line.metric,
        "scope": line.scope,
        "period": line.period,
        "op": line.op,
        "value": plain(line.value, 20),
        "owner": line.owner,
        "effective_on": line.effective_on,
    }


@router.get("/targets", response=schemas.Listed[TargetOut], summary=said(gettext_lazy("目標の一覧")))
def list_targets(request: HttpRequest, query: Query[TargetsIn]) -> Any:
    """Every version that counts, in the order it was entered; in force is the latest `effective_on` not after the month's end."""
    see_numbers(request)
    question = asked(request, query)
    found = [line for line in all_targets(question) if not query.metric or line.metric == query.metric]
    shown, behind = by_position(found, query.cursor, query.limit)
    return {**stamp(question), "items": [_target(line) for line in shown], "next": behind}


@router.post(
    "/targets", response={201: MadeAnswer}, summary=said(gettext_lazy("目標を設定する")), openapi_extra=WRITES
)
def post_target(request: HttpRequest, body: TargetIn) -> Any:
    """A new version of a metric's monthly target; the same `effective_on` corrects the one that is there."""
    see_numbers(request)
    target = set_target(
        who(request),
        body.metric,
        op=body.op,
        value=body.value,
        owner=body.owner,
        effective_on=body.effective_on,
        scope=scope_of(body.scope).key if body.scope else "",
        reason=body.reason,
    )
    return Status(201, made(target.pk))


@router.post(
    "/targets/{target}/withdraw",
    response=MadeAnswer,
    summary=said(gettext_lazy("目標を取り下げる")),
    openapi_extra=WRITES,
)
def post_target_withdrawal(request: HttpRequest, target: Path[Id], body: ReasonIn) -> Any:
    """A version ceases to count from now on; what was asked before stays answered."""
    see_numbers(request)
    withdraw_target(who(request), target, reason=body.reason)
    return made(target)


def _measure(one: Measure, codes: dict[int | None, tuple[str, str]]) -> dict[str, Any]:
    return {
        "id": one.id,
        "metric": one.metric,
        "month": f"{one.month:%Y-%m}",
        "kind": one.kind,
        "text": one.text,
        "owner": codes[one.owner_id][0],
        "owner_name": one.owner,
        "due_on": one.due_on,
        "expected_effect": one.expected_effect,
        "churn_reason": one.churn_reason,
        "done_on": one.done_on,
        "made_by": one.made_by,
        "made_at": one.made_at,
    }


@router.get(
    "/countermeasures", response=schemas.Listed[MeasureOut], summary=said(gettext_lazy("改善策の一覧"))
)
def list_measures(request: HttpRequest, query: Query[MeasuresIn]) -> Any:
    """Standing measures written by the asked day, newest first."""
    see_numbers(request)
    question = asked(request, query)
    found = measures(question, month=month_start(query.month) if query.month else None, metric=query.metric)
    shown, behind = by_position(found, query.cursor, query.limit)
    codes = codes_by_id(one.owner_id for one in shown)
    return {**stamp(question), "items": [_measure(one, codes) for one in shown], "next": behind}


@router.post(
    "/countermeasures",
    response={201: MadeAnswer},
    summary=said(gettext_lazy("改善策を登録する")),
    openapi_extra=WRITES,
)
def post_measure(request: HttpRequest, body: MeasureIn) -> Any:
    """One 改善策 of a metric's month."""
    see_numbers(request)
    require(who(request))
    owner = ids_by_code([body.owner]).get(body.owner)
    if owner is None:
        words = _("この member_id のメンバーはいません。")
        raise Refused(
            _("入力を確かめてください。何も保存していません。"), code="invalid", fields={"owner": words}
        )
    measure = add_countermeasure(
        who(request),
        body.metric,
        month_start(body.month),
        kind=body.kind,
        text=body.text,
        owner_id=owner,
        due_on=body.due_on,
        expected_effect=body.expected_effect,
        churn_reason=body.churn_reason,
    )
    return Status(201, made(measure.pk))


@router.post(
    "/countermeasures/{measure}/done",
    response=MadeAnswer,
    summary=said(gettext_lazy("改善策を完了にする")),
    openapi_extra=WRITES,
)
def post_done(request: HttpRequest, measure: Path[Id], body: DoneIn) -> Any:
    """Mark a measure done on a day."""
    see_numbers(request)
    finish_countermeasure(who(request), measure, body.done_on)
    return made(measure)


@router.post(
    "/countermeasures/{measure}/withdraw",
    response=MadeAnswer,
    summary=said(gettext_lazy("改善策を取り下げる")),
    openapi_extra=WRITES,
)
def post_measure_withdrawal(request: HttpRequest, measure: Path[Id], body: ReasonIn) -> Any:
    """Take a measure back with a reason; it stays in the audit log."""
    see_numbers(request)
    withdraw_countermeasure(who(request), measure, body.reason)
    return made(measure)
