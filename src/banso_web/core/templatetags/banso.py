"""Template tags and filters of the page parts (a builtin library: nothing needs `{% load %}`).

The words of each part stand at the head of its template in `core/templates/core/parts/`; `/styleguide` shows them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.forms import BoundField
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from banso.money import Money
from banso_web.core.actions.views import kept_query
from banso_web.core.clock import JST
from banso_web.core.pages import today_url
from banso_web.core.reads.views import views_for
from banso_web.core.ui import charts, formats, icons
from banso_web.core.ui.figures import Figure, figure_html, small_unit, state_html
from banso_web.core.ui.links import changed_query, hidden_pairs, keep_question
from banso_web.core.ui.lists import Column, Order, Page
from banso_web.core.ui.states import BANDS, Band

register = template.Library()
PARTS = "core/parts/"


# --- figures as filters -------------------------------------------------------------------------------------------
@register.filter
def money(value: Any, currency: str = "") -> SafeString:
    """An amount (Money, Decimal or int): ¥1,200,000 or 120万円 by the reader's setting. None is 欠測."""
    return figure_html(value, "money", currency=value.currency if isinstance(value, Money) else currency)


@register.filter
def units(value: int | None, currency: str = "") -> SafeString:
    """An MRR amount in 1/10,000 of the currency unit."""
    return figure_html(value, "units", currency=currency)


@register.filter
def pct(value: Any, digits: int = 2) -> SafeString:
    """A ratio: 0.9675 is 96.75 %."""
    return figure_html(value, "pct", digits=digits)


@register.filter
def pt(value: Any, digits: int = 2) -> SafeString:
    """A difference of ratios, signed: +1.25 pt."""
    return figure_html(value, "pt", digits=digits)


@register.filter
def count(value: Any, unit: str = "件") -> SafeString:
    """12社, 12件 (12 accounts, 12 items)."""
    return figure_html(value, "count", unit=unit)


@register.filter
def number(value: Any, digits: int = 0) -> SafeString:
    """1,234.5 with so many digits."""
    return figure_html(value, "number", digits=digits)


@register.filter
def measured(value: Any) -> SafeString:
    """A count as it is, a mean with one digit: 90, 11.2."""
    return number(value, 0 if value is None or value == int(value) else 1)


@register.filter
def change_units(value: int | None, currency: str = "") -> SafeString:
    """A signed MRR difference: +¥50,000."""
    return (
        state_html("missing")
        if value is None
        else small_unit(formats.units_text(value, currency, signed=True))
    )


@register.filter
def date_ja(value: date | datetime | None) -> SafeString:
    """2026/11/24(火); in English 2026-11-24 Tue. None is 未設定."""
    if value is None:
        return state_html("unset")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.date_text(value))


@register.filter
def moment(value: datetime | None) -> SafeString:
    """2026/11/24(火) 09:00, Japan's time."""
    if value is None:
        return state_html("unset")
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.moment_text(value))


@register.filter
def day_or_moment(value: date | datetime | None) -> SafeString:
    """A day as a day, a moment with its time."""
    return moment(value) if isinstance(value, datetime) else date_ja(value)


@register.filter
def local_input(value: datetime | None) -> str:
    """A moment as the value of a field, 2026/11/24 09:00, Japan's time."""
    return value.astimezone(JST).strftime("%Y/%m/%d %H:%M") if value else ""


@register.filter
def month(value: date | None) -> str:
    """2026年11月; in English 2026-11."""
    return formats.month_text(value) if value else ""


@register.filter
def state(key: str) -> SafeString:
    """算出不可, 対象外, 件数不足, 欠測, 未計算 and the others of `core.ui.states`."""
    return state_html(key)


