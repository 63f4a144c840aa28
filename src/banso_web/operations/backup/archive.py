"""`banso backup`: one file with everything, proved by counts and checksums.

The archive is a tar: `manifest.json` (versions, row counts, sha256 of every member), the database (SQLite: a
VACUUM INTO copy; PostgreSQL: every table as COPY text, with its columns and their types in the manifest, from one
repeatable-read transaction) and the files below the home. Either kind restores into either engine.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from banso_web.core import clock
from banso_web.operations.backup.portable import Columns, column_types
from banso_web.warehouse.compactor import compacting_paused
from banso_web.warehouse.store import event_store

FORMAT = 2  # 1: PostgreSQL tables as CSV; still read
KEPT_FILES = ("files", "events", "secret_key", "kind")
LEFT_OUT = "events/spill"  # what a query put aside on disk
LEDGER = "erasures.jsonl"  # never replaced by a restore, only added to: who was erased stays erased
DATABASE = "database.sqlite3"
EVENTS = {
    True: "in this archive",
    False: "not in this archive: they lie in ClickHouse, which has backups of its own; waiting logs are in it",
}


@dataclass(frozen=True)
class Proof:
    """What was found after a backup or restore."""

    tables: dict[str, int]
    files: int
    sha256: str
    integrity: str


def sha_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def _copy_postgres(folder: Path) -> tuple[dict[str, int], Columns]:
    found = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        columns = column_types(cursor, tables())
        for table, kinds in columns.items():
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT COUNT(*) FROM {quoted}")
            found[table] = cursor.fetchone()[0]
            names = ", ".join(connection.ops.quote_name(name) for name in kinds)
            order = f"COPY {quoted} ({names}) TO STDOUT"
            with (
                (folder / f"{table}.copy").open("wb") as file,
                cursor.cursor.copy(order) as copy,
            ):  # psycopg 3
                for block in copy:
                    file.write(bytes(block))
    return found, columns


def _members(home: Path, data: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(data.iterdir()):
        yield f"data/{path.name}", path
    for name in (*KEPT_FILES, LEDGER):
        root = home / name
        paths = [root] if root.is_file() else sorted(root.rglob("*")) if root.is_dir() else []
        for path in paths:
            inside = str(path.relative_to(home))
            if path.is_file() and not path.is_symlink() and not inside.startswith(LEFT_OUT):
                yield f"home/{path.relative_to(home)}", path


def backup(target: Path) -> Proof:
    """Write the whole instance to `target` while people go on writing: the snapshot is of one moment.

    The file appears under its name only when it is complete and its own check has passed.
    """
    home: Path = settings.BANSO_HOME
    partial = target.with_name(target.name + ".partial")
    try:
        # No event is taken from its log, and no file of events goes, between the snapshot and the copies of the files.
        with compacting_paused():
            return _backup(home, target, partial)
    except BaseException:
        partial.unlink(missing_ok=True)  # a half-written file takes room and is of no use
        raise


def _backup(home: Path, target: Path, partial: Path) -> Proof:
    (home / "backups").mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=home / "backups") as name:
        data = Path(name)
        columns: Columns = {}
        integrity = "ok"
        if connection.vendor == "sqlite":
            found, integrity = _copy_sqlite(data / DATABASE)
        else:
            found, columns = _copy_postgres(data)
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
                    sums[member] = sha_of(path)
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
                "columns": columns,
                "sha256": sums,
                "integrity": integrity,
                "events": EVENTS[event_store().in_home],
            }
            text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            info = tarfile.TarInfo("manifest.json")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    partial.replace(target)
    return Proof(found, sum(name.startswith("home/") for name in sums), sha_of(target), integrity)


def applied_migrations() -> list[str]:
    """Applied migrations as `app.name`, sorted."""
    from django.db.migrations.recorder import MigrationRecorder

    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
