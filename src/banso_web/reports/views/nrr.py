"""NRR: the month's waterfall, twelve months, thirteen months' trend, reported beside restated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.core.metrics import MetricResult, Scope, catalogue, compute
from banso_web.core.pages import page, render_page
from banso_web.core.ui.figures import Figure
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Tab
from banso_web.reports import files
from banso_web.reports.board import ALL
from banso_web.reports.question import Question, picker, read_question
from banso_web.reports.reads.closing import changed_since
from banso_web.reports.reads.figures import answers, figure
from banso_web.reports.reads.nrr import Fall, chart, fall, split, trend_chart, trend_table
from banso_web.reports.reads.trend import unrated_in
from banso_web.reports.words import left_out_words
from banso_web.revenue.metrics.words import PARTS
from banso_web.revenue.reads.closing import bars_beside, standing

if TYPE_CHECKING:
    from banso_web.members.models import Member

TABS = ("month", "year", "trend")


@page("revenue.view")
def waterfall_page(request: HttpRequest) -> HttpResponse:
    """`tab`: month (記事式), year (12か月), trend. `?export=csv` gives the bars."""
    question = read_question(request)
    tab = request.GET.get("tab", "month")
    tab = tab if tab in TABS else "month"
    found = answers(question)
    shown = fall(question, found)
    if request.GET.get("export") == "csv":
        return _csv(request, question, shown)
    closed = standing(question.month) if question.scope == Scope() else None
    names = {"month": _("月次NRR(記事式)"), "year": _("12か月NRR"), "trend": _("13か月の推移")}
    keys = (
        "nrr_monthly",
        "grr_monthly",
        "gross_revenue_churn",
        "net_revenue_churn",
        "mrr_churn_monthly",
        "nrr_12m",
        "grr_12m",
    )
    churn = found.of.get("customer_churn_monthly")
    reasons = churn.parts.get("reasons", {}) if churn else {}
    context: dict[str, Any] = {
        **picker(question),
        "tab": tab,
        "tabs": [Tab(name, changed_query(request, tab=key), key == tab) for key, name in names.items()],
        "fall": shown,
        "chart": chart(question, shown) if shown and tab == "month" else None,
        "figures": {key: figure(question, ALL[key], found.of.get(key)) for key in keys},
        "named_beside": {
            "nrr_12m": replace(figure(question, ALL["nrr_12m"], found.of.get("nrr_12m")), label=_("並べて見る: 12か月NRR")),
            "nrr_monthly": replace(figure(question, ALL["nrr_monthly"], found.of.get("nrr_monthly")), label=_("並べて見る: 月次NRR(記事式)")),
        },
        "result": found.of["nrr_monthly"],
        "day_figures": _of_the_day(question) if tab == "year" else [],
        "year": found.of["nrr_12m"],
        "split": split(question, found) if tab == "month" else None,
        "counts": churn.parts if churn else {},
        "reasons": [(reason, int(count)) for reason, count in reasons.items()],
        "reasons_total": sum(int(count) for count in reasons.values()),
        "left_out": left_out_words(question, found.left_out),
        "trend": trend_chart(question) if tab == "trend" else None,
        "trend_unrated": unrated_in(question) if tab == "trend" else 0,
        "trend_rows": trend_table(question) if tab == "trend" else [],
        "closed": closed,
        "bars_beside": bars_beside(closed, question.asked) if closed and tab == "month" else [],
        "beside": changed_since(closed, question.asked) if closed and tab == "month" else [],
        "part_words": PARTS,
        "currency": shown.currency if shown else "JPY",
        "expansion_url": question.rows_url("nrr_monthly", "expansion"),
        "may_export": cast("Member", request.user).may("export.run"),
    }  # fmt: skip
    return render_page(request, "reports/nrr.html", context)


def _of_the_day(question: Question) -> list[tuple[Figure, MetricResult]]:
    """The twelve months to the asked day itself, beside those to the month's end."""
    found = []
    for key in ("nrr_12m", "grr_12m"):
        result = compute(key, question.asked, scope=question.scope)
        shown = figure(question, ALL[key], result)
        label = _("%(name)s(基準日まで)") % {"name": catalogue[key].name}
        found.append(
            (
                replace(
                    shown,
                    label=label,
                    as_of=question.asked.as_of,
                    rows_url=question.rows_url(key, at="asked"),
                ),
                result,
            )
        )
    return found


def _csv(request: HttpRequest, question: Question, shown: Fall | None) -> HttpResponse:
    lines: list[list[Any]] = []
    if shown:
        lines = [[bar.name, bar.amount, shown.currency, bar.count] for bar in shown.bars]
        lines.append([PARTS["difference"], shown.difference, shown.currency, None])
        lines.append([PARTS["pending_renewal"], shown.pending_mrr, shown.currency, shown.pending_count])
    head = [_("項目"), _("金額"), _("通貨"), _("顧客数")]
    about = [(_("定義版"), catalogue["nrr_monthly"].version)]
    return files.csv_file(request, f"nrr-{question.month_key}", question, head, lines, about=about)
