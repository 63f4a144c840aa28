"""Why an amount was refused. The codes are stable; the web translates them."""

from __future__ import annotations

from enum import StrEnum


class MoneyReason(StrEnum):
    UNKNOWN_CURRENCY = "unknown_currency"
    CURRENCIES_DIFFER = "currencies_differ"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    EMPTY = "empty"


class MoneyError(ValueError):
    """An amount that cannot be used; `reason` is the code, `detail` the value that was refused."""

    def __init__(self, reason: MoneyReason, detail: object = "") -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail
