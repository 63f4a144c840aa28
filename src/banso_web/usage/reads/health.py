"""Health of the sources of use: whether they send, how much beside their own weekdays, what changed in what they send.

欠測 and 途絶 are different things: a source that is silent for everybody says nothing of a customer (spec of missing parts).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from banso.periods import Calendar
from banso.usage import Drift, EventDay, VolumeDay, missing_days, schema_drift, silent_since, volume_days
from banso.usage.gaps import SAME_WEEKDAYS
from banso_web.collect import reads as collected
from banso_web.core.facts import Asked, counted
from banso_web.core.reads.calendar import calendar
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.series import FILE
from banso_web.usage.reads.shown import week_label
from banso_web.usage.reads.verdicts import latest_run
from banso_web.usage.words import FILE_WORD
from banso_web.warehouse.reads import days_received, events_by_day, shapes_of

#: So much is known of a source when it is judged: twelve weeks of same weekdays before the eight that are shown.
KNOWN, SHOWN, LISTED = timedelta(weeks=20), timedelta(weeks=8), timedelta(weeks=4)


class Flow(StrEnum):
    """Whether a source sends."""

    NEVER = "never"  # 未収集
    SENDS = "sends"
    SILENT = "silent"
    UNJUDGED = "unjudged"  # too few weeks to know its days


@dataclass(frozen=True)
class Freshness:
    """The flow of a source on a day; `since`: the first day of a silence."""

    flow: Flow
    since: date | None = None


@dataclass(frozen=True)
class Silent:
    """A source that is silent now; id None: the files of daily usage."""

    id: int | None
    name: str
    since: date


@dataclass(frozen=True)
class Health:
    """One source from `first` to `last` (the day before the asked one). volumes: open days with events or rows.

    drifts: None for files, whose columns are checked when they are imported.
    """

    freshness: Freshness
    first: date
    last: date
    counts: Mapping[date, int]
    volumes: Sequence[VolumeDay]
    missing: Sequence[date]
    drifts: Sequence[Drift] | None

    @property
    def anomalies(self) -> list[VolumeDay]:
        """The newest first."""
        return [day for day in reversed(self.volumes) if day.is_anomaly]

    @property
    def unjudged(self) -> bool:
        """Not one day had enough weeks before it."""
        return all(day.usual is None for day in self.volumes)


def source_names() -> dict[str, str]:
    """What the pages call each source of use, by the key of its silent days."""
    return {FILE: str(FILE_WORD), **collected.source_names()}


def freshness(days: Collection[date], calendar: Calendar, last: date) -> Freshness:
    """Of the days with something from a source, up to and including the running one."""
    if not days:
        return Freshness(Flow.NEVER)
    since = silent_since(days, calendar, last)
    if since is not None:
        return Freshness(Flow.SILENT, since)
    most = max(Counter(day.weekday() for day in days).values())
    return Freshness(Flow.SENDS if most >= SAME_WEEKDAYS else Flow.UNJUDGED)


def flows(asked: Asked, days_off: Calendar) -> dict[int, Freshness]:
    """{source: its flow by days of receipt} of every source that sent something in twenty weeks. Two queries.

    Events of imported files are received at once, so that their own days say whether the files keep coming.
    """
    last = asked.as_of - timedelta(days=1)
    received = days_received(asked.as_of - KNOWN, asked.as_of)
    for source, counts in events_by_day(asked.as_of - KNOWN, last).items():
        received.setdefault(source, set(counts))
    return {source: freshness(days, days_off, last) for source, days in received.items()}


def silent_sources(asked: Asked) -> list[Silent]:
    """Open sources that are silent on the day, and files that are late: whoever manages sources is told on the home."""
    days_off = calendar()
    found = flows(asked, days_off)
    silent = [
        Silent(row.id, row.name, at.since)
        for row in collected.sources()
        if row.closed_at is None and (at := found.get(row.id)) and at.since is not None
    ]
    late = file_late(asked)
    return [*silent, Silent(None, str(FILE_WORD), late)] if late else silent


def file_late(asked: Asked) -> date | None:
    """The first day without rows of daily usage since its newest row, as the last detection saw it."""
    run = latest_run(asked.as_of)
    gaps = run.gaps.get(FILE, ()) if run else ()
    if not gaps:
        return None
    rows = counted(UsageDaily, asked.watermark, asked.known_at).filter(day__lt=asked.as_of)
    newest = rows.order_by("-day").values_list("day", flat=True).first()
    return next((day for day in sorted(gaps) if newest is not None and day > newest), None)


def anomalies(asked: Asked, days_off: Calendar) -> dict[int, int]:
    """{source: days with an unusual volume in four weeks}. One query."""
    last = asked.as_of - timedelta(days=1)
    return {
        source: sum(day.is_anomaly for day in volume_days(counts, days_off, asked.as_of - LISTED, last))
        for source, counts in events_by_day(asked.as_of - KNOWN, last).items()
    }


def health_of(asked: Asked, source: int | None) -> Health:
    """One source in full; None for the files of daily usage."""
    days_off = calendar()
    early, first, last = asked.as_of - KNOWN, asked.as_of - SHOWN, asked.as_of - timedelta(days=1)
    received: Collection[date]
    if source is None:
        counts = received = _rows_of_files(asked, early)
        drifts = None
    else:
        rows = [
            EventDay(row.day, _called(row.kind, row.name), row.events, row.looked, row.types)
            for row in shapes_of(source, early, last)
        ]
        counts = dict(sum((Counter({row.day: row.events}) for row in rows), Counter[date]()))
        received = days_received(early, asked.as_of).get(source) or counts
        told = [row for row in rows if row.name]
        drifts = tuple(reversed(schema_drift(told, days_off, asked.as_of - LISTED, last)))
    return Health(
        freshness(received, days_off, last),
        first,
        last,
        {day: counts.get(day, 0) for day in _days(first, last)},
        volume_days(counts, days_off, first, last),
        missing_days(counts, days_off, first, last),
        drifts,
    )


def _called(kind: str, name: str) -> str:
    """What a track is called; a page or a screen with its kind before it. "" for all the rare names together."""
    return name if kind == "track" else f"{kind}: {name}" if name else kind


def _rows_of_files(asked: Asked, early: date) -> dict[date, int]:
    rows = counted(UsageDaily, asked.watermark, asked.known_at).filter(day__gte=early, day__lt=asked.as_of)
    return dict(rows.order_by().values_list("day").annotate(number=Count("pk")))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def chart(health: Health, name: str) -> dict[str, Any]:
    """Events or rows by day with the usual number of the weekday. A missing day is a gap; days on which nothing is expected
    (weekends of most products, holidays) are left out."""
    known = {day.day: day for day in health.volumes}
    days = [day for day, number in health.counts.items() if number or day in health.missing]
    states = ["missing" if day in health.missing else "" for day in days]
    usual = [known[day].usual if day in known else None for day in days]
    lines: list[dict[str, Any]] = [
        {
            "name": name,
            "values": [
                None if state else health.counts[day] for day, state in zip(days, states, strict=True)
            ],
            "states": states,
        },
        {
            "name": _("ふだん(同じ曜日の中央値)"),
            "style": "dashed",
            "values": usual,
            "states": ["" if value is not None else "not_computed" for value in usual],
        },
    ]
    return {
        "kind": "line",
        "unit": {"kind": "count", "digits": 0},
        "description": _("日ごとの件数と、同じ曜日のふだんの件数"),
        "x": [week_label(day) for day in days],
        "series": lines,
        "annotations": [{"x": week_label(day.day), "label": _("いつもと違う量")} for day in health.anomalies],
        "zero": True,
    }
