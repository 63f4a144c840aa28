"""Numbers and days out of what callers have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from banso.periods import jst_day


def exact(value: Any) -> Fraction:
    """A number as a fraction; a float by its printed digits (0.1 is 1/10). ValueError for NaN, infinity or no number."""
    if isinstance(value, bool):
        raise ValueError(f"not a number: {value!r}")
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"not a finite number: {value}")
        return Fraction(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"not a number: {value!r}") from None
    if not math.isfinite(number):
        raise ValueError(f"not a finite number: {value!r}")
    return Fraction(repr(number))


def day_of(value: Any) -> date:
    """A date, a moment with its offset (Japan's day of it), a moment at midnight without one, or ISO text."""
    if isinstance(value, datetime):  # pandas.Timestamp is one
        return value.date() if value.tzinfo is None else jst_day(value)
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        return date.fromisoformat(value.strip())
    if hasattr(value, "astype"):  # numpy.datetime64
        return date.fromisoformat(str(value.astype("datetime64[D]")))
    raise ValueError(f"not a day: {value!r}")


def pairs_of(series: Any) -> Iterable[tuple[Any, Any]]:
    """(key, value) pairs of a mapping, a pandas series or a sequence of pairs."""
    if isinstance(series, Mapping):
        return series.items()
    if hasattr(series, "items"):  # pandas.Series
        return list(series.items())
    return list(series)


def values_by_day(series: Any) -> dict[date, Fraction]:
    """{day: value}. ValueError when a day stands twice, or a value is negative or no number."""
    out: dict[date, Fraction] = {}
    for key, value in pairs_of(series):
        day = day_of(key)
        if day in out:
            raise ValueError(f"{day} stands twice in the series")
        number = exact(value)
        if number < 0:
            raise ValueError(f"{day}: {value} is negative")
        out[day] = number
    return out
