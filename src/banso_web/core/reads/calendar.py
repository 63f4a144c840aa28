"""The organisation's calendar: national holidays, offline, and its own closures."""

from __future__ import annotations

from banso.periods import Calendar
from banso_web.core.models import Closure


def calendar() -> Calendar:
    """Japan's business days with the closures of now. One query."""
    return Calendar.japan(dict(Closure.objects.values_list("on", "name")))
