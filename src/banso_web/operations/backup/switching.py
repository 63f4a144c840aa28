"""Putting a proved restore in place of what stands in the home, so that a kill leaves the old or the new, never a mixture.

Everything new lies complete in `restoring/`. The mark READY is the moment of change: without it the home is the old one
and `restoring/` is waste; with it, whoever comes next goes on where the kill was.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from pathlib import Path

from django.conf import settings
from django.db import connection

from banso_web.core.personal import merge_ledgers
from banso_web.operations.backup.archive import DATABASE, KEPT_FILES, LEDGER

STAGE = "restoring"
READY = "READY"
OLD = "replaced"


def stage() -> Path:
    """An empty folder for what is being restored. The caller holds the run lock."""
    folder: Path = settings.BANSO_HOME / STAGE
    if (folder / READY).exists():
        switch(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder


def commit(folder: Path) -> None:
    """From here on the restore holds, whatever happens."""
    if connection.vendor == "sqlite":
        _settle(Path(settings.DATABASES["default"]["NAME"]))
    for kept in ("files", "events"):  # an archive without them leaves none of the old
        (folder / "home" / kept).mkdir(parents=True, exist_ok=True)
    with (folder / READY).open("w", encoding="ascii") as file:
        file.flush()
        os.fsync(file.fileno())
    switch(folder)


def switch(folder: Path) -> None:
    """Move everything into its place; safe to run again after a kill anywhere in it."""
    home: Path = settings.BANSO_HOME
    new = folder / "data" / DATABASE
    if connection.vendor == "sqlite" and new.exists():
        connection.close()
        target = Path(settings.DATABASES["default"]["NAME"])
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.parent.stat().st_dev != new.stat().st_dev:  # a rename is only whole on one disk
            beside = target.with_name(target.name + ".restoring")
            shutil.copyfile(new, beside)
            beside.replace(target)
            new.unlink()
        else:
            new.replace(target)
    merge_ledgers(folder / "home" / LEDGER)
    for kept in KEPT_FILES:
        fresh, place = folder / "home" / kept, home / kept
        if not fresh.exists():
            continue
        if place.is_dir():
            aside = folder / OLD
            shutil.rmtree(aside, ignore_errors=True)
            place.rename(aside)
        fresh.replace(place)
    (folder / READY).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def finish() -> bool:
    """Finish a restore that was killed after its moment of change; True where there was one. A restore that runs is left."""
    home: Path = settings.BANSO_HOME
    if not (home / STAGE / READY).exists():
        return False
    descriptor = os.open(home / "run.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if (home / STAGE / READY).exists():
            switch(home / STAGE)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)


def _settle(database: Path) -> None:
    """Bring the write-ahead log of the old database into it, so that it can be left behind with nothing lost."""
    connection.close()
    if not database.exists():
        return
    try:
        old = sqlite3.connect(database, timeout=20)
        try:
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            old.close()
    except sqlite3.DatabaseError:
        return  # what is being replaced may be what is broken
