"""Personal data in an app's happenings: free texts of the person's customers, searched and rewritten."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db import models

from banso_web.core.bulk import update_rows
from banso_web.core.personal import Whom
from banso_web.core.registry import PersonalField


def _rows(model: type[models.Model], whom: Whom, customer: str) -> Iterator[Any]:
    mine = {f"{customer}__in": whom.account_ids}
    return iter(model._default_manager.filter(**mine).iterator(chunk_size=2_000))


def in_texts(
    key: str, label: Any, model: type[models.Model], texts: Sequence[str], *, customer: str = "account_id"
) -> PersonalField:
    """A `PersonalField` over the text columns and `custom` of a model that has `code` and, at `customer`, an account.

    Only rows of the person's own customer are looked at; a text that names them elsewhere is not found.
    """
    names = (*texts, "custom")

    def find(whom: Whom) -> Sequence[dict[str, Any]]:
        found = []
        for row in _rows(model, whom, customer):
            held = {name: getattr(row, name) for name in names if _holds(whom, getattr(row, name))}
            if held:
                found.append({"id": row.code, "recorded_at": row.recorded_at.isoformat(), "values": held})
        return found

    def erase(whom: Whom) -> int:
        changed = []
        for row in _rows(model, whom, customer):
            new = {
                name: whom.scrub_json(getattr(row, name))
                for name in names
                if _holds(whom, getattr(row, name))
            }
            for name, value in new.items():
                limit = getattr(model._meta.get_field(name), "max_length", None)
                setattr(row, name, value[:limit] if limit and isinstance(value, str) else value)
            if new:
                changed.append(row)
        return update_rows(model, names, changed)

    return PersonalField(key, label, find, erase)


def in_every_row(
    key: str, label: Any, model: type[models.Model], names: Sequence[str], *, ids: bool = False
) -> PersonalField:
    """A `PersonalField` over text and JSON columns of a small table that belongs to no customer: every row is looked at.

    A text that holds JSON is looked at as JSON. The contact's id counts only with `ids`: elsewhere other things may have the same one.
    """

    def rows(whom: Whom) -> Iterator[tuple[Any, dict[str, tuple[Any, Any]]]]:
        sought = whom if ids else replace(whom, codes=frozenset())
        for row in model._default_manager.order_by("pk").iterator(chunk_size=2_000):
            held = {name: (getattr(row, name), _scrubbed(sought, getattr(row, name))) for name in names}
            held = {name: pair for name, pair in held.items() if pair[0] != pair[1]}
            if held:
                yield row, held

    def find(whom: Whom) -> Sequence[dict[str, Any]]:
        return [
            {"row": row.pk, "values": {name: old for name, (old, _new) in held.items()}}
            for row, held in rows(whom)
        ]

    def erase(whom: Whom) -> int:
        changed = []
        for row, held in rows(whom):
            for name, (_old, new) in held.items():
                limit = getattr(model._meta.get_field(name), "max_length", None)
                setattr(row, name, new[:limit] if limit and isinstance(new, str) else new)
            changed.append(row)
        return update_rows(model, names, changed)

    return PersonalField(key, label, find, erase)


def _scrubbed(whom: Whom, value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            inside = json.loads(value)
        except ValueError:
            return whom.scrub(value)
        new = whom.scrub_json(inside)
        return value if new == inside else json.dumps(new, ensure_ascii=False)
    return whom.scrub_json(value)


def _holds(whom: Whom, value: Any) -> bool:
    return bool(value) and whom.scrub_json(value) != value
