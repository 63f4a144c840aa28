"""`banso doctor`: what is wrong with this machine or instance, and how to mend it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from banso_web.core import clock
from banso_web.core.personal import ledger

SAFE_SQLITE = (3, 51, 3)
LEAST_FREE = 1 << 30
WAITING, RUNNING = timedelta(minutes=10), timedelta(hours=6)
OLD_BACKUP = timedelta(days=7)


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One check's result. `mend` says what to do; it is empty when nothing is wrong."""

    check: str
    state: State
    found: str
    mend: str = ""


def _python() -> Finding:
    return Finding("python", State.OK, ".".join(map(str, sys.version_info[:3])))


def _home() -> Finding:
    home: Path = settings.BANSO_HOME
    if not home.is_dir():
        return Finding("home", State.WARNING, str(home), _("まだ作られていません。banso up で用意されます。"))
    if not os.access(home, os.W_OK):
        return Finding("home", State.BROKEN, str(home), _("書き込めません。所有者と権限を確かめてください。"))
    if home.stat().st_mode & 0o077:
        return Finding(
            "home", State.WARNING, str(home), _("ほかの利用者からも読めます。chmod 700 で閉じてください。")
        )
    return Finding("home", State.OK, str(home))


def _disk() -> Finding:
    folder = settings.BANSO_HOME if settings.BANSO_HOME.is_dir() else settings.BANSO_HOME.parent
    free = shutil.disk_usage(folder if folder.exists() else Path.home()).free
    found = f"{free / (1 << 30):.1f} GiB"
    if free < LEAST_FREE:
        return Finding(
            "disk",
            State.BROKEN,
            found,
            _("空きが 1 GiB を下回っています。古い控えを移すか、場所を増やしてください。"),
        )
    return Finding("disk", State.OK, found)


def _sqlite() -> Finding:
    if connection.vendor != "sqlite":
        return Finding("sqlite", State.OK, _("使っていません"))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA mmap_size")
        row = cursor.fetchone()
    if row and row[0]:
        return Finding(
            "sqlite",
            State.BROKEN,
            f"mmap_size={row[0]}",
            _("mmap_size は 0 でなければなりません(データを壊します)。"),
        )
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        return Finding(
            "sqlite",
            State.WARNING,
            sqlite3.sqlite_version,
            _(
                "この版には、まれにデータを壊す不具合があります。本番では PostgreSQL をお使いください。毎日の控えは忘れずに。"
            ),
        )
    return Finding("sqlite", State.OK, sqlite3.sqlite_version)


def _integrity() -> Finding:
    try:
        with connection.cursor() as cursor:
            if connection.vendor != "sqlite":
                cursor.execute("SELECT 1")
                return Finding("database", State.OK, connection.vendor)
            cursor.execute("PRAGMA quick_check")
            answer = cursor.fetchone()[0]
    except DatabaseError as problem:
        return Finding(
            "database",
            State.BROKEN,
            str(problem),
            _("データベースを開けません。banso restore で控えから戻してください。"),
        )
    if answer != "ok":
        return Finding(
            "database",
            State.BROKEN,
            answer,
            _("壊れています。書き込みを止め、banso restore で控えから戻してください。"),
        )
    return Finding("database", State.OK, "ok")


def _migrations() -> Finding:
    from banso_web.operations.prepare import unapplied

    try:
        count = unapplied()
    except DatabaseError as problem:
        return Finding(
            "migrations", State.BROKEN, str(problem), _("データベースに接続できるようにしてください。")
        )
    if count:
        return Finding(
            "migrations", State.WARNING, str(count), _("未適用の変更があります。banso up で適用されます。")
        )
    return Finding("migrations", State.OK, "0")


