"""Amounts as people write and read them. Whether a label says 税抜 or 税込 is the page's business."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from banso.money.amount import Money, round_half_up
from banso.money.currencies import exponent
from banso.money.reasons import MoneyReason


class MoneyStyle(StrEnum):
    FULL = "full"  # ¥1,200,000
    MAN = "man"  # 120万円
    MILLION = "million"  # 1.2百万円


class NegativeMark(StrEnum):
    MINUS = "minus"  # −¥720,000
    TRIANGLE = "triangle"  # ▲¥720,000


_SIGNS = {NegativeMark.MINUS: "\N{MINUS SIGN}", NegativeMark.TRIANGLE: "▲"}
_SCALES = {MoneyStyle.MAN: (4, "万円"), MoneyStyle.MILLION: (6, "百万円")}


def format_money(
    money: Money,
    style: MoneyStyle = MoneyStyle.FULL,
    negative: NegativeMark = NegativeMark.MINUS,
    *,
    symbol: bool = True,
) -> str:
    """One amount for display, rounded half up.

    FULL gives ¥1,200,000, and for other currencies their code and decimals (USD 1,200.50); `symbol=False` leaves the
    bare number for a column whose head names the currency. MAN and MILLION give 120万円 and 1.2百万円 with at most one
    decimal; they are Japanese yen's own, so other currencies fall back to FULL. What rounds to 0 has no sign.
    """
    scale = _SCALES.get(style) if money.currency == "JPY" else None
    if scale:
        digits, unit = scale
        value = round_half_up(money.amount.scaleb(-digits), 1)
        text = f"{abs(value):,.1f}".removesuffix(".0") + (unit if symbol else "")
    else:
        value = money.round_display().amount
        prefix = ("¥" if money.currency == "JPY" else f"{money.currency} ") if symbol else ""
        text = f"{prefix}{abs(value):,.{exponent(money.currency)}f}"
    return _SIGNS[negative] + text if value < 0 else text


@dataclass(frozen=True, slots=True)
class AmountFailure:
    """A text that is no amount; `reason` is EMPTY or NOT_A_NUMBER."""

    reason: MoneyReason
    text: str


_AMOUNT = re.compile(
    r"(?P<open>\()?(?P<sign>[-+▲△])?\s*[¥\\$]?\s*(?P<sign2>[-+▲△])?(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*円?(?P<close>\))?"
)
# NFKC leaves these dashes alone, and people do type them before a number.
_DASHES = str.maketrans("\N{MINUS SIGN}\N{EN DASH}\N{HYPHEN}", "---")


def parse_amount(text: str) -> Decimal | AmountFailure:
    """The number in a cell: "1,200,000", "¥1,200,000", "１２００円", "▲720,000", "(720,000)". Units such as 万円 are refused.

    Thousand separators must stand in their places: "1,20" is a failure, not 120.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).strip()
    if not plain:
        return AmountFailure(MoneyReason.EMPTY, text)
    found = _AMOUNT.fullmatch(plain)
    signs = [found["sign"], found["sign2"]] if found else []
    if (
        not found
        or all(signs)
        or bool(found["open"]) != bool(found["close"])
        or (found["open"] and any(signs))
    ):
        return AmountFailure(MoneyReason.NOT_A_NUMBER, text)
    amount = Decimal(found["number"].replace(",", ""))
    is_negative = bool(found["open"]) or any(sign in ("-", "▲", "△") for sign in signs if sign)
    return -amount if is_negative else amount
