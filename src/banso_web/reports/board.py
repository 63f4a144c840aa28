"""Which figures the KGI・KPI board shows, in which tree, and how each is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

LEADING, LAGGING = _("先行指標"), _("遅行指標")


@dataclass(frozen=True)
class Line:
    """One figure of the board. `at`: month (a monthly metric), end (of the month), asked (the page's 基準日), year."""

    key: str
    at: str = "month"
    kind: Any = LAGGING
    trend: str = ""  # column of the monthly series
    digits: int = 2


@dataclass(frozen=True)
class Group:
    key: str
    name: Any
    note: Any
    lines: tuple[Line, ...]


# KGI: what the CSマネージャー answers for. The monthly one is the article's; twelve months stand beside it, never mixed.
KGI = (
    Line("nrr_monthly", trend="nrr"),
    Line("nrr_12m", "year", digits=1),
    Line("grr_monthly", trend="grr"),
    Line("mrr", "end", trend="closing"),
    Line("arr", "end"),
    Line("ltv_article", "asked"),
    Line("ltv_churn", "asked"),
)
GROUPS = (
    Group(
        "onboard",
        _("導入"),
        _("使い始めて、価値を実感するまで"),
        (Line("onboarding_rate"), Line("onboarding_rate_total"), Line("time_to_value", "asked", digits=0)),
    ),
    Group(
        "retain",
        _("継続"),
        _("顧客が残り、契約が続いているか"),
        (
            Line("customer_churn_monthly", trend="customer_churn"),
            Line("mrr_churn_monthly", trend="mrr_churn"),
            Line("customer_churn_annualised"),
            Line("retention_monthly", trend="retention", digits=1),
            Line("gross_revenue_churn", trend="gross_churn"),
            Line("net_revenue_churn", trend="net_churn"),
            Line("renewal_rate", digits=1),
            Line("renewal_rate_amount", digits=1),
            Line("planned_churn_mrr", "asked", LEADING),
            Line("customer_churn_12m_avg", "year"),
            Line("mrr_churn_12m_avg", "year"),
            Line("grr_12m", "year", digits=1),
        ),
    ),
    Group(
        "grow",
        _("拡大"),
        _("残った顧客の価値が増えているか"),
        (
            Line("arpa", "end", trend="arpa"),
            Line("customers", "end", trend="customers"),
            Line("quick_ratio", trend="quick_ratio"),
        ),
    ),
)
ALL: dict[str, Line] = {
    line.key: line for line in (*KGI, *(line for group in GROUPS for line in group.lines))
}
# What the metric's target may be: those of the board that mean the same every month.
TARGETED = tuple(key for key, line in ALL.items() if line.at != "asked")


# Lines of the board whose figures come with later capabilities: shown as 未計算, never left out silently.
WAITING: dict[str, Any] = {
    "onboarding_rate": _("オンボーディング完了率(期限内)"),
    "onboarding_rate_total": _("オンボーディング完了率(累計)"),
}


def name_key(group: Group) -> str:
    """The setting that holds the organisation's own name of a group."""
    return f"board.group.{group.key}"
