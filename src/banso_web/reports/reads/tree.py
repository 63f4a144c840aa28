"""KGI → what moves it → the KPIs behind: the month's bars as a tree, each opening its rows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from banso_web.core.metrics import catalogue
from banso_web.reports.board import ALL
from banso_web.reports.question import Question
from banso_web.reports.reads.figures import Answers
from banso_web.revenue.metrics.words import PARTS


@dataclass(frozen=True)
class Leaf:
    """A KPI under a bar."""

    name: Any
    value: Any
    kind: str
    reason: str
    url: str
    metric: str
    digits: int  # as on the figure's own card


@dataclass(frozen=True)
class Branch:
    """A bar of NRR with its share of the opening and the KPIs that stand behind it."""

    part: str
    name: Any
    amount: Decimal
    count: int | None
    share: Decimal | None
    url: str
    leaves: tuple[Leaf, ...]


COUNTS = {
    "expansion": "expanded_customers",
    "contraction": "contracted_customers",
    "churn": "churned_customers",
}
BEHIND = {
    "churn": ("customer_churn_monthly", "mrr_churn_monthly", "renewal_rate"),
    "contraction": ("gross_revenue_churn",),
    "expansion": ("arpa",),
}


def tree(question: Question, answers: Answers) -> list[Branch]:
    """The bars that make NRR (empty where the month has no opening): signed amounts, counts, shares of the opening."""
    result, churned = answers.of.get("nrr_monthly"), answers.of.get("customer_churn_monthly")
    if result is None or result.value is None:
        return []
    opening = Decimal(result.parts["opening"])
    counts = churned.parts if churned else {}
    found = []
    for part, sign in (("expansion", 1), ("contraction", -1), ("churn", -1)):
        amount = sign * Decimal(result.parts[part])
        count = counts.get(COUNTS[part])
        found.append(
            Branch(
                part=part,
                name=PARTS[part],
                amount=amount,
                count=None if count is None else int(count),
                share=amount / opening if opening else None,
                url=question.rows_url("nrr_monthly", part),
                leaves=tuple(_leaf(question, answers, key) for key in BEHIND[part] if key in answers.of),
            )
        )
    return found


def _leaf(question: Question, answers: Answers, key: str) -> Leaf:
    result = answers.of[key]
    kind = "pct" if result.unit == "ratio" else "money"
    return Leaf(
        catalogue[key].name,
        result.value,
        kind,
        result.reason or "",
        question.rows_url(key),
        key,
        ALL[key].digits if kind == "pct" else 0,
    )
