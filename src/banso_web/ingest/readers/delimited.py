"""CSV and TSV, streamed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, Literal

from banso_web.ingest.readers.encoding import detect_encoding
from banso_web.ingest.readers.header import find_header, is_ditto, plain_record, skip_kind
from banso_web.ingest.readers.problems import Limits, Problem, ReadProblem
from banso_web.ingest.readers.source import Source
from banso_web.ingest.readers.table import RawRow, RawTable, SkippedRow, make_columns, unit_of

# The csv module's own bound is global to the process; it only has to lie above every `Limits.cell_chars` in use.
csv.field_size_limit(10_000_000)


def open_delimited(
    source: Source, name: str, *, tsv: bool, header_row: int | None, limits: Limits
) -> RawTable:
    """A CSV or TSV file as a table. See `open_table` for the errors."""
    with source.open() as stream:
        encoding = detect_encoding(stream, limits)
    with source.open() as stream:
        delimiter = "\t" if tsv else _delimiter(stream, encoding)
    with source.open() as stream:
        grid = list(
            islice(
                _lines(stream, encoding, delimiter, limits), max(limits.header_rows_searched, header_row or 0)
            )
        )
    header = find_header(grid, wanted=header_row)
    if header is None:
        raise ReadProblem("no_header" if grid or header_row else "empty_file")
    kind: Literal["csv", "tsv"] = "tsv" if tsv else "csv"
    table = RawTable(
        name, kind, make_columns(header.names), header.rows,
        lambda table: _rows(source, table, limits), encoding=encoding, delimiter=delimiter,
    )  # fmt: skip
    if encoding == "cp932" or encoding == "utf-16":
        table.note("cp932" if encoding == "cp932" else "utf16")
    if delimiter == "\t" and not tsv:
        table.note("tab_in_csv")
    if grid[0][0] < header.rows[0] and any(any(values) for number, values in grid if number < header.rows[0]):
        table.note("title_rows", row=header.rows[0])
        table.unit_hint = unit_of(values for number, values in grid if number < header.rows[0])
    if len(header.rows) == 2:
        table.note("two_header_rows", row=header.rows[0])
    return table


def _delimiter(stream: BinaryIO, encoding: str) -> str:
    """Comma, unless the first lines have tabs and no comma (Excel's "Unicode text" saved as .csv)."""
    head = io.TextIOWrapper(stream, encoding=encoding, errors="replace").read(20_000)
    return "\t" if "\t" in head and "," not in head else ","


def _lines(
    stream: BinaryIO, encoding: str, delimiter: str, limits: Limits
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line number on which the record starts, cells). The limits stop a record before it is built."""
    text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
    reader = csv.reader(_bounded(text, limits), delimiter=delimiter, strict=False)
    start = 1
    try:
        for count, cells in enumerate(reader):
            if count > limits.rows:
                raise ReadProblem("too_many_rows", row=start, limit=limits.rows)
            if len(cells) > limits.columns:
                raise ReadProblem("too_many_columns", row=start, columns=len(cells), limit=limits.columns)
            if cells and max(map(len, cells)) > limits.cell_chars:
                place = next(at for at, cell in enumerate(cells) if len(cell) > limits.cell_chars)
                raise ReadProblem("cell_too_long", row=start, column=str(place + 1), limit=limits.cell_chars)
            yield start, tuple(cells)
            start = reader.line_num + 1
    except csv.Error as error:
        # A quote that never closes swallows the lines below it until the bound of one cell.
        raise ReadProblem("unclosed_quote", row=start, reason=str(error)) from None
    except UnicodeDecodeError:
        raise ReadProblem("bad_encoding", row=start) from None


def _bounded(text: io.TextIOWrapper, limits: Limits) -> Iterator[str]:
    number = 0
    while line := text.readline(limits.line_bytes):
        number += 1
        if len(line) >= limits.line_bytes:
            raise ReadProblem("line_too_long", row=number, limit=limits.line_bytes)
        yield line


def _rows(source: Source, table: RawTable, limits: Limits) -> Iterator[RawRow]:
    width, headers = len(table.columns), table.headers
    above: list[Any] = [None] * width
    last_header = table.header_rows[-1]
    with source.open() as stream:
        for number, cells in _lines(stream, table.encoding, table.delimiter, limits):
            if number <= last_header:
                continue
            row = _row(number, cells, width, headers, above, table)
            if row is not None:
                yield row


def _row(
    number: int, cells: Sequence[str], width: int, headers: Sequence[str], above: list[Any], table: RawTable
) -> RawRow | None:
    values: list[Any] = [cell or None for cell in cells]
    if len(values) == width and plain_record(cells, headers):
        above[:] = values
        return RawRow(number, tuple(values))
    extra = any(value is not None and value.strip() for value in values[width:])
    values = (values + [None] * (width - len(values)))[:width]
    kind = skip_kind(values, headers)
    if kind is not None:
        table.skipped.append(SkippedRow(number, kind, tuple(values) if kind == "total" else ()))
        return None
    for place, value in enumerate(values):
        if is_ditto(value):
            values[place] = above[place]
    above[:] = values
    problem = (
        Problem("extra_cells", "fix_extra_cells", detail={"cells": len(cells), "columns": width})
        if extra
        else None
    )
    return RawRow(number, tuple(values), problem)
