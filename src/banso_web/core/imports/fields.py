"""One field of a canonical file as a handler takes it over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from banso_web.core.imports.protocol import Context, Row
from banso_web.core.imports.references import Hints, resolve


@dataclass(frozen=True)
class Field:
    """`attr`: the model's attribute or the state's key. `key`: the canonical column (default: the same name).

    `blank`: what a blank cell means. `reference`: the kind of thing the value names. `convert` runs on values that are
    not blank. `as_text`: a reference that is kept as text (nothing is resolved).
    """

    attr: str
    key: str = ""
    blank: Any = ""
    reference: str = ""
    convert: Callable[[Any], Any] | None = None
    hints: Callable[[Row], Hints] | None = None

    @property
    def column(self) -> str:
        return self.key or self.attr

    def value(self, row: Row, ids: dict[str, dict[str, int]]) -> Any:
        raw = row.values[self.column]
        if raw is None or raw == "":
            return self.blank
        if self.reference:
            return ids[self.reference][raw]
        return self.convert(raw) if self.convert else raw


def resolve_fields(
    fields: Iterable[Field], rows: Sequence[Row], context: Context
) -> dict[str, dict[str, int]]:
    """Ids for every reference of a chunk, one look-up a kind: {kind: {code: id}}."""
    wanted: dict[str, dict[str, Hints]] = {}
    for one in fields:
        if not one.reference:
            continue
        of_kind = wanted.setdefault(one.reference, {})
        column = one.column
        for row in rows:
            code = row.values.get(column)
            if code and code not in of_kind:
                of_kind[code] = one.hints(row) if one.hints else {}
    return {kind: resolve(kind, codes, context) for kind, codes in wanted.items()}


def as_json(value: Any) -> Any:
    """A state's value as JSON keeps it: days and moments as ISO text, exact decimals as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return value
