"""法人番号: the 13-digit number of a legal person, with its check digit."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class NumberReason(StrEnum):
    EMPTY = "empty"
    NOT_DIGITS = "not_digits"
    WRONG_LENGTH = "wrong_length"
    CHECK_DIGIT = "check_digit"


@dataclass(frozen=True, slots=True)
class CorporateNumber:
    """A number that was read. `number` is the 13 digits when they are right, else None with the `reason`."""

    text: str
    number: str | None
    reason: NumberReason | None

    @property
    def valid(self) -> bool:
        return self.number is not None

    @property
    def invoice_number(self) -> str | None:
        """適格請求書発行事業者の登録番号 of a corporation: T and the number."""
        return f"T{self.number}" if self.number else None


_BETWEEN = re.compile(r"[\s\-\N{HYPHEN}\N{EN DASH}\N{MINUS SIGN}ー]")


def check_digit(twelve: str) -> int:
    """9 − (Σ Pn·Qn mod 9), n from the right, Q 1 at odd and 2 at even places. It cannot catch a 0 swapped for a 9."""
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(twelve)))
    return 9 - total % 9


def corporate_number(text: str) -> CorporateNumber:
    """Read a 法人番号 or a T number, full width, with spaces or hyphens. 4011001098993 is valid, …994 is not."""
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()
    digits = plain.removeprefix("T")
    reason = None
    if not plain:
        reason = NumberReason.EMPTY
    elif not (digits.isascii() and digits.isdigit()):
        reason = NumberReason.NOT_DIGITS
    elif len(digits) != 13:
        reason = NumberReason.WRONG_LENGTH
    elif int(digits[0]) != check_digit(digits[1:]):
        reason = NumberReason.CHECK_DIGIT
    return CorporateNumber(text, None if reason else digits, reason)
