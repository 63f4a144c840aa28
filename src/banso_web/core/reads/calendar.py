"""The organisation's calendar: national holidays, offline, and its own closures."""

from __future__ import annotations

from datetime import date

from banso.periods import Calendar
from banso_web.core.models import Closure


def calendar() -> Calendar:
    """Japan's business days with the closures of now. One query."""
    return Calendar.japan(dict(Closure.objects.values_list("on", "name")))


def closures(first: date | None = None, last: date | None = None) -> list[tuple[date, str]]:
    """The organisation's closed days between two days, both inclusive, in order."""
    rows = Closure.objects.order_by("on")
    rows = rows if first is None else rows.filter(on__gte=first)
    rows = rows if last is None else rows.filter(on__lte=last)
    return list(rows.values_list("on", "name"))
