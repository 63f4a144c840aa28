"""From a signal's own unit to points between 0 and 100."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Line:
    """Straight between (value, points), level beyond the first and the last; values ascend strictly."""

    knots: tuple[tuple[Decimal, Decimal], ...]

    def at(self, value: Decimal | str) -> Fraction:
        """Exact points of one value. ValueError for a category."""
        if isinstance(value, str):
            raise ValueError(f"this curve reads numbers, not {value!r}")
        after = bisect_right([knot for knot, _ in self.knots], value)
        if after == 0:
            return Fraction(self.knots[0][1])
        if after == len(self.knots):
            return Fraction(self.knots[-1][1])
        (left, low), (right, high) = self.knots[after - 1], self.knots[after]
        way = (Fraction(value) - Fraction(left)) / (Fraction(right) - Fraction(left))
        return Fraction(low) + way * (Fraction(high) - Fraction(low))

    def many(self, values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Points of an array of numbers; NaN stays NaN."""
        knots = np.array([[float(value), float(points)] for value, points in self.knots])
        points: np.ndarray[Any, np.dtype[np.float64]] = np.interp(
            np.asarray(values, dtype=np.float64), knots[:, 0], knots[:, 1]
        )
        return points


@dataclass(frozen=True, slots=True)
class Table:
    """Points of categories, as 担当所感 ◎○△× has them."""

    rows: tuple[tuple[str, Decimal], ...]

    def at(self, value: Decimal | str) -> Fraction:
        """Points of one category. ValueError for one that the table does not name."""
        for category, points in self.rows:
            if category == value:
                return Fraction(points)
        raise ValueError(f"the table names {', '.join(name for name, _ in self.rows)}, not {value!r}")

    def many(self, values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Points of an array of categories; None and NaN become NaN."""
        values = np.asarray(values, dtype=object)
        out = np.full(len(values), np.nan)
        for category, points in self.rows:
            out[values == category] = float(points)
        strays = {value for value in values[np.isnan(out)] if isinstance(value, str)}
        if strays:
            self.at(min(strays))  # says which one
        return out


Curve = Line | Table
