"""Columns of numbers out of what callers have, checked before anything is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]  # of floats; numpy's stubs lose the kind in half of what is done with it
Flags = NDArray[np.bool_]


def numbers(values: Any, name: str, *, least: float | None = None) -> Numbers:
    """A one-dimensional array of finite floats. ValueError names the column and its first bad row (from 0)."""
    if hasattr(values, "to_numpy"):  # pandas, Polars, PyArrow
        values = values.to_numpy()
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: a column of numbers is expected") from None
    if found.ndim != 1:
        raise ValueError(f"{name}: one column of numbers is expected, not {found.ndim} dimensions")
    bad = ~np.isfinite(found)
    if bad.any():
        raise ValueError(f"{name}: row {int(bad.argmax())} is empty or not finite")
    if least is not None and (found < least).any():
        row = int((found < least).argmax())
        raise ValueError(f"{name}: row {row} is {found[row]:g}, which is under {least:g}")
    return found


def column(table: Any, name: str) -> Any:
    """One column of a pandas, Polars or PyArrow table or a mapping of columns. ValueError where it is not there."""
    names = getattr(table, "column_names", None)  # PyArrow
    if names is None:
        names = list(table) if isinstance(table, Mapping) else list(getattr(table, "columns", ()))
    if name not in names:
        raise ValueError(f"the table has no column {name!r}; it has {', '.join(map(str, names)) or 'none'}")
    return table[name]


def same_length(columns: Mapping[str, NDArray[Any]]) -> int:
    """How many rows all columns have. ValueError where they differ."""
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"the columns differ in length: {', '.join(f'{n} {s}' for n, s in sizes.items())}")
    return next(iter(sizes.values()))


def lives(duration: Any, event: Any, entry: Any = None) -> tuple[Numbers, Flags, Numbers | None]:
    """Durations ≥ 0, flags (1: the event came, 0: still without it when last seen), entries ≥ 0 before the duration.

    An entry everywhere 0 is no entry, unless a duration is 0 too. ValueError names the first row that makes no sense.
    """
    ends = numbers(duration, "duration", least=0.0)
    flags = numbers(event, "event")
    neither = (flags != 0.0) & (flags != 1.0)
    if neither.any():
        row = int(neither.argmax())
        raise ValueError(f"event: row {row} is {flags[row]:g}; 1 is the event, 0 is not yet")
    if entry is None:
        same_length({"duration": ends, "event": flags})
        return ends, flags == 1.0, None
    begins = numbers(entry, "entry", least=0.0)
    same_length({"duration": ends, "event": flags, "entry": begins})
    late = begins >= ends
    if late.any():
        row = int(late.argmax())
        raise ValueError(
            f"entry: row {row} enters at {begins[row]:g}, not before its duration of {ends[row]:g}: "
            "it was never seen at risk; leave it out"
        )
    return ends, flags == 1.0, begins if begins.any() else None
