"""Words of the number pages that several of them use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from banso_web.core.metrics import MetricResult
from banso_web.reports.question import Question
from banso_web.revenue.metrics.words import EXCLUDED, PARTS

SIDES: dict[str, Any] = {"numerator": _("分子"), "denominator": _("分母"), "excluded": _("除外")}
MORE_PARTS: dict[str, Any] = {
    **PARTS,
    "untouched": _("未接触のまま自動更新"),
    "pending": _("結論待ち"),
    "lost": _("更新されなかった契約"),
    "planned_churn": _("解約予定"),
    "reached": _("到達した顧客"),
    "not_yet": _("まだ到達していない顧客"),
}
REASONS: dict[str, Any] = {**EXCLUDED}
INTERVALS: dict[str, Any] = {
    "wilson": _("95%区間(ウィルソン)"),
    "t": _("95%区間(スチューデント)"),
    "adjusted_wald": _("95%区間(調整ワルド)"),
    "kaplan_meier": _("95%区間(カプラン・マイヤー法)"),
}


@dataclass(frozen=True)
class LeftOut:
    """One kind of what no figure counts, with the page of its rows."""

    part: str
    reason: str
    count: int
    amount: Decimal | None  # None: some of it has no rate
    url: str


def left_out_words(
    question: Question, found: Iterable[tuple[str, str, int, Decimal | None]]
) -> list[LeftOut]:
    """What was left out of the month, by kind."""
    url = question.rows_url("nrr_monthly", "excluded")
    return [LeftOut(part, reason, count, amount, url) for part, reason, count, amount in found]


def part_name(part: str) -> Any:
    """分子, 分母, 除外, or the word of a bar."""
    return SIDES.get(part) or MORE_PARTS.get(part) or part


# Sides and parts whose value is the number of their rows: a rate of customers, contracts or months.
COUNTED: dict[str, tuple[str, ...]] = {
    "customers": ("numerator",),
    "arpa": ("denominator",),
    "customer_churn_monthly": ("numerator", "denominator"),
    "customer_churn_annualised": ("numerator", "denominator"),
    "retention_monthly": ("numerator", "denominator"),
    "renewal_rate": ("numerator", "denominator", "pending", "lost", "untouched"),
    "renewal_rate_amount": ("pending", "lost", "untouched"),
    "customer_churn_12m_avg": ("denominator",),
    "mrr_churn_12m_avg": ("denominator",),
    "coverage": ("numerator", "denominator"),
    "time_to_value": ("reached", "not_yet"),
}


# What is counted where it is not customers.
COUNTED_IN: dict[str, str] = {
    "renewal_rate": "件",
    "renewal_rate_amount": "件",
    "customer_churn_12m_avg": "か月",
    "mrr_churn_12m_avg": "か月",
}


def counted(metric: str, side: str) -> bool:
    """Whether the value of a side is the number of its rows, not the sum of their amounts."""
    return side in COUNTED.get(metric, ())


def parts_of(result: MetricResult) -> list[str]:
    """The parts a reader can open, sides first."""
    sides = [
        key
        for key, side in (("numerator", result.numerator), ("denominator", result.denominator))
        if side is not None
    ]
    named = [key for key in result.part_rows if key in MORE_PARTS]
    return [*sides, "excluded", *named] if sides else [*named, "excluded"]
