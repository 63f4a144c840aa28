"""One KPI: value, definition, trend, reasons, target with its versions, 改善策."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso.revenue import annualised
from banso_web.core import clock
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.metrics import RATIO, MetricSpec, catalogue, exact
from banso_web.core.pages import page, render_page
from banso_web.core.ui.formats import month_text
from banso_web.core.ui.links import keep_question
from banso_web.members.reads import assignable_codes, assignable_members
from banso_web.reports.actions.countermeasures import (
    add_countermeasure,
    finish_countermeasure,
    withdraw_countermeasure,
)
from banso_web.reports.actions.targets import set_target, withdraw_target
from banso_web.reports.board import ALL, TARGETED
from banso_web.reports.forms import MeasureForm, TargetForm, target_initial
from banso_web.reports.question import Question, picker, read_question
from banso_web.reports.reads.board import Board, Tile, board
from banso_web.reports.reads.countermeasures import ABOUT_CHURN, SUGGESTED, measures
from banso_web.reports.reads.targets import all_targets, owner_names
from banso_web.reports.reads.trend import column, month_of, months, unrated_in
from banso_web.revenue.metrics.words import CAUSE_UNKNOWN

if TYPE_CHECKING:
    from banso_web.members.models import Member

THREE_RATES = (
    "customer_churn_monthly",
    "mrr_churn_monthly",
    "gross_revenue_churn",
    "net_revenue_churn",
    "customer_churn_annualised",
    "retention_monthly",
)


def _spec(metric: str) -> MetricSpec:
    if metric not in ALL or metric not in catalogue:
        raise NotVisible
    return catalogue[metric]


def _chart(question: Question, tile: Tile) -> dict[str, Any] | None:
    if not tile.line.trend:
        return None
    rows = months(question)
    values = column(rows, tile.line.trend)
    unit: dict[str, Any] = {"kind": "percent", "digits": tile.line.digits}
    if tile.figure.kind == "money":
        unit = {"kind": "money", "currency": tile.figure.currency}
    elif tile.figure.kind in ("count", "number"):
        unit = {"kind": "count", "digits": tile.line.digits if tile.figure.kind == "number" else 0}
    found: dict[str, Any] = {
        "kind": "line",
        "unit": unit,
        "description": _("%(name)sの13か月の推移") % {"name": tile.spec.name},
        "x": [month_text(month_of(row)) for row in rows],
        "series": [
            {
                "name": str(tile.spec.name),
                "values": values,
                "states": ["" if value is not None else "not_computable" for value in values],
            }
        ],
        "hrefs": [keep_question(question.rows_url(tile.line.key, month=row.month)) for row in rows],
        "zero": tile.line.trend in ("customer_churn", "mrr_churn", "gross_churn", "closing", "customers"),
    }
    if tile.target:
        found["targets"] = [{"value": tile.target.value, "label": _("目標")}]
    return found


def _yearly(tile: Tile) -> dict[str, Decimal] | None:
    """What a monthly churn target means in a year: 1 − (1 − m)^12, never 12 m."""
    if tile.line.key != "customer_churn_monthly" or tile.target is None or not 0 <= tile.target.value <= 1:
        return None
    lost = annualised(Fraction(tile.target.value))
    return {"target": tile.target.value, "lost": exact(lost), "left": exact(1 - lost)}


def _reasons(tile: Tile) -> list[tuple[str, int]]:
    """Churned customers by reason; 理由未確認 is its own bucket."""
    found = tile.result.parts.get("reasons", {}) if tile.result else {}
    return [(reason, int(count)) for reason, count in found.items()]


def _owners(present: str) -> dict[str, str]:
    """Who may answer for a figure; the present owner too, where a file gave a name that is no member."""
    found = dict(assignable_codes())
    return found if not present or present in found else {present: present, **found}


def _tile(shown: Board, metric: str) -> Tile:
    return next(tile for tile in shown.tiles if tile.line.key == metric)


def _page(
    request: HttpRequest,
    metric: str,
    *,
    target_form: TargetForm | None = None,
    measure_form: MeasureForm | None = None,
    status: int = 200,
) -> HttpResponse:
    spec, question = _spec(metric), read_question(request)
    shown = board(question)
    tile = _tile(shown, metric)
    member, people = cast("Member", request.user), assignable_members()
    reasons = _reasons(tile)
    fallback = Decimal("0.05") if metric == "customer_churn_monthly" and tile.target is None else None
    target = tile.target
    may_edit = member.may("kpi.edit") and question.asked.is_today
    context = {
        **picker(question),
        "board": shown,
        "tile": tile,
        "spec": spec,
        "chart": _chart(question, tile),
        "trend_unrated": unrated_in(question) if tile.line.trend else 0,
        "yearly": _yearly(tile),
        "reasons": reasons,
        "reasons_total": sum(count for _name, count in reasons),
        "beside": [one for one in shown.tiles if one.line.key in THREE_RATES and one.line.key != metric] if metric in THREE_RATES else [],
        "versions": sorted(
            (one for one in all_targets(question.asked) if one.metric == metric and one.scope == question.scope.key),
            key=lambda one: (one.effective_on is not None, one.effective_on or question.month, one.entered), reverse=True,
        ),
        "owner_names": owner_names(question.asked),
        "target_kind": tile.figure,
        "measures": measures(question.asked, metric=metric),
        "may_edit": may_edit,
        "may_target": may_edit and metric in TARGETED,
        "fallback": fallback,
        "target_form": target_form or TargetForm(
            spec=spec, owners=_owners(tile.target.owner if tile.target else ""),
            initial=target_initial(
                spec, target.op if target else ("<=" if spec.better == "down" else ">="),
                target.value if target else fallback, target.owner if target else member.code, question.month,
            ),
        ),
        "measure_form": measure_form or MeasureForm(people=people, initial={"owner": member.pk}),
        "reason_choices": [reason for reason, _count in reasons] or [str(CAUSE_UNKNOWN)],
        "suggested": SUGGESTED if metric in ABOUT_CHURN else (),
        "target_url": keep_question(question.url("kpi_target", metric)),
        "measure_url": keep_question(question.url("kpi_measure", metric)),
        "is_ratio": spec.unit == RATIO,
    }  # fmt: skip
    return render_page(request, "reports/kpi.html", context, status=status)


@page("revenue.view")
def detail(request: HttpRequest, metric: str) -> HttpResponse:
    """A KPI's own page; 404 for a key the board does not have."""
    return _page(request, metric)


