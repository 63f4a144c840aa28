"""A DuckDB file opened read-only, or a folder of Parquet files: one DuckDB each that reaches nothing else.

The file is closed as soon as it is read: while it is open here, nobody can open it for writing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from banso_web.connectors import query
from banso_web.connectors.engines import FETCHED, SECONDS, Place
from banso_web.connectors.hosts import inside
from banso_web.connectors.problems import ReadFailed

VIEW = "banso_page"
ZONED = "TIMESTAMP WITH TIME ZONE"
MOST_FILES = 10_000
CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "1GB",
    "threads": "1",
}


class DuckReader:
    """Reads through a view of its own, in which moments with an offset are UTC's, without one."""

    mark = "$1"
    table = exp.Table(this=query.name(VIEW))

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: str) -> None:
        self._connection = connection
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        self._columns = [str(row[0]) for row in described]
        self._zoned = {str(row[0]) for row in described if row[1] == ZONED}
        quoted = {one: query.name(one).sql("duckdb") for one in self._zoned}
        replaced = ", ".join(f"timezone('UTC', {one}) AS {one}" for one in quoted.values())
        star = f"* REPLACE ({replaced})" if replaced else "*"
        connection.execute(f"CREATE TEMP VIEW {VIEW} AS SELECT {star} FROM {source}")

    def columns(self) -> list[str]:
        return self._columns

    def fetch(self, query: exp.Select, parameters: Sequence[Any] = ()) -> Iterator[Sequence[Any]]:
        plain = [
            value.astimezone(UTC).replace(tzinfo=None)
            if isinstance(value, datetime) and value.tzinfo
            else value
            for value in parameters
        ]
        timer = threading.Timer(SECONDS, self._connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            result = self._connection.execute(query.sql("duckdb"), plain)
            zoned = [at for at, column in enumerate(result.description or []) if column[0] in self._zoned]
            while rows := result.fetchmany(FETCHED):
                yield from (_with_zone(row, zoned) for row in rows)
        finally:
            timer.cancel()


def _with_zone(row: Sequence[Any], zoned: Sequence[int]) -> Sequence[Any]:
    if not zoned:
        return row
    values = list(row)
    for at in zoned:
        if values[at] is not None:
            values[at] = values[at].replace(tzinfo=UTC)
    return values


@contextmanager
def opened_file(place: Place) -> Iterator[DuckReader]:
    path = inside(place.options.get("path", ""))
    with _told(path):
        connection = duckdb.connect(
            str(path), read_only=True, config={**CLOSED, "enable_external_access": "false"}
        )
        try:
            yield DuckReader(connection, query.table_of(place.table).sql("duckdb"))
        finally:
            connection.close()


@contextmanager
def opened_folder(place: Place) -> Iterator[DuckReader]:
    """Every `*.parquet` of the folder as one table; a column that some files lack is empty there."""
    folder = inside(place.options.get("path", ""))
    files = [inside(str(file)) for file in sorted(folder.glob("*.parquet"))][: MOST_FILES + 1]
    if not files:
        raise ReadFailed("no_parquet", path=place.options.get("path", ""))
    if len(files) > MOST_FILES:
        raise ReadFailed("too_many_files", limit=MOST_FILES)
    listed = "[" + ", ".join(exp.Literal.string(str(file)).sql("duckdb") for file in files) + "]"
    with _told(folder):
        connection = duckdb.connect(":memory:", config=CLOSED)
        try:
            connection.execute(f"SET allowed_paths = {listed}")
            connection.execute("SET enable_external_access = false")
            yield DuckReader(connection, f"read_parquet({listed}, union_by_name = true)")
        finally:
            connection.close()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What DuckDB says, as a code that a person can act on."""
    try:
        yield
    except duckdb.InterruptException:
        raise ReadFailed("too_long", seconds=SECONDS) from None
    except duckdb.CatalogException as problem:
        raise ReadFailed("no_table", table="", text=_first(problem)) from None
    except duckdb.BinderException as problem:
        raise ReadFailed("no_column", columns=_first(problem)) from None
    except duckdb.Error as problem:
        text = str(problem)
        if "lock on file" in text:
            code = "locked"
        elif "version number" in text or "newer version of DuckDB" in text:
            code = "newer_file"
        else:
            code = "broken_file"
        raise ReadFailed(code, path=path.name, engine=duckdb.__version__, text=_first(problem)) from None


def _first(problem: Exception) -> str:
    return next(iter(str(problem).splitlines()), "")
