"""From a metric's answer to the figure a page shows; the answers of a board are kept while nothing they stand on changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from banso_web.core.facts import Memo
from banso_web.core.metrics import (
    COUNT,
    DAYS,
    POINTS,
    RATIO,
    MetricResult,
    MetricSpec,
    Rows,
    catalogue,
    compute,
)
from banso_web.core.ui.figures import Figure
from banso_web.core.ui.formats import count_text, number_text
from banso_web.reports.board import ALL, Line
from banso_web.reports.question import Question
from banso_web.reports.reads.targets import TargetLine
from banso_web.revenue.reads.customers import rules_at
from banso_web.revenue.reads.months import scope_key

FEW = 5  # below so many nothing is coloured (spec: screens §8, small n)
LTV_FORMS = {"ltv_article": "article", "ltv_churn": "churn"}
COUNTED_BY_CUSTOMERS = (
    "customer_churn_monthly",
    "customer_churn_annualised",
    "retention_monthly",
    "customers",
)


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of one board, and what was left out of the month, by kind."""

    of: dict[str, MetricResult]
    # part, reason, how many, sum of what is listed (None: some of it has no rate, so the sum is unknown)
    left_out: tuple[tuple[str, str, int, Decimal | None], ...]


_answers: Memo[Answers] = Memo(48)


def ask(question: Question, line: Line, *, reported: bool = False) -> MetricResult:
    """One metric of the board for the page's question."""
    asked = question.at_month_end if line.at == "end" else question.asked
    month = question.month if line.at in ("month", "year") else None
    return compute(line.key, asked, month=month, scope=question.scope, reported=reported)


def answers(question: Question) -> Answers:
    """Every figure of the board. The key holds the watermark, so what is kept stays true; texts are of one language."""
    key = (
        question.asked.key,
        question.asked.pinned,
        question.month,
        scope_key(question.scope),
        get_language(),
    )

    def make() -> Answers:
        found = {
            key: ask(question, line)
            for key, line in ALL.items()
            if key in catalogue and begun(question, line)
        }
        base = found.get("nrr_monthly")
        return Answers(found, base.excluded.by_reason() if base and isinstance(base.excluded, Rows) else ())

    return _answers.get(key, make)


def begun(question: Question, line: Line) -> bool:
    """A figure of the month's end has no day to stand on before the month begins."""
    return line.at != "end" or question.begun


def shape(spec: MetricSpec, result: MetricResult | None, digits: int = 2) -> dict[str, Any]:
    """How a metric's value is written: Figure's kind, digits, unit and currency."""
    return written_as(result.unit if result else spec.unit, digits)


def written_as(unit: str, digits: int = 2) -> dict[str, Any]:
    """The same for a unit of a metric's answer."""
    if unit == RATIO:
        return {"kind": "pct", "digits": digits}
    if unit == COUNT:
        return {"kind": "count", "unit": "社"}
    if unit == DAYS:
        return {"kind": "count", "unit": "日"}
    if unit == "number":
        return {"kind": "number", "digits": digits}
    if unit == POINTS:
        return {"kind": "number", "digits": 1}
    return {"kind": "money", "currency": unit if len(unit) == 3 else "JPY"}


def gap_kind(spec: MetricSpec) -> str:
    return {RATIO: "pt", COUNT: "count", DAYS: "count", "number": "number", POINTS: "number"}.get(
        spec.unit, "money"
    )


def is_small(result: MetricResult) -> bool:
    """Too few cases for colour: 参考."""
    return result.value is not None and result.n is not None and result.n < FEW and (result.unit == RATIO)


def figure(
    question: Question, line: Line, result: MetricResult | None, target: TargetLine | None = None
) -> Figure:
    """A figure with target, gap and the way to its rows. A missing value carries its reason and is never 0."""
    spec = catalogue[line.key]
    if result is None:
        return Figure(
            label=spec.name,
            state="not_computable",
            reason=_("対象月は基準日にはまだ始まっていません"),
            metric=line.key,
        )
    met = None if target is None or result.value is None else target.met_by(result.value)
    return Figure(
        label=spec.name,
        value=result.value,
        **shape(spec, result, line.digits),
        state="" if result.value is not None else "not_computable",
        reason=result.reason or "",
        change=None if target is None or result.value is None else result.value - target.value,
        change_kind=gap_kind(spec),
        change_label=_("目標との差"),
        better=spec.better,
        target=None if target is None else target.value,
        target_op=target.op if target else ">=",
        target_met=met,
        n=result.n,
        small=is_small(result),
        metric=line.key,
        rows_url=rows_page(question, line.key),
        as_of=day_of(question, line),
        version=result.version,
    )


def day_of(question: Question, line: Line) -> date | None:
    """The day a figure stands on, where it is one of a day and not of the month: the 基準日, or the month's last day."""
    if line.at == "asked":
        return question.asked.as_of
    return question.at_month_end.as_of if line.at == "end" else None


def rows_page(question: Question, key: str) -> str:
    """Where a figure's parts stand: its rows, and for LTV the page of its inputs with their sources."""
    if key in LTV_FORMS:
        return question.url("ltv", form=LTV_FORMS[key])
    return question.rows_url(key)


def interval_text(result: MetricResult) -> str:
    """1.4–16.5 %: the 95 % interval with one digit; of a figure that is no ratio in its own unit."""
    if result.interval is None or result.value is None:
        return ""
    bounds = (result.interval.low, result.interval.high)
    if result.unit == DAYS:
        return f"{number_text(bounds[0])}–{count_text(bounds[1], '日')}"
    if result.unit != RATIO:
        return "–".join(number_text(bound, 1) for bound in bounds)
    return "–".join(number_text(bound * 100, 1) for bound in bounds) + " %"


def reporting_currency(question: Question) -> str:
    """The currency totals are written in, as the rule stood for the question."""
    return rules_at(question.asked).currency
