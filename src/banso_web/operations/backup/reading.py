"""Opening an archive: every member summed, nothing in it that its manifest does not name."""

from __future__ import annotations

import errno
import json
import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from banso_web.operations.backup.archive import FORMAT, sha_of


class BadArchive(ValueError):
    """The archive is not one of Banso's, is damaged, or comes from a newer version; nothing was restored."""


def read_archive(source: Path, folder: Path) -> dict[str, Any]:
    """Unpack into `folder` and give the manifest. `BadArchive` where a sum is wrong or a member is not in the manifest."""
    try:
        with tarfile.open(source, "r:*") as archive:
            archive.extractall(folder, filter="data")
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise  # the disk, not the archive
        raise BadArchive(str(problem)) from problem
    except (EOFError, zlib.error, tarfile.TarError, ValueError) as problem:
        raise BadArchive(str(problem)) from problem
    if manifest.get("format") not in range(1, FORMAT + 1):
        raise BadArchive(f"format {manifest.get('format')}")
    for member, expected in manifest["sha256"].items():
        path = folder / member
        if not path.is_file() or sha_of(path) != expected:
            raise BadArchive(f"checksum: {member}")
    inside = {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}
    strange = sorted(inside - set(manifest["sha256"]) - {"manifest.json"})
    if strange:
        raise BadArchive(f"not in the manifest: {strange[0]}")
    refuse_newer(manifest["migrations"])
    return manifest


def refuse_newer(applied: Sequence[str]) -> None:
    """An archive of a newer version has tables that this one cannot read."""
    from django.db.migrations.loader import MigrationLoader

    disk = MigrationLoader(None).disk_migrations
    known = {*disk, *(replaced for one in disk.values() for replaced in one.replaces)}
    newer = sorted(set(applied) - {f"{app}.{name}" for app, name in known})
    if newer:
        raise BadArchive(f"newer version: {', '.join(newer[:3])}")
