"""月次締め: the months, what blocks a close, signing, re-opening, the bridge to the accounts' MRR."""

from __future__ import annotations

from datetime import date
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
from banso_web.core.ui.figures import Figure
from banso_web.core.ui.formats import month_text
from banso_web.reports.board import ALL
from banso_web.reports.closing_file import closing_csv
from banso_web.reports.question import Question, customer_url, picker, read_question
from banso_web.reports.reads.board import Tile, board
from banso_web.reports.reads.closing import BRIDGE, KINDS, STATES, changed_since, month_lines
from banso_web.reports.reads.figures import answers, figure, reporting_currency, written_as
from banso_web.reports.reads.nrr import fall
from banso_web.reports.words import left_out_words
from banso_web.revenue.actions.closing import ClosingBlocked, blockers, close_month, set_bridge
from banso_web.revenue.actions.closing import question as closing_question
from banso_web.revenue.actions.closing import reopen as reopen_month
from banso_web.revenue.metrics.words import PARTS
from banso_web.revenue.reads import closing as closings
from banso_web.revenue.reads.chain import chain_of, months_text, reopen_reasons

if TYPE_CHECKING:
    from banso_web.members.models import Member

TO_SIGN = ("nrr_monthly", "grr_monthly", "customer_churn_monthly", "mrr_churn_monthly", "mrr", "customers")
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
            "one": one, "mrr": None if one.units is None else Decimal(one.units) / closings.UNITS,
            "held": [(currency, Decimal(units) / closings.UNITS) for currency, units in one.held],
            "url": customer_url(one.account_id),
            "name": names[one.account_id].name if one.account_id in names else one.contract,
        }
        for one in found
    ]  # fmt: skip


def _signed(closed: closings.Closed) -> list[dict[str, Any]]:
    """The list as it was signed, with the customers' names of today."""
    lines = closings.signed_pending(closed)
    names = counting.called([account for account, _line in lines])
    return [
        {
            **line, "url": customer_url(account), "name": names[account].name if account in names else "",
            "day": date.fromisoformat(line["ends_on"]), "mrr": None if line["mrr"] is None else Decimal(line["mrr"]),
            "held": [(one["currency"], Decimal(one["mrr"])) for one in line.get("held", ())],
        }
        for account, line in lines
    ]  # fmt: skip


def _frozen_url(closed: closings.Closed, question: Question, metric: str, part: str = "") -> str:
    """The rows as they were when the month was signed: the same page at the closing's watermark and day."""
    return question.rows_url(metric, part, as_of=closed.as_of.isoformat(), watermark=closed.watermark)


def _frozen_bars(closed: closings.Closed, question: Question) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for key in FROZEN_BARS:
        amount = closed.waterfall.get(key)
        if amount is None or (key in ("restatement", "pending_renewal") and not amount):
            continue
        restated = key == "opening" and amount != closed.waterfall["opening_restated"]
        opens = key not in ("restatement", "difference", "pending_renewal") and not restated
        note = ""
        if key == "pending_renewal":
            note = _("月末MRRに含みます。解約でも更新でもありません。")
        elif restated:
            note = _("前の月に署名した月末MRR")
        if key == "pending_renewal" and (unrated := closed.waterfall.get("pending_unrated")):
            note += _("不完全: 換算レートのない %(n)s 件を含みません。") % {"n": f"{unrated:f}"}
        found.append(
            {
                "name": PARTS[key],
                "amount": -amount if key in ("contraction", "churn") else amount,
                "url": _frozen_url(closed, question, "nrr_monthly", key) if opens else "",
                "total": key in ("opening", "closing"),
                "note": note,
            }
        )
    return found


def _frozen_figures(closed: closings.Closed, question: Question) -> list[Figure]:
    """Every metric as signed, with the rows it was signed with and the version of its definition."""
    found = []
    for key, frozen in closed.values.items():
        if key not in ALL or key not in catalogue:
            continue
        asked = closings.month_questions(closed.asked(), closed.month)[key][0]
        value = None if frozen["value"] is None else Decimal(frozen["value"])
        found.append(
            Figure(
                label=catalogue[key].name,
                value=value,
                **written_as(frozen["unit"], ALL[key].digits),
                state="" if value is not None else "not_computable",
                reason=frozen["reason"] or "",
                metric=key,
                rows_url=question.rows_url(key, as_of=asked.as_of.isoformat(), watermark=closed.watermark),
                version=frozen["version"],
                as_of=asked.as_of if key in closings.OF_LAST_DAY else None,
            )
        )
    return found


def _closed_context(closed: closings.Closed, question: Question) -> dict[str, Any]:
    lines, accounts_mrr = closings.bridge(closed)
    given = {line.kind: line for line in lines}
    return {
        "closed": closed,
        "beside": changed_since(closed, question.asked),
        "bars_beside": closings.bars_beside(closed, question.asked),
        "rules": closings.rule_words(closed.rules),
        "frozen_bars": _frozen_bars(closed, question),
        "frozen_figures": _frozen_figures(closed, question),
        "corrections": closings.corrections(closed, question.asked.watermark),
        "signed": _signed(closed),
        "chain_break": closings.chain_break(closed),
        "reopen_reasons": reopen_reasons(chain_of(closed.month)),
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
    next_kind = "final" if closed else "flash"
    waiting = (
        blockers(
            closing_question(question.month),
            question.month,
            red_comments=comments,
            signed=signed,
            kind=next_kind,
        )
        if not final
        else []
    )
    # Closed as 速報 and not yet to be closed as 確報, it may still be closed as 速報 again.
    stuck = bool(waiting) and (
        next_kind == "flash"
        or bool(
            blockers(
                closing_question(question.month),
                question.month,
                red_comments=comments,
                signed=signed,
                kind="flash",
            )
        )
    )
    chain, found = chain_of(question.month), answers(question)
    context: dict[str, Any] = {
        **picker(question),
        "company_only": True,
        "months_closing": month_lines(question),
        "states": STATES,
        "kinds": KINDS,
        "waiting": waiting,
        "stuck": stuck,
        "reasons": reasons or [],
        "given": posted,
        "red": [{"tile": tile, "comment": posted.get(f"red_{tile.line.key}", "")} for tile in red],
        "unaddressed": board(question).unaddressed,
        "pending": pending,
        "pending_total": sum((one["mrr"] for one in pending if one["mrr"] is not None), Decimal(0)),
        "pending_unrated": sum(1 for one in pending if one["mrr"] is None),
        "rules": closings.rule_words(closings.rules_json(question.asked)),
        "chain": chain,
        "missing_months": months_text(chain.missing),
        "to_sign": fall(question, found) if not final else None,
        "sign_figures": [figure(question, ALL[key], found.of.get(key)) for key in TO_SIGN if key in found.of],
        "notes": found.of["nrr_monthly"].notes if "nrr_monthly" in found.of else (),
        "left_out": left_out_words(question, found.left_out),
        "versions": [(catalogue[key].name, catalogue[key].version) for key in TO_SIGN],
        "may_export": member.may("export.run"),
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
    """A month's closing. Everybody who may see the numbers may look; closing is `month.close`. `?export=csv`: its bars,
    figures, signed contracts, corrections and bridge as the page shows them."""
    question = _company(request)
    if request.GET.get("export") == "csv":
        return closing_csv(request, question)
    return _page(request, question)


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
        _("%(month)s を%(kind)sで締めました。") % {"month": month_text(made.month), "kind": KINDS[made.kind]},
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
        _("%(month)s の締めを解除しました。締めの記録は残ります。") % {"month": month_text(made.month)},
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
