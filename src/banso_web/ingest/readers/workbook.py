"""Excel as it is: sheets, header rows, merges, hidden parts, notes; streamed by openpyxl, formulas never evaluated."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from banso_web.ingest.readers.aliases import match_header
from banso_web.ingest.readers.header import Header, find_header, is_ditto, skip_kind
from banso_web.ingest.readers.months import month_of
from banso_web.ingest.readers.problems import Limits, ReadProblem, Unreadable
from banso_web.ingest.readers.source import Source
from banso_web.ingest.readers.table import RawRow, RawTable, Sheet, SkippedRow, letter, make_columns, unit_of
from banso_web.ingest.readers.xlsx_parts import SheetParts, check_package, read_parts

_BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    KeyError,
    ParseError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
)
_NOTES_KEPT = 500


@dataclass
class _Fill:
    """Merged cells of the data: which cell repeats which, and the values met so far."""

    of: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    tops: dict[tuple[int, int], Any] = field(default_factory=dict)


def open_workbook(
    source: Source, name: str, *, sheet: str | None, header_row: int | None, limits: Limits
) -> RawTable:
    """One sheet of an xlsx as a table: the sheet asked for, else the visible one whose header scores best."""
    with source.open() as stream:
        check_package(stream, limits)
    sheets = _sheets(source)
    if sheet is not None and sheet not in {one.name for one in sheets}:
        raise ReadProblem("no_such_sheet", sheet=sheet, sheets=[one.name for one in sheets])
    candidates = (
        [sheet] if sheet else [one.name for one in sheets if not one.hidden] or [one.name for one in sheets]
    )
    best: tuple[Header, str, SheetParts, list[tuple[int, tuple[Any, ...]]]] | None = None
    for candidate in candidates[:50]:
        with source.open() as stream:
            parts = read_parts(stream, candidate)
        grid = _head(source, candidate, max(limits.header_rows_searched, header_row or 0), limits)
        header = find_header(grid, wanted=header_row, groups=_groups(parts))
        if header is not None and (best is None or header.score > best[0].score):
            best = (header, candidate, parts, grid)
    if best is None:
        raise ReadProblem("no_header")
    header, chosen, parts, grid = best
    names = _named_from_merges(header, parts, grid)
    if len(names) > limits.columns:
        raise ReadProblem("too_many_columns", row=header.rows[0], columns=len(names), limit=limits.columns)
    table = RawTable(
        name, "xlsx", make_columns(names, parts.hidden_columns), header.rows,
        lambda table: _rows(source, table, parts, limits), sheet=chosen, sheets=sheets,
    )  # fmt: skip
    _tell(table, header, parts, grid)
    return table


@contextmanager
def _book(source: Source) -> Iterator[Any]:
    """The workbook in streaming mode with the values Excel last calculated."""
    with source.open() as stream:
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        except _BROKEN:
            raise ReadProblem("broken_workbook") from None
        try:
            yield book
        finally:
            book.close()


def _sheets(source: Source) -> tuple[Sheet, ...]:
    with _book(source) as book:
        return tuple(Sheet(one.title, one.sheet_state != "visible") for one in book.worksheets)


def _cells(
    source: Source, sheet: str, limits: Limits, last: int | None = None
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(row number, values) without trailing empty cells; numbers shown as 「0012」 come as that text."""
    with _book(source) as book:
        try:
            page = book[sheet]
            page.reset_dimensions()  # the stated size is often wrong, and may be the whole sheet
            for number, cells in enumerate(page.iter_rows(max_row=last), start=1):
                if number > limits.rows:
                    raise ReadProblem("too_many_rows", row=number, limit=limits.rows)
                yield number, _values(number, cells, limits)
        except _BROKEN:
            raise ReadProblem("broken_workbook", sheet=sheet) from None


def _values(number: int, cells: Sequence[Any], limits: Limits) -> tuple[Any, ...]:
    values = [_value(cell) for cell in cells]
    while values and values[-1] is None:
        values.pop()
    for place, value in enumerate(values):
        if isinstance(value, str) and len(value) > limits.cell_chars:
            raise ReadProblem("cell_too_long", row=number, column=letter(place), limit=limits.cell_chars)
    return tuple(values)


