"""Export of exactly what the customer list shows: all filtered rows, the chosen columns, the same order."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from banso.money import from_units
from banso.names import csv_safe
from banso_web.core import audit
from banso_web.core.facts import Asked
from banso_web.core.pages import render_page
from banso_web.core.ui.lists import Column, Order
from banso_web.core.ui.states import state_word
from banso_web.desk import shift_jis
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import ListQuery, customers
from banso_web.desk.words import touch_words

if TYPE_CHECKING:
    from banso_web.members.models import Member

_READERS: dict[str, Callable[[Any], Any]] = {
    "name": lambda row: row.name,
    "code": lambda row: row.code,
    "segment": lambda row: row.segment,
    "touch": lambda row: touch_words(row.touch),
    "owner": lambda row: row.owner.name if row.owner else "",
    "deputy": lambda row: row.deputy.name if row.deputy else "",
    "mrr": lambda row: (
        f"{state_word('no_rate')} {row.mrr_unrated}" if row.mrr_unrated else from_units(row.mrr_units)
    ),
    "renewal": lambda row: row.renewal_on,
    "contacted": lambda row: row.last_touch_on,
    "band": lambda row: state_word("not_computed"),
    "industry": lambda row: row.industry,
    "prefecture": lambda row: row.prefecture,
    "employees": lambda row: row.employees,
    "started": lambda row: row.started_on,
}


def _cell(row: Any, key: str) -> Any:
    return _READERS[key](row)


def _rows(member: Member, query: ListQuery, asked: Asked, order: Order) -> Iterable[Any]:
    if not asked.is_today:
        return snapshot.ordered(snapshot.chosen(member, query, asked), order)
    fields = [f"-{field}" if descending else field for _key, field, descending in order.terms]
    return customers(member, query, asked.today).order_by(*fields, "pk").iterator(chunk_size=2_000)


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


def _xlsx(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    ) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy/mm/dd"})
        sheet.write_row(0, 0, list(head), book.add_format({"bold": True}))
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif isinstance(value, Decimal | int):
                    sheet.write_number(number, column, float(value))
                elif value is not None:
                    sheet.write_string(number, column, str(value))
        sheet.freeze_panes(1, 1)
    return buffer.getvalue()


KINDS = ("csv", "xlsx", "cp932")
SHOWN = 200  # cells that the report of unwritable letters lists


def customers_file(
    request: HttpRequest,
    member: Member,
    query: ListQuery,
    asked: Asked,
    columns: Sequence[Column],
    order: Order,
) -> HttpResponse | StreamingHttpResponse:
    """The list as Excel or CSV (UTF-8 with mark, or CP932; formula-safe); the export is in the audit log.

    Letters that CP932 lacks are reported on a page first, unless the reader has chosen to replace them.
    """
    kind = request.GET["export"]
    head = [str(column.label) for column in columns]
    found = _rows(member, query, asked, order)
    rows = ([_cell(row, column.key) for column in columns] for row in found)
    response: HttpResponse | StreamingHttpResponse
    if kind == "csv":
        response = StreamingHttpResponse(_csv(head, rows), content_type="text/csv; charset=utf-8")
    elif kind == "cp932":
        named = ((row.code, row.name, [_text(_cell(row, column.key)) for column in columns]) for row in found)
        content, lost = shift_jis.written(head, named)
        if lost and request.GET.get("replace") != "1":
            context = {"lost": lost[:SHOWN], "cells": len(lost)}
            return render_page(request, "desk/unwritable.html", context)
        response = HttpResponse(content, content_type="text/csv; charset=Shift_JIS")
    else:
        sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        response = HttpResponse(_xlsx(head, rows), content_type=sheet)
    audit.record(
        "customers.export",
        actor=member,
        new={"format": kind, "as_of": asked.as_of.isoformat(), "query": repr(query)},
    )
    ending = "xlsx" if kind == "xlsx" else "csv"
    response["Content-Disposition"] = f'attachment; filename="customers-{asked.as_of.isoformat()}.{ending}"'
    return response
