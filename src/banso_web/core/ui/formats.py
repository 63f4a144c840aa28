"""Figures and dates as plain text, in the reader's language. The printed digits are rounded half up, once, exactly."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import get_language

from banso.money import Money, MoneyStyle, NegativeMark, format_money, from_units
from banso_web.core.clock import JST
from banso_web.core.ui.display import current

Number = int | Decimal | Fraction | float
_WEEKDAYS = "月火水木金土日"
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Units of counts: the glossary's short words. English says them in full behind the number.
_UNITS_EN = {
    "社": ("account", "accounts"),
    "件": ("item", "items"),
    "名": ("person", "people"),
    "人": ("person", "people"),
    "日": ("day", "days"),
    "営業日": ("business day", "business days"),
    "か月": ("month", "months"),
    "年": ("year", "years"),
    "回": ("time", "times"),
    "時間": ("hour", "hours"),
    "分": ("minute", "minutes"),
    "行": ("row", "rows"),
    "点": ("point", "points"),
    "倍": ("times", "times"),
}


def japanese() -> bool:
    """Whether the page is written in Japanese."""
    return (get_language() or "ja").startswith("ja")


def joined(words: Iterable[Any]) -> str:
    """Words in a row, as the reader's language divides them: 「、」 or a comma."""
    return ("、" if japanese() else ", ").join(str(one) for one in words)


def _fraction(value: Number) -> Fraction:
    # A float stands for the shortest decimal that prints it: 0.285 is 285/1000, as its writer meant.
    return Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)


def round_half_up(value: Number, digits: int) -> Decimal:
    """Half away from zero to so many decimals, from the exact value (so never rounded twice)."""
    exact = _fraction(value) * 10**digits
    magnitude = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return Decimal(magnitude if exact >= 0 else -magnitude).scaleb(-digits)


def _sign(value: Decimal, signed: bool) -> str:
    if value < 0:
        return "▲" if current().negative is NegativeMark.TRIANGLE else "\N{MINUS SIGN}"
    return "+" if signed and value > 0 else ""


def number_text(value: Number, digits: int = 0, *, signed: bool = False) -> str:
    """1234.5 with one digit gives 1,234.5; what rounds to 0 has no sign."""
    rounded = round_half_up(value, digits)
    return f"{_sign(rounded, signed)}{abs(rounded):,.{digits}f}"


def money_text(
    value: Money | Number, currency: str = "", *, signed: bool = False, symbol: bool = True
) -> str:
    """An amount in the reader's style: ¥1,200,000, or 120万円 where the reader chose it and reads Japanese. Without a
    currency it is in the organisation's base currency."""
    amount = value if isinstance(value, Money) else _amount(value, currency)
    style = current().money if japanese() else MoneyStyle.FULL
    text = format_money(amount, style, current().negative, symbol=symbol)
    return f"+{text}" if signed and amount.round_display().amount > 0 else text


def units_text(units: int, currency: str = "", *, signed: bool = False) -> str:
    """An MRR amount held in 1/10,000 of the currency unit."""
    return money_text(Money(from_units(units), currency or current().base()), signed=signed)


def _amount(value: Number, currency: str) -> Money:
    return Money(round_half_up(value, 6).normalize(), currency or current().base())


def exact_text(value: Any, kind: str, currency: str = "") -> str:
    """The full amount behind a shortened one (for its title); empty for every other kind."""
    if kind not in ("money", "units"):
        return ""
    amount = from_units(value) if kind == "units" else value
    money = amount if isinstance(amount, Money) else _amount(amount, currency)
    return format_money(money, MoneyStyle.FULL, current().negative)


def pct_text(ratio: Number, digits: int = 2, *, signed: bool = False) -> str:
    """0.9675 gives 96.75 %."""
    return f"{number_text(_fraction(ratio) * 100, digits, signed=signed)} %"


def pt_text(ratio: Number, digits: int = 2) -> str:
    """A difference of two ratios in percentage points, always signed: 0.0125 gives +1.25 pt."""
    return f"{number_text(_fraction(ratio) * 100, digits, signed=True)} pt"


def unit_word(unit: str, value: Number) -> str:
    """社 in Japanese, account or accounts in English; an unknown unit stands as it is."""
    if japanese() or unit not in _UNITS_EN:
        return unit
    one, many = _UNITS_EN[unit]
    return one if value == 1 else many


def count_text(value: Number, unit: str = "件", digits: int = 0, *, signed: bool = False) -> str:
    """12社, 12 accounts."""
    gap = "" if japanese() else " "
    return (
        f"{number_text(value, digits, signed=signed)}{gap}{unit_word(unit, value)}"
        if unit
        else number_text(value, digits)
    )


def _day(value: date | datetime) -> date:
    return (
        value.astimezone(JST).date()
        if isinstance(value, datetime) and value.tzinfo
        else date(*value.timetuple()[:3])
    )


def date_text(value: date | datetime, *, weekday: bool = True) -> str:
    """2026/11/24(火); in English 2026-11-24 Tue. A moment gives Japan's day."""
    day = _day(value)
    if japanese():
        return f"{day:%Y/%m/%d}({_WEEKDAYS[day.weekday()]})" if weekday else f"{day:%Y/%m/%d}"
    return f"{day:%Y-%m-%d} {_DAYS_EN[day.weekday()]}" if weekday else f"{day:%Y-%m-%d}"


def moment_text(value: datetime) -> str:
    """2026/11/24(火) 09:00, Japan's time; a naive moment is taken as UTC."""
    moment = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(JST)
    return f"{date_text(moment)} {moment:%H:%M}"


def month_text(value: date) -> str:
    """2026年11月; in English 2026-11."""
    return f"{value.year}年{value.month}月" if japanese() else f"{value:%Y-%m}"


def figure_text(
    value: Any, kind: str, *, digits: int | None = None, unit: str = "", currency: str = ""
) -> str:
    """One value by its kind: money, units, pct, pt, count, number, date, moment, month or text."""
    match kind:
        case "money":
            return money_text(value, currency)
        case "units":
            return units_text(value, currency)
        case "pct":
            return pct_text(value, 2 if digits is None else digits)
        case "pt":
            return pt_text(value, 2 if digits is None else digits)
        case "count":
            return count_text(value, unit or "件", digits or 0)
        case "number":
            text = number_text(value, digits or 0)
            return f"{text}{'' if japanese() else ' '}{unit_word(unit, value)}" if unit else text
        case "date":
            return date_text(value)
        case "moment":
            return moment_text(value)
        case "month":
            return month_text(value)
        case "text":
            return str(value)
    raise ValueError(f"unknown kind of figure: {kind}")


def query_text(query: dict[str, Any]) -> str:
    """Query parameters as they stand in an address; lists repeat their name, days are ISO."""
    return urlencode(query, doseq=True)
