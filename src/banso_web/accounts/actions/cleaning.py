"""Reading what somebody typed or sent for one field, with words for what cannot stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from banso.money import EXPONENTS, AmountFailure, parse_amount
from banso_web.accounts.actions.stating import invalid

Clean = Callable[[Any], Any]
MOST = 2_147_483_647  # what the column holds


def text(limit: int, *, required: str = "") -> Clean:
    """Trimmed text up to so many characters; `required`: the message for nothing."""

    def clean(value: Any) -> str:
        found = str(value or "").strip()
        if required and not found:
            raise ValueError(required)
        if len(found) > limit:
            raise ValueError(_("%(limit)s文字までで入れてください。") % {"limit": limit})
        return found

    return clean


def day(value: Any) -> str | None:
    """A day as ISO text; ValueError for one that the calendar does not have (2026-02-30)."""
    if value in ("", None):
        return None
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ValueError(
            _("「%(text)s」は暦にない日付です。2026-11-24 の形で入れてください。") % {"text": str(value)[:40]}
        ) from None


def whole(least: int = 0) -> Clean:
    """A whole number, or None."""

    def clean(value: Any) -> int | None:
        if value in ("", None):
            return None
        try:
            number = int(str(value))
        except ValueError:
            raise ValueError(_("整数を入れてください。")) from None
        if not least <= number <= MOST:
            raise ValueError(_("%(least)s 以上の整数を入れてください。") % {"least": least})
        return number

    return clean


def one_of(keys: Collection[str]) -> Clean:
    def clean(value: Any) -> str:
        found = str(value or "").strip()
        if found and found not in keys:
            raise ValueError(_("選択肢にない値です。"))
        return found

    return clean


def some_of(keys: Collection[str]) -> Clean:
    """Keys with ; between, each once, in the order of `keys`."""

    def clean(value: Any) -> str:
        parts = (
            {str(one) for one in value}
            if isinstance(value, list | tuple)
            else set(str(value or "").split(";"))
        )
        parts.discard("")
        if not parts <= set(keys):
            raise ValueError(_("選択肢にない値です。"))
        return ";".join(key for key in keys if key in parts)

    return clean


def yes_no(value: Any) -> bool | None:
    """True, False, or None for unknown."""
    if value in (True, "1", "true", "on", "yes"):
        return True
    if value in (False, "0", "false", "no"):
        return False
    if value in ("", None):
        return None
    raise ValueError(_("選択肢にない値です。"))


def amount(value: Any) -> Decimal | None:
    """An amount with at most 4 decimals (MRR is kept in 1/10,000 of the unit)."""
    if value in ("", None):
        return None
    found = value if isinstance(value, Decimal) else parse_amount(str(value))
    if isinstance(found, AmountFailure) or not found.is_finite():
        raise ValueError(_("金額を数字で入れてください。例: 120,000"))
    exponent = found.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -4:
        raise ValueError(_("金額の小数は4桁までです。"))
    if abs(found) >= Decimal(10) ** 14:
        raise ValueError(_("金額が大きすぎます。"))
    return found


def currency(value: Any) -> str:
    """A currency of ISO 4217; JPY where nothing is said."""
    code = str(value or "JPY").strip().upper()
    if code not in EXPONENTS:
        raise ValueError(
            _("「%(code)s」という通貨はありません。JPY のような3文字で入れてください。") % {"code": code[:10]}
        )
    return code


def all_of(values: Mapping[str, Any], table: Mapping[str, Clean]) -> dict[str, Any]:
    """Every value cleaned by its field's rule, or Refused with a message per field; unknown fields are refused by name."""
    cleaned: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, value in values.items():
        if field not in table:
            problems[field] = _("編集できない項目です。")
            continue
        try:
            cleaned[field] = table[field](value)
        except ValueError as problem:
            problems[field] = str(problem)
    if problems:
        raise invalid(**problems)
    return cleaned
