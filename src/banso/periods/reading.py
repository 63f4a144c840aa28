"""Days as people write them, read or refused with a reason; and days as a Japanese page shows them."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from banso.periods.days import JST, jst_day
from banso.periods.months import Month
from banso.periods.reasons import DateReason, PeriodError

WEEKDAYS = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class DateFailure:
    """What was written and why it is no day; `reason` is a code that the page translates."""

    reason: DateReason
    text: str


# Name, initial, first day, last day. Before 1873 Japan counted by the lunar calendar, so 明治 starts there.
_ERAS = (
    ("令和", "R", date(2019, 5, 1), date.max),
    ("平成", "H", date(1989, 1, 8), date(2019, 4, 30)),
    ("昭和", "S", date(1926, 12, 25), date(1989, 1, 7)),
    ("大正", "T", date(1912, 7, 30), date(1926, 12, 24)),
    ("明治", "M", date(1873, 1, 1), date(1912, 7, 29)),
)
# 明治 counts from 1868 although its readable days start in 1873.
_FIRST_YEARS = {"令和": 2019, "平成": 1989, "昭和": 1926, "大正": 1912, "明治": 1868}
_BY_MARK = {mark: era for era in _ERAS for mark in era[:2]}

_UNDECIDED = frozenset({"未定", "未確定", "検討中", "調整中", "TBD", "TBA"})
_DASHES = str.maketrans(dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{HYPHEN}\N{HORIZONTAL BAR}ー", "-"))
_WEEKDAY = re.compile(rf"\s*\(([{WEEKDAYS}])(?:曜日?)?\)$")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}.*$")
_CLOCK = re.compile(
    r"(?:(?P<before>午前|午後|AM|PM)\s*)?(?:(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?"
    r"|\s*時\s*(?:(?P<minute2>\d{1,2})\s*分|(?P<half>半))?)|(?:(?<=\s)|^)(?P<compact>\d{4}))\s*(?P<after>AM|PM)?$",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR = r"(?P<year>\d{4})|(?P<era>令和|平成|昭和|大正|明治|[RHSTM])\s*(?P<era_year>\d{1,2}|元)"
_DAY = re.compile(
    rf"(?:{_YEAR})(?:\s*年\s*(?P<month>\d{{1,2}})\s*月(?:\s*(?P<day>\d{{1,2}})\s*日|度)?"
    r"|(?P<mark>[-/.])(?P<month2>\d{1,2})(?:(?P=mark)(?P<day2>\d{1,2}))?)"
)


def parse_date(value: str | float | date | None) -> date | Month | DateFailure:
    """The day somebody wrote, in any way Japanese files write it.

    Accepts 2026-11-24, 2026/11/24, 2026.11.24, 20261124, 2026年11月24日, 令和8年11月24日, R8.11.24, a trailing (火), a
    time after the day (with an offset the day is Japan's), all in full width too; 2026年4月度 and 2026-04 give a
    `Month`. An int or float is an Excel serial number (1900 system), or 20261124. Never guesses: two-digit years and
    11/24/2026 are UNKNOWN_FORMAT.
    """
    if isinstance(value, datetime):
        return value.date() if value.tzinfo is None else jst_day(value)
    if isinstance(value, date):
        return value
    if isinstance(value, int | float):
        return _of_number(value)
    return _of_text(value or "")


def parse_day(value: str | float | date | None) -> date | DateFailure:
    """Like `parse_date`, where only a day will do: a month is the failure MONTH_ONLY."""
    found = parse_date(value)
    return DateFailure(DateReason.MONTH_ONLY, str(value)) if isinstance(found, Month) else found


def parse_moment(text: str, today: date) -> datetime | DateFailure:
    """The day and time somebody wrote, in Japan's time.

    The day as for `parse_day`, then 14:30, 14時30分, 14時, 14時半, 午後2時30分 or 2:30 PM, all in full width too; 2026-11-24T14:30 and
    20261124 1430 as well, with seconds where they stand. A time alone is of ``today``; a day alone is its first moment. What is no time of a day
    (25:00) is UNKNOWN_FORMAT.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _CLOCK.search(plain)
    day_text = (plain[: found.start()] if found else plain).strip().removesuffix("T").strip()
    if found is not None and not day_text and found["compact"]:
        return DateFailure(DateReason.UNKNOWN_FORMAT, text)  # 2026 alone is a year begun, no time
    day = today if found is not None and not day_text else parse_day(day_text)
    if isinstance(day, DateFailure):
        return DateFailure(day.reason, text)
    clock = time() if found is None else _clock(found)
    return (
        DateFailure(DateReason.UNKNOWN_FORMAT, text) if clock is None else datetime.combine(day, clock, JST)
    )


def _clock(found: re.Match[str]) -> time | None:
    """The time of a match of `_CLOCK`; None where the day has no such time."""
    if found["compact"]:
        hour, minute = int(found["compact"][:2]), int(found["compact"][2:])
    else:
        hour = int(found["hour"])
        minute = 30 if found["half"] else int(found["minute"] or found["minute2"] or 0)
    half = (found["before"] or found["after"] or "").upper()
    if half:
        if hour > 12 or (hour == 0 and half in ("AM", "PM")):
            return None
        hour = hour % 12 + (12 if half in ("午後", "PM") else 0)
    second = int(found["second"] or 0)
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _of_text(text: str) -> date | Month | DateFailure:
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).strip().upper()
    if not plain:
        return DateFailure(DateReason.EMPTY, text)
    if plain in _UNDECIDED:
        return DateFailure(DateReason.UNDECIDED, text)
    weekday = _WEEKDAY.search(plain)
    if weekday:
        plain = plain[: weekday.start()]
    try:
        found = _of_moment(plain) if _TIME.search(plain) else _of_plain(plain)
    except PeriodError as error:
        return DateFailure(error.reason, text)
    if weekday and (isinstance(found, Month) or WEEKDAYS[found.weekday()] != weekday[1]):
        return DateFailure(DateReason.WEEKDAY_DIFFERS, text)
    return found


