"""Making a home ready: folders, migrations, the roles that ship. Safe to run before every command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

FOLDERS = ("files", "files/imports", "outbox", "backups", "static")


class HomeBusy(RuntimeError):
    """Another process is preparing or restoring this home."""


def unapplied() -> int:
    """How many migrations the database still needs."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@contextmanager
def home_lock(home: Path) -> Iterator[None]:
    """One preparer at a time; the lock falls with the process that holds it."""
    import fcntl

    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / "prepare.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def prepare(*, kind: str = "") -> None:
    """Create what is missing in BANSO_HOME and bring the database to this version.

    `kind` ("demo") marks a new home; an existing home keeps its mark, so a real home never becomes a demo.
    """
    home: Path = settings.BANSO_HOME
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    from banso_web.operations.backup.switching import finish

    finish()  # a restore that was killed half-way through its change
    for folder in FOLDERS:
        (home / folder).mkdir(parents=True, exist_ok=True)
    fresh = not (home / "prepared").exists()
    if kind and fresh and not (home / "kind").exists():
        (home / "kind").write_text(kind, "ascii")
    if unapplied():
        with home_lock(home):
            if unapplied():
                call_command("migrate", verbosity=0, interactive=False)
    if fresh:
        (home / "prepared").write_text("1", "ascii")