def _back(question: Question, metric: str, place: str) -> HttpResponse:
    return redirect(f"{keep_question(question.url('kpi_detail', metric))}#{place}")


@require_POST
@page("revenue.view")
def target(request: HttpRequest, metric: str) -> HttpResponse:
    """A new version of the target."""
    spec, question = _spec(metric), read_question(request)
    form = TargetForm(request.POST, spec=spec, owners=_owners(""))
    if form.is_valid():
        data = form.cleaned_data
        try:
            set_target(
                cast("Member", request.user), metric, op=data["op"], value=data["value"], owner=data["owner"],
                effective_on=data["effective_on"], scope=question.scope.key, reason=data["reason"],
            )  # fmt: skip
        except Refused as problem:
            form.add_error("value" if "value" in problem.fields else None, problem.message)
        else:
            messages.success(request, _("目標を保存しました。"))
            return _back(question, metric, "target")
    return _page(request, metric, target_form=form, status=422)


@require_POST
@page("revenue.view")
def target_withdraw(request: HttpRequest, target_id: int) -> HttpResponse:
    """A version of a target ceases to count."""
    withdraw_target(cast("Member", request.user), target_id)
    messages.success(request, _("目標を取り下げました。過去の締めの記録は変わりません。"))
    return redirect(_referrer(request))


@require_POST
@page("revenue.view")
def measure(request: HttpRequest, metric: str) -> HttpResponse:
    """A new 改善策 for the page's month."""
    _spec(metric)
    question = read_question(request)
    form = MeasureForm(request.POST, people=assignable_members())
    if form.is_valid():
        data = form.cleaned_data
        try:
            add_countermeasure(
                cast("Member", request.user), metric, question.month, kind=data["kind"], text=data["text"], owner_id=data["owner"],
                due_on=data["due_on"], expected_effect=data["expected_effect"], churn_reason=data["churn_reason"],
            )  # fmt: skip
        except Refused as problem:
            for name, text in (problem.fields or {"": problem.message}).items():
                form.add_error(name or None, text)
        else:
            messages.success(request, _("改善策を登録しました。"))
            return _back(question, metric, "measures")
    return _page(request, metric, measure_form=form, status=422)


def _referrer(request: HttpRequest) -> str:
    """Back to the page of ours the form stood on."""
    from urllib.parse import urlsplit

    from django.urls import reverse

    parts = urlsplit(request.headers.get("Referer", ""))
    own = parts.netloc == request.get_host() and parts.path.startswith("/numbers/")
    return f"{parts.path}?{parts.query}" if own else reverse("kpi")


@require_POST
@page("revenue.view")
def measure_done(request: HttpRequest, measure_id: int) -> HttpResponse:
    """Mark a 改善策 done today."""
    finish_countermeasure(cast("Member", request.user), measure_id, clock.today())
    messages.success(request, _("改善策を完了にしました。"))
    return redirect(_referrer(request))


@require_POST
@page("revenue.view")
def measure_withdraw(request: HttpRequest, measure_id: int) -> HttpResponse:
    """Take a 改善策 back, with a reason."""
    withdraw_countermeasure(cast("Member", request.user), measure_id, request.POST.get("reason", ""))
    messages.success(request, _("改善策を取り下げました。監査ログに残ります。"))
    return redirect(_referrer(request))
