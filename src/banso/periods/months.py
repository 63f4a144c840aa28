"""`Month`, and the fiscal year, half and quarter a day falls in."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import overload

from banso.periods.reasons import DateReason, PeriodError

_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2})|年(\d{1,2})月度?)")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month; ordered, hashable, printed as 2026-10."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.month <= 12 and 1 <= self.year <= 9999):
            raise PeriodError(DateReason.OUT_OF_RANGE, f"{self.year}-{self.month}")

    @classmethod
    def of(cls, day: date) -> Month:
        """The month a day lies in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """From "2026-10", "2026/10", "2026年10月" or "2026年10月度", full-width too; PeriodError otherwise."""
        found = _MONTH.fullmatch(unicodedata.normalize("NFKC", text).strip())
        if not found:
            raise PeriodError(DateReason.UNKNOWN_FORMAT, text)
        return cls(int(found[1]), int(found[2] or found[3]))

    @classmethod
    def range(cls, first: Month, last: Month) -> Iterator[Month]:
        """Every month from first to last, both included; none when last lies before first."""
        for offset in range(last - first + 1):
            yield first + offset

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    def __add__(self, months: int) -> Month:
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    @overload
    def __sub__(self, other: int) -> Month: ...
    @overload
    def __sub__(self, other: Month) -> int: ...
    def __sub__(self, other: int | Month) -> Month | int:
        """A month so many earlier, or the number of months between two."""
        if isinstance(other, Month):
            return (self.year - other.year) * 12 + self.month - other.month
        return self + -other

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class FiscalPeriod:
    """Where a month stands in the company's year. A fiscal year is named after the year it begins in."""

    year: int
    half: int  # 1 上期, 2 下期
    quarter: int  # 1 to 4
    first_month: int  # of the fiscal year, 1 to 12

    @property
    def year_label(self) -> str:
        return f"{self.year}年度"

    @property
    def quarter_label(self) -> str:
        return f"{self.quarter}Q"

    @property
    def half_label(self) -> str:
        return "上期" if self.half == 1 else "下期"

    @property
    def label(self) -> str:
        """2026年度 4Q 下期"""
        return f"{self.year_label} {self.quarter_label} {self.half_label}"

    def _months(self, offset: int, length: int) -> tuple[date, date]:
        start = Month(self.year, self.first_month) + offset
        return start.first, (start + (length - 1)).last

    @property
    def year_days(self) -> tuple[date, date]:
        """First and last day of the fiscal year."""
        return self._months(0, 12)

    @property
    def half_days(self) -> tuple[date, date]:
        return self._months(6 * (self.half - 1), 6)

    @property
    def quarter_days(self) -> tuple[date, date]:
        return self._months(3 * (self.quarter - 1), 3)


def fiscal_period(day: date, first_month: int = 4) -> FiscalPeriod:
    """The fiscal year, half and quarter of a day. With April first, 2027-01-15 is 2026年度 4Q 下期."""
    if not 1 <= first_month <= 12:
        raise PeriodError(DateReason.OUT_OF_RANGE, first_month)
    offset = (day.month - first_month) % 12
    year = day.year if day.month >= first_month else day.year - 1
    return FiscalPeriod(year, offset // 6 + 1, offset // 3 + 1, first_month)


def week_start(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())
