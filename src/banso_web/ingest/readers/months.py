"""Month headers of a 横持ち table: `2025/04`, `2025年4月度`, `R7.4`, a date cell, 「4月」 below 「2025年度」."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

_ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}
_NAMES = {name: place for place, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip
_TAIL = r"(?:月分|月度|月末|月|分|末)?(?:mrr|月額)?"


def month_of(value: object, *, year: int | None = None, fiscal_start: int = 4) -> dt.date | None:
    """The first day of the month a header names, or None when it names none.

    A bare 「4月」 needs `year` (a fiscal year that begins in `fiscal_start`: 1月 of 2025年度 is 2026-01) or a joined upper
    header: 「2025年度/4月」 (fiscal) and 「2025年/4月」 (calendar).
    """
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return value.replace(day=1)
    if not isinstance(value, str):
        return None
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", value)).casefold().strip("*※")
    return _full(text) or _joined(text, fiscal_start) or _bare(text, year, fiscal_start)


def _day(year: int, month: int) -> dt.date | None:
    return dt.date(year, month, 1) if 1 <= month <= 12 and 1900 <= year <= 2200 else None


def _full(text: str) -> dt.date | None:
    if found := re.fullmatch(rf"(\d{{4}})[-/.年](\d{{1,2}}){_TAIL}", text):
        return _day(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"(20\d{2})(0[1-9]|1[0-2])", text):
        return _day(int(found[1]), int(found[2]))
    if found := re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:00:00(:00)?)?", text):
        return _day(int(found[1]), int(found[2])) if 1 <= int(found[3]) <= 31 else None
    if found := re.fullmatch(rf"(令和|平成|昭和|r|h|s)(\d{{1,2}}|元)[-/.年](\d{{1,2}}){_TAIL}", text):
        return _day(_ERAS[found[1]] + (1 if found[2] == "元" else int(found[2])), int(found[3]))
    if found := re.fullmatch(r"'?(2\d)[/.年](\d{1,2})月?度?", text):
        return _day(2000 + int(found[1]), int(found[2]))
    if found := re.fullmatch(r"([a-z]{3})[a-z]*[-/.'](\d{2}|\d{4})", text):
        month = _NAMES.get(found[1])
        year = int(found[2])
        return _day(year + 2000 if year < 100 else year, month) if month else None
    return None


def _joined(text: str, fiscal_start: int) -> dt.date | None:
    found = re.fullmatch(rf"(?:fy|(令和|平成|r|h))?(\d{{1,4}}|元)(年度|年)?/(\d{{1,2}})月{_TAIL}", text)
    if not found:
        return None
    year = 1 if found[2] == "元" else int(found[2])
    if found[1]:
        year += _ERAS[found[1]]
    month = int(found[4])
    fiscal = found[3] == "年度" or text.startswith("fy")
    return _day(year + 1 if fiscal and month < fiscal_start else year, month)


def _bare(text: str, year: int | None, fiscal_start: int) -> dt.date | None:
    found = re.fullmatch(r"(\d{1,2})月(?:度|分|末)?", text)
    if not found or year is None:
        return None
    month = int(found[1])
    return _day(year + 1 if month < fiscal_start else year, month)