def _value(cell: Any) -> Any:
    value = cell.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, int) and re.fullmatch(r"0{2,}", cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    if isinstance(value, (int, float, dt.date, dt.datetime)):
        return value
    return str(value)  # a time of day or a length of time: as text


def _head(source: Source, sheet: str, rows: int, limits: Limits) -> list[tuple[int, tuple[Any, ...]]]:
    return list(_cells(source, sheet, limits, last=rows))


def _groups(parts: SheetParts) -> dict[int, set[int]]:
    """Row → columns covered by a merge that runs sideways."""
    groups: dict[int, set[int]] = {}
    for top, left, _bottom, right in parts.merges:
        if right > left:
            groups.setdefault(top, set()).update(range(left, right + 1))
    return groups


def _named_from_merges(
    header: Header, parts: SheetParts, grid: Sequence[tuple[int, tuple[Any, ...]]]
) -> tuple[str, ...]:
    """Header names; a group that runs sideways over plain columns of a one-row header names each of them."""
    if len(header.rows) == 2:
        return header.names
    names = list(header.names)
    for top, left, _bottom, right in parts.merges:
        if top == header.rows[0] and right > left and left < len(names):
            names += [""] * (right + 1 - len(names))
            for place in range(left + 1, right + 1):
                names[place] = names[place] or names[left]
    return tuple(names)


def _tell(
    table: RawTable, header: Header, parts: SheetParts, grid: Sequence[tuple[int, tuple[Any, ...]]]
) -> None:
    for one in table.sheets:
        if one.hidden:
            table.note("hidden_sheet", text=one.name)
    for column in table.columns:
        if column.hidden:
            table.note("hidden_column", column=column.header, text=column.letter)
    for row in parts.hidden_rows[:_NOTES_KEPT]:
        table.note("hidden_row", row=row)
    for row, place, text in parts.notes[:_NOTES_KEPT]:
        name = table.columns[place].header if place < len(table.columns) else letter(place)
        table.note("cell_note", row=row, column=name, text=text)
    if parts.formulas:
        table.note("formula_values", text=str(parts.formulas))
    if any(values for number, values in grid if number < header.rows[0]):
        table.note("title_rows", row=header.rows[0])
        table.unit_hint = unit_of(values for number, values in grid if number < header.rows[0])
    if len(header.rows) == 2:
        table.note("two_header_rows", row=header.rows[0])


def _amount_columns(table: RawTable) -> frozenset[int]:
    """Columns in which a merged number would count twice if it were repeated."""
    found = set()
    for column in table.columns:
        match = match_header(column.header, "contracts") or match_header(column.header, "invoices")
        if month_of(column.header) is not None or (
            match is not None and match.column in {"mrr", "amount", "seats"}
        ):
            found.add(column.index)
    return frozenset(found)


def _fill_of(parts: SheetParts, first_data_row: int, width: int) -> _Fill:
    fill = _Fill()
    cells = 0
    for top, left, bottom, right in parts.merges:
        for row in range(max(top, first_data_row), bottom + 1):
            for place in range(left, min(right, width - 1) + 1):
                if (row, place) != (top, left):
                    fill.of[row, place] = (top, left)
                    cells += 1
        if cells > 2_000_000:
            raise ReadProblem("broken_workbook", reason="merges")
    return fill


def _rows(source: Source, table: RawTable, parts: SheetParts, limits: Limits) -> Iterator[RawRow]:
    width, headers = len(table.columns), table.headers
    first = table.header_rows[-1] + 1
    fill = _fill_of(parts, first, width)
    tops = set(fill.of.values())
    amounts = _amount_columns(table)
    above: list[Any] = [None] * width
    for number, cells in _cells(source, table.sheet, limits):
        values = [*cells[:width], *([None] * (width - len(cells)))]
        for place in range(width):
            if (number, place) in tops:
                fill.tops[number, place] = values[place]
        if number < first:
            continue
        _mark_formulas(number, values, parts)
        _fill_merged(number, values, fill, amounts, table)
        kind = skip_kind(values, headers)
        if kind is not None:
            table.skipped.append(SkippedRow(number, kind, tuple(values) if kind == "total" else ()))
            continue
        for place, value in enumerate(values):
            if is_ditto(value):
                values[place] = above[place]
        above = values
        yield RawRow(number, tuple(values))


def _mark_formulas(number: int, values: list[Any], parts: SheetParts) -> None:
    if not parts.without_value:
        return
    for place, value in enumerate(values):
        if value is None and (number, place) in parts.without_value:
            values[place] = Unreadable("formula_no_value")


def _fill_merged(
    number: int, values: list[Any], fill: _Fill, amounts: frozenset[int], table: RawTable
) -> None:
    """Repeat a merged cell's value; an amount is never repeated, since it would count once for each row."""
    for place in range(len(values)):
        top = fill.of.get((number, place))
        if top is None or values[place] is not None:
            continue
        value = fill.tops.get(top)
        if value is None:
            continue
        if place in amounts and isinstance(value, (int, float)):
            values[place] = Unreadable("merged_amount", str(value))
            table.note("merged_amount", row=number, column=table.columns[place].header, text=str(value))
        else:
            values[place] = value
            table.note("merged_filled", column=table.columns[place].header)
