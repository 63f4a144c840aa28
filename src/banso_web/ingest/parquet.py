"""A person in stored Parquet files: searched and rewritten in DuckDB, with the columns' types as they were."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from banso_web.core.personal import Whom

BATCH = 2_000
PLACE = "__banso_place"  # an update may move a row: its place is kept beside it


def names(path: Path, whom: Whom) -> bool:
    """Whether a text of the file names the person. `duckdb.Error` where it is no Parquet file."""
    with duckdb.connect(":memory:") as database:
        _open(database, path)
        return next(_changes(database, whom), None) is not None


def rewrite(path: Path, target: Path, whom: Whom) -> None:
    """The file without the person, as `target`. A cell of a nested type that names them becomes empty."""
    with duckdb.connect(":memory:") as database:
        _open(database, path)
        for place, cells in list(_changes(database, whom)):
            sets = ", ".join(f"{_quoted(name)} = ?" for name in cells)
            database.execute(f"UPDATE page SET {sets} WHERE {PLACE} = ?", [*cells.values(), place])
        written = str(target).replace("'", "''")
        database.execute(
            f"COPY (SELECT * EXCLUDE ({PLACE}) FROM page ORDER BY {PLACE}) TO '{written}' (FORMAT parquet)"
        )


def _open(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    place = str(path).replace("'", "''")
    database.execute(
        f"CREATE TABLE page AS SELECT *, row_number() OVER () AS {PLACE} FROM read_parquet('{place}')"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _changes(database: duckdb.DuckDBPyConnection, whom: Whom) -> Iterator[tuple[int, dict[str, Any]]]:
    """(place, new values by column) of each row that names the person."""
    columns = [(row[0], row[1]) for row in database.execute("DESCRIBE page").fetchall() if row[0] != PLACE]
    listed = ", ".join(f"CAST({_quoted(name)} AS VARCHAR)" for name, _kind in columns)
    result = database.cursor().execute(f"SELECT {PLACE}, {listed} FROM page")
    while batch := result.fetchmany(BATCH):
        for place, *texts in batch:
            new = whom.scrub_json(texts)
            cells = {
                name: after if kind == "VARCHAR" else None
                for (name, kind), before, after in zip(columns, texts, new, strict=True)
                if before != after
            }
            if cells:
                yield place, cells
