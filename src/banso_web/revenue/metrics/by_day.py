"""Metrics of a day: MRR, ARR, customers, ARPA, and the ends that are already announced."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from banso.revenue import Waterfall
from banso_web.core.metrics import MetricResult, Question, Row, Rows, Side, rows
from banso_web.revenue.metrics import words
from banso_web.revenue.metrics.frame import (
    Context,
    answer,
    excluded_rows,
    notes_of,
    reason_without,
    unrated_customers,
    unrated_items,
)
from banso_web.revenue.metrics.rows import UNITS, line_rows, planned_rows, units
from banso_web.revenue.reads.months import standing
from banso_web.revenue.reads.planned import planned_ends

HELD = ("unchanged", "new", "reactivation", "expansion", "contraction")


def _day(question: Question) -> tuple[Context, Waterfall, Rows]:
    context = Context.of(question)
    fall = standing(question.asked, question.asked.as_of, question.scope)
    held = line_rows(
        fall.lines.of(*HELD), context.counted, amount=units("restated"), movements=False, part="closing"
    )
    return context, fall, held


def _common(context: Context, fall: Waterfall, held: Rows) -> dict[str, object]:
    day = context.question.asked.as_of
    notes = tuple(note for note in notes_of(context, fall, day) if note != str(words.RUNNING))
    return {
        "excluded": excluded_rows(context, fall, day, day),
        "notes": notes,
        "part_rows": {"closing": held},
        "n": fall.counts["closing_customers"],
    }


def _unknown(fall: Waterfall) -> str | None:
    """Where every customer's MRR stands in a currency without a rate, the sum is unknown; it is not 0."""
    nothing_rated = not fall.counts["closing_customers"] and unrated_customers(fall)
    return str(words.NO_RATE) if nothing_rated else None


def _known(fall: Waterfall, value: Decimal) -> Decimal | None:
    return None if _unknown(fall) else value


def mrr(question: Question) -> MetricResult:
    """MRR at the close of the day, in the reporting currency at the rates of that day."""
    context, fall, held = _day(question)
    parts = {"mrr": fall.closing, "customers": Decimal(fall.counts["closing_customers"])}
    side = Side(fall.closing, held)
    unit = context.counted.rules.currency
    return answer(
        question,
        _known(fall, fall.closing),
        reason=_unknown(fall),
        unit=unit,
        numerator=side,
        parts=parts,
        **_common(context, fall, held),
    )


def arr(question: Question) -> MetricResult:
    """MRR × 12."""
    context, fall, held = _day(question)
    unit = context.counted.rules.currency
    return answer(
        question,
        _known(fall, fall.closing * 12),
        reason=_unknown(fall),
        unit=unit,
        numerator=Side(fall.closing, held),
        parts={"mrr": fall.closing, "months": Decimal(12)},
        **_common(context, fall, held),
    )


def customers(question: Question) -> MetricResult:
    """Customers with MRR above 0 at the close of the day."""
    context, fall, held = _day(question)
    count = Decimal(fall.counts["closing_customers"])
    return answer(
        question,
        _known(fall, count),
        reason=_unknown(fall),
        numerator=Side(count, held),
        **_common(context, fall, held),
    )


def arpa(question: Question) -> MetricResult:
    """MRR ÷ customers; 算出不可 without customers."""
    context, fall, held = _day(question)
    count = fall.counts["closing_customers"]
    return answer(
        question,
        Fraction(fall.closing) / count if count else None,
        reason=None if count else reason_without(fall, words.NO_CUSTOMERS),
        unit=context.counted.rules.currency,
        numerator=Side(fall.closing, held),
        denominator=Side(Decimal(count), held),
        parts={"mrr": fall.closing, "customers": Decimal(count)},
        **_common(context, fall, held),
    )


def planned_churn_mrr(question: Question) -> MetricResult:
    """解約予定MRR: Σ MRR of ends announced by the day and dated after it."""
    context = Context.of(question)
    ends = planned_ends(question.asked, context.counted, question.scope)
    listed: list[Row] = planned_rows(ends)
    rated = [end for end in ends if end.units is not None]
    unrated = [end for end in ends if end.units is None]
    total = sum((Decimal(end.units or 0) for end in rated), Decimal(0)) / UNITS
    months: dict[str, Decimal] = {}
    for end in rated:
        key = end.ends_on.strftime("%Y-%m")
        months[key] = months.get(key, Decimal(0)) + Decimal(end.units or 0) / UNITS
    return answer(
        question,
        total if rated or not unrated else None,
        reason=None if rated or not unrated else str(words.NO_RATE),
        unit=context.counted.rules.currency,
        numerator=Side(total, rows(listed)),
        parts={"by_month": dict(sorted(months.items()))},
        notes=unrated_items([end.held for end in unrated]),
        n=len(ends),
    )
