"""Whether a source that people feed still comes: touches, tickets. A day alone may be quiet by chance; a week of days on which something
always came is not. Which days those are is usage's rule (`banso.usage.gaps`)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta

from banso.usage import missing_days
from banso_web.core.facts import Asked
from banso_web.core.reads.calendar import calendar
from banso_web.health.signals.told import Everybody

#: Days of a source are looked at so far back: a silence is told by the same weekdays before it.
LOOK = timedelta(days=182)
#: So many missing days in a row are a silence.
SILENT = 5


def silence(
    everybody: Everybody, source: str, days: Callable[[Asked, date], Collection[date]]
) -> date | None:
    """The first day of a silence of a source that still runs on the last whole day; None while rows come, or where nothing can be said.
    `days(asked, first)`: its days with rows from a first one on."""
    if source not in everybody.silences:
        asked = everybody.asked
        everybody.silences[source] = _silence(asked, days(asked, asked.as_of - LOOK))
    return everybody.silences[source]


def _silence(asked: Asked, days: Collection[date]) -> date | None:
    last = min(asked.as_of, asked.today - timedelta(days=1))
    seen = {day for day in days if day <= last}
    if not seen:
        return None
    missing = missing_days(seen, calendar(), max(seen) + timedelta(days=1), last)
    return missing[0] if len(missing) >= SILENT else None
