"""MRR amounts: 64-bit integers of 1/10,000 of the currency unit, rounded half up once, at entry.

¥1,000,000 a year is 83,333.3333 a month: 833,333,333 units. Twelve such months miss the year by 0.0004 yen, which is
why a balance under half the minor unit counts as 0 and is listed as 端数 instead of keeping a customer alive.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from banso.money.amount import Money, Number, decimal_of
from banso.money.currencies import exponent
from banso.money.reasons import MoneyError, MoneyReason

UNITS_PER_ONE = 10_000
_LARGEST = 2**63 - 1


def _rounded(exact: Fraction) -> int:
    """Half away from zero, in whole numbers: no intermediate decimal can round a second time."""
    magnitude = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    if magnitude > _LARGEST:
        raise MoneyError(MoneyReason.OUT_OF_RANGE, exact)
    return magnitude if exact >= 0 else -magnitude


def to_units(amount: Number) -> int:
    """Units of 1/10,000 from an amount a month: "83333.33335" gives 833_333_334. Raises MoneyError beyond 64 bits."""
    return _rounded(Fraction(decimal_of(amount)) * UNITS_PER_ONE)


def yearly_to_monthly_units(amount: Number, months: int = 12) -> int:
    """Units a month of an amount paid for a term of `months` (12: a year). Divided exactly, rounded once."""
    if months < 1:
        raise MoneyError(MoneyReason.OUT_OF_RANGE, months)
    return _rounded(Fraction(decimal_of(amount)) * UNITS_PER_ONE / months)


def from_units(units: int) -> Decimal:
    """The exact amount of so many units: 833_333_333 gives 83333.3333."""
    return Decimal(units).scaleb(-4)


def units_to_money(units: int, currency: str = "JPY") -> Money:
    """The exact amount with its currency."""
    return Money(from_units(units), currency)


def is_residue(units: int, currency: str = "JPY") -> bool:
    """Whether a balance is a 端数: not 0, but under half the minor unit (JPY: under 0.5 yen; USD: under 0.005)."""
    return 0 < 2 * abs(units) * int(10 ** exponent(currency)) < UNITS_PER_ONE


def settle(units: int, currency: str = "JPY") -> int:
    """The balance after a movement: 0 where only a 端数 is left. The caller lists what `is_residue` found."""
    return 0 if is_residue(units, currency) else units
