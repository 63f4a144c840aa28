"""A stored fact by the columns of its canonical file."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import models

from banso.money import from_units
from banso_web.core.facts import FactKind
from banso_web.core.imports import HappeningHandler
from banso_web.core.registry import registry
from banso_web.ingest.readers.canonical import FILES

UNITS = "delta_units"  # kept in 1/10,000 of the currency unit, shown as an amount


@cache
def pairs_of(kind: FactKind) -> tuple[tuple[str, str], ...]:
    """(canonical column, the model's attribute) of a kind, in the file's order. An attribute no file has is left out."""
    handler = registry.file_handlers[kind.key]()
    assert isinstance(handler, HappeningHandler)
    by_column = {one.column: one.attr for one in handler.fields}
    return tuple((one.key, by_column[one.key]) for one in FILES[kind.key].columns if one.key in by_column)


def identity_of(kind: FactKind) -> tuple[str, ...]:
    """The columns that make a fact's id."""
    handler = registry.file_handlers[kind.key]()
    return tuple(handler.identity)


def field_of(kind: FactKind, attribute: str) -> models.Field[Any, Any]:
    """The model's field behind an attribute."""
    found = kind.model._meta.get_field(attribute.removesuffix("_id"))
    assert isinstance(found, models.Field)
    return found


def columns_of(kind: FactKind, row: Any) -> dict[str, Any]:
    """{column: value}: things by their own ids, MRR as an exact amount, lists as `;` text, blank text as ""."""
    found: dict[str, Any] = {}
    for column, attribute in pairs_of(kind):
        if isinstance(field_of(kind, attribute), models.ForeignKey):
            thing = getattr(row, attribute.removesuffix("_id"))
            found[column] = thing.code if thing is not None else None
        elif attribute == UNITS:
            found[column] = from_units(row.delta_units)
        else:
            found[column] = getattr(row, attribute)
    identity = identity_of(kind)
    if len(identity) == 1 and identity[0] not in found:
        found = {identity[0]: row.code, **found}
    return found
