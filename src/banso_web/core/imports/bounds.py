"""What a model's columns can hold, checked before anything is written: text lengths, decimals, whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models

from banso_web.core.imports.fields import Field
from banso_web.core.imports.protocol import Problem, Row

CODE_LENGTH = 200
_INTEGERS = {models.IntegerField: 2**31, models.SmallIntegerField: 2**15, models.BigIntegerField: 2**63}


def rounded(places: int) -> Callable[[Any], Any]:
    """Half up to so many places, as the column keeps it; compared and stored alike."""
    step = Decimal(1).scaleb(-places)
    return lambda value: Decimal(value).quantize(step, ROUND_HALF_UP)


class Bounds:
    """The limits of one handler's fields. `fields` are the same fields with decimals rounded as their columns keep them."""

    def __init__(self, model: type[models.Model], fields: Iterable[Field], identity: Iterable[str]) -> None:
        self.identity = tuple(identity)
        self._lengths: list[tuple[str, int]] = []
        self._sizes: list[tuple[str, int]] = []
        self.fields = tuple(self._bounded(model, one) for one in fields)

    def _bounded(self, model: type[models.Model], one: Field) -> Field:
        column = model._meta.get_field(one.attr.removesuffix("_id"))
        if one.reference:
            self._lengths.append((one.column, CODE_LENGTH))
        elif isinstance(column, models.DecimalField):
            self._sizes.append((one.column, 10 ** (column.max_digits - column.decimal_places)))
            return one if one.convert else replace(one, convert=rounded(column.decimal_places))
        elif isinstance(column, models.IntegerField) and one.convert is None:
            self._sizes.append((one.column, _INTEGERS.get(type(column), 2**31)))
        elif isinstance(column, models.CharField) and column.max_length:
            self._lengths.append((one.column, column.max_length))
        return one

    def problem(self, row: Row) -> Problem | None:
        """The first value that a column cannot hold."""
        values = row.values
        for column, limit in self._lengths:
            value = values.get(column)
            if value is not None and len(value) > limit:
                return Problem(row.number, column, "too_long", {"limit": limit})
        for column, limit in self._sizes:
            number = values.get(column)
            if number is not None and not isinstance(number, bool) and abs(number) >= limit:
                return Problem(row.number, column, "number_too_large", {"text": str(number)})
        if sum(len(str(values.get(key) or "")) + 1 for key in self.identity) > CODE_LENGTH + 1:
            return Problem(row.number, self.identity[0], "too_long", {"limit": CODE_LENGTH})
        return None
