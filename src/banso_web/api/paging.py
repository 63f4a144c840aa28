"""Pages of lists by keyset: `{items, next}`; `next` is opaque and is sent back as `cursor`."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from banso_web.api.problems import invalid

Item = TypeVar("Item")


def pack(*place: Any) -> str:
    """A place in a list as a cursor."""
    return urlsafe_b64encode(json.dumps(place, default=str, ensure_ascii=False).encode()).decode().rstrip("=")


def unpack(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The place of a cursor; Stop 422 where it is none of this list's."""
    try:
        place = json.loads(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        place = None
    fits = isinstance(place, list) and len(place) == len(kinds)
    if not fits or not all(type(value) is kind for value, kind in zip(place, kinds, strict=True)):
        raise invalid(
            "cursor",
            _("この cursor は、この一覧のものではありません。cursor を付けずに最初から読んでください。"),
        )
    if any(isinstance(value, int) and abs(value) >= 2**63 for value in place):
        raise invalid(
            "cursor",
            _("この cursor は、この一覧のものではありません。cursor を付けずに最初から読んでください。"),
        )
    return list(place)


def keyset(
    rows: QuerySet[Any], cursor: str | None, limit: int, order: Sequence[tuple[str, type]]
) -> tuple[list[Any], str | None]:
    """One page of a query and the cursor behind it. Costs one query.

    `order`: (field, JSON type) from the first to the last, `-` before a descending one; fields are never empty and the
    last is unique. Text fields of days come as ISO text.
    """
    names = [name.lstrip("-") for name, _kind in order]
    if cursor:
        place = unpack(cursor, [kind for _name, kind in order])
        behind, same = Q(pk__in=[]), Q()
        for (name, _kind), value in zip(order, place, strict=True):
            field = name.lstrip("-")
            behind |= same & Q(**{f"{field}__{'lt' if name.startswith('-') else 'gt'}": value})
            same &= Q(**{field: value})
        try:
            rows = rows.filter(behind)
        except (ValidationError, ValueError) as wrong:
            raise invalid(
                "cursor",
                _("この cursor は、この一覧のものではありません。cursor を付けずに最初から読んでください。"),
            ) from wrong
    found = list(rows.order_by(*(name for name, _kind in order))[: limit + 1])
    shown = found[:limit]
    if len(found) <= limit or not shown:
        return shown, None
    return shown, pack(*(_plain(getattr(shown[-1], name)) for name in names))


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int)) else str(value)


def in_memory(
    rows: Sequence[Item],
    cursor: str | None,
    limit: int,
    key: Callable[[Item], tuple[Any, ...]],
    kinds: Sequence[type],
) -> tuple[list[Item], str | None]:
    """One page of rows that are at hand, ordered by `key` (whose values are JSON and tell every row apart)."""
    found = sorted(rows, key=key)
    if cursor:
        place = tuple(unpack(cursor, kinds))
        found = [row for row in found if key(row) > place]
    shown = list(found[:limit])
    return shown, pack(*key(shown[-1])) if len(found) > limit else None


def by_position(rows: Sequence[Item], cursor: str | None, limit: int) -> tuple[Sequence[Item], str | None]:
    """One page of rows that stand still for a watermark, by their place."""
    start = min(unpack(cursor, [int])[0], len(rows)) if cursor else 0
    if start < 0:
        raise invalid(
            "cursor",
            _("この cursor は、この一覧のものではありません。cursor を付けずに最初から読んでください。"),
        )
    end = start + limit
    return rows[start:end], pack(end) if end < len(rows) else None
