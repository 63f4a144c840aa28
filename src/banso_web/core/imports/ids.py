"""Finding repeated ids over a whole file in 24 bytes a row, whatever its size."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np

from banso_web.core.imports.protocol import Problem, Row


class Repeats:
    """Remembers id, contents and row number of every row."""

    def __init__(self, column: str) -> None:
        self.column = column
        self._sorted: dict[tuple[str, ...], tuple[str, ...]] = {}  # columns as they stand → sorted
        self._ids, self._contents, self._numbers = array("q"), array("q"), array("q")

    def add(self, row: Row, code: Any) -> None:
        self._ids.append(hash(code))
        values = row.values
        columns = tuple(values)
        keys = self._sorted.get(columns)
        if keys is None:
            keys = self._sorted[columns] = tuple(sorted(columns))
        self._contents.append(hash((keys, *[str(values[key]) for key in keys])))
        self._numbers.append(row.number)

    def found(self) -> tuple[list[Problem], list[int]]:
        """Rows whose id stood on an earlier row: differing ones are problems, exact copies only their numbers."""
        ids = np.frombuffer(self._ids, dtype=np.int64) if self._ids else np.zeros(0, np.int64)
        order = np.argsort(ids, kind="stable")
        again = np.flatnonzero(ids[order][1:] == ids[order][:-1]) + 1
        problems: list[Problem] = []
        copies: list[int] = []
        for position in again.tolist():
            here, before = int(order[position]), int(order[position - 1])
            first = before
            while position > 1 and ids[order[position - 2]] == ids[here]:
                position -= 1
                first = int(order[position - 1])
            if self._contents[here] == self._contents[first]:
                copies.append(self._numbers[here])
            else:
                detail = {"first": self._numbers[first]}
                problems.append(Problem(self._numbers[here], self.column, "duplicate_id", detail))
        return problems, copies
