"""Export of exactly what the customer list shows: all filtered rows, the chosen columns, the same order.

The Excel file says on a sheet of its own what it is of (基準日, filters, when it was made). A CSV file is rows alone, so that
it can be read again by Banso and by other software; its name carries the 基準日.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from banso.money import exponent, units_to_money
from banso.names import csv_safe
from banso_web.core import audit, clock
from banso_web.core.facts import Asked
from banso_web.core.pages import render_page
from banso_web.core.ui import formats
from banso_web.core.ui.lists import Column, Order, whole_ordering
from banso_web.core.ui.states import BANDS, state_word
from banso_web.desk import shift_jis
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import ListQuery, customers, late_for
from banso_web.desk.words import touch_words
from banso_web.health.words import BAND_KEYS
from banso_web.revenue.reads.customers import rules_at

if TYPE_CHECKING:
    from banso_web.members.models import Member

_READERS: dict[str, Callable[[Any], Any]] = {
    "name": lambda row: row.name,
    "code": lambda row: row.code,
    "segment": lambda row: row.segment,
    "touch": lambda row: touch_words(row.touch),
    "owner": lambda row: row.owner.name if row.owner else "",
    "deputy": lambda row: row.deputy.name if row.deputy else "",
    "renewal": lambda row: row.renewal_on,
    "contacted": lambda row: row.last_touch_on,
    "band": lambda row: _band(getattr(row, "health", None)),
    "industry": lambda row: row.industry,
    "prefecture": lambda row: row.prefecture,
    "employees": lambda row: row.employees,
    "started": lambda row: row.started_on,
}


def _band(told: Any) -> str:
    return state_word("not_computed") if told is None else str(BANDS[BAND_KEYS[told.band]].word)


def _mrr(row: Any, currency: str) -> Decimal | str:
    """The amount as it is written in its currency (yen: whole); the customer's own amount where no rate is known."""
    if row.mrr_unrated:
        return f"{state_word('no_rate')} {row.mrr_unrated}"
    return units_to_money(row.mrr_units, currency).round_display().amount


def _cells(row: Any, columns: Sequence[Column], currency: str) -> list[Any]:
    """The row's values in the order of the columns."""
    return [_mrr(row, currency) if one.key == "mrr" else _READERS[one.key](row) for one in columns]


def _rows(member: Member, query: ListQuery, asked: Asked, order: Order) -> Iterable[Any]:
    if not asked.is_today:
        return snapshot.ordered(snapshot.chosen(member, query, asked), order)
    found = customers(member, query, asked.today, late_for(query, asked))
    return found.order_by(*whole_ordering(found.model, order)).iterator(chunk_size=2_000)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal | int):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    return value.isoformat() if isinstance(value, date) else csv_safe(str(value))


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"  # Excel reads UTF-8 only with the mark
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in _chain(head, rows):
        writer.writerow([_text(value) for value in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _chain(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield head
    yield from rows


def _xlsx(
    head: Sequence[str], rows: Iterable[Sequence[Any]], facts: Sequence[tuple[str, str]], currency: str
) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    ) as book:
        sheet = book.add_worksheet(_("顧客一覧"))
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        places = exponent(currency)
        amount = book.add_format({"num_format": "#,##0" + (f".{'0' * places}" if places else "")})
        bold = book.add_format({"bold": True})
        sheet.write_row(0, 0, list(head), bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif isinstance(value, Decimal):
                    sheet.write_number(number, column, float(value), amount)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value is not None:
                    sheet.write_string(number, column, str(value))
        sheet.freeze_panes(1, 1)
        about = book.add_worksheet(_("この表について"))
        about.set_column(0, 0, 18)
        about.set_column(1, 1, 60)
        for number, (label, text) in enumerate(facts):
            about.write_string(number, 0, label, bold)
            about.write_string(number, 1, text)
    return buffer.getvalue()


def _facts(asked: Asked, filters: Sequence[str], customers: int, currency: str) -> list[tuple[str, str]]:
    """What the file is of, in the reader's words."""
    found = [(_("基準日"), formats.date_text(asked.as_of))]
    if asked.known_at:
        found.append((_("判明時点"), f"{formats.moment_text(asked.known_at)} JST"))
    return [
        *found,
        (_("集計対象"), formats.count_text(customers, "社")),
        (_("絞り込み"), " / ".join(filters) or _("なし(すべての顧客)")),
        (_("通貨"), f"{currency} ({_('税抜')})"),
        (_("作成日時"), f"{formats.moment_text(clock.now())} JST"),
    ]


KINDS = ("csv", "xlsx", "cp932")
SHOWN = 200  # cells that the report of unwritable letters lists


def customers_file(
    request: HttpRequest,
    member: Member,
    query: ListQuery,
    asked: Asked,
    columns: Sequence[Column],
    order: Order,
    filters: Sequence[str],
) -> HttpResponse | StreamingHttpResponse:
    """The list as Excel or CSV (UTF-8 with mark, or CP932; formula-safe); the export is in the audit log.

    Letters that CP932 lacks are reported on a page first, unless the reader has chosen to replace them.
    """
    kind, currency = request.GET["export"], rules_at(asked).currency
    head = [str(column.label) for column in columns]
    found = _rows(member, query, asked, order)
    rows = (_cells(row, columns, currency) for row in found)
    response: HttpResponse | StreamingHttpResponse
    if kind == "csv":
        response = StreamingHttpResponse(_csv(head, rows), content_type="text/csv; charset=utf-8")
    elif kind == "cp932":
        named = (
            (row.code, row.name, [_text(one) for one in _cells(row, columns, currency)]) for row in found
        )
        content, lost = shift_jis.written(head, named)
        if lost and request.GET.get("replace") != "1":
            context = {"lost": lost[:SHOWN], "cells": len(lost)}
            return render_page(request, "desk/unwritable.html", context)
        response = HttpResponse(content, content_type="text/csv; charset=Shift_JIS")
    else:
        sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        lines = list(rows)
        facts = _facts(asked, filters, len(lines), currency)
        response = HttpResponse(_xlsx(head, lines, facts, currency), content_type=sheet)
    audit.record(
        "customers.export",
        actor=member,
        new={"format": kind, "as_of": asked.as_of.isoformat(), "query": repr(query)},
    )
    ending = "xlsx" if kind == "xlsx" else "csv"
    response["Content-Disposition"] = f'attachment; filename="customers-{asked.as_of.isoformat()}.{ending}"'
    return response
