"""継続率曲線: Kaplan–Meier by segment, the numbers beside it, and the customers behind each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.core.errors import NotVisible, Refused
from banso_web.core.pages import page, render_page
from banso_web.reports import files
from banso_web.reports.question import customer_url, picker, read_question
from banso_web.reports.reads.retention import MARKS, VERSION, Curve, Retention, chart, mark_rows, retention
from banso_web.reports.views.cohorts import visible_among

if TYPE_CHECKING:
    from banso_web.members.models import Member

#: What became of a customer, of those behind a point.
PARTS = {
    "gone": gettext_lazy("それまでに解約"), "leaves": gettext_lazy("この月に解約"), "at_risk": gettext_lazy("観察中"), "later": gettext_lazy("まだ記録の前"),
    "unseen": gettext_lazy("まだこの月数に達していない"),
}  # fmt: skip
LISTED = 500


@page("revenue.view")
def retention_page(request: HttpRequest) -> HttpResponse:
    """The curves of the scope. `?export=csv` gives every month of every segment."""
    question = read_question(request)
    found = retention(question)
    if request.GET.get("export") == "csv":
        head = [
            _("セグメント"), _("開始からの月数"), _("観察中の顧客"), _("この月までの解約"), _("継続率"), _("95%区間の下端"), _("95%区間の上端"),
        ]  # fmt: skip
        return files.csv_file(
            request, "retention", question, head, _lines(found), about=[(_("定義版"), VERSION)]
        )
    context: dict[str, Any] = {
        **picker(question),
        "found": found,
        "chart": chart(found) if found.curves else None,
        "marks": MARKS,
        "rows": [(curve, [(point, _rows_url(question, curve, point.time)) for point in curve.marks]) for curve in found.curves],
        "version": VERSION,
        "may_export": cast("Member", request.user).may("export.run"),
    }  # fmt: skip
    return render_page(request, "reports/retention.html", context)


def _rows_url(question: Any, curve: Curve, age: float) -> str:
    whole = "" if curve.segment is not None else "1"
    return str(question.url("retention_rows", whole=whole, key=curve.segment or "", age=int(age)))


def _lines(found: Retention) -> list[list[Any]]:
    lines = []
    for curve in found.curves:
        gone = 0
        for age in range(1, curve.longest + 1):
            point = curve.at(age)
            gone += sum(1 for life in curve.lives if life.ended and life.months == age)
            lines.append(
                [curve.name, age, point.at_risk, gone, *(None if value is None else round(value, 6) for value in (point.survival, point.lower, point.upper))]
            )  # fmt: skip
    return lines


@page("revenue.view")
def retention_rows(request: HttpRequest) -> HttpResponse:
    """The customers behind one number: `whole` (the company) or `key` (a segment), and `age`."""
    question = read_question(request)
    text = request.GET.get("age", "")
    if not (text.isdecimal() and len(text) < 5):
        raise Refused(_("開始からの月数を読み取れません。"), code="bad_age")
    mark = mark_rows(question, None if request.GET.get("whole") else request.GET.get("key", ""), int(text))
    if mark is None:
        raise NotVisible
    seen = visible_among(request, [row.account_id for row in mark.rows[:LISTED]])
    in_sight = sum(1 for row in mark.rows if row.part in ("leaves", "at_risk"))
    context = {
        **picker(question),
        "mark": mark,
        "age": int(text),
        "version": VERSION,
        "rows": [
            (row, PARTS[row.part], customer_url(row.account_id) if row.account_id in seen else "", row.account_id not in seen)
            for row in mark.rows[:LISTED]
        ],
        "hidden_rows": max(len(mark.rows) - LISTED, 0),
        "agrees": in_sight == mark.point.at_risk,
    }  # fmt: skip
    return render_page(request, "reports/retention_rows.html", context)
