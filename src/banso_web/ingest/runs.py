"""Finding import runs on behalf of other apps, which never hold the model themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from banso_web.core.errors import NotVisible
from banso_web.core.imports import Row
from banso_web.ingest.actions import files_of, require
from banso_web.ingest.checking import open_input
from banso_web.ingest.models import ImportRun

if TYPE_CHECKING:
    from banso_web.members.models import Member


def access_run(member: Member, run_id: int) -> ImportRun:
    """One run by id: 403 without the right to import, 404 where there is none."""
    require(member)
    run = ImportRun.objects.select_related("made_by", "entry").filter(pk=run_id).first()
    if run is None:
        raise NotVisible
    return run


def runs_before(member: Member, run_id: int | None, limit: int) -> Sequence[ImportRun]:
    """The latest runs (before one), latest first; 403 without the right to import."""
    require(member)
    rows = ImportRun.objects.select_related("made_by", "entry").order_by("-pk")
    return list(rows.filter(pk__lt=run_id)[:limit] if run_id is not None else rows[:limit])


def run_of(entry_id: int, kind: str) -> int | None:
    """The run that wrote an entry, where it has a file of this kind."""
    run = ImportRun.objects.filter(entry=entry_id).first()
    return run.pk if run is not None and _holds(run, kind) else None


def published_since(kind: str, moment: datetime) -> list[int]:
    """Runs with a file of this kind that were published since, or found nothing new then, and still stand; oldest first."""
    runs = ImportRun.objects.filter(state=ImportRun.State.DONE, finished_at__gte=moment).order_by("pk")
    return [run.pk for run in runs if _holds(run, kind)]


def _holds(run: ImportRun, kind: str) -> bool:
    return any(file["kind"] == kind for file in run.options.get("files", []))


def accepted_rows(run_id: int, kind: str) -> Iterator[Iterator[Row]]:
    """The rows that a run takes from each of its files of a kind. A file that is kept no more gives none."""
    run = ImportRun.objects.get(pk=run_id)
    for file in files_of(run):
        if file.kind == kind and file.path.exists():
            refused = set(run.rejected.filter(file=file.place).values_list("row_number", flat=True))
            table, binding = open_input(file)
            yield (
                row for _raw, row in binding.rows(table) if isinstance(row, Row) and row.number not in refused
            )
