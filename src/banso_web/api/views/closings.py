"""月次締め: what was signed, beside what it would be today; signing and re-opening."""

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
from banso_web.api.question import Given, Id, Month, PageIn, TimeIn, asked, stamp
from banso_web.api.views.revenue import money, pending_json, see_numbers
from banso_web.api.words import said
from banso_web.core import clock
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.metrics import month_start, plain
from banso_web.revenue.actions import closing as actions
from banso_web.revenue.reads import closing as reads
from banso_web.revenue.reads.chain import chain_of, reopen_reasons

router = Router(tags=["closings"])
PARTS = (*actions.FROZEN_PARTS, "excluded", "pending_renewal")


class ClosingOut(Schema):
    id: int
    month: str
    kind: Literal["flash", "final"]
    standing: bool = Field(description="false: it was re-opened.")
    watermark: int = Field(
        description="What it was signed at; the same question there answers the same for ever."
    )
    as_of: date
    closed_at: datetime
    closed_by: str
    comment: str
    red_comments: dict[str, str]
    values: dict[str, str | None] = Field(description="{metric: value as signed}")
    bars: dict[str, str | None]
    reopened_at: datetime | None
    reopened_by: str | None
    reopen_reason: str | None


class BesideOut(Schema):
    key: str
    unit: str
    reported: str | None
    restated: str | None
    difference: str | None


class CorrectionOut(Schema):
    entry: int
    seq: int
    entered_at: datetime
    by: str
    kind: str
    label: str
    voided: bool
    movements: int
    amount: str
    states: int


class BridgeOut(Schema):
    kind: str
    amount: str
    note: str


class ClosingAnswer(schemas.Stamp):
    closing: ClosingOut
    metrics: dict[str, Any] = Field(
        description="{metric: the whole --json object as signed, counts in place of rows}"
    )
    beside: list[BesideOut] = Field(description="Every figure as reported and as it would be now.")
    bars_beside: list[BesideOut]
    corrections: list[CorrectionOut] = Field(description="締め後修正: what was entered since.")
    bridge: list[BridgeOut]
    accounts_mrr: str
    chain_difference: str | None = Field(
        description="The opening as signed minus the closing that now stands signed for the month before: 0 where the "
        "months chain, null where the month before is not closed."
    )
    reopen_blockers: list[str] = Field(description="Why the month cannot be opened again now; empty: it can.")
    replay_differences: list[str] = Field(
        description="Metrics and bars that answer otherwise at the closing's watermark; empty as it should be."
    )


class PreviewAnswer(schemas.Stamp):
    month: str
    last_closed: str | None = Field(description="The latest closed month before this one.")
    unclosed_before: list[str] = Field(
        description="Months between the two that are open: they are closed first."
    )
    later_closed: list[str] = Field(description="Closed months behind this one.")
    blockers: list[str] = Field(description="Why the month cannot be closed now, in words; empty: it can.")
    pending: list[dict[str, Any]] = Field(description="更新手続中: the contracts to be signed.")


class ClosingIn(Given):
    month: Month
    kind: Literal["flash", "final"]
    comment: str = Field(min_length=1, max_length=5_000)
    red_comments: dict[str, str] = Field(
        {}, max_length=100, description="{metric: comment} of every missed target."
    )
    signed: list[str] = Field(
        [], max_length=10_000, description="contract_id of the 更新手続中 contracts that are signed."
    )


class BridgeLineIn(Given):
    kind: Literal["recognition_month", "proration", "free", "late_renewal", "tax", "fx"]
    amount: Decimal = Field(max_digits=18, decimal_places=4)
    note: str = Field("", max_length=300)


class BridgeIn(Given):
    lines: list[BridgeLineIn] = Field(max_length=6)


class ReopenIn(Given):
    reason: str = Field(min_length=1, max_length=5_000)


class ClosingsIn(PageIn):
    month: Month | None = Field(None, description="Every closing of this month, the re-opened ones too.")


class ClosingRowsIn(PageIn):
    part: Literal["new", "reactivation", "expansion", "contraction", "churn", "excluded", "pending_renewal"]


def _closing(one: reads.Closed) -> dict[str, Any]:
    return {
        "id": one.id,
        "month": f"{one.month:%Y-%m}",
        "kind": one.kind,
        "standing": one.is_standing,
        "watermark": one.watermark,
        "as_of": one.as_of,
        "closed_at": one.closed_at,
        "closed_by": one.closed_by,
        "comment": one.comment,
        "red_comments": dict(one.red_comments),
        "values": {key: value["value"] for key, value in one.values.items()},
        "bars": {key: money(value) for key, value in one.waterfall.items()},
        "reopened_at": one.reopened_at,
        "reopened_by": one.reopened_by or None,
        "reopen_reason": one.reopen_reason or None,
    }


def _found(closing_id: int) -> reads.Closed:
    found = reads.by_id(closing_id)
    if found is None:
        raise NotVisible
    return found


@router.get("/closings", response=schemas.Listed[ClosingOut], summary=said(gettext_lazy("締めた月の一覧")))
def list_closings(request: HttpRequest, query: Query[ClosingsIn]) -> Any:
    """The closings that stand, the latest month first (or every closing of one month)."""
    see_numbers(request)
    question = asked(request, query)
    found = reads.all_of(month_start(query.month)) if query.month else reads.closed_months(600)
    shown, behind = by_position(found, query.cursor, query.limit)
    return {**stamp(question), "items": [_closing(one) for one in shown], "next": behind}


