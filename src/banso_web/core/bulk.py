"""Writing many rows at once, several times faster than building model objects and multi-row statements.

Django's own bulk calls spend their time on an expression per value. These prepare one statement and give the driver
plain values, converted by the same field rules. They run inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models

Convert = Callable[[Any], Any]


def _converter(field: models.Field[Any, Any]) -> Convert | None:
    """How a Python value of the field becomes the driver's; None where it needs nothing."""
    if isinstance(field, models.JSONField):
        empty = field.get_db_prep_save({}, connection)
        return lambda value: empty if value == {} else field.get_db_prep_save(value, connection)
    if isinstance(field, models.DateField | models.DecimalField):
        return lru_cache(maxsize=50_000)(
            lambda value: field.get_db_prep_save(value, connection)
        )  # days repeat
    return None


def _columns(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    return [field for field in model._meta.local_concrete_fields if not field.primary_key]


def insert_rows(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert rows given by attribute name (`account_id`, not `account`). Missing attributes take the model's defaults.

    Gives how many. Primary keys are not known afterwards: ask by a unique column. Integrity errors are the database's.
    """
    quote = connection.ops.quote_name
    plan = [(field.attname, _converter(field), field) for field in _columns(model)]
    defaults = {name: field.get_default() for name, _, field in plan}
    values = []
    for row in rows:
        line = []
        for name, convert, _ in plan:
            value = row[name] if name in row else defaults[name]
            line.append(convert(value) if convert is not None else value)
        values.append(line)
    if not values:
        return 0
    columns = ", ".join(quote(str(field.column)) for _, _, field in plan)
    marks = ", ".join(["%s"] * len(plan))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})", values)
    return len(values)


def update_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[models.Model]) -> int:
    """Write the named attributes of already loaded rows, one prepared UPDATE for all."""
    quote = connection.ops.quote_name
    by_name = {field.name: field for field in _columns(model)}
    fields = [by_name[name] for name in names]
    plan = [(field.attname, _converter(field)) for field in fields]
    values = []
    for row in rows:
        line = [convert(getattr(row, name)) if convert else getattr(row, name) for name, convert in plan]
        values.append([*line, row.pk])
    if not values:
        return 0
    sets = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(model._meta.db_table)} SET {sets} WHERE {quote('id')} = %s", values
        )
    return len(values)
