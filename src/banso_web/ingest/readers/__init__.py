"""File readers: any CSV, TSV, XLSX, JSONL or parquet file as a `RawTable`, cells as typed values, headers as columns.

`open_table` reads; `aliases` suggests columns; `canonical` declares the files; `cells` and `convert` make typed rows.
Needs no Django: texts for people are made from the codes by the app.
"""

from __future__ import annotations

from pathlib import Path

from banso_web.ingest.readers.delimited import open_delimited
from banso_web.ingest.readers.problems import Limits, Note, Problem, ReadProblem, Unreadable
from banso_web.ingest.readers.records import open_jsonl, open_parquet
from banso_web.ingest.readers.source import Source
from banso_web.ingest.readers.table import (
    RawColumn,
    RawRow,
    RawTable,
    Shape,
    ShapeChange,
    Sheet,
    SkippedRow,
    shape_changes,
)
from banso_web.ingest.readers.workbook import open_workbook

__all__ = [
    "Limits",
    "Note",
    "Problem",
    "RawColumn",
    "RawRow",
    "RawTable",
    "ReadProblem",
    "Shape",
    "ShapeChange",
    "Sheet",
    "SkippedRow",
    "Unreadable",
    "open_table",
    "shape_changes",
]

EXTENSIONS = (".csv", ".tsv", ".xlsx", ".jsonl", ".parquet")


def open_table(
    path_or_bytes: Path | str | bytes,
    name: str,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    limits: Limits | None = None,
) -> RawTable:
    """A file as a table. `name` is the name the person gave it: its ending decides the format.

    `sheet` and `header_row` (from 1, as Excel counts) are what the person chose; without them the visible sheet and the
    row that look most like a header are taken. Reads only the head of a CSV or workbook (all of a JSONL for its keys).
    Raises ReadProblem with a reason code; nothing of such a file is taken.
    """
    bounds = limits or Limits()
    source = Source(path_or_bytes if isinstance(path_or_bytes, bytes) else Path(path_or_bytes))
    source.check(bounds)
    ending = "." + name.rsplit(".", 1)[-1].casefold() if "." in name else ""
    if ending in (".csv", ".tsv", ".txt"):
        return open_delimited(source, name, tsv=ending == ".tsv", header_row=header_row, limits=bounds)
    if ending in (".xlsx", ".xlsm"):
        return open_workbook(source, name, sheet=sheet, header_row=header_row, limits=bounds)
    if ending in (".jsonl", ".ndjson"):
        return open_jsonl(source, name, limits=bounds)
    if ending == ".parquet":
        return open_parquet(source, name, limits=bounds)
    raise ReadProblem("old_workbook" if ending == ".xls" else "unknown_format", ending=ending)
