"""CSV of exactly what a number page shows: UTF-8 with mark, formula-safe, headed by what was asked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from banso.names import csv_safe
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden
from banso_web.core.metrics import exact, plain
from banso_web.core.ui.formats import moment_text
from banso_web.members.reads import assignable_members
from banso_web.reports.question import Question, scope_label

if TYPE_CHECKING:
    from banso_web.members.models import Member


def cell(value: Any) -> str:
    """A cell: numbers without grouping or exponent, days ISO, text made safe against formulas; None is empty."""
    if value is None:
        return ""
    if isinstance(value, Fraction | Decimal):
        return plain(exact(value), 20) or ""
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(clock.JST).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(csv_safe(str(value)))


def csv_file(
    request: HttpRequest, name: str, question: Question, head: Sequence[Any], lines: Iterable[Sequence[Any]],
    *, about: Sequence[tuple[Any, Any]] = (),
) -> HttpResponse:  # fmt: skip
    """The file, with 基準日, 集計対象 and 作成日時 above the table. 403 without export.run; the export is audited."""
    member = cast("Member", request.user)
    if not member.may("export.run"):
        raise Forbidden(_("一覧を書き出す権限がありません。"))
    asked = question.asked
    above: list[tuple[Any, Any]] = [
        (_("基準日"), asked.as_of),
        (_("対象月"), question.month_key),
        (_("集計対象"), scope_label(question.scope, assignable_members())),
        *([(_("判明時点"), asked.known_at)] if asked.known_at else []),
        *about,
        (_("作成日時"), f"{moment_text(clock.now())} JST"),
    ]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([[cell(value) for value in line] for line in above])
    writer.writerow([])
    writer.writerow([cell(title) for title in head])
    table = [[cell(value) for value in line] for line in lines]
    writer.writerows(table)
    audit.record(
        "numbers.export", actor=member, subject="report", label=name,
        new={"as_of": asked.as_of.isoformat(), "month": question.month_key, "scope": question.scope.key, "rows": len(table)},
    )  # fmt: skip
    response = HttpResponse(
        b"\xef\xbb\xbf" + buffer.getvalue().encode(), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}-{asked.as_of.isoformat()}.csv"'
    return response
