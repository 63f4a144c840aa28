"""How long imports keep what was brought: rejected rows and stored files go after a number of days, each its own setting."""

from __future__ import annotations

import shutil
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy

from banso_web.core import audit, clock, settings_store
from banso_web.core.registry import Retained, registry
from banso_web.core.retention import declare_days
from banso_web.ingest.actions import imports_home
from banso_web.ingest.models import ImportRun, RejectedRow

State = ImportRun.State
REJECTED, FILES = "retention.rejected_days", "retention.import_files_days"
ENDED = (State.DONE, State.DROPPED, State.FAILED, State.UNDONE)
CHUNK = 5_000


def declare_settings() -> None:
    """The two settings and their classes; 0 keeps for ever."""
    words = gettext_lazy("取込の終わった日から数えます。過ぎたものは毎日の処理で消えます。0は期限なしです。")
    declare_days(REJECTED, gettext_lazy("取り込まなかった行を残す日数"), words, 400)
    declare_days(FILES, gettext_lazy("取込ファイルを残す日数"), words, 400)
    registry.retained += [
        Retained("rejected", gettext_lazy("取り込まなかった行"), REJECTED, _rows_waiting, _old_rows),
        Retained("files", gettext_lazy("保存された取込ファイル"), FILES, _files_waiting, _old_files),
    ]


def _rows_waiting() -> int:
    return RejectedRow.objects.filter(run__in=[pk for pk, _folder in _past(REJECTED)]).count()


def _files_waiting() -> int:
    folders = (imports_home() / folder for _pk, folder in _past(FILES) if folder)
    return sum(1 for place in folders if place.is_dir() for path in place.rglob("*") if path.is_file())


def apply_retention() -> dict[str, int]:
    """Delete what is past its days, and say so in the log of changes. Safe to run twice; a run under way is left alone."""
    gone = {"rejected": _old_rows(), "files": _old_files()}
    if any(gone.values()):
        audit.record("retention.apply", actor=None, subject="import", new=gone)
    return gone


def _past(key: str) -> list[tuple[int, str]]:
    """(id, folder) of ended runs whose days have passed; none where the setting says 0."""
    days = settings_store.get(key)
    if not days:
        return []
    limit = clock.now() - timedelta(days=days)
    rows = ImportRun.objects.filter(state__in=ENDED, finished_at__lt=limit) | ImportRun.objects.filter(
        state__in=ENDED, finished_at=None, made_at__lt=limit
    )
    return list(rows.values_list("pk", "stored_as"))


def _old_rows() -> int:
    runs, gone = [pk for pk, _folder in _past(REJECTED)], 0
    while ids := list(RejectedRow.objects.filter(run__in=runs).values_list("pk", flat=True)[:CHUNK]):
        with transaction.atomic():
            gone += RejectedRow.objects.filter(pk__in=ids).delete()[0]
    return gone


def _old_files() -> int:
    gone = 0
    for _pk, folder in _past(FILES):
        place = imports_home() / folder
        if folder and place.is_dir():
            gone += sum(1 for path in place.rglob("*") if path.is_file())
            shutil.rmtree(place)
    return gone
