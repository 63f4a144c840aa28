"""Personal data in an app's happenings: free texts of the person's customers, searched and rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models

from banso_web.core.bulk import update_rows
from banso_web.core.personal import Whom
from banso_web.core.registry import PersonalField


def _rows(model: type[models.Model], whom: Whom) -> Iterator[Any]:
    return iter(model._default_manager.filter(account_id__in=whom.account_ids).iterator(chunk_size=2_000))


def in_texts(key: str, label: Any, model: type[models.Model], texts: Sequence[str]) -> PersonalField:
    """A `PersonalField` over the text columns and `custom` of a model that has `account_id` and `code`.

    Only rows of the person's own customer are looked at; a text that names them elsewhere is not found.
    """
    names = (*texts, "custom")

    def find(whom: Whom) -> Sequence[dict[str, Any]]:
        found = []
        for row in _rows(model, whom):
            held = {name: getattr(row, name) for name in names if _holds(whom, getattr(row, name))}
            if held:
                found.append({"id": row.code, "recorded_at": row.recorded_at.isoformat(), "values": held})
        return found

    def erase(whom: Whom) -> int:
        changed = []
        for row in _rows(model, whom):
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


def _holds(whom: Whom, value: Any) -> bool:
    return bool(value) and whom.scrub_json(value) != value
