"""`banso doctor`: what is wrong with this machine or instance, and how to mend it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

SAFE_SQLITE = (3, 51, 3)
LEAST_FREE = 1 << 30


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


def _last_backup() -> Finding:
    folder = settings.BANSO_HOME / "backups"
    found = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime) if folder.is_dir() else []
    if not found:
        return Finding(
            "backup", State.WARNING, "-", _("控えがまだありません。banso backup ファイル名 で取れます。")
        )
    return Finding("backup", State.OK, found[-1].name)


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
)


def examine() -> list[Finding]:
    """Run every check; a check that itself fails is a finding, never a crash."""
    findings = []
    for check in CHECKS:
        try:
            findings.append(check())
        except Exception as problem:  # a doctor that faints helps nobody
            findings.append(
                Finding(
                    check.__name__.strip("_"), State.BROKEN, repr(problem), _("この検査が動きませんでした。")
                )
            )
    return findings