@register.simple_tag
def figure(
    value: Any, kind: str = "number", *, rows_url: str = "", metric: str = "", state: str = "", reason: str = "",
    digits: int | None = None, unit: str = "", currency: str = "",
) -> SafeString:  # fmt: skip
    """One figure inside a table or sentence; with `rows_url` it opens its rows in the drawer."""
    shown = state_html(state or "missing", reason) if state or value is None else figure_html(
        value, kind, digits=digits, unit=unit, currency=currency
    )  # fmt: skip
    if not rows_url:
        return shown
    url = keep_question(rows_url)
    return format_html(
        '<a class="figure-link" href="{}" data-drawer data-figure="{}" data-rows-url="{}">{}</a>',
        url,
        metric,
        url,
        shown,
    )


@register.inclusion_tag(PARTS + "stat.html")
def stat(
    label: Any = "", value: Any = None, kind: str = "number", *, of: Figure | None = None, **rest: Any
) -> dict[str, Any]:
    """See parts/stat.html. `of` takes a ready `Figure`; otherwise its fields come as arguments."""
    return {
        "figure": replace(of, **rest)
        if of is not None
        else Figure(label=label, value=value, kind=kind, **rest)
    }


# --- marks --------------------------------------------------------------------------------------------------------
@register.simple_tag
def icon(name: str, css: str = "icon") -> SafeString:
    """One of our icons (core.ui.icons), sized by CSS."""
    return icons.icon(name, css)


@register.simple_tag
def band(key: str, *, small: bool = False, word: str = "") -> SafeString:
    """Colour, shape and word of a band: good, watch, risk, unknown, not_computed. `small`: hollow, with 参考."""
    known = BANDS.get(key) or Band(key, key, BANDS["unknown"].css)
    mark = format_html(' <span class="mark mark-small">{}</span>', _("参考")) if small else ""
    return format_html(
        '<span class="band {}{}">{}</span>{}',
        known.css,
        " band-hollow" if small else "",
        word or known.word,
        mark,
    )


@register.simple_tag
def mark(kind: str) -> SafeString:
    """推定 (estimate), 参考 (small), サンプル (sample), 速報 (preliminary), 確報 (final), 改訂 (restated)."""
    words = {
        "estimate": _("推定"), "small": _("参考"), "sample": _("サンプル"), "preliminary": _("速報"),
        "final": _("確報"), "restated": _("締め後修正"), "incomplete": _("未整備"),
    }  # fmt: skip
    return format_html('<span class="mark mark-{}">{}</span>', kind, words.get(kind, kind))


@register.inclusion_tag(PARTS + "stale.html")
def stale(newest: date | datetime | None, today: date, days: int = 2) -> dict[str, Any]:
    """See parts/stale.html: says how old the newest data is where it is older than `days`."""
    if newest is None:
        return {"missing": True}
    age = (today - (newest.date() if isinstance(newest, datetime) else newest)).days
    return {"newest": newest, "age": age, "shown": age > days}


# --- blocks -------------------------------------------------------------------------------------------------------
@register.simple_block_tag(takes_context=True, end_name="end_today_only")
def today_only(context: template.Context, content: str, *, quiet: bool = False) -> str:
    """Forms of a page that is also for reading: at another 基準日, where a POST is refused, one sentence stands there instead
    (once a page; nothing with `quiet`, for a form inside a table or a line)."""
    request = context["request"]
    asked = getattr(request, "asked", None)
    if asked is None or asked.is_today:
        return content
    if quiet or getattr(request, "told_of_today", False):
        return ""
    request.told_of_today = True
    return render_to_string(PARTS + "not_today.html", {"url": today_url(request)})


@register.simple_block_tag(takes_context=True)
def card(
    context: template.Context, content: str, title: Any = "", *, note: Any = "", href: str = "", css: str = ""
) -> SafeString:
    """See parts/card.html: `{% card "題" note="…" %} … {% endcard %}`."""
    engine = context.template.engine if context.template else None
    assert engine is not None
    shown = engine.get_template(PARTS + "card.html").render(
        template.Context({"content": content, "title": title, "note": note, "href": href, "css": css})
    )
    return shown


