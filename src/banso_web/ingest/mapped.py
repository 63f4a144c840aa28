"""A canonical file whose columns come through a mapping of the page: the engine reads it like any other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from banso_web.core.imports import Problem, Row
from banso_web.ingest.readers.convert import converter
from banso_web.ingest.readers.problems import Problem as CellProblem
from banso_web.ingest.readers.table import RawRow, RawTable
from banso_web.ingest.rows import Binding, MissingColumns, sane
from banso_web.ingest.shaping import Shaping


class MappedBinding(Binding):
    """`Binding` whose values go through `readers.convert`: constants, units, tax, value words."""

    def __init__(self, table: RawTable, shaping: Shaping) -> None:
        super().__init__(shaping.schema, [], [])
        if missing := shaping.missing():
            raise MissingColumns(shaping.kind, missing)
        used = {one.source for one in shaping.fields.values()} | set(shaping.left_out)
        self.custom = [(one.index, one.header) for one in table.columns if one.header not in used]
        self._shaping = shaping
        self._convert = converter(table, shaping.schema, shaping.fields, tax_rate=shaping.tax_rate)

    def header_of(self, key: str) -> str:
        found = self._shaping.fields.get(key)
        return found.source if found and found.source else key

    def typed(self, raw: RawRow) -> Row | Problem:
        """One row, or its first problem."""
        row = self._convert(raw)
        for one in row.problems:
            if not one.problem.soft:
                return Problem(raw.number, one.column, one.problem.code, _detail(one.problem))
            self.soft[one.problem.code] = self.soft.get(one.problem.code, 0) + 1
        values: dict[str, Any] = dict.fromkeys(self._shaping.fields)
        for key, value in row.values.items():
            checked = sane(value, self.schema.column(key))
            if isinstance(checked, CellProblem):
                return Problem(raw.number, key, checked.code, _detail(checked))
            values[key] = checked
        return Row(raw.number, values, {header: row.custom.get(header, "") for _place, header in self.custom})

    def rows(self, table: RawTable) -> Iterator[tuple[RawRow, Row | Problem]]:
        for raw in table.rows():
            yield raw, self.typed(raw)


def _detail(problem: CellProblem) -> dict[str, Any]:
    detail: dict[str, Any] = {"text": problem.text[:200]} if problem.text else {}
    return {**detail, **{key: str(value) for key, value in problem.detail.items()}}
