"""The NRR page: bars with their rows, twelve months, the trend, and what the change of MRR is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from banso.revenue import Decomposition, decompose
from banso_web.core.metrics import MetricResult, Rows, Scope
from banso_web.core.ui.formats import month_text
from banso_web.core.ui.links import keep_question
from banso_web.reports.question import Question
from banso_web.reports.reads.figures import Answers, reporting_currency
from banso_web.reports.reads.trend import column, month_of, months
from banso_web.revenue.metrics.words import PARTS
from banso_web.revenue.reads.chain import chain_of, months_text
from banso_web.revenue.reads.closing import Closed, chained_waterfall, pending_at
from banso_web.revenue.reads.months import months_before

# Bars from left to right, with the sign they stand on the picture.
BARS = (
    ("new", 1),
    ("reactivation", 1),
    ("upsell", 1),
    ("cross_sell", 1),
    ("contraction", -1),
    ("churn", -1),
    ("fx", 1),
)


@dataclass(frozen=True)
class Bar:
    """One bar: its signed amount, how many customers, and the page of its rows ("" where it has none)."""

    key: str
    name: Any
    amount: Decimal
    total: bool
    count: int | None
    url: str
    note: str = ""
    page: str = ""  # a page that explains the bar, where it is not made of a metric's rows


@dataclass(frozen=True)
class Fall:
    """The month's waterfall as the page shows it. `difference` must be 0; `pending`: 更新手続中(仮に継続)."""

    bars: tuple[Bar, ...]
    difference: Decimal
    pending_mrr: Decimal
    pending_count: int
    currency: str
    signed: bool  # the opening is the closing that was signed for the month before
    pending_unrated: int = 0  # of the pending contracts, those in a currency without a rate: in no sum
    last_closed: date | None = None
    missing: str = ""  # the open months between the last closed one and this


def fall(question: Question, answers: Answers) -> Fall | None:
    """None where the month has no figures (not begun)."""
    result = answers.of.get("nrr_monthly")
    if result is None or not result.parts:
        return None
    asked = question.asked
    chained: dict[str, Decimal | None] = {}
    pending: tuple[Any, ...] = ()
    chain = chain_of(question.month) if question.scope == Scope() else None
    if question.scope == Scope():
        pending = pending_at(asked, question.month)
        chained = chained_waterfall(asked, question.month, pending)
    parts = result.parts
    opening = chained.get("opening", parts["opening"])
    restated = chained.get("restatement") or Decimal(0)
    bars = [_bar(question, result, "opening", Decimal(opening or 0), total=True)]
    if restated:
        before = f"{months_before(question.month, 1):%Y-%m}"
        # The signed opening is another month's closing: the rows of today's opening do not add up to it.
        bars = [replace(bars[0], url="", count=None, note=_("前の月に署名した月末MRR"))]
        bars.append(
            Bar(
                "restatement",
                PARTS["restatement"],
                restated,
                False,
                None,
                "",
                _("前月の締めの後に入った修正です"),
                question.url("closing", month=before) + "#corrections",
            )
        )
    for key, sign in BARS:
        if key != "fx" or parts["fx"]:
            bars.append(_bar(question, result, key, sign * Decimal(parts[key])))
    bars.append(_bar(question, result, "closing", Decimal(parts["closing"]), total=True))
    return Fall(
        bars=tuple(bars),
        difference=Decimal(chained.get("difference") or parts["difference"]),
        pending_mrr=Decimal(chained.get("pending_renewal") or 0),
        pending_count=len(pending),
        currency=reporting_currency(question),
        signed=bool(chained) and chained.get("opening") != chained.get("opening_restated"),
        pending_unrated=sum(1 for one in pending if one.units is None),
        last_closed=chain.before if chain else None,
        missing=months_text(chain.missing) if chain else "",
    )


def _bar(question: Question, result: MetricResult, key: str, amount: Decimal, *, total: bool = False) -> Bar:
    rows = result.part_rows.get(key, ())
    counted = len(rows)
    if key in (
        "upsell",
        "cross_sell",
    ):  # rows of every expansion: those without a share in the bar are not counted
        counted = rows.with_amount() if isinstance(rows, Rows) else 0
    return Bar(key, PARTS[key], amount, total, counted, question.rows_url("nrr_monthly", key))


def chart(question: Question, shown: Fall) -> dict[str, Any]:
    """The waterfall for the picture; each bar opens its rows."""
    bars = [
        {
            "key": bar.key, "label": str(bar.name), "value": bar.amount, "kind": "total" if bar.total else "delta",
            "note": bar.note, "href": keep_question(bar.url or bar.page) or None,
        }
        for bar in shown.bars
    ]  # fmt: skip
    return {
        "kind": "waterfall",
        "unit": {"kind": "money", "currency": shown.currency},
        "description": _("%(month)sのMRRの動き。月初から月末まで、増減の理由別に示します。")
        % {"month": month_text(question.month)},
        "bars": [{key: value for key, value in bar.items() if value not in (None, "")} for bar in bars],
    }


def split(question: Question, answers: Answers) -> Decomposition | None:
    """Δ MRR = Δ customers × price + customers × Δ price (TCH-03)."""
    nrr, churn = answers.of.get("nrr_monthly"), answers.of.get("customer_churn_monthly")
    if nrr is None or churn is None or not nrr.parts or not churn.parts:
        return None
    counts = churn.parts
    return decompose(
        int(counts["opening_customers"]),
        nrr.parts["opening"],
        int(counts["closing_customers"]),
        nrr.parts["closing"],
    )


def trend_chart(question: Question) -> dict[str, Any]:
    """Monthly NRR and GRR of thirteen months."""
    rows = months(question)
    named = ((_("NRR 月次"), "nrr", "solid"), (_("GRR 月次"), "grr", "dashed"))
    lists = [(name, column(rows, key), style) for name, key, style in named]
    return {
        "kind": "line",
        "unit": {"kind": "percent", "digits": 2},
        "description": _("月次のNRRとGRRの13か月の推移"),
        "x": [month_text(month_of(row)) for row in rows],
        "series": [
            {
                "name": name,
                "values": values,
                "style": style,
                "states": ["" if value is not None else "not_computable" for value in values],
            }
            for name, values, style in lists
        ],
        "targets": [{"value": 1, "label": "100 %"}],
        "hrefs": [keep_question(question.url("nrr", month=row.month)) for row in rows],
    }


def trend_table(question: Question) -> list[dict[str, Any]]:
    """The months' bars as rows, the latest first."""
    return [
        {
            "month": month_of(row), "url": question.url("nrr", month=row.month), "opening": row.opening, "new": row.new,
            "reactivation": row.reactivation, "expansion": row.expansion, "contraction": -row.contraction, "churn": -row.churn,
            "closing": row.closing, "nrr": row.nrr, "grr": row.grr, "customers": row.counts["closing_customers"],
        }
        for row in reversed(months(question))
        if row.opening or row.closing
    ]  # fmt: skip


__all__ = ["BARS", "Bar", "Closed", "Fall", "chart", "fall", "split", "trend_chart", "trend_table"]
