"""`banso restore`: an archive of either engine into this instance's engine, proved before anything is replaced."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from banso_web.operations.backup import switching
from banso_web.operations.backup.archive import DATABASE, Proof, applied_migrations, tables
from banso_web.operations.backup.portable import (
    Row,
    Summed,
    column_types,
    copy_rows,
    lines_of,
    sqlite_rows,
    write_sqlite,
)
from banso_web.operations.backup.reading import BadArchive, read_archive


def restore(source: Path, *, replace: bool = False) -> Proof:
    """Bring the instance of an archive into this home, prove counts, sums and integrity, and only then put it in place.

    Refuses (the caller holds the run lock) a home that holds data unless `replace`. Killed before its end it leaves the
    old instance; on PostgreSQL the database changes in one transaction, just before the files do.
    """
    settings.BANSO_HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = switching.stage()
    try:
        manifest = read_archive(source, folder)
        if not replace and _holds_data():
            raise FileExistsError(settings.DATABASES["default"]["NAME"])
        if connection.vendor == "sqlite":
            proof = _into_sqlite(folder / "data", manifest)
        else:
            proof = _into_postgres(folder / "data", manifest)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    switching.commit(folder)
    return proof


def _holds_data() -> bool:
    if connection.vendor == "sqlite" and not Path(settings.DATABASES["default"]["NAME"]).exists():
        return False
    if "core_entry" not in tables():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT COUNT(*) FROM core_entry) + (SELECT COUNT(*) FROM members_member)")
        return bool(cursor.fetchone()[0])


# --- into SQLite --------------------------------------------------------------------------------------------------
def _into_sqlite(data: Path, manifest: Mapping[str, Any]) -> Proof:
    """The database file ready in `data`, proved."""
    if manifest["engine"] != "sqlite":
        _make_sqlite(data, manifest)
    with closing(sqlite3.connect(data / DATABASE)) as database:
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
        orphans = database.execute("PRAGMA foreign_key_check").fetchone()
        found = {t: database.execute(f'SELECT COUNT(*) FROM "{t}"').fetchone()[0] for t in manifest["tables"]}
    if integrity != "ok" or found != manifest["tables"] or orphans is not None:
        raise BadArchive(f"integrity: {integrity if orphans is None else orphans}")
    return Proof(found, len(manifest["sha256"]), "", integrity)


def _make_sqlite(data: Path, manifest: Mapping[str, Any]) -> None:
    if not manifest.get("columns"):
        raise BadArchive(
            "PostgreSQL archive of the first form: restore it into PostgreSQL and back it up anew"
        )
    with _elsewhere(data / DATABASE):
        _migrate_as(manifest["migrations"])
        own = set(tables())
    _refuse_homeless(manifest, own)
    with closing(sqlite3.connect(data / DATABASE, isolation_level=None)) as database:
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute("BEGIN")
        for table in own:
            database.execute(f'DELETE FROM "{table}"')  # what the migrations filled in
        for table, kinds in _with_home(manifest["columns"], own):
            given, kept = Summed(kinds), Summed(kinds)
            write_sqlite(database, table, kinds, given.of(copy_rows(lines_of(data / f"{table}.copy"))))
            if kept.drained(sqlite_rows(database, table, kinds)).result != given.result:
                raise BadArchive(f"sum of {table}")
        database.execute("COMMIT")


@contextmanager
def _elsewhere(file: Path) -> Iterator[None]:
    """The default connection on another file for a while; one process, no other thread."""
    connection.close()
    name, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], str(file)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name


# --- into PostgreSQL ----------------------------------------------------------------------------------------------
def _into_postgres(data: Path, manifest: Mapping[str, Any]) -> Proof:
    if applied_migrations() != manifest["migrations"]:
        if applied_migrations():
            raise BadArchive("another version's tables stand in this database; restore into an empty one")
        _migrate_as(manifest["migrations"])  # the tables as they were; the caller then brings them up to date
    own = set(tables())
    _refuse_homeless(manifest, own)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            quoted = ", ".join(connection.ops.quote_name(t) for t in sorted(own))
            cursor.execute(f"TRUNCATE {quoted} RESTART IDENTITY CASCADE")
            found = _fill_postgres(cursor, data, manifest, own)
            if found != {t: n for t, n in manifest["tables"].items() if t in own}:
                raise BadArchive("counts")
            _reset_sequences(cursor, sorted(own))
    except (DatabaseError, ValueError) as problem:
        if isinstance(problem, BadArchive):
            raise
        raise BadArchive(str(problem).splitlines()[0]) from problem
    return Proof(found, len(manifest["sha256"]), "", "ok")


def _fill_postgres(cursor: Any, data: Path, manifest: Mapping[str, Any], own: set[str]) -> dict[str, int]:
    columns = column_types(cursor, sorted(own))
    if manifest["engine"] == "sqlite":
        with closing(sqlite3.connect(data / DATABASE)) as database:
            for table in sorted(set(manifest["tables"]) & own):
                _moved(cursor, table, columns[table], sqlite_rows(database, table, columns[table]))
    else:
        for table in sorted(set(manifest["tables"]) & own):
            _copied(cursor, data, table, manifest.get("columns", {}).get(table))
    found = {}
    for table in sorted(set(manifest["tables"]) & own):
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")
        found[table] = cursor.fetchone()[0]
    return found


def _moved(cursor: Any, table: str, kinds: Mapping[str, str], rows: Iterator[Row]) -> None:
    """Rows of the other engine, summed on the way in and again as PostgreSQL gives them back."""
    quoted, names = _names(table, kinds)
    given, kept = Summed(kinds), Summed(kinds)
    with cursor.cursor.copy(f"COPY {quoted} ({names}) FROM STDIN") as copy:
        for row in given.of(rows):
            copy.write_row(row)
    with cursor.cursor.copy(f"COPY {quoted} ({names}) TO STDOUT") as copy:
        kept.drained(copy_rows(_lines(copy)))
    if kept.result != given.result:
        raise BadArchive(f"sum of {table}")


def _lines(blocks: Any) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + bytes(block)).split(b"\n")
        yield from whole


def _copied(cursor: Any, data: Path, table: str, kinds: Mapping[str, str] | None) -> None:
    """PostgreSQL's own text, straight in; the archive's checksums cover it."""
    path, form = data / f"{table}.copy", ""
    if kinds is None:  # archives of the first form
        path, form = data / f"{table}.csv", " (FORMAT csv, HEADER)"
        with path.open(encoding="utf-8", newline="") as file:
            kinds = dict.fromkeys(next(csv.reader([file.readline()])), "")
    quoted, names = _names(table, kinds)
    with path.open("rb") as source, cursor.cursor.copy(f"COPY {quoted} ({names}) FROM STDIN{form}") as copy:
        while block := source.read(1 << 20):
            copy.write(block)


def _names(table: str, kinds: Mapping[str, str]) -> tuple[str, str]:
    # "on", "column": words of SQL too
    return connection.ops.quote_name(table), ", ".join(connection.ops.quote_name(name) for name in kinds)


def _reset_sequences(cursor: Any, names: list[str]) -> None:
    for table in names:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name=%s AND is_identity='YES'",
            [table],
        )
        for (column,) in cursor.fetchall():
            quoted, name = connection.ops.quote_name(table), connection.ops.quote_name(column)
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence(%s, %s), COALESCE((SELECT MAX({name}) FROM {quoted}), 0) + 1, false)",
                [quoted, column],
            )


# --- both ---------------------------------------------------------------------------------------------------------
def _with_home(columns: Mapping[str, dict[str, str]], own: set[str]) -> Iterator[tuple[str, dict[str, str]]]:
    yield from ((table, kinds) for table, kinds in columns.items() if table in own)


def _refuse_homeless(manifest: Mapping[str, Any], own: set[str]) -> None:
    """Rows whose table does not exist here would be lost."""
    homeless = sorted(t for t, n in manifest["tables"].items() if n and t not in own)
    if homeless:
        raise BadArchive(f"no table {homeless[0]}")


def _migrate_as(applied: Sequence[str]) -> None:
    """Make the tables of an empty database as they were when exactly these migrations were applied."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    wanted = {(app, name) for app, _, name in (one.partition(".") for one in applied)}
    graph = executor.loader.graph
    executor.migrate(
        sorted(
            node
            for node in wanted
            if node in graph.nodes
            and not any(
                child.key in wanted and child.key[0] == node[0] for child in graph.node_map[node].children
            )
        )
    )
