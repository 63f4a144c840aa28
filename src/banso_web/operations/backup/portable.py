"""Rows that mean the same in SQLite and PostgreSQL: read from either, written into either, summed alike in both.

Between the engines a value travels as PostgreSQL's text of it (None for NULL). PostgreSQL's column types say how a
text is to be read; SQLite's own declared types are looser. The sum of a table does not depend on the order of its rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

Columns = dict[str, dict[str, str]]  # table -> column -> PostgreSQL's data_type
Row = tuple[str | None, ...]
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
ZONED = "timestamp with time zone"


def column_types(cursor: Any, tables: Sequence[str]) -> Columns:
    """Columns of PostgreSQL's tables in their order, those that the database fills itself left out."""
    cursor.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND is_generated = 'NEVER' ORDER BY table_name, ordinal_position"
    )
    found: Columns = {table: {} for table in sorted(tables)}
    for table, column, kind in cursor.fetchall():
        if table in found:
            found[table][column] = kind
    return found


# --- one value ----------------------------------------------------------------------------------------------------
def from_sqlite(value: Any, kind: str) -> str | None:
    """SQLite's value as PostgreSQL's text."""
    if value is None:
        return None
    if kind == "boolean":
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\x" + value.hex() if kind == "bytea" else value.decode()
    if kind == ZONED:
        return _moment(str(value)).isoformat(sep=" ")
    if kind == "interval":
        return f"{value} microseconds"
    return str(value)


def to_sqlite(text: str | None, kind: str) -> Any:
    """PostgreSQL's text as Django keeps the value in SQLite."""
    if text is None:
        return None
    if kind == "boolean":
        return int(text == "t")
    if kind == "bytea":
        return bytes.fromhex(text.removeprefix("\\x"))
    if kind == ZONED:
        return str(_moment(text).replace(tzinfo=None))
    if kind == "uuid":
        return UUID(text).hex
    return text


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _plain(text: str | None, kind: str) -> str | None:
    """One writing of each value, whichever engine wrote it: for the sum alone."""
    if text is None:
        return None
    if kind == ZONED:
        return _moment(text).isoformat()
    if kind == "numeric":
        return format(Decimal(text).normalize() or Decimal(0), "f")
    if kind == "double precision":
        return repr(float(text))
    if kind == "uuid":
        return UUID(text).hex
    if kind in ("json", "jsonb"):
        return json.dumps(json.loads(text, parse_float=_number, parse_int=_number), sort_keys=True)
    return text


def _number(text: str) -> str:
    return "n" + format(Decimal(text).normalize(), "f")


# --- rows ---------------------------------------------------------------------------------------------------------
def sqlite_rows(database: sqlite3.Connection, table: str, kinds: Mapping[str, str]) -> Iterator[Row]:
    """Rows of a SQLite table as texts."""
    names = ", ".join(f'"{name}"' for name in kinds)
    types = tuple(kinds.values())
    for row in database.execute(f'SELECT {names} FROM "{table}"'):
        yield tuple(from_sqlite(value, kind) for value, kind in zip(row, types, strict=True))


def copy_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    """Rows of PostgreSQL's COPY text format."""
    for line in lines:
        yield tuple(_unescaped(cell) for cell in line.decode().removesuffix("\n").split("\t"))


def _unescaped(cell: str) -> str | None:
    if cell == "\\N":
        return None
    if "\\" not in cell:
        return cell
    parts, at = [], 0
    while (mark := cell.find("\\", at)) >= 0:
        parts += [cell[at:mark], _ESCAPES.get(cell[mark + 1], cell[mark + 1])]
        at = mark + 2
    return "".join([*parts, cell[at:]])


class Summed:
    """Counts and sums rows on their way: two tables with the same `result` hold the same rows, in any order."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = tuple(kinds.values())
        self._sum = 0
        self.count = 0

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            plain = [_plain(text, kind) for text, kind in zip(row, self._kinds, strict=True)]
            digest = sha256(json.dumps(plain).encode()).digest()
            self._sum = (self._sum + int.from_bytes(digest)) % (1 << 256)
            self.count += 1
            yield row

    def drained(self, rows: Iterable[Row]) -> Summed:
        for _row in self.of(rows):
            pass
        return self

    @property
    def result(self) -> tuple[int, int]:
        return self.count, self._sum


def write_sqlite(
    database: sqlite3.Connection, table: str, kinds: Mapping[str, str], rows: Iterable[Row]
) -> None:
    """Insert rows into an empty SQLite table."""
    names = ", ".join(f'"{name}"' for name in kinds)
    marks = ", ".join("?" for _ in kinds)
    types = tuple(kinds.values())
    made = (tuple(to_sqlite(text, kind) for text, kind in zip(row, types, strict=True)) for row in rows)
    database.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', made)


def lines_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file