def _japanese_font() -> Finding:
    if not shutil.which("fc-list"):
        return Finding(
            "font",
            State.WARNING,
            _("fontconfig がありません"),
            _("印刷や PDF をこの機械で作るなら fonts-noto-cjk を入れてください。"),
        )
    listed = subprocess.run(
        ["fc-list", ":lang=ja"], capture_output=True, text=True, timeout=20, check=False
    ).stdout
    if not listed.strip():
        return Finding(
            "font",
            State.WARNING,
            "0",
            _(
                "日本語フォントがありません。印刷や PDF をこの機械で作るなら fonts-noto-cjk を入れてください。"
            ),
        )
    return Finding("font", State.OK, str(len(listed.splitlines())))


def _built_assets() -> Finding:
    built = Path(__file__).resolve().parent.parent / "static" / "built"
    missing = [name for name in ("app.css", "app.js", "charts.js") if not (built / name).is_file()]
    if missing:
        return Finding(
            "assets",
            State.BROKEN,
            ", ".join(missing),
            _("画面の部品がありません。make frontend を実行してください。"),
        )
    return Finding("assets", State.OK, "3")


def _public_url() -> Finding:
    if settings.ENV.public_url:
        return Finding("public_url", State.OK, settings.ENV.public_url)
    return Finding(
        "public_url",
        State.WARNING,
        "-",
        _("BANSO_PUBLIC_URL がないため、メールやカレンダーのリンクは作られません。"),
    )


def _clock() -> Finding:
    """The log of changes only goes forward: a clock before its latest row is wrong."""
    from banso_web.core.models import AuditRow

    now = clock.now()
    latest = AuditRow.objects.order_by("-pk").values_list("at", flat=True).first()
    found = f"{now.astimezone(clock.JST):%Y-%m-%d %H:%M} JST"
    if latest and latest > now + timedelta(minutes=5):
        mend = _("時計が最後の記録より遅れています。時刻の同期(NTP)を確かめてください。")
        return Finding("clock", State.BROKEN, found, mend)
    return Finding("clock", State.OK, found)


def _jobs() -> Finding:
    """Jobs that nobody takes, and jobs that do not end."""
    from django_tasks_db.models import DBTaskResult

    now = datetime.fromtimestamp(time.time(), tz=UTC)  # the worker's own clock, not the fixed one of a demo
    waiting = DBTaskResult.objects.filter(status="READY", enqueued_at__lt=now - WAITING)
    waiting = waiting.exclude(run_after__gt=now - WAITING)
    if count := waiting.count():
        mend = _("ジョブを動かすプロセスがありません。banso up で起動してください。")
        return Finding("jobs", State.BROKEN, _("%(n)s 件が待っています") % {"n": count}, mend)
    if count := DBTaskResult.objects.filter(status="RUNNING", started_at__lt=now - RUNNING).count():
        mend = _(
            "6時間以上終わらないジョブがあります。banso up を一度止めて起動し直してください。途中の取込は再開できます。"
        )
        return Finding("jobs", State.WARNING, _("%(n)s 件が終わりません") % {"n": count}, mend)
    return Finding("jobs", State.OK, "0")


def _imports() -> Finding:
    """Imports that were cut off in the middle."""
    from banso_web.ingest.stalled import stalled_runs

    if stalled := [run.pk for run in stalled_runs()]:
        mend = _(
            "途中で止まった取り込みです。banso up が動いていれば数分で自動で再開します。再開しないときは banso import --resume %(run)s を実行してください(やめるなら --drop %(run)s)。"
        ) % {"run": stalled[0]}
        listed = ", ".join(f"#{one}" for one in stalled[:10])
        return Finding("imports", State.WARNING, _("%(runs)s が止まっています") % {"runs": listed}, mend)
    return Finding("imports", State.OK, "0")


def _events() -> Finding:
    """Whether the event store answers, and whether events lie in one that nobody asks."""
    from banso_web.warehouse.port import StoreUnavailable
    from banso_web.warehouse.store import event_store, left_behind

    try:
        found = event_store().check()
    except StoreUnavailable as problem:
        return Finding("events", State.BROKEN, "-", problem.message)
    mend = left_behind()
    return Finding("events", State.WARNING if mend else State.OK, found, mend)


