"""From rows of a table to events of the tracking protocol, or to rows of the canonical file `usage_daily`.

Nothing is refused here: what is missing or unreadable is handed on as it stands, and the rules of the protocol (or of an
import) refuse it with their reason, where a person sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from banso_web.collect.rows import as_event
from banso_web.ingest.readers.cells import parse_time
from banso_web.ingest.readers.plain import plain_number

#: What stands for a time that is not there: without it an event would count at the moment of reading.
NO_TIME = "NULL"
FIXED = "="


class Shape:
    """Which column of a row is what. `columns`: canonical column -> column of the table, or a text behind "="."""

    def __init__(
        self, names: Sequence[str], columns: Mapping[str, str], further: Sequence[str], zone: str
    ) -> None:
        place = {name: at for at, name in enumerate(names)}
        self._fixed = {key: name[1:] for key, name in columns.items() if name.startswith(FIXED)}
        self._taken = {key: place[name] for key, name in columns.items() if not name.startswith(FIXED)}
        self._further = {name: place[name] for name in further}
        self._zone = ZoneInfo(zone)

    def event(self, row: Sequence[Any]) -> dict[str, Any]:
        """An event, without a messageId where no column gives one."""
        values: dict[str, Any] = {**self._fixed, **{key: _text(row[at]) for key, at in self._taken.items()}}
        moment = self._moment(row[self._taken["timestamp"]])
        values["timestamp"] = moment if isinstance(moment, datetime) else None
        event = as_event(values, {name: _plain(row[at]) for name, at in self._further.items()})
        if not isinstance(moment, datetime):
            event["timestamp"] = moment
        return event

    def daily(self, row: Sequence[Any]) -> dict[str, Any]:
        """A row of `usage_daily`; a moment becomes Japan's day of it."""
        values = {**self._fixed, **{key: _plain(row[at]) for key, at in self._taken.items()}}
        moment = self._moment(row[self._taken["day"]]) if "day" in self._taken else None
        if isinstance(moment, datetime):
            values["day"] = moment.astimezone(ZoneInfo("Asia/Tokyo")).date().isoformat()
        return values

    def _moment(self, value: Any) -> datetime | str:
        if value is None:
            return NO_TIME
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=self._zone)
        if isinstance(value, date):
            return datetime.combine(value, time(), ZoneInfo("Asia/Tokyo"))
        found = parse_time(value) if isinstance(value, str) else None
        return found if isinstance(found, datetime) else str(value) or NO_TIME


def _text(value: Any) -> str | None:
    """An id or a word."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return plain_number(value) if isinstance(value, int | float | Decimal) else str(value)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else str(value)
