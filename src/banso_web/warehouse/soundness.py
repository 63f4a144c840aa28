"""Whether the embedded store's files are as they were written, and taking one out that no longer is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import Refused
from banso_web.warehouse.manifest import touch
from banso_web.warehouse.models import EventSegment
from banso_web.warehouse.port import StoreUnavailable

#: Of the newest files so many bytes are read again and summed; of all others only the size is looked at.
READ = 1024**3
NAMED = re.compile(r"([\w-]+\.parquet)")


@dataclass(frozen=True)
class Broken:
    """A file that the manifest names and that is not what was written."""

    path: str
    rows: int
    first_day: date
    last_day: date


def broken_files(folder: Path, *, read: int = READ) -> list[Broken]:
    """Files that are missing, of another size, or, among the newest, of another content."""
    found = []
    for segment in EventSegment.objects.filter(retired_at=None).order_by("-pk"):
        path = folder / segment.path
        sound = path.exists() and path.stat().st_size == segment.size
        if sound and read > 0:
            read -= segment.size
            with path.open("rb") as file:
                sound = hashlib.file_digest(file, "sha256").hexdigest() == segment.sha256
        if not sound:
            found.append(Broken(segment.path, segment.rows, segment.first_day, segment.last_day))
    return found


def broken_message(one: Broken) -> str:
    return _(
        "イベントの保管庫のファイル %(file)s が壊れています(%(first)s〜%(last)s の %(rows)s 件)。控えから戻すか、banso events set-aside %(file)s で外してください。届いているイベントはログで待っています。"
    ) % {"file": one.path, "first": one.first_day, "last": one.last_day, "rows": one.rows}


def explained(problem: duckdb.Error, folder: Path) -> Exception:
    """What an error of the engine means for who reads it: a broken file or a disk that cannot be written; else the error itself."""
    broken = broken_files(folder, read=0)
    named = {found for found in NAMED.findall(str(problem)) if not (folder / found).name.endswith(".half")}
    for segment in EventSegment.objects.filter(retired_at=None, path__in=named):
        broken.append(Broken(segment.path, segment.rows, segment.first_day, segment.last_day))
    if broken:
        return StoreUnavailable(broken_message(broken[0]))
    if isinstance(problem, duckdb.IOException):
        return StoreUnavailable(
            _(
                "イベントの保管庫のディスクを使えません。空きと権限を確かめてください。届いているイベントはログで待っています。"
            )
        )
    return problem


def set_aside(name: str, folder: Path) -> Broken:
    """Take a broken file out of the store, so that the others can be read and new events come in; it is kept in `events/damaged`.

    Its days are marked as changed. Refused for a file that is sound or is not the store's.
    """
    one = next((one for one in broken_files(folder) if one.path == name), None)
    if one is None:
        raise Refused(_("そのファイルは壊れていないか、保管庫のものではありません。何も変えていません。"))
    aside: Path = settings.BANSO_HOME / "events" / "damaged"
    aside.mkdir(parents=True, exist_ok=True, mode=0o700)
    with transaction.atomic():
        EventSegment.objects.filter(path=name, retired_at=None).update(retired_at=clock.now())
        days = (one.last_day - one.first_day).days + 1
        touch(one.first_day + timedelta(days=number) for number in range(days))
        audit.record("events.set_aside", actor=None, label=name, new={"events": one.rows})
    if (folder / name).exists():
        (folder / name).rename(aside / name)
    return one
