"""Why a day or a period was refused. The codes are stable; the web translates them."""

from __future__ import annotations

from enum import StrEnum


class DateReason(StrEnum):
    EMPTY = "empty"
    UNDECIDED = "undecided"  # 未定, TBD: somebody knows that nobody knows
    IMPOSSIBLE_DAY = "impossible_day"  # 2026-02-30
    ERA_OUT_OF_RANGE = "era_out_of_range"  # 令和元年4月30日 was still 平成
    WEEKDAY_DIFFERS = "weekday_differs"  # 2026/11/24(月): one of the two is wrong
    MONTH_ONLY = "month_only"  # a day was wanted
    OUT_OF_RANGE = "out_of_range"  # a serial number that is no day
    UNKNOWN_FORMAT = "unknown_format"


class PeriodError(ValueError):
    """A day or period that cannot be used; `reason` is the code, `detail` the value that was refused."""

    def __init__(self, reason: DateReason, detail: object = "") -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail
