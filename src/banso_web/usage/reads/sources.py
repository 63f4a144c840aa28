"""データの送信元 with what came today and which days are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from banso_web.accounts.counting import merges
from banso_web.collect import reads as collected
from banso_web.collect.reads import SourceRow
from banso_web.core.facts import Asked
from banso_web.core.reads.calendar import calendar
from banso_web.usage.reads.adoption.events import read
from banso_web.usage.reads.attributed import USED
from banso_web.usage.reads.health import Flow, Freshness, anomalies, flows
from banso_web.usage.reads.series import FILE
from banso_web.usage.reads.verdicts import latest_run
from banso_web.warehouse.reads import Counts, counts_on, last_received

#: Whose use came through a silent source is asked of so long before its silence.
BEFORE = timedelta(days=28)
#: Customers of the source $22, and how many of them each other source has brought since the day $23.
SHARED = (
    USED
    + """SELECT source, count(DISTINCT account) FROM used WHERE (source = $22 OR local_day >= $23)
      AND account IN (SELECT account FROM used WHERE source = $22) GROUP BY source"""
)


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


@dataclass(frozen=True)
class Follower:
    """Another source that since a day has brought `shared` of the `total` customers whose use came through a silent one."""

    name: str
    since: date
    shared: int
    total: int


def follower(asked: Asked, source_id: int, since: date | None) -> Follower | None:
    """The source that seems to have taken the place of one that has been silent since a day: it brings half of its customers or more."""
    if since is None:
        return None
    merged = merges(asked.watermark, asked.known_at)
    rows = read(SHARED, asked, merged, None, since - BEFORE, source_id, since)
    counts = {int(source): number for source, number in rows}
    total = counts.pop(source_id, 0)
    best = max(counts, key=lambda source: (counts[source], -source), default=None)
    if best is None or counts[best] * 2 < total:
        return None
    return Follower(collected.source(best).name, since, counts[best], total)


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
