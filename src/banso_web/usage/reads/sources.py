"""データの送信元 with what came today and which days are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from banso_web.collect import reads as collected
from banso_web.collect.reads import SourceRow
from banso_web.core.facts import Asked
from banso_web.usage.reads.series import FILE
from banso_web.usage.reads.verdicts import latest_run
from banso_web.warehouse.reads import Counts, counts_on, last_received


@dataclass(frozen=True)
class SourceLine:
    """missing: silent days the last detection found, the newest last."""

    source: SourceRow
    last_at: datetime | None
    today: Counts
    missing: tuple[date, ...]


@dataclass(frozen=True)
class Sources:
    """file_missing: silent days of imported daily usage. judged_on: the day of the last detection."""

    lines: Sequence[SourceLine]
    file_missing: tuple[date, ...]
    judged_on: date | None
    rejected: int


def source_names() -> dict[str, str]:
    """What the pages call each source of use, by the key of its silent days."""
    return {FILE: _("取り込んだファイル"), **collected.source_names()}


def sources(asked: Asked) -> Sources:
    run = latest_run(asked.as_of)
    gaps = run.gaps if run else {}
    latest, today = last_received(), counts_on(asked.as_of)
    lines = [
        SourceLine(row, latest.get(row.id), today.get(row.id, Counts()), gaps.get(str(row.id), ()))
        for row in collected.sources()
    ]
    return Sources(
        lines, gaps.get(FILE, ()), run.day if run else None, sum(line.source.waiting for line in lines)
    )