@register.simple_block_tag(takes_context=True)
def bulkbar(context: template.Context, content: str, form: str = "", unit: str = "件") -> SafeString:
    """See parts/bulk_bar.html: actions on ticked rows with their count; `form` is the id of the form around the table,
    `unit` 件 or 社."""
    engine = context.template.engine if context.template else None
    assert engine is not None
    return engine.get_template(PARTS + "bulk_bar.html").render(
        template.Context({"content": content, "form": form, "unit": unit})
    )


@register.inclusion_tag(PARTS + "empty.html")
def empty(title: Any, text: Any = "", *, action: Any = "", url: str = "") -> dict[str, Any]:
    """See parts/empty.html: what would be here, and the first step."""
    return {"title": title, "text": text, "action": action, "url": url}


@register.inclusion_tag(PARTS + "tabs.html")
def tabs(items: Iterable[Any], label: Any = "") -> dict[str, Any]:
    """See parts/tabs.html: a row of `Tab`."""
    return {"items": items, "label": label or _("表示の切り替え")}


@register.inclusion_tag(PARTS + "timeline.html")
def timeline(items: Iterable[Any], more_url: str = "", *, edit_name: str = "") -> dict[str, Any]:
    """See parts/timeline.html: `TimelineItem` rows, latest first. `edit_name`: the page that corrects those with a key."""
    return {"items": items, "more_url": more_url, "edit_name": edit_name}


@register.inclusion_tag(PARTS + "chart.html")
def chart(
    data: Any,
    table: Mapping[str, Any] | None = None,
    *,
    title: Any = "",
    size: str = "",
    opens: str = "drawer",
) -> dict[str, Any]:
    """See parts/chart.html. `data` follows frontend/src/charts/contract.ts; `table` is {"head": […], "rows": [[…]]}."""
    return {
        "island": charts.island(data), "table": table or charts.twin(data), "title": title, "size": size, "opens": opens,
        "label": title or data.get("description", ""),
    }  # fmt: skip


# --- lists --------------------------------------------------------------------------------------------------------
@register.inclusion_tag(PARTS + "chips.html")
def chips(items: Iterable[Any], clear_url: str = "") -> dict[str, Any]:
    """See parts/chips.html: the filters in words (`Chip`), each with the way to take it away."""
    return {"items": items, "clear_url": clear_url}


@register.inclusion_tag(PARTS + "table_head.html", takes_context=True)
def table_head(
    context: template.Context, columns: Sequence[Column], order: Order | None = None, *, tick: bool = False
) -> dict[str, Any]:
    """See parts/table_head.html: the head row with sortable columns and, with `tick`, the box for all rows."""
    request: HttpRequest = context["request"]
    cells: list[dict[str, Any]] = []
    for column in columns:
        if not column.sort or order is None:
            cells.append({"column": column})
            continue
        way = order.direction(column.key)
        wanted = column.key if way == "descending" else f"-{column.key}" if way or column.num else column.key
        cells.append(
            {
                "column": column, "way": way, "url": changed_query(request, sort=wanted),
                "add_url": changed_query(request, sort=order.adding(column.key, wanted)),
                "rank": order.rank(column.key) if len(order.terms) > 1 else 0,
            }
        )  # fmt: skip
    return {"cells": cells, "tick": tick}


@register.inclusion_tag(PARTS + "pager.html")
def pager(page: Page, unit: str = "件") -> dict[str, Any]:
    """See parts/pager.html: keyset links of a `Page`."""
    return {"page": page, "unit": unit}


@register.inclusion_tag(PARTS + "column_chooser.html", takes_context=True)
def column_chooser(
    context: template.Context, columns: Sequence[Column], chosen: Sequence[Column]
) -> dict[str, Any]:
    """See parts/column_chooser.html: which columns the list shows, kept in the address."""
    request: HttpRequest = context["request"]
    return {
        "columns": columns, "chosen": {column.key for column in chosen}, "path": request.path,
        "hidden": hidden_pairs(request, "columns", "column"),
    }  # fmt: skip


