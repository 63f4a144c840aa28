"""Words of the number pages that several of them use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from banso_web.core.metrics import MetricResult, Side
from banso_web.reports.question import Question
from banso_web.revenue.metrics.words import EXCLUDED, PARTS

SIDES: dict[str, Any] = {"numerator": _("分子"), "denominator": _("分母"), "excluded": _("除外")}
MORE_PARTS: dict[str, Any] = {
    **PARTS,
    "untouched": _("未接触のまま自動更新"),
    "pending": _("結論待ち"),
    "lost": _("更新されなかった契約"),
    "planned_churn": _("解約予定"),
}
REASONS: dict[str, Any] = {**EXCLUDED}


@dataclass(frozen=True)
class LeftOut:
    """One kind of what no figure counts, with the page of its rows."""

    part: str
    reason: str
    count: int
    amount: Decimal
    url: str


def left_out_words(question: Question, found: Iterable[tuple[str, str, int, Decimal]]) -> list[LeftOut]:
    """What was left out of the month, by kind."""
    url = question.rows_url("nrr_monthly", "excluded")
    return [LeftOut(part, reason, count, amount, url) for part, reason, count, amount in found]


def part_name(part: str) -> Any:
    """分子, 分母, 除外, or the word of a bar."""
    return SIDES.get(part) or MORE_PARTS.get(part) or part


def counted(side: Side | None) -> bool:
    """Whether the value of a side is the number of its rows, not the sum of their amounts."""
    if side is None or side.value is None or not side.rows:
        return False
    total = sum((row.amount or Decimal(0) for row in side.rows), Decimal(0))
    return total != side.value and Decimal(len(side.rows)) == side.value


def parts_of(result: MetricResult) -> list[str]:
    """The parts a reader can open, sides first."""
    sides = [
        key
        for key, side in (("numerator", result.numerator), ("denominator", result.denominator))
        if side is not None
    ]
    return [*sides, "excluded", *(key for key in result.part_rows if key in MORE_PARTS)]
