"""The first rows of a file as they stand, for choosing the sheet and the header row."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from banso_web.ingest.readers.delimited import _delimiter, _lines
from banso_web.ingest.readers.encoding import detect_encoding
from banso_web.ingest.readers.problems import Limits
from banso_web.ingest.readers.source import Source
from banso_web.ingest.readers.workbook import _head
from banso_web.ingest.readers.xlsx_parts import check_package


def first_rows(path: Path, name: str, sheet: str = "", count: int = 12) -> list[tuple[int, tuple[Any, ...]]]:
    """(row number, cells) of the first `count` rows, the rows above any header included. Empty for JSONL and parquet,
    which have no such rows. Raises ReadProblem."""
    limits, source = Limits(), Source(path)
    source.check(limits)
    ending = Path(name).suffix.casefold()
    if ending in (".xlsx", ".xlsm"):
        with source.open() as stream:
            check_package(stream, limits)
        return _head(source, sheet, count, limits)
    if ending not in (".csv", ".tsv", ".txt"):
        return []
    with source.open() as stream:
        encoding = detect_encoding(stream, limits)
    with source.open() as stream:
        delimiter = "\t" if ending == ".tsv" else _delimiter(stream, encoding)
    with source.open() as stream:
        return list(islice(_lines(stream, encoding, delimiter, limits), count))
