"""利用の広がり: the rates of the portfolio and how they are spread, features by customers, one row for each customer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso.names import csv_safe
from banso_web.accounts.reads.choices import owners_in_use, segments
from banso_web.core import audit
from banso_web.core.errors import Forbidden
from banso_web.core.facts import Asked
from banso_web.core.metrics import MetricResult, catalogue, compute, exact, plain
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.figures import Figure
from banso_web.core.ui.links import changed_query, hidden_pairs
from banso_web.core.ui.lists import Chip, Column, Order, chosen_columns
from banso_web.core.ui.states import state_word
from banso_web.members.reads import member_names
from banso_web.usage.reads.health import source_names
from banso_web.usage.reads.own import own_metrics
from banso_web.usage.reads.spread import (
    BINS,
    NONE,
    OVER,
    ZERO,
    FeatureCount,
    Filters,
    Line,
    Spread,
    ordered,
    spread,
)
from banso_web.usage.words import FORMS, USE_REASONS

SIZE = 50
RATES = ("active_rate", "adoption_breadth")
COLUMNS = [
    Column("name", _l("顧客"), sort="name", fixed=True),
    Column("code", _l("顧客ID"), default=False),
    Column("segment", _l("セグメント"), sort="segment"),
    Column("owner", _l("主担当")),
    Column("users", _l("利用者(30日)"), sort="users", num=True),
    Column("seats", _l("席数"), sort="seats", num=True),
    Column("rate", _l("アクティブ率"), sort="rate", num=True),
    Column("breadth", _l("利用の広がり"), sort="breadth", num=True),
    Column("depth", _l("深さ"), sort="depth", num=True, default=False, help=_l("利用者1人あたりのイベント数")),
    Column("stickiness", _l("定着率"), sort="stickiness", num=True, default=False, help=_l("1日の利用者の平均 ÷ 30日の利用者")),
    Column("last", _l("最終利用"), sort="last"),
]  # fmt: skip
FIELDS = ("q", "owner", "segment", "export")


@page("account.view")
def adoption_page(request: HttpRequest) -> HttpResponse:
    """The page; `?export=csv` gives the rows that the filters leave, in the same order and columns."""
    member, asked = reader(request), request.asked  # type: ignore[attr-defined]
    filters = Filters.read(request.GET.dict(), member.pk)
    found = spread(member, asked, filters)
    columns = chosen_columns(COLUMNS, request)
    order = Order.read(request, COLUMNS, "rate")
    lines = ordered(found.lines, [(name, down) for name, _field, down in order.terms])
    if request.GET.get("export") == "csv":
        return _csv(request, asked, columns, lines)
    text = request.GET.get("from", "")
    start = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
    start = start if start < len(lines) else 0
    names, owning = member_names(), owners_in_use()
    context = {
        "found": found,
        "filters": filters,
        "columns": columns,
        "all_columns": COLUMNS,
        "order": order,
        "lines": lines[start : start + SIZE],
        "total": len(lines),
        "first_shown": start + 1,
        "last_shown": min(start + SIZE, len(lines)),
        "previous_url": changed_query(request, **{"from": max(start - SIZE, 0) or None}) if start else "",
        "next_url": changed_query(request, **{"from": start + SIZE}) if start + SIZE < len(lines) else "",
        "figures": _figures(asked, filters, found),
        "charts": _charts(request, found),
        "features": [_feature(request, one) for one in found.features],
        "chips": _chips(request, filters, found, names),
        "owners": {key: name for key, name in names.items() if key in owning},
        "segments": segments(),
        "kept": hidden_pairs(request, *FIELDS, "from"),
        "gaps": [(source_names().get(source, source), days) for source, days in found.found.silent.items()],
        "own": own_metrics(asked),
        "day": asked.as_of,
        "may_export": member.may("export.run"),
        "may_define": member.may("settings.edit"),
        "versions": [(catalogue[key].name, catalogue[key].version) for key in RATES],
    }
    return render_page(request, "usage/adoption.html", context, fragment="usage/_adoption.html")


def _figures(asked: Asked, filters: Filters, found: Spread) -> list[Figure]:
    """Of the scope (segment and owner), whatever else narrows the list."""
    scope = filters.scope
    asking = {"segment": scope.segment, "owner": scope.owner}
    query = urlencode({key: value for key, value in asking.items() if value is not None})
    here = reverse("usage_adoption") + "?" + (query + "&" if query else "")
    figures = [
        _rate(compute(key, asked, scope=scope), f"{reverse('kpi_rows')}?metric={key}&{query}")
        for key in RATES
    ]
    return [
        *figures,
        Figure(_("途絶"), found.stopped, "count", unit="社", metric="stopped", rows_url=f"{here}state=stopped",
               note=_("以前は使われ、この30日は使われていない顧客")),
        Figure(_("アクティブ率が算出不可"), found.rates.get(NONE, 0), "count", unit="社", metric="unknown", rows_url=f"{here}state=unknown"),
    ]  # fmt: skip


def _rate(result: MetricResult, url: str) -> Figure:
    spec = catalogue[result.metric]
    state = "" if result.value is not None else "not_computable"
    return Figure(spec.name, result.value, "pct", digits=1, state=state, reason=result.reason or "", metric=result.metric,
                  rows_url=url, n=result.n, small=result.value is not None and (result.n or 0) < 5, version=result.version)  # fmt: skip


def bin_words() -> dict[str, str]:
    """What the bins are called."""
    words = {
        str(n * 20): _("%(low)s–%(high)s%%") % {"low": (n - 1) * 20, "high": n * 20} for n in range(1, 6)
    }
    return {ZERO: "0%", **words, OVER: _("100%超"), NONE: str(state_word("not_computable"))}


def _charts(request: HttpRequest, found: Spread) -> list[tuple[str, dict[str, Any]]]:
    words = bin_words()

    def bars(name: str, counts: Mapping[str, int], keys: Sequence[str], what: str) -> dict[str, Any]:
        return {
            "kind": "bars",
            "unit": {"kind": "count"},
            "description": what,
            "x": [words[key] for key in keys],
            "series": [{"name": _("顧客"), "values": [counts.get(key, 0) for key in keys]}],
            "hrefs": [
                changed_query(request, **{name: key, "from": None}) if counts.get(key) else None
                for key in keys
            ],
        }

    shares = [key for key in BINS if key != OVER]
    return [
        (_("アクティブ率の分布"), bars("rate", found.rates, BINS, _("アクティブ率ごとの顧客の数"))),
        (_("利用の広がりの分布"), bars("breadth", found.breadths, shares, _("利用の広がりごとの顧客の数"))),
    ]


def _feature(request: HttpRequest, one: FeatureCount) -> dict[str, Any]:
    def url(use: str) -> str:
        return changed_query(request, feature=one.feature.code, use=use, **{"from": None})

    return {"one": one, "held_url": url("held"), "yes_url": url("yes"), "no_url": url("no")}


def _chips(
    request: HttpRequest, filters: Filters, found: Spread, names: Mapping[int | None, str]
) -> list[Chip]:
    words, features = bin_words(), {one.feature.code: one.feature.name for one in found.features}
    uses = {
        "yes": _("「%(name)s」を使っている"),
        "no": _("「%(name)s」を使っていない"),
        "held": _("プランに「%(name)s」がある"),
    }
    owner = _("自分の担当") if filters.owner == "me" else names.get(filters.scope.owner, filters.owner)
    feature = features.get(filters.feature)
    listed = [
        ("q", filters.text, _("「%(text)s」を含む") % {"text": filters.text}),
        ("owner", filters.owner, _("担当: %(name)s") % {"name": owner}),
        ("segment", filters.scope.segment, _("セグメント: %(name)s") % {"name": filters.scope.segment}),
        ("rate", filters.rate, f"{catalogue['active_rate'].name}: {words.get(filters.rate, '')}"),
        (
            "breadth",
            filters.breadth,
            f"{catalogue['adoption_breadth'].name}: {words.get(filters.breadth, '')}",
        ),
        (
            "state",
            filters.state,
            {"stopped": _("途絶"), "unknown": _("アクティブ率が算出不可")}.get(filters.state, ""),
        ),
        ("use", feature and filters.use, uses[filters.use] % {"name": feature} if filters.use else ""),
    ]
    return [
        Chip(
            label,
            changed_query(
                request, **{key: None, "from": None, **({"feature": None} if key == "use" else {})}
            ),
        )
        for key, value, label in listed
        if value
    ]


def _share(value: Fraction | None) -> str | None:
    return None if value is None else plain(exact(value))


_CELLS: dict[str, Callable[[Line], Any]] = {
    "name": lambda one: one.name,
    "code": lambda one: one.code,
    "segment": lambda one: one.segment,
    "owner": lambda one: one.owner,
    "users": lambda one: _share(one.users),
    "seats": lambda one: one.use.seats,
    "rate": lambda one: _share(one.rate),
    "breadth": lambda one: _share(one.breadth),
    "depth": lambda one: _share(one.use.depth),
    "stickiness": lambda one: _share(one.use.stickiness),
    "last": lambda one: one.use.last,
}


def _csv(
    request: HttpRequest, asked: Asked, columns: Sequence[Column], lines: Iterable[Line]
) -> HttpResponse:
    """UTF-8 with mark, formula-safe; ratios are fractions. Beside the columns: how users were counted, and why a number is missing."""
    member = reader(request)
    if not member.may("export.run"):
        raise Forbidden(_("書き出しの権限がありません。必要な場合は管理者に役割の変更を依頼してください。"))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([*(str(column.label) for column in columns), _("数え方"), _("理由")])
    for one in lines:
        beside = [FORMS.get(one.use.form, ""), USE_REASONS.get(one.use.reason, "")]
        writer.writerow(
            [_text(value) for value in (*(_CELLS[column.key](one) for column in columns), *beside)]
        )
    audit.record(
        "adoption.export",
        actor=member,
        new={"as_of": asked.as_of.isoformat(), "query": request.GET.urlencode()[:300]},
    )
    response = HttpResponse(
        b"\xef\xbb\xbf" + buffer.getvalue().encode(), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="adoption-{asked.as_of.isoformat()}.csv"'
    return response


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else csv_safe(str(value))
