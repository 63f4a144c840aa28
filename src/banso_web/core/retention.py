"""How long each class of data is kept: what the next daily run would remove, and the run itself.

Apps register a `Retained` for each class; the number of days (or months) is a setting, and 0 keeps for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_tasks_db.models import DBTaskResult

from banso_web.core import audit, clock, settings_store
from banso_web.core.models import AuditRow
from banso_web.core.registry import Retained, registry
from banso_web.core.settings_store import SettingSpec, declare

CHUNK = 5_000
AUDIT, SESSIONS, JOBS, OUTBOX, BACKUPS = (
    f"retention.{name}" for name in ("audit_days", "session_days", "job_days", "outbox_days", "backup_days")
)
LEAST_AUDIT = 365


def limit_of(key: str) -> datetime | None:
    """The moment before which things of a class go; None where they are kept for ever."""
    days = int(settings_store.get(key))
    return clock.now() - timedelta(days=days) if days else None


def clean_days(value: object) -> int:
    days = int(str(value))
    if not 0 <= days <= 3_650:
        raise ValueError(_("0から3650の日数を入れてください。0は期限なしです。"))
    return days


def _audit_days(value: object) -> int:
    days = clean_days(value)
    if 0 < days < LEAST_AUDIT:
        raise ValueError(_("監査ログは365日以上残してください。0は期限なしです。"))
    return days


def declare_days(
    key: str, label: Any, help: Any, default: int, clean: Callable[[object], int] = clean_days
) -> None:
    declare(
        SettingSpec(key=key, label=label, help=help, default=default, kind="days", clean=clean, group="data")
    )


def of_rows(key: str, label: Any, setting: str, rows: Callable[[datetime], QuerySet[Any]]) -> Retained:
    """A class whose things are rows: `rows(limit)` are those to go. They go in chunks, each its own transaction."""

    def waiting() -> int:
        limit = limit_of(setting)
        return rows(limit).count() if limit else 0

    def remove() -> int:
        limit, gone = limit_of(setting), 0
        while limit and (ids := list(rows(limit).values_list("pk", flat=True)[:CHUNK])):
            with transaction.atomic():
                found = rows(limit).model._default_manager.filter(pk__in=ids)
                found._raw_delete(found.db)
            gone += len(ids)
        return gone

    return Retained(key, label, setting, waiting, remove)


def of_files(key: str, label: Any, setting: str, files: Callable[[], Iterable[Path]]) -> Retained:
    """A class whose things are files, by the day they were last written."""

    def old() -> list[Path]:
        limit = limit_of(setting)
        return [path for path in files() if limit and path.stat().st_mtime < limit.timestamp()]

    def remove() -> int:
        gone = old()
        for path in gone:
            path.unlink(missing_ok=True)
        return len(gone)

    return Retained(key, label, setting, lambda: len(old()), remove)


@dataclass(frozen=True)
class Kept:
    """One line of the page: the class, how long it is kept, and how much the next run would remove."""

    retained: Retained
    amount: int
    waiting: int


def next_run() -> list[Kept]:
    """What the next run would remove, by class; nothing is changed."""
    return [Kept(one, int(settings_store.get(one.setting)), one.waiting()) for one in registry.retained]


def apply_all() -> dict[str, int]:
    """Remove what is past its time and say so in the audit log. Safe to run twice and to be killed anywhere."""
    gone: dict[str, int] = {}
    try:
        for one in registry.retained:
            gone[one.key] = one.remove()
    finally:  # what went before another class failed is told too
        if any(gone.values()):
            audit.record(
                "retention.apply",
                actor=None,
                subject="setting",
                label="retention",
                new={k: n for k, n in gone.items() if n},
            )
    return gone


# --- the frame's own classes ----------------------------------------------------------------------------------------
def _outbox() -> list[Path]:
    return [path for path in sorted((Path(settings.BANSO_HOME) / "outbox").glob("*")) if path.is_file()]


def _backups_in(*folders: Path) -> list[Path]:
    found = {path for folder in folders for path in folder.glob("*.tar.gz") if path.is_file()}
    return sorted(found, key=lambda path: (path.stat().st_mtime, path.name))


def _own_folder() -> Path:
    return Path(settings.BANSO_HOME) / "backups"


def own_backups() -> list[Path]:
    """Backups in the home, the oldest first."""
    return _backups_in(_own_folder())


def every_backup() -> list[Path]:
    """Those and the nightly ones, wherever the operator wants them, the oldest first."""
    folder = settings.ENV.backup_folder
    return _backups_in(_own_folder(), *([Path(folder)] if folder else []))


@dataclass(frozen=True)
class OldBackup:
    """A backup that this home knows of. `gone_on`: the day its retention ends, None where it is kept for ever."""

    name: str
    at: datetime
    gone_on: date | None


def known_backups() -> list[OldBackup]:
    """Backups in the home and the nightly ones, the latest first: what an erasure does not rewrite. Others, elsewhere, nobody
    here can know."""
    days = int(settings_store.get(BACKUPS))
    found: list[OldBackup] = []
    timed = set(own_backups()[:-1])  # the latest is kept however old it is, and nightly ones by their number
    for path in reversed(every_backup()):
        at = datetime.fromtimestamp(path.stat().st_mtime, tz=clock.JST)
        gone_on = (at + timedelta(days=days)).date() if days and path in timed else None
        found.append(OldBackup(path.name, at, gone_on))
    return found


def _old_sessions(limit: datetime) -> QuerySet[Any]:
    found: QuerySet[Any] = UserSession.objects.filter(last_seen_at__lt=limit)
    return found


def register() -> None:
    """Called at start-up."""
    help_days = gettext_lazy("過ぎたものは毎日の処理で消えます。0は期限なしです。")
    for key, label, default in (
        (SESSIONS, gettext_lazy("使われないログインを残す日数"), 90),
        (JOBS, gettext_lazy("終わったジョブの記録を残す日数"), 30),
        (OUTBOX, gettext_lazy("送信箱のメールを残す日数"), 30),
        (BACKUPS, gettext_lazy("この場所の控えを残す日数"), 0),
    ):
        declare_days(key, label, help_days, default)
    declare_days(
        AUDIT,
        gettext_lazy("監査ログを残す日数"),
        gettext_lazy("365日以上です。0は期限なしです。"),
        0,
        _audit_days,
    )
    registry.retained += [
        of_rows("audit", gettext_lazy("監査ログ"), AUDIT, lambda limit: AuditRow.objects.filter(at__lt=limit)),
        _sessions(),
        of_rows(
            "jobs", gettext_lazy("終わったジョブの記録"), JOBS,
            lambda limit: DBTaskResult.objects.filter(finished_at__lt=limit),
        ),
        of_files("outbox", gettext_lazy("送信箱のメール"), OUTBOX, _outbox),
        # The latest backup is kept however old it is.
        of_files("backups", gettext_lazy("この場所の控え"), BACKUPS, lambda: own_backups()[:-1]),
    ]  # fmt: skip


def _sessions() -> Retained:
    rows = of_rows("sessions", gettext_lazy("使われないログイン"), SESSIONS, _old_sessions)

    def remove() -> int:
        if limit := limit_of(SESSIONS):
            keys = list(_old_sessions(limit).values_list("session_key", flat=True))
            for start in range(0, len(keys), CHUNK // 10):
                Session.objects.filter(session_key__in=keys[start : start + CHUNK // 10]).delete()
        Session.objects.filter(expire_date__lt=clock.now()).delete()  # of no use to anybody
        return rows.remove()

    return Retained(rows.key, rows.label, rows.setting, rows.waiting, remove)
