"""Whether a source that people or systems feed by the day still comes: touches, tickets. The rule is usage's own (`banso.usage.gaps`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from banso.usage import silent_since
from banso_web.core.facts import Asked
from banso_web.core.reads.calendar import calendar

#: Days of a source are looked at so far back: a silence is told by the same weekdays before it.
LOOK = timedelta(days=182)


def silence(asked: Asked, days: Collection[date]) -> date | None:
    """The first day of a silence that still runs on the last whole day; None while rows come, or where nothing can be said."""
    last = min(asked.as_of, asked.today - timedelta(days=1))
    return silent_since([day for day in days if day <= last], calendar(), last)
