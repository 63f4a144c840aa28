"""The cells of a customer's row in 顧客一覧, written in Python: a list has hundreds, and a template's chain of
conditions for each of them took most of the page's time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from banso_web.core.templatetags.banso import band, date_ja, link, mark, number, units
from banso_web.core.ui.figures import state_html
from banso_web.core.ui.lists import Column
from banso_web.desk import words
from banso_web.health.words import BAND_KEYS

if TYPE_CHECKING:
    from banso_web.accounts.models import Account

    Cell = Callable[[Account, date], SafeString]


def days_to(day: date, today: date) -> str:
    """あと12日, 今日, 3日超過."""
    left = (day - today).days
    if left == 0:
        return _("今日")
    return _("あと%(n)s日") % {"n": left} if left > 0 else _("%(n)s日超過") % {"n": -left}


def days_since(day: date, today: date) -> str:
    """12日前; 今日."""
    gone = (today - day).days
    return _("今日") if gone == 0 else _("%(n)s日前") % {"n": gone}


def _text(value: str | None) -> SafeString:
    return format_html("<td>{}</td>", value or "")


def _state(word: str) -> SafeString:
    return format_html('<td><span class="state-word">{}</span></td>', word)


def _name(row: Account, today: date) -> SafeString:
    incomplete = format_html(" {}", mark("incomplete")) if row.incomplete else ""
    excluded = (
        format_html(' <span class="mark">{}</span>', row.get_excluded_display()) if row.excluded else ""
    )
    return format_html(
        '<td class="cell-name"><a href="{}" data-row-link>{}</a>{}{}<span class="cell-sub">{}</span></td>',
        link("customer", row.pk),
        row.name,
        incomplete,
        excluded,
        row.kana,
    )


def _day(day: date | None, beside: str, missing: str) -> SafeString:
    if day is None:
        return _state(missing)
    return format_html('<td>{}<span class="cell-sub">{}</span></td>', date_ja(day), beside)


def _renewal(row: Account, today: date) -> SafeString:
    return _day(row.renewal_on, days_to(row.renewal_on, today) if row.renewal_on else "", _("なし"))


def _mrr(row: Account) -> SafeString:
    if row.mrr_unrated:
        sub = '<td class="num">{}<span class="cell-sub">{}</span></td>'
        return format_html(sub, state_html("no_rate"), row.mrr_unrated)
    return format_html('<td class="num">{}</td>', units(row.mrr_units))


def _contacted(row: Account, today: date) -> SafeString:
    last = row.last_touch_on
    return _day(last, days_since(last, today) if last else "", _("記録なし"))


def _band(told: Any) -> SafeString:
    """`told`: its newest reading; None: not computed, or counted nowhere."""
    if told is None:
        return format_html("<td>{}</td>", band("not_computed"))
    mark = band(BAND_KEYS[told.band])
    value = "" if told.value is None else number(told.value, 1)
    frozen = format_html(" · {}", _("据え置き")) if told.frozen else ""
    return format_html('<td>{}<span class="cell-sub">{}{}</span></td>', mark, value, frozen)


CELLS: dict[str, Cell] = {
    "name": _name,
    "code": lambda row, today: _text(row.code),
    "segment": lambda row, today: _text(row.segment),
    "touch": lambda row, today: _text(words.touch_words(row.touch)),
    "owner": lambda row, today: _text(row.owner.name) if row.owner else _state(_("担当なし")),
    "deputy": lambda row, today: _text(row.deputy.name if row.deputy else ""),
    "mrr": lambda row, today: _mrr(row),
    "renewal": _renewal,
    "contacted": _contacted,
    "band": lambda row, today: _band(getattr(row, "health", None)),
    "industry": lambda row, today: _text(row.industry),
    "prefecture": lambda row, today: _text(row.prefecture),
    "employees": lambda row, today: format_html(
        '<td class="num">{}</td>', "" if row.employees is None else number(row.employees)
    ),
    "started": lambda row, today: format_html(
        "<td>{}</td>", date_ja(row.started_on) if row.started_on else ""
    ),
}


def cells(row: Account, columns: Sequence[Column], today: date) -> SafeString:
    """Every chosen cell of a row, in the columns' order."""
    return mark_safe(
        "".join(CELLS[column.key](row, today) for column in columns)
    )  # each part is escaped already
