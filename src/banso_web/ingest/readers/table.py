"""`RawTable`: a file as a table, whatever it was, with what the person should know about it."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from banso_web.ingest.readers.aliases import header_key
from banso_web.ingest.readers.months import month_of
from banso_web.ingest.readers.problems import Note, Problem


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook; hidden ones may be chosen but never by themselves."""

    name: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RawColumn:
    """A column: its place from 0, the header as the person sees it (unique in the table), and Excel's letter."""

    index: int
    header: str
    letter: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class RawRow:
    """A data row. `number` is the row or line number in the file, from 1; `values` has one value a column.

    Values are text (CSV), or what the workbook, JSON or parquet holds: text, int, float, Decimal, bool, date, datetime,
    None, `Unreadable`. `problem` is set when the row as a whole cannot be taken.
    """

    number: int
    values: tuple[Any, ...]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A row that holds no record: ``total`` (合計, 小計), ``empty``, ``remark`` (※…), ``header`` (repeated)."""

    number: int
    kind: Literal["total", "empty", "remark", "header"]
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a saved mapping remembers of the file it was made for. Month columns count as one kind of column."""

    columns: tuple[str, ...]
    header_row: int = 1
    sheet: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for the same set of columns, wherever the header row stands and in whatever order they are."""
        words = sorted({"<month>" if month_of(name) else header_key(name) for name in self.columns})
        return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """For a JSON column; `Shape.from_json` reads it back."""
        return {"columns": list(self.columns), "header_row": self.header_row, "sheet": self.sheet}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Shape:
        """The shape that `as_json` wrote."""
        return cls(tuple(data.get("columns", ())), int(data.get("header_row", 1)), str(data.get("sheet", "")))


@dataclass(frozen=True, slots=True)
class ShapeChange:
    """One difference to the last file: ``added``, ``removed``, ``moved_header`` (old → new row), ``sheet``."""

    code: Literal["added", "removed", "moved_header", "sheet"]
    column: str = ""
    before: str = ""
    after: str = ""


def shape_changes(before: Shape, after: Shape) -> list[ShapeChange]:
    """What changed since the mapping was saved. New month columns of a 横持ち table are no change."""
    old = {header_key(name): name for name in before.columns if month_of(name) is None}
    new = {header_key(name): name for name in after.columns if month_of(name) is None}
    changes = [ShapeChange("removed", old[key]) for key in old if key not in new]
    changes += [ShapeChange("added", new[key]) for key in new if key not in old]
    if before.header_row != after.header_row:
        changes.append(ShapeChange("moved_header", "", str(before.header_row), str(after.header_row)))
    if before.sheet != after.sheet:
        changes.append(ShapeChange("sheet", "", before.sheet, after.sheet))
    return changes


@dataclass
class RawTable:
    """A table that can be read as often as needed; `rows()` streams and never holds the file.

    `skipped` and `notes` are complete after `rows()` has been read to its end once (they are found on the way).
    """

    name: str
    format: Literal["csv", "tsv", "xlsx", "jsonl", "parquet"]
    columns: tuple[RawColumn, ...]
    header_rows: tuple[int, ...]
    _open: Callable[[RawTable], Iterator[RawRow]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[Sheet, ...] = ()
    unit_hint: int = 1  # 1000 where the rows above the header say 単位:千円
    notes: list[Note] = field(default_factory=list)
    skipped: list[SkippedRow] = field(default_factory=list)
    _seen: set[Note] = field(default_factory=set)

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers in order, unique."""
        return tuple(column.header for column in self.columns)

    @property
    def shape(self) -> Shape:
        """For `shape_changes` and the fingerprint."""
        return Shape(self.headers, self.header_rows[0] if self.header_rows else 1, self.sheet)

    @property
    def fingerprint(self) -> str:
        """Short name of the shape: the key under which a mapping is saved."""
        return self.shape.fingerprint

    def rows(self) -> Iterator[RawRow]:
        """The data rows from the first. Raises ReadProblem where the file cannot be read further."""
        self.skipped.clear()
        return self._open(self)

    def sample(self, size: int = 50) -> list[tuple[Any, ...]]:
        """The values of the first rows, for suggestions and the preview."""
        return [row.values for row in islice(self.rows(), size)]

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """(row number, header → value) for every row without a problem of its own."""
        headers = self.headers
        for row in self.rows():
            if row.problem is None:
                yield row.number, dict(zip(headers, row.values, strict=True))

    def note(self, code: str, *, row: int | None = None, column: str = "", text: str = "") -> None:
        """Add a note once, however often the table is read."""
        note = Note(code, row, column, text)
        if note not in self._seen:
            self._seen.add(note)
            self.notes.append(note)


_UNITS = (("百万円", 1_000_000), ("千円", 1_000), ("万円", 10_000))


def unit_of(titles: Iterable[Sequence[Any]]) -> int:
    """The unit that the rows above a header state (「単位:千円」); 1 when they state none."""
    text = "".join(str(value) for values in titles for value in values if isinstance(value, str))
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if "単位" not in plain and "(" not in plain:
        return 1
    return next((unit for word, unit in _UNITS if re.search(rf"(単位:?|\(){word}", plain)), 1)


def letter(index: int) -> str:
    """Excel's letter of a column from 0: A, Z, AA."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def make_columns(headers: Sequence[str], hidden: Iterable[int] = ()) -> tuple[RawColumn, ...]:
    """Columns with unique headers: an empty one is named by its letter, a repeated one gets 「(2)」."""
    concealed = frozenset(hidden)
    seen: dict[str, int] = {}
    columns = []
    for index, raw in enumerate(headers):
        name = " ".join(str(raw).split()) or f"列{letter(index)}"
        seen[name] = seen.get(name, 0) + 1
        unique = name if seen[name] == 1 else f"{name}({seen[name]})"
        columns.append(RawColumn(index, unique, letter(index), index in concealed))
    return tuple(columns)
