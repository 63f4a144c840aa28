"""How long imports keep what was brought: rejected rows and stored files go after a number of days, each its own setting."""

from __future__ import annotations

import shutil
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.core import audit, clock, settings_store
from banso_web.core.settings_store import SettingSpec, declare
from banso_web.ingest.actions import imports_home
from banso_web.ingest.models import ImportRun, RejectedRow

State = ImportRun.State
REJECTED, FILES = "retention.rejected_days", "retention.import_files_days"
ENDED = (State.DONE, State.DROPPED, State.FAILED, State.UNDONE)
CHUNK = 5_000


def _days(value: object) -> int:
    days = int(str(value))
    if not 0 <= days <= 3_650:
        raise ValueError(_("0から3650の日数を入れてください。0は期限なしです。"))
    return days


def declare_settings() -> None:
    """The two settings; 0 keeps for ever."""
    for key, label, default in (
        (REJECTED, gettext_lazy("取り込まなかった行を残す日数"), 400),
        (FILES, gettext_lazy("取込ファイルを残す日数"), 400),
    ):
        declare(
            SettingSpec(
                key=key,
                label=label,
                help=gettext_lazy(
                    "取込の終わった日から数えます。過ぎたものは毎日の処理で消えます。0は期限なしです。"
                ),
                default=default,
                kind="days",
                clean=_days,
                group="data",
            )
        )


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
