"""バックテスト: how good each scorecard has been, its rivals, the model, and the threshold for an alert budget."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from banso.health import AlertBudget
from banso.health.budget import Alerts
from banso.names import csv_safe
from banso_web.core import audit
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.forms import tell
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.formats import number_text
from banso_web.core.ui.lists import Column
from banso_web.health.actions.backtesting import RUN, ask, plain, solve
from banso_web.health.backtest_words import ratio_text, reason_word
from banso_web.health.forms import BacktestForm, BudgetForm
from banso_web.health.jobs import backtest
from banso_web.health.models import BacktestRun
from banso_web.health.reads.backtests import Shown, finished, runs, shown
from banso_web.health.reads.cards import cards


@page("revenue.view")
def backtests(request: HttpRequest, card: str = "standard") -> HttpResponse:
    """The page; POST asks for a run. `?run=` shows an earlier one, `?alerts=&precision=` solves the budget, `?export=csv` gives the
    tables."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    known = cards(asked)
    chosen = next((one for one in known if one.key == card), None)
    if chosen is None:
        raise NotVisible
    form = BacktestForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            run = ask(card, actor=member, **form.cleaned_data)
        except Refused as problem:
            tell(form, problem)
        else:
            backtest.enqueue(run.pk)
            messages.success(request, _("バックテストを始めました。終わると、この画面に結果が出ます。"))
            return redirect(reverse("backtests", args=[card]))
    number = request.GET.get("run", "")
    done = finished(card, int(number) if number.isdecimal() and len(number) < 10 else None)
    if number and done is None:
        raise NotVisible
    told = shown(done) if done is not None else None
    if told is not None and request.GET.get("export") == "csv":
        return _csv(request, told)
    context = {
        "cards": known, "card": chosen, "form": form, "told": told, "runs": runs(card), "may_run": member.may(RUN),
        "may_export": member.may("export.run"), **_heads(), **_budget(request, done),
    }  # fmt: skip
    return render_page(
        request,
        "health/backtests.html",
        context,
        fragment="health/_backtest.html",
        status=422 if form.errors else 200,
    )


def _heads() -> dict[str, list[Column]]:
    """The columns of the page's tables."""
    rate, precision, recall = _("解約した割合"), _("適合率"), _("再現率")
    tables = {
        "figure_heads": (_("指標"), _("値"), _("補足")),
        "rival_heads": (_("くらべる相手"), _("AUC"), _("AUCの差"), precision, recall),
        "part_heads": (_("セグメント"), _("行数"), rate, _("AUC"), precision, recall),
        "day_heads": (_("月末"), _("行数"), rate, _("AUC"), precision, recall),
        "tried_heads": (_("試したもの"), _("損失"), _("平均との差")),
        "effect_heads": (_("シグナル"), _("1標準偏差あたりの対数オッズ"), _("誤差"), _("q値")),
        "budget_heads": ("", _("しきい値"), _("警告"), _("一人1営業日あたり"), precision, recall),
    }
    return {
        name: [
            Column(f"c{place}", label, num=place > 0 and name != "figure_heads")
            for place, label in enumerate(labels)
        ]
        for name, labels in tables.items()
    }


def _budget(request: HttpRequest, run: BacktestRun | None) -> dict[str, Any]:
    """The budget's form and what it solves for, where it is filled in."""
    if run is None:
        return {}
    given = BudgetForm(request.GET if "alerts" in request.GET else None, label_suffix="")
    if not given.is_bound or not given.is_valid():
        return {"budget_form": given}
    alerts, precision = given.cleaned_data["alerts"], given.cleaned_data["precision"] / 100
    return {"budget_form": given, "budget": budget_told(solve(run, alerts, precision))}


def budget_told(found: AlertBudget) -> dict[str, Any]:
    rows = (
        (_("求めた月"), found.solved),
        (_("その後の月(しきい値を決めるのに使っていない)"), found.later),
        (_("件数だけを守ると"), found.most_alerts),
        (_("適合率だけを守ると"), found.most_precise),
    )
    return {
        "threshold": "" if found.threshold is None else number_text(found.threshold, 1),
        "reason": reason_word(found.reason),
        "rows": [_alerts(word, one) for word, one in rows if one is not None],
    }


def _alerts(word: str, one: Alerts) -> tuple[str, ...]:
    each = "—" if one.per_member_day is None else number_text(one.per_member_day, 2)
    return (
        word,
        number_text(one.threshold, 1),
        number_text(one.alerts),
        each,
        ratio_text(plain(one.precision), pct=True),
        ratio_text(plain(one.recall), pct=True),
    )


def _csv(request: HttpRequest, told: Shown) -> HttpResponse:
    """UTF-8 with mark, formula-safe: figures, rivals, segments and months, one below another."""
    member = reader(request)
    if not member.may("export.run"):
        raise Forbidden(_("書き出しの権限がありません。必要な場合は管理者に役割の変更を依頼してください。"))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    parts = [_("名前"), _("行数"), _("解約した割合"), _("AUC"), _("適合率"), _("再現率")]
    for head, rows in (
        ([_("指標"), _("値"), _("補足")], told.figures),
        ([_("くらべる相手"), _("AUC"), _("AUCの差"), _("適合率"), _("再現率")], told.rivals),
        (parts, told.segments),
        (parts, told.days),
    ):
        writer.writerow(head)
        writer.writerows([csv_safe(cell) for cell in row] for row in rows)
        writer.writerow([])
    audit.record("backtest.export", actor=member, subject="backtest", subject_id=told.line.id)
    response = HttpResponse(
        b"\xef\xbb\xbf" + buffer.getvalue().encode(), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="backtest-{told.line.id}.csv"'
    return response
