"""/styleguide: every page part on one page, with made-up figures that are marked as a sample."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.core.pages import page, render_page
from banso_web.core.registry import TimelineItem
from banso_web.core.ui.figures import Figure
from banso_web.core.ui.lists import Chip, Column, Order, Page, Tab, chosen_columns
from banso_web.core.ui.states import BANDS, STATES

COLUMNS = (
    Column("name", gettext_lazy("顧客"), sort="name", fixed=True),
    Column("owner", gettext_lazy("主担当"), sort="owner"),
    Column("mrr", gettext_lazy("MRR"), sort="mrr", num=True, help=gettext_lazy("基準日の月額合計(税抜)")),
    Column("csat", gettext_lazy("満足度"), num=True),
    Column("band", gettext_lazy("ヘルス")),
    Column("expiry", gettext_lazy("満了日"), sort="expiry", default=False),
)


class SampleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("顧客名"), help_text=gettext_lazy("法人格を含めて入力します。"))
    churn = forms.DecimalField(
        label=gettext_lazy("月次解約率の目標"),
        max_value=100,
        help_text=gettext_lazy("年換算を右に表示します。"),
    )
    touch = forms.ChoiceField(
        label=gettext_lazy("タッチ"),
        choices=[("high", gettext_lazy("ハイタッチ")), ("low", gettext_lazy("ロータッチ"))],
    )
    note = forms.CharField(
        label=gettext_lazy("メモ"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    agreed = forms.BooleanField(label=gettext_lazy("顧客と合意済み"), required=False)


def _figures(request: HttpRequest) -> list[Figure]:
    rows = request.path
    as_of = request.asked.as_of  # type: ignore[attr-defined]
    return [
        Figure(_("NRR(月次)"), Decimal("0.9675"), "pct", change=Decimal("-0.0125"), change_label=_("前月との差"), better="up",
               target=Decimal("1.02"), target_met=False, as_of=as_of, metric="sample", rows_url=rows, version="v1"),
        Figure(_("MRR"), 48_200_000_000, "units", change=1_200_000_000, change_kind="units", change_label=_("前月との差"),
               better="up", metric="sample", rows_url=rows),
        Figure(_("顧客解約率(月)"), Decimal("0.0476"), "pct", low=Decimal("0.014"), high=Decimal("0.165"), n=42, small=True,
               target=Decimal("0.05"), target_op="<=", target_met=True, metric="sample", rows_url=rows),
        Figure(_("LTV(チャーン型)"), None, "money", state="not_computable", reason=_("解約が0件のため、解約率で割れません。")),
        Figure(_("影響社数"), 12, "count", unit="社", estimate=True, change=0, change_kind="count"),
        Figure(_("ヘルス平均"), None, "number", state="not_computed"),
    ]  # fmt: skip


def _rows() -> list[dict[str, Any]]:
    names = [("アオイ商事株式会社", "佐藤", 1_200_000, "4.2", "good"), ("株式会社みなと製作所", "鈴木", 480_000, None, "watch"),
             ("ヒカリ物流株式会社", "高橋", 95_000, "2.8", "risk"), ("株式会社サンプル", "佐藤", 0, None, "unknown")]  # fmt: skip
    return [
        {"name": name, "owner": owner, "mrr": mrr * 10_000, "csat": csat and Decimal(csat), "band": band}
        for name, owner, mrr, csat, band in names
    ]


def _charts() -> list[dict[str, Any]]:
    money = {"kind": "money", "currency": "JPY"}
    deltas = [("opening", _("月初"), 8_000_000, "total"), ("new", _("新規"), 500_000, "delta"),
              ("expansion", _("拡大"), 300_000, "delta"), ("downgrade", _("縮小"), -160_000, "delta"),
              ("churn", _("解約"), -400_000, "delta"), ("closing", _("月末"), 8_240_000, "total")]  # fmt: skip
    months = ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]
    kept: list[list[float]] = [[1, 0.95, 0.91], [1, 0.97], [1]]
    rates = [0.021, 0.0476, None, 0.031, 0.0238]
    return [
        {"kind": "waterfall", "unit": money, "description": _("MRRの動き"),
         "bars": [{"key": k, "label": label, "value": v, "kind": kind} for k, label, v, kind in deltas]},
        {"kind": "line", "unit": {"kind": "percent"}, "description": _("顧客解約率(月)"), "x": months,
         "series": [{"name": _("実績"), "values": rates, "states": [None, None, "missing", None, None],
                     "low": [0.01, 0.02, None, 0.015, 0.011], "high": [0.05, 0.09, None, 0.06, 0.05]}],
         "targets": [{"value": 0.05, "label": _("目標")}]},
        {"kind": "cohort", "unit": {"kind": "percent", "digits": 0}, "description": _("継続率"), "rows": ["2026-06", "2026-07", "2026-08"],
         "cols": ["0", "1", "2"], "rowTitle": _("開始月"),
         "cells": [{"row": r, "col": c, "value": v, "small": r == 2} for r, line in enumerate(kept) for c, v in enumerate(line)]},
    ]  # fmt: skip


@page()
def styleguide(request: HttpRequest) -> HttpResponse:
    """Shows every part; `?errors=1` shows the form with errors, `?empty=1` the empty list."""
    now = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    form = SampleForm({"churn": "120"}) if request.GET.get("errors") else SampleForm()
    figures = _figures(request)
    context = {
        "figures": figures,
        "figure_one": figures[0],
        "states": list(STATES),
        "bands": list(BANDS),
        "columns_all": COLUMNS,
        "columns": chosen_columns(COLUMNS, request),
        "order": Order.read(request, COLUMNS, "-mrr"),
        "rows": _rows(),
        "list_page": Page(rows=[], next_url=f"{request.path}?after=x", previous_url="", total=4),
        "chips": [
            Chip(_("更新まで ≤ 90日"), request.path),
            Chip(_("佐藤が担当"), request.path),
            Chip(_("ハイタッチ"), "?", on=False),
        ],
        "tabs": [
            Tab(_("概要"), request.path, current=True),
            Tab(_("利用"), "?tab=usage"),
            Tab(_("課題"), "?tab=issues", count=3),
        ],
        "charts": _charts(),
        "form": form,
        "timeline": [
            TimelineItem(
                now, "touch", _("定例会"), _("更新の進め方を確認しました。"), _("先方: 購買部 3名"), "today"
            ),
            TimelineItem(
                now.date() - timedelta(days=20),
                "movement",
                _("アップセル"),
                _("MRR +¥50,000"),
                "",
                "waterfall",
            ),
        ],
        "today": now.date(),
        "old_day": now.date() - timedelta(days=12),
        "plain_columns": (
            Column("a", _("月")),
            Column("b", _("月初MRR"), num=True),
            Column("c", _("解約率"), num=True),
        ),
        "plain_rows": [["2026-09", "¥8,000,000", "3.10 %"], ["2026-10", "¥8,240,000", "2.38 %"]],
        "plain_total": [_("合計"), "¥16,240,000", ""],
    }
    return render_page(request, "core/styleguide.html", context)
