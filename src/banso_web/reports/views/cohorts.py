"""Cohorts by month, quarter or year of start, by customers and by MRR."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.accounts.access import visible_accounts
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.pages import page, render_page
from banso_web.core.ui.formats import pct_text
from banso_web.core.ui.links import changed_query
from banso_web.core.ui.lists import Tab
from banso_web.reports import files
from banso_web.reports.question import customer_url, picker, read_question
from banso_web.reports.reads.cohorts import BY, VERSION, cell_rows, chart, key_text, table
from banso_web.reports.reads.figures import reporting_currency

if TYPE_CHECKING:
    from banso_web.members.models import Member

AGES = (13, 25, 37)


def _choice(request: HttpRequest, key: str, allowed: tuple[str, ...]) -> str:
    wanted = request.GET.get(key, "")
    return wanted if wanted in allowed else allowed[0]


@page("revenue.view")
def cohort_page(request: HttpRequest) -> HttpResponse:
    """`by`: month, quarter, year; `measure`: customers or mrr; `ages`: how many months are shown (or all)."""
    question = read_question(request)
    by, measure = _choice(request, "by", BY), _choice(request, "measure", ("customers", "mrr"))
    found = table(question, by)
    wanted = request.GET.get("ages", "")
    ages = found.ages if wanted == "all" else int(wanted) if wanted in {str(one) for one in AGES} else AGES[0]
    if request.GET.get("export") == "csv":
        lines = [
            [cohort.key, age, cohort.base[age], cohort.retained[age], cohort.base_mrr[age], cohort.mrr[age], cohort.customer_retention(age), cohort.mrr_retention(age)]
            for cohort in found.cohorts
            for age in range(min(ages, found.ages))
            if cohort.base[age] is not None
        ]  # fmt: skip
        head = [
            _("開始時期"),
            _("開始からの月数"),
            _("顧客数"),
            _("残っている顧客"),
            _("開始月のMRR"),
            _("その月のMRR"),
            _("継続率(顧客数)"),
            _("継続率(MRR)"),
        ]
        return files.csv_file(request, f"cohorts-{by}", question, head, lines)
    words = {"month": _("開始月"), "quarter": _("開始四半期(暦)"), "year": _("開始年")}
    context: dict[str, Any] = {
        **picker(question),
        "found": found,
        "last_month": key_text(found.last_month or ""),
        "chart": chart(question, found, by, measure, ages) if found.cohorts else None,
        "by_tabs": [Tab(name, changed_query(request, by=key), key == by) for key, name in words.items()],
        "measure_tabs": [
            Tab(_("顧客数で見る"), changed_query(request, measure="customers"), measure == "customers"),
            Tab(_("MRRで見る"), changed_query(request, measure="mrr"), measure == "mrr"),
        ],
        "age_tabs": [
            *(Tab(_("%(count)sか月まで") % {"count": count - 1}, changed_query(request, ages=count), ages == count) for count in AGES),
            Tab(_("すべて"), changed_query(request, ages="all"), wanted == "all"),
        ],
        "measure": measure,
        "version": VERSION,
        "may_export": cast("Member", request.user).may("export.run"),
    }  # fmt: skip
    return render_page(request, "reports/cohorts.html", context)


def visible_among(request: HttpRequest, ids: Iterable[int | None]) -> set[int]:
    """Which of these customers the reader may see."""
    wanted = [key for key in ids if key is not None]
    visible = visible_accounts(cast("Member", request.user)).filter(pk__in=wanted)
    return set(visible.values_list("pk", flat=True))


@page("revenue.view")
def cohort_rows(request: HttpRequest) -> HttpResponse:
    """The customers of one cell, which reproduce its shares."""
    question = read_question(request)
    text = request.GET.get("age", "")
    if not (text.isdecimal() and len(text) < 5):
        raise Refused(_("開始からの月数を読み取れません。"), code="bad_age")
    cell = cell_rows(question, _choice(request, "by", BY), request.GET.get("key", ""), int(text))
    if cell is None:
        raise NotVisible
    seen = visible_among(request, [row.account_id for row in cell.rows[:500]])
    kept = sum(1 for row in cell.rows if row.closing)
    context = {
        **picker(question),
        "cell": cell,
        "cohort": key_text(cell.key),
        "version": VERSION,
        "rows": [
            (row, customer_url(row.account_id) if row.account_id in seen else "", row.account_id not in seen)
            for row in cell.rows[:500]
        ],
        "hidden_rows": max(len(cell.rows) - 500, 0),
        "agrees": kept == cell.retained and len(cell.rows) == cell.base,
        "customer_share": pct_text(cell.retained / cell.base, 2) if cell.base else "",
        "mrr_share": pct_text(cell.mrr / cell.base_mrr, 2) if cell.base_mrr else "",
        "currency": reporting_currency(question),
    }
    return render_page(request, "reports/cohort_rows.html", context)
