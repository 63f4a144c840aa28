"""JSON lines and parquet: files whose columns have names of their own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from banso_web.ingest.readers.encoding import detect_encoding
from banso_web.ingest.readers.problems import Limits, Nested, Problem, ReadProblem, Unreadable
from banso_web.ingest.readers.source import Source
from banso_web.ingest.readers.table import RawRow, RawTable, make_columns

_BATCH = 10_000


def open_jsonl(source: Source, name: str, *, limits: Limits) -> RawTable:
    """One JSON object a line. A line that is none is a row with a problem, so that the others still count."""
    with source.open() as stream:
        encoding = detect_encoding(stream, limits)
    keys: dict[str, None] = {}
    for number, record in _objects(source, encoding, limits):
        if isinstance(record, dict):
            keys.update(dict.fromkeys(record))
        if len(keys) > limits.columns:
            raise ReadProblem("too_many_columns", row=number, columns=len(keys), limit=limits.columns)
    if not keys:
        raise ReadProblem("no_header")
    names = tuple(keys)
    return RawTable(
        name, "jsonl", make_columns(names), (), lambda _table: _jsonl_rows(source, encoding, names, limits),
        encoding=encoding,
    )  # fmt: skip


def _objects(source: Source, encoding: str, limits: Limits) -> Iterator[tuple[int, Any]]:
    """(line number, object or Problem); empty lines are passed over."""
    with source.open() as stream:
        number = 0
        while line := stream.readline(limits.line_bytes + 1):
            number += 1
            if len(line) > limits.line_bytes:
                raise ReadProblem("line_too_long", row=number, limit=limits.line_bytes)
            if number > limits.rows:
                raise ReadProblem("too_many_rows", row=number, limit=limits.rows)
            text = line.decode(
                "utf-8-sig" if number == 1 and encoding == "utf-8-sig" else encoding.removesuffix("-sig")
            )
            if text.strip():
                yield number, _object(text)


def _object(text: str) -> Any:
    try:
        record = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Problem("bad_json", "fix_bad_json", text[:200])
    return record if isinstance(record, dict) else Problem("bad_json", "fix_bad_json", text[:200])


def _no_constant(word: str) -> Any:
    raise ValueError(word)  # NaN and Infinity are no JSON


def _jsonl_rows(source: Source, encoding: str, names: tuple[str, ...], limits: Limits) -> Iterator[RawRow]:
    for number, record in _objects(source, encoding, limits):
        if isinstance(record, Problem):
            yield RawRow(number, (None,) * len(names), record)
        else:
            yield RawRow(number, tuple(_scalar(record.get(key)) for key in names))


def _scalar(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(item, (str, int, Decimal)) for item in value):
        return ";".join(str(item) for item in value)
    if isinstance(value, (list, dict)):
        whole = json.dumps(value, ensure_ascii=False, default=_plain_json)
        return Nested("nested_value", whole[:200], whole)
    return value


def _plain_json(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def open_parquet(source: Source, name: str, *, limits: Limits) -> RawTable:
    """A parquet file through DuckDB in memory, which may read that one file and nothing else."""
    with _Parquet(source) as page:
        columns = [str(row[0]) for row in page.execute("DESCRIBE page").fetchall()]
        count = page.execute("SELECT count(*) FROM page").fetchone()
    if len(columns) > limits.columns:
        raise ReadProblem("too_many_columns", row=1, columns=len(columns), limit=limits.columns)
    if count and count[0] > limits.rows:
        raise ReadProblem("too_many_rows", row=limits.rows, limit=limits.rows)
    return RawTable(name, "parquet", make_columns(columns), (), lambda _table: _parquet_rows(source))


class _Parquet:
    """An in-memory DuckDB with the view `page` on the file and no other access; a context manager."""

    def __init__(self, source: Source) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="banso-parquet-")
        path = source.origin
        if isinstance(path, bytes):
            target = Path(self._folder.name) / "page.parquet"
            target.write_bytes(path)
            path = target
        self._path = path.resolve()

    def __enter__(self) -> duckdb.DuckDBPyConnection:
        self._database = duckdb.connect(":memory:", config={"memory_limit": "512MB", "threads": "1"})
        quoted = str(self._path).replace("'", "''")
        try:
            self._database.execute(f"SET allowed_paths = ['{quoted}']")
            self._database.execute("SET autoinstall_known_extensions = false")
            self._database.execute("SET enable_external_access = false")
            self._database.execute("SET lock_configuration = true")
            self._database.execute(f"CREATE VIEW page AS SELECT * FROM read_parquet('{quoted}')")
        except duckdb.Error as error:
            self.__exit__()
            raise ReadProblem("broken_parquet", reason=str(error).splitlines()[0][:200]) from None
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()
        self._folder.cleanup()


def _parquet_rows(source: Source) -> Iterator[RawRow]:
    with _Parquet(source) as page:
        try:
            result = page.execute("SELECT * FROM page")
            number = 0
            while batch := result.fetchmany(_BATCH):
                for values in batch:
                    number += 1
                    yield RawRow(number, tuple(_plain(value) for value in values))
        except duckdb.Error as error:
            raise ReadProblem("broken_parquet", row=number, reason=str(error).splitlines()[0][:200]) from None


def _plain(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Unreadable("binary_value")
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None if value != value else Unreadable("binary_value", str(value))
    return _scalar(value)
