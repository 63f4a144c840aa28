"""Amounts: decimals with their currency's exponent, and MRR in 64-bit units of 1/10,000."""

from banso.money.amount import Money, MoneyError, MoneyReason, Number
from banso.money.currencies import EXPONENTS, exponent
from banso.money.text import AmountFailure, MoneyStyle, NegativeMark, format_money, parse_amount
from banso.money.units import (
    UNITS_PER_ONE,
    from_units,
    is_residue,
    settle,
    to_units,
    units_to_money,
    yearly_to_monthly_units,
)

__all__ = [
    "EXPONENTS",
    "UNITS_PER_ONE",
    "AmountFailure",
    "Money",
    "MoneyError",
    "MoneyReason",
    "MoneyStyle",
    "NegativeMark",
    "Number",
    "exponent",
    "format_money",
    "from_units",
    "is_residue",
    "parse_amount",
    "settle",
    "to_units",
    "units_to_money",
    "yearly_to_monthly_units",
]