@register.inclusion_tag(PARTS + "saved_views.html", takes_context=True)
def saved_views(context: template.Context, page: str) -> dict[str, Any]:
    """See parts/saved_views.html: the reader's views of a list, and the form that keeps the present one."""
    request: HttpRequest = context["request"]
    user: Any = request.user
    views = views_for(user, page)
    kept = kept_query(dict(request.GET.lists()))
    query = urlencode({key: values for key, values in kept.items() if any(values)}, doseq=True)
    current = next((view for view in views if view.query and view.query == query), None)
    return {
        "views": views, "page": page, "query": query, "current": current, "path": request.path,
        "here": changed_query(request), "csrf_token": context.get("csrf_token", ""),
    }  # fmt: skip


@register.inclusion_tag(PARTS + "data_table.html")
def data_table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    *,
    caption: Any = "",
    total: Sequence[Any] = (),
    tight: bool = False,
) -> dict[str, Any]:
    """See parts/data_table.html: a plain table of ready cells, without sorting."""
    return {"columns": columns, "rows": [list(zip(columns, row, strict=False)) for row in rows], "caption": caption,
            "total": list(zip(columns, total, strict=False)), "tight": tight}  # fmt: skip


# --- forms --------------------------------------------------------------------------------------------------------
@register.inclusion_tag(PARTS + "field.html")
def field(bound: BoundField, *, help: Any = "", unit: Any = "") -> dict[str, Any]:
    """See parts/field.html: label above, help below, error beside."""
    return {
        "field": bound,
        "help": help or bound.help_text,
        "unit": unit,
        "tick": getattr(bound.field.widget, "input_type", "") == "checkbox",
    }


@register.inclusion_tag(PARTS + "error_summary.html")
def error_summary(form: Any) -> dict[str, Any]:
    """See parts/error_summary.html: every error of a form with a link to its field."""
    return {"form": form}


# --- links --------------------------------------------------------------------------------------------------------
@register.simple_tag
def link(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a page that keeps 基準日. Keyword arguments that begin with `q_` become query parameters."""
    query = {
        key[2:]: value for key, value in kwargs.items() if key.startswith("q_") and value not in (None, "")
    }
    path = reverse(
        name, args=args or None, kwargs={k: v for k, v in kwargs.items() if not k.startswith("q_")} or None
    )
    return keep_question(f"{path}?{formats.query_text(query)}" if query else path)


@register.simple_tag
def url_or_blank(name: str, *args: Any) -> str:
    """The address of a page, or nothing where that page does not exist in this installation."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.filter
def asof(url: str) -> str:
    """Any address of ours, with the page's 基準日 kept."""
    return keep_question(url)


@register.simple_tag(takes_context=True)
def audit_link(context: template.Context, subject: str, subject_id: int | None = None) -> SafeString:
    """The way to a thing's rows in the audit log, for readers who may see it; nothing for the others."""
    user = context["request"].user
    if not (user.is_authenticated and user.may("audit.view")):
        return SafeString("")
    query = {"subject": subject, **({"id": subject_id} if subject_id is not None else {})}
    url = f"{reverse('audit')}?{formats.query_text(query)}"
    return format_html(
        '<a class="btn btn-sm btn-quiet" href="{}">{}{}</a>', url, icons.icon("audit"), _("監査ログ")
    )


@register.simple_tag(takes_context=True)
def here(context: template.Context, **changes: Any) -> str:
    """This page's address with parameters changed; None takes one away."""
    return changed_query(context["request"], **changes)


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    """`{{ row|get:column.key }}`: a value by a key that is itself a variable; None where it is absent."""
    return mapping.get(key)
