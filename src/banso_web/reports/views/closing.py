"""月次締め: the months, what blocks a close, signing, re-opening, the bridge to the accounts' MRR."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.accounts import counting
from banso_web.core.errors import Refused
from banso_web.core.metrics import Scope, catalogue
from banso_web.core.pages import page, render_page
from banso_web.reports.question import Question, customer_url, picker, read_question
from banso_web.reports.reads.board import Tile, board
from banso_web.reports.reads.closing import BRIDGE, KINDS, STATES, month_lines
from banso_web.reports.reads.figures import reporting_currency
from banso_web.revenue.actions.closing import ClosingBlocked, blockers, close_month, set_bridge
from banso_web.revenue.actions.closing import question as closing_question
from banso_web.revenue.actions.closing import reopen as reopen_month
from banso_web.revenue.metrics.words import PARTS
from banso_web.revenue.reads import closing as closings

if TYPE_CHECKING:
    from banso_web.members.models import Member

FROZEN_BARS = (
    "opening", "restatement", "new", "reactivation", "upsell", "cross_sell", "contraction", "churn", "fx", "closing",
    "difference", "pending_renewal",
)  # fmt: skip


def _company(request: HttpRequest) -> Question:
    found = read_question(request)
    return Question(found.asked, found.month, Scope())


def _pending(question: Question) -> list[dict[str, Any]]:
    """更新手続中 at the month's end, each to be signed."""
    found = closings.pending_at(question.asked, question.month)
    names = counting.called([one.account_id for one in found])
    return [
        {
            "one": one, "mrr": Decimal(one.units) / closings.UNITS, "url": customer_url(one.account_id),
            "name": names[one.account_id].name if one.account_id in names else one.contract,
        }
        for one in found
    ]  # fmt: skip


def _closed_context(closed: closings.Closed, question: Question) -> dict[str, Any]:
    lines, accounts_mrr = closings.bridge(closed)
    given = {line.kind: line for line in lines}
    return {
        "closed": closed,
        "beside": [
            (catalogue[one.key], one)
            for one in closings.reported_beside_restated(closed, question.asked)
            if one.difference
        ],
        "bars_beside": closings.bars_beside(closed, question.asked),
        "frozen_bars": [
            (PARTS[key], -amount if key in ("contraction", "churn") else amount)
            for key in FROZEN_BARS
            if (amount := closed.waterfall.get(key)) is not None
        ],
        "corrections": closings.corrections(closed, question.asked.watermark),
        "signed": closings.signed_pending(closed),
        "bridge_lines": [
            {"kind": kind, "name": name, "line": given.get(kind)} for kind, name in BRIDGE.items()
        ],
        "bridge_given": [(BRIDGE.get(line.kind, line.kind), line) for line in lines],
        "accounts_mrr": accounts_mrr,
        "replay": closings.replay_differences(closed) if question.asked.pinned is False else [],
    }


def _page(
    request: HttpRequest,
    question: Question,
    *,
    reasons: list[str] | None = None,
    given: QueryDict | None = None,
    status: int = 200,
) -> HttpResponse:
    member = cast("Member", request.user)
    posted = given if given is not None else QueryDict()
    closed = closings.standing(question.month)
    final = closed is not None and closed.kind == "final"
    may_close = member.may("month.close") and question.asked.is_today
    red: list[Tile] = [tile for tile in board(question).tiles if tile.met is False]
    pending = _pending(question) if question.complete else []
    signed = [one["one"].contract_id for one in pending]
    comments = {tile.line.key: "・" for tile in red}
    # What would still block after the list is signed and every comment written.
    waiting = (
        blockers(closing_question(question.month), question.month, red_comments=comments, signed=signed)
        if not final
        else []
    )
    context: dict[str, Any] = {
        **picker(question),
        "company_only": True,
        "months_closing": month_lines(question),
        "states": STATES,
        "kinds": KINDS,
        "waiting": waiting,
        "reasons": reasons or [],
        "given": posted,
        "red": [{"tile": tile, "comment": posted.get(f"red_{tile.line.key}", "")} for tile in red],
        "unaddressed": board(question).unaddressed,
        "pending": pending,
        "pending_total": sum((one["mrr"] for one in pending), Decimal(0)),
        "signed_ids": set(posted.getlist("signed")),
        "may_close": may_close,
        "final": final,
        "history": closings.all_of(question.month),
        "part_words": PARTS,
        "metric_names": {key: spec.name for key, spec in catalogue.items()},
        "currency": reporting_currency(question),
        "question_url": question.url("closing_close"),
    }
    if closed:
        context |= _closed_context(closed, question)
    return render_page(request, "reports/closing.html", context, status=status)


@page("revenue.view")
def closing_page(request: HttpRequest) -> HttpResponse:
    """A month's closing. Everybody who may see the numbers may look; closing is `month.close`."""
    return _page(request, _company(request))


@require_POST
@page("revenue.view")
def close(request: HttpRequest) -> HttpResponse:
    """Sign the month as 速報 or 確報 (403 without month.close)."""
    question = _company(request)
    post = request.POST
    comments = {
        key.removeprefix("red_"): text
        for key, text in post.items()
        if key.startswith("red_") and str(text).strip()
    }
    signed = [int(text) for text in post.getlist("signed") if text.isdecimal() and len(text) < 19]
    try:
        made = close_month(
            question.month, kind=post.get("kind", ""), actor=cast("Member", request.user), comment=post.get("comment", ""),
            red_comments={key: str(text) for key, text in comments.items()}, signed=signed,
        )  # fmt: skip
    except ClosingBlocked as blocked:
        return _page(request, question, reasons=list(blocked.reasons), given=post, status=422)
    except Refused as problem:
        return _page(request, question, reasons=[problem.message], given=post, status=422)
    messages.success(
        request,
        _("%(month)s を%(kind)sで締めました。") % {"month": f"{made.month:%Y-%m}", "kind": KINDS[made.kind]},
    )
    return redirect(question.url("closing"))


@require_POST
@page("revenue.view")
def reopen(request: HttpRequest, closing_id: int) -> HttpResponse:
    """Take a closing back, with a reason."""
    question = _company(request)
    try:
        made = reopen_month(
            closing_id, actor=cast("Member", request.user), reason=request.POST.get("reason", "")
        )
    except Refused as problem:
        return _page(request, question, reasons=[problem.message], status=422)
    messages.success(
        request,
        _("%(month)s の締めを解除しました。締めの記録は残ります。") % {"month": f"{made.month:%Y-%m}"},
    )
    return redirect(question.url("closing", month=f"{made.month:%Y-%m}"))


@require_POST
@page("revenue.view")
def bridge(request: HttpRequest, closing_id: int) -> HttpResponse:
    """Save the bridge from the closed MRR to the accounts' MRR."""
    question = _company(request)
    lines, wrong = [], []
    for kind, name in BRIDGE.items():
        text = request.POST.get(f"amount_{kind}", "").replace(",", "").strip()
        if not text:
            continue
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("nan")
        if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
            wrong.append(
                _("「%(name)s」の金額(%(text)s)を読み取れません。何も保存していません。")
                % {"name": name, "text": text[:40]}
            )
            continue
        lines.append(closings.BridgeLine(kind, amount, request.POST.get(f"note_{kind}", "").strip()))
    if wrong:
        return _page(request, question, reasons=wrong, status=422)
    set_bridge(closing_id, lines, actor=cast("Member", request.user))
    messages.success(request, _("会計のMRRへの橋渡しを保存しました。"))
    return redirect(question.url("closing"))
