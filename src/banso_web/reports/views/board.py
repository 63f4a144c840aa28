"""KGI・KPI board of a month."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso_web.core.pages import page, render_page
from banso_web.reports import files
from banso_web.reports.question import picker, read_question
from banso_web.reports.reads.board import Board, board
from banso_web.reports.reads.figures import reporting_currency, shape
from banso_web.reports.reads.targets import owner_names
from banso_web.reports.reads.tree import tree
from banso_web.reports.reads.unmatched import unmatched
from banso_web.reports.words import left_out_words

if TYPE_CHECKING:
    from banso_web.members.models import Member


@page("revenue.view")
def kpi_board(request: HttpRequest) -> HttpResponse:
    """The board; `?export=csv` gives the same figures as a file."""
    question = read_question(request)
    shown = board(question)
    if request.GET.get("export") == "csv":
        return _csv(request, shown)
    member = cast("Member", request.user)
    context = {
        **picker(question),
        "board": shown,
        "tree": tree(question, shown.answers),
        "left_out": left_out_words(question, shown.answers.left_out),
        "unmatched": unmatched(question),
        "metric_names": {tile.line.key: tile.spec.name for tile in shown.tiles},
        "owner_names": owner_names(question.asked),
        "currency": reporting_currency(question),
        "versions": [(tile.spec.name, tile.spec.version) for tile in shown.tiles],
        "may_edit": member.may("kpi.edit") and question.asked.is_today,
    }
    return render_page(request, "reports/board.html", context)


def _csv(request: HttpRequest, shown: Board) -> HttpResponse:
    question = shown.question
    head = [
        _("指標"),
        _("値"),
        _("単位"),
        _("理由"),
        _("目標"),
        _("目標との差"),
        _("判定"),
        _("95%区間 下限"),
        _("95%区間 上限"),
        _("件数"),
        _("担当"),
        _("定義版"),
    ]
    lines, names = [], owner_names(question.asked)
    for tile in shown.tiles:
        figure, result = tile.figure, tile.result
        unit = shape(tile.spec, result)["kind"]
        interval = result.interval if result else None
        lines.append(
            [
                tile.spec.name, figure.value, {"pct": _("比率"), "money": result.unit if result else ""}.get(unit, unit),
                figure.reason, f"{tile.target.op} {tile.target.value.normalize():f}" if tile.target else "",
                figure.change, figure.target_word, interval.low if interval else None, interval.high if interval else None,
                result.n if result else None, names.get(tile.target.owner, "") if tile.target else "", tile.spec.version,
            ]
        )  # fmt: skip
    return files.csv_file(request, f"kpi-{question.month_key}", question, head, lines)
