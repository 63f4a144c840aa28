"""Reading what the compactor counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max, Sum

from banso_web.warehouse.models import EventShape, LogTaken, SourceDay, TouchedDay


@dataclass(frozen=True)
class Counts:
    """Events of a source received on one of Japan's days."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


def last_received() -> dict[int, datetime]:
    """{source: when its newest event came in}."""
    rows = SourceDay.objects.order_by().values_list("source").annotate(last=Max("last_received_at"))
    return dict(rows)


def counts_on(day: date) -> dict[int, Counts]:
    """{source: counts of the day}; a source that sent nothing is not in it."""
    rows = SourceDay.objects.filter(day=day).values_list("source", "accepted", "duplicates", "rejected")
    return {source: Counts(*numbers) for source, *numbers in rows}


def changes_of_days(first: date, until: date) -> dict[date, int]:
    """{day: the running number of its last change} of Japan's days from `first` to the day before `until` that ever had an event."""
    return dict(TouchedDay.objects.filter(day__gte=first, day__lt=until).values_list("day", "change"))


def newest_change() -> int:
    """The running number of the last change of events: what was computed at it still holds while it stands."""
    return TouchedDay.objects.order_by("-change").values_list("change", flat=True).first() or 0


def days_received(first: date, last: date) -> dict[int, set[date]]:
    """{source: Japan's days of receipt on which something came from it}."""
    days: dict[int, set[date]] = defaultdict(set)
    for source, day in SourceDay.objects.filter(day__gte=first, day__lte=last).values_list("source", "day"):
        days[source].add(day)
    return dict(days)


def events_by_day(first: date, last: date) -> dict[int, dict[date, int]]:
    """{source: {Japan's day of the events: how many}}, as far as they are counted (`shapes.count_days`)."""
    days: dict[int, dict[date, int]] = defaultdict(dict)
    rows = EventShape.objects.filter(day__gte=first, day__lte=last).order_by()
    for source, day, number in rows.values_list("source", "day").annotate(number=Sum("events")):
        days[source][day] = number
    return dict(days)


@dataclass(frozen=True)
class Shape:
    """See EventShape."""

    day: date
    kind: str
    name: str
    events: int
    looked: int
    types: dict[str, Any]


def shapes_of(source: int, first: date, last: date) -> Sequence[Shape]:
    """The shapes of a source's events between two days, both inclusive."""
    rows = EventShape.objects.filter(source=source, day__gte=first, day__lte=last).order_by("day")
    return [Shape(*row) for row in rows.values_list("day", "kind", "name", "events", "looked", "types")]


def days_changed(after: int) -> list[date]:
    """Japan's days that changed since that running number, in order."""
    return list(TouchedDay.objects.filter(change__gt=after).order_by("day").values_list("day", flat=True))


def damaged_bytes() -> int:
    """Bytes of the logs of the last weeks that could not be read."""
    return LogTaken.objects.aggregate(total=Sum("damaged_bytes"))["total"] or 0
