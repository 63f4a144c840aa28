"""The time part of a question as people write it: 基準日 and 判明時点, read or refused with words. Never guessed, and never
today's instead of what was asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from banso.periods import DateFailure, parse_day, parse_moment
from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked, current_watermark

FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)  # the days that facts may have
AHEAD = 10  # years that a 基準日 may lie ahead of today
_SPACED_OFFSET = re.compile(r"(:\d{2}(?:\.\d+)?) (\d{2}:?\d{2})$")  # in an address a bare `+` is a space


class Unreadable(Refused):
    """A day or moment in the question that is none (HTTP 422)."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message, code="unreadable", fields={name: message})


def read_day(text: str, name: str = "as_of") -> date:
    """A day in any way Japanese write it (`banso.periods.parse_day`), from 1900 to 2199. Unreadable otherwise."""
    found = parse_day(text)
    if isinstance(found, DateFailure) or not FIRST <= found <= LAST:
        raise Unreadable(
            name,
            _("「%(text)s」は日付として読み取れません。2026/11/24、20261124、令和8年11月24日のように指定してください。")
            % {"text": text[:50]},
        )  # fmt: skip
    return found


def read_moment(text: str, name: str = "known_at") -> datetime:
    """A moment: ISO, or a day as `read_day` takes it with a time behind it.

    Without offset it is Japan's time; a bare day means its end. Unreadable otherwise.
    """
    plain = _SPACED_OFFSET.sub(r"\1+\2", unicodedata.normalize("NFKC", text).strip())
    found = None
    if not isinstance(day := parse_day(plain), DateFailure) and not re.search(r"\d[:時]", plain):
        found = datetime.combine(day, time.max, clock.JST)
    else:
        try:
            found = datetime.fromisoformat(plain)
        except ValueError:
            moment = parse_moment(plain, clock.today())
            found = None if isinstance(moment, DateFailure) else moment
    if found is None or not FIRST < found.date() < LAST:  # at the calendar's ends it has no local time
        raise Unreadable(
            name,
            _("「%(text)s」は日時として読み取れません。2026/11/24 09:00 のように指定してください。")
            % {"text": text[:50]},
        )
    return found if found.tzinfo else found.replace(tzinfo=clock.JST)


def horizon(today: date) -> date:
    """The last day that may be asked for."""
    return today.replace(year=today.year + AHEAD, day=min(today.day, 28) if today.month == 2 else today.day)


def read_asked(query: Mapping[str, str]) -> Asked:
    """The question's time part from `as_of`, `known_at` and `watermark`; what is empty was not asked for.

    Raises Unreadable for a day or moment that cannot be read, and for a 基準日 more than ten years ahead.
    """
    today, latest = clock.today(), current_watermark()
    as_of = read_day(query["as_of"]) if query.get("as_of", "").strip() else today
    if as_of > horizon(today):
        raise Unreadable(
            "as_of", _("基準日は今日から%(years)s年先までの日を指定してください。") % {"years": AHEAD}
        )
    known_at = read_moment(query["known_at"]) if query.get("known_at", "").strip() else None
    mark = latest
    if query.get("watermark", "").isdecimal():
        mark = min(int(query["watermark"][:18]), latest)
    return Asked(as_of=as_of, today=today, watermark=mark, known_at=known_at, pinned=mark != latest)
