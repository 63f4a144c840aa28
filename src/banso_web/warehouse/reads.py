"""Reading what the compactor counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from banso_web.warehouse.models import SourceDay, TouchedDay


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
