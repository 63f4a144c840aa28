"""How far a table was read: a value of its cursor column that JSON keeps with its type, and where the next read begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from banso_web.connectors.problems import ReadFailed

_READ: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "int": int,
    "Decimal": Decimal,
    "float": float,
    "str": str,
}


def kept(value: Any) -> dict[str, str]:
    """A cursor value for the database. ReadFailed for what has no order that lasts (a truth value, an object, bytes)."""
    kind = type(value).__name__
    if kind not in _READ:
        raise ReadFailed("bad_cursor", type=kind)
    return {"type": kind, "value": value.isoformat() if isinstance(value, date) else str(value)}


def restored(stored: dict[str, str] | None) -> Any:
    return None if stored is None else _READ[stored["type"]](stored["value"])


def back(value: Any, overlap: int) -> Any:
    """Where a read begins: rows may come in late, below what was read last."""
    try:
        if isinstance(value, datetime):
            return value - timedelta(minutes=overlap)
        if isinstance(value, date):
            return value - timedelta(days=overlap)
    except OverflowError:
        return value
    return value if isinstance(value, str) else value - overlap


def not_ahead(value: Any, now: datetime, zone: str) -> Any:
    """A value that lies in the future does not carry the position past rows that come from now until then."""
    local = now.astimezone(ZoneInfo(zone))
    if isinstance(value, datetime):
        return min(value, local if value.tzinfo else local.replace(tzinfo=None))
    return min(value, local.date()) if isinstance(value, date) else value


def beyond(value: Any, start: Any) -> bool:
    """Whether a row is one that the last read had not come to. Texts are ordered by the database, so equal ones are known alone."""
    return start is None or (value != start if isinstance(value, str) else value > start)
