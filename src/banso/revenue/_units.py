"""Exact amounts: int64 of 1/10,000 of a currency unit inside, ``Decimal`` at the edge."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from banso.money import EXPONENTS

#: Stored parts of one currency unit (design/facts.md, Money).
UNITS = 10_000
_PLACES = 4


def exponent(currency: str) -> int:
    """Decimal places of a currency: JPY 0, USD 2, KWD 3; 2 for a code that ISO 4217 does not list."""
    return EXPONENTS.get(currency, 2)


def minor_unit(currency: str) -> int:
    """The smallest coin in 1/10,000 units: JPY 10,000, USD 100."""
    return int(10 ** (_PLACES - exponent(currency)))


def to_units(amount: Any) -> int:
    """1/10,000 units of one amount, rounded half up once (away from zero at a tie).

    Floats are read as they print, so 83333.33335 is what was typed and not its binary neighbour.
    """
    if isinstance(amount, (int, np.integer)) and not isinstance(amount, bool):
        return int(amount) * UNITS
    try:
        value = amount if isinstance(amount, Decimal) else Decimal(str(amount).replace(",", "").strip())
        with localcontext() as context:
            context.prec = 60
            return int((value * UNITS).to_integral_value(rounding=ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise ValueError(f"not an amount: {amount!r}") from error


def exact(value: int, places: int = _PLACES) -> Decimal:
    """``value / 10**places`` as a Decimal without trailing zeros; exact at any size."""
    scale = 10**places
    whole, rest = divmod(abs(int(value)), scale)
    digits = f"{whole}.{rest:0{places}d}".rstrip("0").rstrip(".") if rest else str(whole)
    return Decimal(f"-{digits}" if value < 0 else digits)


def ratio(numerator: int, denominator: int) -> Fraction | None:
    """An exact fraction, or None where the base is not positive (算出不可, never 0 or infinity)."""
    return Fraction(int(numerator), int(denominator)) if denominator > 0 else None


def total(values: NDArray[Any]) -> int:
    """The exact sum of an int64 or object array as a Python int."""
    if values.dtype == object:
        return int(sum(values.tolist()))
    if values.size and int(np.abs(values).max()) > (2**62) // values.size:
        return int(sum(values.tolist()))
    return int(values.sum(dtype=np.int64)) if values.size else 0


def decimal_of(value: Any) -> Decimal:
    """A Decimal from Decimal, int, float (as it prints) or text."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def fraction_of(value: Any) -> Fraction:
    """An exact Fraction from Fraction, Decimal, int, float (as it prints) or text."""
    return value if isinstance(value, Fraction) else Fraction(decimal_of(value))


def units_array(amounts: Iterable[Any]) -> NDArray[np.int64]:
    """Vectorised :func:`to_units`; ValueError names the row (from 0)."""
    if isinstance(amounts, np.ndarray) and amounts.dtype.kind in "iu":
        return amounts.astype(np.int64) * UNITS
    known: dict[Any, int] = {}
    out: list[int] = []
    for row, amount in enumerate(amounts):
        units = known.get(amount) if amount.__class__ is not float else None
        if units is None:
            try:
                units = to_units(amount)
            except ValueError as error:
                raise ValueError(f"row {row}: {error}") from None
            known[amount] = units
        out.append(units)
    return np.array(out, dtype=np.int64)