def _event_logs() -> Finding:
    """Whether events are taken from their senders, come into the store, and could be read."""
    from banso_web.collect import taking
    from banso_web.warehouse.compactor import damaged_logs
    from banso_web.warehouse.reads import damaged_bytes

    if taking.room.trouble() == "disk_full":
        mend = _(
            "空きが5%を下回ったため、新しいイベントを断っています。場所を空けると、送信側が送り直します。"
        )
        return Finding("event_logs", State.BROKEN, _("ディスクの空き不足"), mend)
    ages = [
        time.time() - path.stat().st_mtime for path in taking.folder().iterdir() if path.suffix == ".sealed"
    ]
    if ages and max(ages) > WAITING.total_seconds():
        mend = _(
            "受け取ったイベントが保管庫に入っていません。banso compact を実行し、出る言葉に従ってください。"
        )
        return Finding("event_logs", State.BROKEN, _("%(n)s 個のログが待っています") % {"n": len(ages)}, mend)
    if kept := damaged_logs():
        mend = _(
            "読めない部分のあったログを残しています。docs/how-to/events-do-not-come-in.md の手順で戻せるか確かめてください。"
        )
        told = _("%(n)s 個、%(bytes)s バイト") % {"n": len(kept), "bytes": damaged_bytes()}
        return Finding("event_logs", State.WARNING, told, mend)
    return Finding("event_logs", State.OK, str(len(ages)))


def _last_backup() -> Finding:
    from banso_web.core import nightly

    if nightly.is_wanted() and (one := nightly.last()) and (one.failed or one.late):
        mend = _(
            "毎晩の控えが取れていません。BANSO_BACKUP_FOLDER の場所に書けるか、ワーカーが動いているかを確かめてください。"
        )
        return Finding("backup", State.BROKEN if one.failed else State.WARNING, one.failed or one.at, mend)
    found = every_backup()
    if not found:
        return Finding(
            "backup", State.WARNING, "-", _("控えがまだありません。banso backup ファイル名 で取れます。")
        )
    age = time.time() - found[-1].stat().st_mtime
    if age > OLD_BACKUP.total_seconds():
        mend = _("最後の控えが7日より前のものです。banso backup で新しく取ってください。")
        return Finding("backup", State.WARNING, found[-1].name, mend)
    return Finding("backup", State.OK, found[-1].name)


def _erased_in_backups() -> Finding:
    """Backups in the home that are older than the latest erasure hold people who were erased since."""
    if not ledger().exists():
        return Finding("erased", State.OK, "0")
    erased = ledger().stat().st_mtime
    older = [path.name for path in every_backup() if path.stat().st_mtime < erased]
    if older:
        mend = _(
            "消去した担当者が残っている控えです。戻すともう一度消えます。要らなければ削除し、ほかの場所の控えも確かめてください。"
        )
        return Finding("erased", State.WARNING, ", ".join(older), mend)
    return Finding("erased", State.OK, "0")


def every_backup() -> list[Path]:
    """Backups in the home and the nightly ones, the oldest first."""
    from banso_web.core import retention  # its models exist only once Django is up

    return retention.every_backup()


CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _home,
    _disk,
    _sqlite,
    _integrity,
    _migrations,
    _built_assets,
    _japanese_font,
    _public_url,
    _last_backup,
    _erased_in_backups,
    _clock,
    _jobs,
    _imports,
    _events,
    _event_logs,
)


def examine() -> list[Finding]:
    """Run every check; a check that itself fails is a finding, never a crash."""
    findings = []
    for check in CHECKS:
        try:
            findings.append(check())
        except DatabaseError:
            mend = _("データベースを開けないため、調べられません。上の項目を先に直してください。")
            findings.append(Finding(check.__name__.strip("_"), State.WARNING, "-", mend))
        except Exception as problem:  # a doctor that faints helps nobody
            findings.append(
                Finding(
                    check.__name__.strip("_"), State.BROKEN, repr(problem), _("この検査が動きませんでした。")
                )
            )
    return findings
