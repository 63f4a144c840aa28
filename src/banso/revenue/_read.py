"""Columns out of whatever table the caller has: pandas, Polars, PyArrow, dict, list of dicts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._months import EPOCH_ORDINAL, JST, day_number, moment, start_of_day


def columns_of(table: Any, wanted: Sequence[str]) -> tuple[dict[str, Any], int]:
    """The wanted columns that exist, as sequences, and the number of rows.

    Raises TypeError for something that is not a table.
    """
    if isinstance(table, (list, tuple)):
        names = [name for name in wanted if any(name in row for row in table)]
        return {name: [row.get(name) for row in table] for name in names}, len(table)
    if isinstance(table, Mapping):
        present = {name: table[name] for name in wanted if name in table}
        size = len(next(iter(table.values()))) if table else 0
    elif hasattr(table, "column_names"):  # pyarrow
        present = {name: table.column(name).to_pylist() for name in wanted if name in table.column_names}
        size = int(table.num_rows)
    elif hasattr(table, "columns"):  # pandas, polars
        present = {name: table[name] for name in wanted if name in list(table.columns)}
        size = len(table)
    else:
        raise TypeError(f"not a table: {type(table).__name__}")
    return {name: _plain(column) for name, column in present.items()}, size


def _plain(column: Any) -> Any:
    if isinstance(column, (list, tuple)):
        return column
    if isinstance(column, np.ndarray):
        return column
    dtype = getattr(column, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "iufM" and hasattr(column, "to_numpy"):
        return column.to_numpy()
    return column.to_list() if hasattr(column, "to_list") else list(column)


def missing(value: Any) -> bool:
    """None, NaN, NaT, pandas.NA or empty text."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value.strip()
    try:
        return not bool(value == value)
    except TypeError:  # pandas.NA has no truth value
        return True


def intern(column: Any, *, default: str | None = None) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes and names in order of first appearance; -1 where missing and no default is given."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        values, first, codes = np.unique(column, return_index=True, return_inverse=True)
        rank = np.empty(len(values), dtype=np.int32)
        order = np.argsort(first)
        rank[order] = np.arange(len(values), dtype=np.int32)
        return rank[codes], tuple(str(values[i]) for i in order)
    names: dict[str, int] = {}
    seen: dict[Any, int] = {}
    out = np.empty(len(column), dtype=np.int32)
    for row, value in enumerate(column):
        try:
            code = seen.get(value)
        except TypeError:  # unhashable
            raise ValueError(f"row {row}: not a name: {value!r}") from None
        if code is None:
            code = _code(value, names, default)
            seen[value] = code
        out[row] = code
    return out, tuple(names)


def _code(value: Any, names: dict[str, int], default: str | None) -> int:
    if missing(value):
        return -1 if default is None else names.setdefault(default, len(names))
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    return names.setdefault(text, len(names))


def days_array(column: Any, name: str, *, empty: int | None = None) -> NDArray[np.int32]:
    """Day ordinals; ValueError names column and row. ``empty`` stands for a missing day."""
    if isinstance(column, np.ndarray) and column.dtype.kind == "M" and not np.isnat(column).any():
        days = column.astype("datetime64[D]").astype(np.int64) + EPOCH_ORDINAL
        return days.astype(np.int32)
    out = np.empty(len(column), dtype=np.int32)
    seen: dict[Any, int] = {}
    for row, value in enumerate(column):
        ordinal = seen.get(value)
        if ordinal is None:
            if missing(value) and empty is not None:
                ordinal = empty
            else:
                try:
                    ordinal = day_number(value)
                except (TypeError, ValueError) as error:
                    raise ValueError(f"row {row}: {name}: {error}") from None
            seen[value] = ordinal
        out[row] = ordinal
    return out


def moments_array(column: Any, days: NDArray[np.int32]) -> NDArray[np.int64]:
    """Epoch microseconds; a missing ``recorded_at`` is the start of the row's effective day in Japan."""
    out = np.empty(len(days), dtype=np.int64)
    for row, value in enumerate(column):
        if missing(value):
            out[row] = start_of_day(int(days[row]))
            continue
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            value = dt.datetime(value.year, value.month, value.day, tzinfo=JST)
        elif isinstance(value, str) and len(value.strip()) == 10:
            out[row] = start_of_day(day_number(value))
            continue
        try:
            out[row] = moment(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"row {row}: recorded_at: {error}") from None
    return out
