"""Filters of the desk's pages (a builtin library)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from banso_web.core.templatetags.banso import date_ja, units
from banso_web.core.ui.figures import small_unit
from banso_web.core.ui.formats import money_text
from banso_web.desk import cells, words

register = template.Library()


@register.filter
def split_words(text: str) -> list[str]:
    """ "30 60 90" as a list, for choices written in a template."""
    return text.split()


@register.filter
def touch_words(text: str) -> str:
    return words.touch_words(text)


@register.filter
def role_word(key: str) -> str:
    return str(words.ROLE_WORDS.get(key, key))


@register.filter
def party_word(key: str) -> str:
    return str(words.PARTY_WORDS.get(key, key))


register.filter("days_to", cells.days_to)
register.filter("days_since", cells.days_since)
register.simple_tag(cells.cells, name="customer_cells")


@register.filter
def signed_money(value: Any, currency: str = "") -> SafeString:
    """A difference with its sign."""
    return small_unit(money_text(value, currency, signed=True))


@register.filter
def notice_words(contract: Any) -> str:
    """The notice rule in words: 満了の2か月前まで."""
    kinds = {
        "months_before": _("満了の%(n)sか月前まで"),
        "days_before": _("満了の%(n)s日前まで"),
        "day_of_previous_month": _("満了の前月%(n)s日まで"),
        "none": _("予告なし"),
    }
    form = kinds.get(contract.notice_kind)
    return form % {"n": contract.notice_value} if form and "%" in form else form or contract.notice_kind


@register.filter
def match_reason(code: str) -> str:
    """A reason of a 名寄せ candidate in words."""
    return str(words.MATCH_REASONS.get(code, code))


@register.filter
def verdict_word(code: str) -> str:
    """How sure the comparison is, in words."""
    return str(words.VERDICTS.get(code, code))


@register.filter
def side_by_side(row: Any) -> list[tuple[Any, Any, Any]]:
    """(label, left, right) of the facts of a candidate pair, money only where the reader may see it."""
    rows: list[tuple[Any, Any, Any]] = [
        (label, _side_value(row.first, name), _side_value(row.second, name))
        for name, label in words.SIDE_WORDS.items()
        if getattr(row.first, name) not in (None, "") or getattr(row.second, name) not in (None, "")
    ]
    if row.first.mrr_units is not None and row.second.mrr_units is not None:
        rows.append(("MRR", units(row.first.mrr_units), units(row.second.mrr_units)))
    return rows


def _side_value(side: Any, name: str) -> Any:
    value = getattr(side, name)
    if value in (None, ""):
        return "—"
    return date_ja(value) if isinstance(value, date) else value


@register.simple_tag(takes_context=True)
def include_block(context: template.Context, name: str, values: dict[str, Any]) -> str:
    """Render an app's block of the customer page with its own context and this request."""
    return get_template(name).render(values, context.get("request"))
