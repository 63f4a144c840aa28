"""The form field of a day: typed as people write days, shown as 2026/11/24."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from banso.periods import DateFailure, DateReason, parse_day, parse_moment
from banso_web.core import clock
from banso_web.core.asking import FIRST, LAST

UNREAD_MOMENT = _(
    "日時として読み取れません。2026/11/24 14:30、2026年11月24日 14時30分 のように入れてください。今日なら 14:30 だけでも構いません。"
)
UNREAD = _("日付として読み取れません。2026/11/24、20261124、令和8年11月24日のように入れてください。")
IMPOSSIBLE = _("暦にない日付です。2026/11/24 のように入れてください。")
BEYOND = _("1900年から2199年までの日付を入れてください。")
MONTH = _("日まで入れてください。例: 2026/11/24")
_WORDS = {
    DateReason.IMPOSSIBLE_DAY: IMPOSSIBLE,
    DateReason.MONTH_ONLY: MONTH,
    DateReason.WEEKDAY_DIFFERS: _("日付と曜日が合いません。どちらが正しいか確かめてください。"),
}


class DayInput(forms.TextInput):
    """A text field; the page script says the weekday beside it and opens the browser's calendar (frontend/src/days.ts)."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        own = {"data-day": "", "data-day-label": _("カレンダーから選ぶ"), "autocomplete": "off"}
        super().__init__({**own, "placeholder": "2026/11/24", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """A day, or its ISO text, as 2026/11/24; anything else as it was typed."""
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                return value or None
        return f"{value:%Y/%m/%d}" if value else None


class MomentInput(DayInput):
    """The same for a day with its time."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-day": "moment", "placeholder": "2026/11/24 14:30", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """A moment as Japan's clock shows it, 2026/11/24 14:30; anything else as it was typed."""
        if isinstance(value, datetime):
            return f"{value.astimezone(clock.JST):%Y/%m/%d %H:%M}"
        return str(value) if value else None


class MomentField(forms.DateTimeField):
    """A day and its time in Japan, typed as people write them (`banso.periods.parse_moment`); a time alone is today's."""

    widget = MomentInput

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, datetime):
            return value
        found = parse_moment(str(value), clock.today())
        if isinstance(found, DateFailure):
            unread = found.reason not in _WORDS
            raise ValidationError(str(UNREAD_MOMENT if unread else _WORDS[found.reason]), code="invalid")
        if not FIRST <= found.date() <= LAST:
            raise ValidationError(str(BEYOND), code="invalid")
        return found


class DayField(forms.DateField):
    """A day in any way Japanese write one (`banso.periods.parse_day`), from 1900 to 2199."""

    widget = DayInput

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or (isinstance(value, str) and not value.strip()):
            return None
        found = parse_day(value)
        if isinstance(found, DateFailure):
            raise ValidationError(str(_WORDS.get(found.reason, UNREAD)), code="invalid")
        if not FIRST <= found <= LAST:
            raise ValidationError(str(BEYOND), code="invalid")
        return found