@router.get("/closings/preview/{month}", response=PreviewAnswer, summary=said(gettext_lazy("締める前の確認")))
def closing_preview(
    request: HttpRequest, month: Path[Month], kind: Literal["flash", "final"] | None = None
) -> Any:
    """What still blocks the close of a month (as `kind`), and the 更新手続中 contracts to be signed. Months are closed in
    order, and a 確報 needs the 確報 of the month before."""
    see_numbers(request)
    day = month_start(month)
    question = actions.question(day)
    pending, chain = reads.pending_at(question, day), chain_of(day)
    return {
        **stamp(question),
        "month": month,
        "last_closed": f"{chain.before:%Y-%m}" if chain.before else None,
        "unclosed_before": [f"{one:%Y-%m}" for one in chain.missing],
        "later_closed": [f"{one:%Y-%m}" for one in chain.later],
        "blockers": actions.blockers(question, day, pending=pending, kind=kind),
        "pending": pending_json(request, pending),
    }


@router.get("/closings/{closing}", response=ClosingAnswer, summary=said(gettext_lazy("締めを1つ")))
def get_closing(request: HttpRequest, closing: Path[Id], query: Query[TimeIn]) -> Any:
    """As signed, beside today's answer to the same questions, with what was entered since and the bridge."""
    see_numbers(request)
    question, found = asked(request, query), _found(closing)
    lines, accounts_mrr = reads.bridge(found)
    return {
        **stamp(question),
        "closing": _closing(found),
        "metrics": dict(found.values),
        "beside": [_beside(one) for one in reads.reported_beside_restated(found, question)],
        "bars_beside": [_beside(one) for one in reads.bars_beside(found, question)],
        "corrections": [_correction(one) for one in reads.corrections(found, question.watermark)],
        "bridge": [{"kind": one.kind, "amount": money(one.amount), "note": one.note} for one in lines],
        "accounts_mrr": money(accounts_mrr),
        "chain_difference": money(reads.chain_break(found)),
        "reopen_blockers": reopen_reasons(chain_of(found.month)) if found.is_standing else [],
        "replay_differences": reads.replay_differences(found),
    }


def _beside(one: reads.Beside) -> dict[str, Any]:
    return {
        "key": one.key,
        "unit": one.unit,
        "reported": plain(one.reported),
        "restated": plain(one.restated),
        "difference": plain(one.difference),
    }


def _correction(one: reads.Correction) -> dict[str, Any]:
    return {
        "entry": one.entry_id,
        "seq": one.seq,
        "entered_at": one.entered_at,
        "by": one.by,
        "kind": one.kind,
        "label": one.label,
        "voided": one.voided,
        "movements": one.movements,
        "amount": money(one.amount),
        "states": one.states,
    }


@router.get(
    "/closings/{closing}/rows",
    response=schemas.Listed[dict[str, Any]],
    summary=said(gettext_lazy("締めの内訳の行")),
)
def closing_rows(request: HttpRequest, closing: Path[Id], query: Query[ClosingRowsIn]) -> Any:
    """The rows of a part as they were frozen. For those who may see customers."""
    see_numbers(request)
    question, found = asked(request, query), _found(closing)
    rows = reads.frozen_rows(found, query.part) if who(request).may("account.view") else []
    shown, behind = by_position(rows, query.cursor, query.limit)
    return {**stamp(question), "items": shown, "next": behind}


def _answer(request: HttpRequest, one: reads.Closed) -> dict[str, Any]:
    today = clock.today()
    question = Asked(as_of=today, today=today, watermark=current_watermark())
    return {**stamp(question), "closing": _closing(one)}


class ClosedAnswer(schemas.Stamp):
    closing: ClosingOut


@router.post(
    "/closings",
    response={201: ClosedAnswer},
    summary=said(gettext_lazy("月を締める")),
    openapi_extra={SCOPE: "write"},
)
def close_month(request: HttpRequest, body: ClosingIn) -> Any:
    """Sign a month as 速報 (flash) or 確報 (final). 422 with `reasons` while something is open; 403 without `month.close`."""
    see_numbers(request)
    day = month_start(body.month)
    pending = {one.contract: one.contract_id for one in reads.pending_at(actions.question(day), day)}
    if unknown := [code for code in body.signed if code not in pending]:
        text = _("更新手続中の一覧にない契約です: %(codes)s。何も保存していません。")
        words = text % {"codes": ", ".join(unknown[:10])}
        raise Refused(words, code="not_pending", fields={"signed": words})
    made = actions.close_month(
        day,
        kind=body.kind,
        actor=who(request),
        comment=body.comment,
        red_comments=body.red_comments,
        signed=[pending[code] for code in body.signed],
    )
    return Status(201, _answer(request, made))


@router.post(
    "/closings/{closing}/reopen",
    response=ClosedAnswer,
    summary=said(gettext_lazy("締めを解除する")),
    openapi_extra={SCOPE: "write"},
)
def reopen_closing(request: HttpRequest, closing: Path[Id], body: ReopenIn) -> Any:
    """Open a month again with a reason: its 確報 and 速報 are taken back, both rows stay and say who and why. 422 while a
    later month is closed: it starts from what was signed here, so later months are opened first."""
    see_numbers(request)
    _found(closing)
    return _answer(request, actions.reopen(closing, actor=who(request), reason=body.reason))


@router.post(
    "/closings/{closing}/bridge",
    response=ClosedAnswer,
    summary=said(gettext_lazy("会計の MRR への橋渡しを書く")),
    openapi_extra={SCOPE: "write"},
)
def set_bridge(request: HttpRequest, closing: Path[Id], body: BridgeIn) -> Any:
    """Replace the bridge from the closed MRR to the accounts' MRR. It explains the closing and changes nothing in it."""
    see_numbers(request)
    _found(closing)
    lines = [reads.BridgeLine(line.kind, line.amount, line.note) for line in body.lines]
    actions.set_bridge(closing, lines, actor=who(request))
    return _answer(request, _found(closing))