def _of_plain(plain: str) -> date | Month:
    compact = _COMPACT.fullmatch(plain)
    if compact:
        return _day(*(int(part) for part in compact.groups()))
    found = _DAY.fullmatch(plain)
    if not found:
        raise PeriodError(DateReason.UNKNOWN_FORMAT, plain)
    month, day = int(found["month"] or found["month2"]), found["day"] or found["day2"]
    era = _BY_MARK[found["era"]] if found["era"] else None
    if era:
        era_year = 1 if found["era_year"] == "元" else int(found["era_year"])
        year = _FIRST_YEARS[era[0]] + era_year - 1
    else:
        era_year, year = 1, int(found["year"])
    if not day and not 1 <= month <= 12:
        raise PeriodError(DateReason.IMPOSSIBLE_DAY, plain)
    result = _day(year, month, int(day)) if day else Month(year, month)
    first, last = (result.first, result.last) if isinstance(result, Month) else (result, result)
    if era and (era_year < 1 or last < era[2] or first > era[3]):
        raise PeriodError(DateReason.ERA_OUT_OF_RANGE, plain)
    return result


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise PeriodError(DateReason.IMPOSSIBLE_DAY, f"{year}-{month}-{day}") from None


def _of_moment(plain: str) -> date:
    """The day of a text with a time. ISO order only; what carries an offset is a moment, and its day is Japan's."""
    day_text, clock = re.split(r"[T ]", plain, maxsplit=1)
    day = _of_plain(day_text)
    if isinstance(day, Month):
        raise PeriodError(DateReason.UNKNOWN_FORMAT, plain)
    try:
        hour, rest = clock.strip().split(":", 1)
        moment = datetime.fromisoformat(f"{day.isoformat()}T{hour:0>2}:{rest}")
    except ValueError:
        raise PeriodError(DateReason.UNKNOWN_FORMAT, plain) from None
    try:
        return day if moment.tzinfo is None else jst_day(moment)
    except OverflowError:  # Japan's day of it lies beyond the calendar
        raise PeriodError(DateReason.IMPOSSIBLE_DAY, plain) from None


def _of_number(value: float) -> date | DateFailure:
    if isinstance(value, bool) or not math.isfinite(value):
        return DateFailure(DateReason.UNKNOWN_FORMAT, str(value))
    serial = math.floor(value)  # the fraction is the time of day
    if 1900_01_01 <= serial <= 9999_12_31 and serial == value:
        return parse_day(str(serial))
    if not 1 <= serial <= 2_958_465:  # 9999-12-31
        return DateFailure(DateReason.OUT_OF_RANGE, str(value))
    if serial == 60:  # Excel believes in 1900-02-29
        return DateFailure(DateReason.IMPOSSIBLE_DAY, str(value))
    return date(1899, 12, 31 if serial < 60 else 30) + timedelta(days=serial)


def format_date_ja(day: date) -> str:
    """2026/11/24(火)"""
    return f"{day.year:04d}/{day.month:02d}/{day.day:02d}({WEEKDAYS[day.weekday()]})"


def format_wareki(day: date) -> str:
    """令和8年11月24日, for printed documents; the first year is 元年. Days before 1873 raise PeriodError."""
    for name, _, first, last in _ERAS:
        if first <= day <= last:
            year = day.year - _FIRST_YEARS[name] + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    raise PeriodError(DateReason.ERA_OUT_OF_RANGE, day)
