"""`banso backup` and `banso restore`: one file with everything, proved by counts and checksums.

The archive is a tar: `manifest.json` (versions, row counts, sha256 of every member), the database (SQLite: a
VACUUM INTO copy; PostgreSQL: every table as CSV from one repeatable-read transaction) and the files below the home.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from banso_web.core import clock
from banso_web.core.personal import merge_ledgers

FORMAT = 1
KEPT_FILES = ("files", "secret_key", "kind")
LEDGER = "erasures.jsonl"  # never replaced by a restore, only added to: who was erased stays erased
DATABASE = "database.sqlite3"


class BadArchive(ValueError):
    """The archive is not one of Banso's, is damaged, or comes from a newer version; nothing was restored."""


@dataclass(frozen=True)
class Proof:
    """What was found after a backup or restore."""

    tables: dict[str, int]
    files: int
    sha256: str
    integrity: str


def _sha(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def tables() -> list[str]:
    """Every table of the instance, in a stable order."""
    return sorted(connection.introspection.table_names())


def counts() -> dict[str, int]:
    """Rows of every table now."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")
            found[table] = cursor.fetchone()[0]
    return found


def _copy_sqlite(target: Path) -> tuple[dict[str, int], str]:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(target)])
    copy = sqlite3.connect(target)
    try:
        integrity = copy.execute("PRAGMA integrity_check").fetchone()[0]
        names = [
            row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        ]
        found = {
            n: copy.execute(f'SELECT COUNT(*) FROM "{n}"').fetchone()[0] for n in names if n[:7] != "sqlite_"
        }
    finally:
        copy.close()
    return found, integrity


def _copy_postgres(folder: Path) -> tuple[dict[str, int], str]:
    found = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for table in tables():
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT COUNT(*) FROM {quoted}")
            found[table] = cursor.fetchone()[0]
            order = f"COPY {quoted} TO STDOUT (FORMAT csv, HEADER)"
            with (folder / f"{table}.csv").open("wb") as file, cursor.cursor.copy(order) as copy:  # psycopg 3
                for block in copy:
                    file.write(bytes(block))
    return found, "ok"


def _members(home: Path, data: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(data.iterdir()):
        yield f"data/{path.name}", path
    for name in (*KEPT_FILES, LEDGER):
        root = home / name
        paths = [root] if root.is_file() else sorted(root.rglob("*")) if root.is_dir() else []
        for path in paths:
            if path.is_file() and not path.is_symlink():
                yield f"home/{path.relative_to(home)}", path


def backup(target: Path) -> Proof:
    """Write the whole instance to `target` while people go on writing: the snapshot is of one moment.

    The file appears under its name only when it is complete and its own check has passed.
    """
    home: Path = settings.BANSO_HOME
    partial = target.with_name(target.name + ".partial")
    with tempfile.TemporaryDirectory(dir=home / "backups") as name:
        data = Path(name)
        if connection.vendor == "sqlite":
            found, integrity = _copy_sqlite(data / DATABASE)
        else:
            found, integrity = _copy_postgres(data)
        partial.unlink(missing_ok=True)
        # Everything of the company and the secret key lie in it: nobody else on the machine may read it, wherever it goes.
        private = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with (
            os.fdopen(private, "wb") as out,
            tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as archive,
        ):
            sums = {}
            for member, path in _members(home, data):
                # a file may grow while it is read: what goes in is what was summed
                content = path.read_bytes() if member.startswith("home/") else None
                if content is None:
                    sums[member] = _sha(path)
                    archive.add(path, member)
                else:
                    sums[member] = hashlib.sha256(content).hexdigest()
                    info = tarfile.TarInfo(member)
                    info.size, info.mode = (
                        len(content),
                        0o600,
                    )  # so it is restored: the secret key stays secret
                    archive.addfile(info, io.BytesIO(content))
            manifest = {
                "format": FORMAT,
                "made_at": clock.now().isoformat(),
                "engine": connection.vendor,
                "migrations": applied_migrations(),
                "tables": found,
                "sha256": sums,
                "integrity": integrity,
            }
            text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            info = tarfile.TarInfo("manifest.json")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    partial.replace(target)
    return Proof(found, sum(name.startswith("home/") for name in sums), _sha(target), integrity)


def applied_migrations() -> list[str]:
    """Applied migrations as `app.name`, sorted."""
    from django.db.migrations.recorder import MigrationRecorder

    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _read_archive(source: Path, folder: Path) -> dict[str, Any]:
    try:
        with tarfile.open(source, "r:*") as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, tarfile.TarError, ValueError) as problem:
        raise BadArchive(str(problem)) from problem
    if manifest.get("format") != FORMAT:
        raise BadArchive(f"format {manifest.get('format')}")
    for member, expected in manifest["sha256"].items():
        path = folder / member
        if not path.is_file() or _sha(path) != expected:
            raise BadArchive(f"checksum: {member}")
    return manifest


def restore(source: Path, *, replace: bool = False) -> Proof:
    """Bring the instance of an archive into this home, prove counts and integrity, and only then put it in place.

    Refuses a running instance (the caller holds the run lock) and, without `replace`, a home that holds data.
    """
    home: Path = settings.BANSO_HOME
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=home) as name:
        folder = Path(name)
        manifest = _read_archive(source, folder)
        if manifest["engine"] != connection.vendor:
            raise BadArchive(f"{manifest['engine']} → {connection.vendor}")
        _refuse_newer(manifest["migrations"])
        if connection.vendor == "sqlite":
            proof = _restore_sqlite(folder, manifest, replace=replace)
        else:
            proof = _restore_postgres(folder / "data", manifest, replace=replace)
        merge_ledgers(folder / "home" / LEDGER)
        for kept in KEPT_FILES:
            _put_in_place(folder / "home" / kept, home / kept)
    return proof


def _put_in_place(new: Path, old: Path) -> None:
    if not new.exists():
        return
    if old.is_dir():
        shutil.rmtree(old)
    elif old.exists():
        old.unlink()
    shutil.move(str(new), str(old))


def _restore_sqlite(folder: Path, manifest: dict[str, Any], *, replace: bool) -> Proof:
    copy = folder / "data" / DATABASE
    database = sqlite3.connect(copy)
    try:
        integrity = database.execute("PRAGMA integrity_check").fetchone()[0]
        found = {t: database.execute(f'SELECT COUNT(*) FROM "{t}"').fetchone()[0] for t in manifest["tables"]}
    finally:
        database.close()
    if integrity != "ok" or found != manifest["tables"]:
        raise BadArchive(f"integrity: {integrity}")
    target = Path(settings.DATABASES["default"]["NAME"])
    if target.exists() and not replace and _holds_data():
        raise FileExistsError(target)
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    shutil.move(str(copy), str(target))
    return Proof(found, len(manifest["sha256"]), "", integrity)


def _holds_data() -> bool:
    names = tables()
    if "core_entry" not in names:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT COUNT(*) FROM core_entry) + (SELECT COUNT(*) FROM members_member)")
        return bool(cursor.fetchone()[0])


def _restore_postgres(data: Path, manifest: dict[str, Any], *, replace: bool) -> Proof:
    if not replace and _holds_data():
        raise FileExistsError(settings.DATABASES["default"]["NAME"])
    if applied_migrations() != manifest["migrations"]:
        if applied_migrations():
            raise BadArchive("another version's tables stand in this database; restore into an empty one")
        _migrate_as(manifest["migrations"])  # the tables as they were; the caller then brings them up to date
    with transaction.atomic(), connection.cursor() as cursor:
        names = [t for t in manifest["tables"] if t in set(tables())]
        quoted = ", ".join(connection.ops.quote_name(t) for t in names)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(f"TRUNCATE {quoted} RESTART IDENTITY CASCADE")
        for table in names:
            path = data / f"{table}.csv"
            with path.open("rb") as file:
                names_of = next(csv.reader([file.readline().decode()]))  # "on", "column": words of SQL too
                header = ", ".join(connection.ops.quote_name(name) for name in names_of)
                file.seek(0)
                sql = f"COPY {connection.ops.quote_name(table)} ({header}) FROM STDIN (FORMAT csv, HEADER)"
                with cursor.cursor.copy(sql) as copy:
                    while block := file.read(1 << 20):
                        copy.write(block)
        found = {}
        for table in names:
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")
            found[table] = cursor.fetchone()[0]
        if found != manifest["tables"]:
            raise BadArchive("counts")
        _reset_sequences(cursor, names)
    return Proof(found, len(manifest["sha256"]), "", "ok")


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
            if not any(
                child.key in wanted and child.key[0] == node[0] for child in graph.node_map[node].children
            )
        )
    )


def _refuse_newer(applied: Sequence[str]) -> None:
    """An archive of a newer version has tables that this one cannot read."""
    from django.db.migrations.loader import MigrationLoader

    disk = MigrationLoader(None).disk_migrations
    known = {*disk, *(replaced for one in disk.values() for replaced in one.replaces)}
    newer = sorted(set(applied) - {f"{app}.{name}" for app, name in known})
    if newer:
        raise BadArchive(f"newer version: {', '.join(newer[:3])}")


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
