"""What was said: the verdict that holds on a day, and the last run with the silent days it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from banso_web.usage.models import UsageRun, UsageVerdict


def holding(day: date) -> QuerySet[UsageVerdict]:
    """The verdict of each account that holds on a day: at most one an account."""
    return UsageVerdict.objects.filter(Q(until=None) | Q(until__gt=day), day__lte=day)


@dataclass(frozen=True)
class Run:
    """The newest computation for a day up to the asked one. `gaps`: silent days by source ("file" or the source's id)."""

    day: date
    made_at: datetime
    gaps: Mapping[str, tuple[date, ...]]


def latest_run(day: date) -> Run | None:
    row = UsageRun.objects.filter(day__lte=day).order_by("-day", "-id").first()
    if row is None:
        return None
    gaps = {source: tuple(map(date.fromisoformat, days)) for source, days in row.gaps.items()}
    return Run(row.day, row.made_at, gaps)


def open_gaps(run: Run | None, newest: date) -> dict[str, tuple[date, ...]]:
    """Silent days that suspend the rules now: those of the newest whole week (its Monday is `newest`) and since."""
    if run is None:
        return {}
    found = {source: tuple(day for day in days if day >= newest) for source, days in run.gaps.items()}
    return {source: days for source, days in found.items() if days}
