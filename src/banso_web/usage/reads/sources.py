"""データの送信元 with what came today and which days are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from banso_web.collect import reads as collected
from banso_web.collect.reads import SourceRow
from banso_web.core.facts import Asked
from banso_web.core.reads.calendar import calendar
from banso_web.usage.reads.health import Flow, Freshness, anomalies, flows
from banso_web.usage.reads.series import FILE
from banso_web.usage.reads.verdicts import latest_run
from banso_web.warehouse.reads import Counts, counts_on, last_received


@dataclass(frozen=True)
class SourceLine:
    """missing: silent days the last detection found, the newest last. unusual: days of four weeks with an unusual volume."""

    source: SourceRow
    last_at: datetime | None
    today: Counts
    missing: tuple[date, ...]
    freshness: Freshness
    unusual: int


@dataclass(frozen=True)
class Sources:
    """file_missing: silent days of imported daily usage. judged_on: the day of the last detection."""

    lines: Sequence[SourceLine]
    file_missing: tuple[date, ...]
    judged_on: date | None
    rejected: int


def sources(asked: Asked) -> Sources:
    run = latest_run(asked.as_of)
    gaps = run.gaps if run else {}
    days_off = calendar()
    latest, today, flow = last_received(), counts_on(asked.as_of), flows(asked, days_off)
    unusual = anomalies(asked, days_off)
    lines = [
        SourceLine(
            row,
            latest.get(row.id),
            today.get(row.id, Counts()),
            gaps.get(str(row.id), ()),
            flow.get(row.id, Freshness(Flow.NEVER)),
            unusual.get(row.id, 0),
        )
        for row in collected.sources()
    ]
    return Sources(
        lines, gaps.get(FILE, ()), run.day if run else None, sum(line.source.waiting for line in lines)
    )
