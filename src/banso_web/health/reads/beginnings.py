"""When the company's history begins, as far as signals can read it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Min

from banso_web.core import clock
from banso_web.core.registry import registry

#: The files that signals read.
FILES = ("touches", "tickets", "responses", "invoices", "usage_daily", "sentiments", "movements")


def kinds() -> list[tuple[str, type[Any], tuple[str, ...]]]:
    """The happenings that signals read, with the fields that say when they were so."""
    return [(key, registry.facts[key].model, registry.facts[key].spanned) for key in FILES]


def day_of(value: Any) -> date:
    """Japan's day of a day or a moment."""
    found: date = value.astimezone(clock.JST).date() if isinstance(value, datetime) else value
    return found


def first_fact() -> date | None:
    """The day of the first fact of any kind that signals read; None where there is none."""
    found: list[date] = []
    for _key, model, fields in kinds():
        told = model._default_manager.aggregate(**{name: Min(name) for name in fields})
        found += [day_of(value) for value in told.values() if value is not None]
    return min(found, default=None)
