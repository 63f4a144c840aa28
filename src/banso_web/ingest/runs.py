"""Finding import runs on behalf of other apps, which never hold the model themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from banso_web.core.errors import NotVisible
from banso_web.ingest.actions import require
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
