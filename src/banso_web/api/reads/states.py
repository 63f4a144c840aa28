"""Current rows, or the same rows as of another day: one look into the versions for a whole page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from banso_web.core.facts import Asked, states_at

Values = dict[str, Any]


def values_of(rows: Sequence[Any], asked: Asked) -> list[tuple[Any, Values]]:
    """(row, its dated fields on the asked day); rows of which nothing was known by then are left out. Days are ISO text."""
    if not rows:
        return []
    fields: Iterable[str] = rows[0].STATE_FIELDS
    if asked.is_today:
        return [(row, {name: _plain(getattr(row, name)) for name in fields}) for row in rows]
    known = states_at(
        rows[0].STATE,
        as_of=asked.as_of,
        watermark=asked.watermark,
        known_at=asked.known_at,
        ids=[row.pk for row in rows],
    )
    return [(row, {name: known[row.pk].get(name) for name in fields}) for row in rows if row.pk in known]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def words(text: Any) -> list[str]:
    """A `;` list as a list."""
    return [part for part in str(text or "").split(";") if part]
