"""Columns of many accounts as bytes, and what of them changed from one day to the next. No database here.

A table is {name: column}, all of one length, with the accounts' ids in order under "id". A day of a shard is a sheet: {key: table}, one
table a signal and one for the readings. GONE in "state" says that the account is no longer among them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = dict[str, NDArray[Any]]
Sheet = dict[str, Table]
GONE = -1


def pack(sheet: Mapping[str, Table]) -> bytes:
    """A sheet as bytes: a line of JSON that names the columns, then their bytes one behind the other, compressed."""
    heads: list[tuple[str, int, list[tuple[str, str]]]] = []
    parts: list[bytes] = []
    for key, table in sheet.items():
        if not len(table["id"]):
            continue
        names = [(name, column.dtype.str) for name, column in table.items()]
        heads.append((key, len(table["id"]), names))
        # What stands beside each other is alike: ids and values as steps compress to little.
        parts += [_steps(column).tobytes() for column in table.values()]
    head = json.dumps(heads, separators=(",", ":")).encode()
    return zlib.compress(b"\n".join((head, b"".join(parts))), 1)


def unpack(data: bytes, only: Collection[str] | None = None) -> Sheet:
    """The sheet again; of some tables alone where they are named."""
    head, _newline, rest = zlib.decompress(data).partition(b"\n")
    sheet: Sheet = {}
    at = 0
    for key, size, names in json.loads(head):
        table: Table = {}
        if only is not None and key not in only:
            at += size * sum(np.dtype(kind).itemsize for _name, kind in names)
            continue
        for name, kind in names:
            column = np.frombuffer(rest, np.dtype(kind), size, at)
            at += column.nbytes
            table[name] = np.cumsum(column, dtype=column.dtype) if column.dtype.kind == "i" else column
        sheet[key] = table
    return sheet


def _steps(column: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers as steps from one to the next; they wrap around and come back so."""
    if column.dtype.kind != "i" or not len(column):
        return column
    steps = column.copy()
    steps[1:] -= column[:-1]
    return steps


def changes(before: Mapping[str, Table], now: Mapping[str, Table]) -> Sheet:
    """What turns one sheet into the other: rows that are new or differ, and rows that are gone."""
    found: Sheet = {}
    for key in {**now, **before}:
        old, new = before.get(key), now.get(key)
        if new is None:
            assert old is not None
            found[key] = _gone(old)
        elif old is None:
            found[key] = dict(new)
        else:
            found[key] = _changed(old, new)
    return {key: table for key, table in found.items() if len(table["id"])}


def _changed(old: Table, new: Table) -> Table:
    at = np.searchsorted(old["id"], new["id"])
    at[at == len(old["id"])] = 0
    same = old["id"][at] == new["id"] if len(old["id"]) else np.zeros(len(new["id"]), bool)
    for name, column in new.items():
        theirs = old[name][at] if name in old and len(old["id"]) else None
        if theirs is None:
            same &= False
        elif column.dtype.kind == "f":
            same &= (theirs == column) | (np.isnan(theirs) & np.isnan(column))
        else:
            same &= theirs == column
    rows = {name: column[~same] for name, column in new.items()}
    lost = ~np.isin(old["id"], new["id"])
    return _merged(rows, _gone({name: column[lost] for name, column in old.items()})) if lost.any() else rows


def _gone(table: Table) -> Table:
    blank = {name: np.zeros(len(column), column.dtype) for name, column in table.items()}
    return blank | {"id": table["id"], "state": np.full(len(table["id"]), GONE, table["state"].dtype)}


def _merged(first: Table, second: Table) -> Table:
    ids = np.concatenate((first["id"], second["id"]))
    order = np.argsort(ids, kind="stable")
    return {name: np.concatenate((column, second[name]))[order] for name, column in first.items()}


def apply(before: Mapping[str, Table], changed: Mapping[str, Table], *, keep_gone: bool = False) -> Sheet:
    """The sheet of the day after: rows of `changed` take the place of those before, and those that are gone leave (unless kept: then
    two changes become one)."""
    found = dict(before)
    for key, rows in changed.items():
        old = found.get(key)
        if old is not None:
            left = ~np.isin(old["id"], rows["id"])
            rows = _merged({name: column[left] for name, column in old.items()}, rows)
        there = np.ones(len(rows["id"]), bool) if keep_gone else rows["state"] != GONE
        found[key] = {name: column[there] for name, column in rows.items()}
    return {key: table for key, table in found.items() if len(table["id"])}
