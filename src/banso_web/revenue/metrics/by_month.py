"""Metrics of one month, all read from its waterfall (spec: metrics, NRR 月次 … quick ratio)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from django.utils.translation import get_language
from numpy.typing import NDArray

from banso.revenue import FEW_CASES, Lines, Waterfall, annualised, pooled, wilson
from banso.revenue import quick_ratio as library_quick_ratio
from banso_web.core.facts import Memo
from banso_web.core.metrics import Interval, MetricResult, Question, Row, Side, exact
from banso_web.revenue.metrics import words
from banso_web.revenue.metrics.frame import (
    Context,
    answer,
    excluded_rows,
    not_begun,
    notes_of,
    reason_without,
)
from banso_web.revenue.metrics.rows import line_rows, units
from banso_web.revenue.reads.months import last_day, month_waterfall, months_before, scope_key, series

_reasons: Memo[dict[str, Decimal]] = Memo(64)  # three metrics of a month tell them
CHANGED = ("new", "reactivation", "expansion", "contraction", "churn")


def part_rows(context: Context, fall: Waterfall) -> dict[str, Sequence[Row]]:
    """The rows of every bar: each adds up to its bar."""
    counted, lines = context.counted, fall.lines
    made: dict[str, Sequence[Row]] = {
        kind: line_rows(lines.of(kind), counted, amount=units("amount"), movements=True) for kind in CHANGED
    }
    made["opening"] = line_rows(
        lines.opened(), counted, amount=units("opening"), movements=False, part="opening"
    )
    closing = lines.of("unchanged", "new", "reactivation", "expansion", "contraction")
    made["closing"] = line_rows(closing, counted, amount=units("restated"), movements=False, part="closing")
    grown = lines.of("expansion")
    made["upsell"] = line_rows(grown.upsold(), counted, amount=units("upsell"), movements=True, part="upsell")
    made["cross_sell"] = line_rows(
        grown.cross_sold(), counted, amount=units("cross_sell"), movements=True, part="cross_sell"
    )
    made["fx"] = line_rows(lines, counted, amount=units("fx"), movements=False, part="fx") if fall.fx else ()
    return made


def _frame(question: Question) -> tuple[Context, Waterfall, dict[str, Any]]:
    context = Context.of(question)
    assert question.month is not None
    fall = month_waterfall(question.asked, question.month, question.scope)
    last = last_day(question.month)
    common: dict[str, Any] = {
        "excluded": excluded_rows(context, fall, question.month, last),
        "notes": notes_of(context, fall, question.month),
        "part_rows": part_rows(context, fall),
    }
    return context, fall, common


def retained(pick: str, kinds: tuple[str, ...]) -> Callable[[Question], MetricResult]:
    """NRR and GRR: what the opening customers hold at the end, over what they held at the start."""

    def compute(question: Question) -> MetricResult:
        if early := not_begun(question):
            return early
        context, fall, common = _frame(question)
        gained = fall.expansion if "expansion" in kinds else Decimal(0)
        kept = fall.opening + gained - fall.contraction - fall.churn
        # A customer who returns from a pause is expansion: they held 0 at the opening.
        stood = fall.lines.of("unchanged", "expansion", "contraction", "churn")
        return answer(
            question,
            Fraction(kept) / Fraction(fall.opening) if fall.opening > 0 else None,
            reason=None if fall.opening > 0 else reason_without(fall, words.NO_OPENING),
            numerator=Side(
                kept, line_rows(stood, context.counted, amount=units(pick), movements=False, part="kept")
            ),
            denominator=Side(fall.opening, common["part_rows"]["opening"]),
            parts=fall.parts(),
            n=fall.counts["opening_customers"],
            **common,
        )

    return compute


def lost(kinds: tuple[str, ...], *, net: bool = False) -> Callable[[Question], MetricResult]:
    """Revenue churn: what the bars of `kinds` took (net of expansion if asked), over the opening MRR."""

    def compute(question: Question) -> MetricResult:
        if early := not_begun(question):
            return early
        context, fall, common = _frame(question)
        value = sum((getattr(fall, kind) for kind in kinds), Decimal(0)) - (
            fall.expansion if net else Decimal(0)
        )
        shown = fall.lines.of(*kinds, *(("expansion",) if net else ()))

        def signed(lines: Lines) -> NDArray[Any]:
            found: NDArray[Any] = np.where(lines.are("expansion"), -1, 1) * lines.units("amount")
            return found

        return answer(
            question,
            Fraction(value) / Fraction(fall.opening) if fall.opening > 0 else None,
            reason=None if fall.opening > 0 else reason_without(fall, words.NO_OPENING),
            numerator=Side(value, line_rows(shown, context.counted, amount=signed, movements=True)),
            denominator=Side(fall.opening, common["part_rows"]["opening"]),
            parts=fall.parts(),
            n=fall.counts["opening_customers"],
            **common,
        )

    return compute


def _by_reason(churned: Sequence[Row]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in churned:
        found[row.reason] = found.get(row.reason, Decimal(0)) + 1
    return found


def _customer_parts(context: Context, fall: Waterfall, churned: Sequence[Row]) -> dict[str, Any]:
    question = context.question
    assert question.month is not None
    key = (
        context.counted.rules,
        question.asked.as_of,
        question.asked.known_at,
        scope_key(question.scope),
        question.month,
        get_language(),
    )
    reasons = _reasons.get(key, lambda: _by_reason(churned))
    parts: dict[str, Any] = {name: Decimal(count) for name, count in fall.counts.items()}
    parts["reasons"] = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
    three = series(question.asked, months_before(question.month, 2), question.month, question.scope)
    summed = pooled(list(three))
    parts["pooled_3_months"] = {
        "value": None if summed.rate is None else exact(summed.rate),
        "churned": Decimal(summed.churned),
        "opening": Decimal(summed.opening),
    }
    return parts


def wilson_interval(hits: int, n: int) -> Interval | None:
    """Wilson 95 % without continuity correction; None for n = 0."""
    found = wilson(hits, n)
    return None if found is None else Interval(Decimal(str(found[0])), Decimal(str(found[1])))


def customers_lost(*, complement: bool = False, yearly: bool = False) -> Callable[[Question], MetricResult]:
    """顧客解約率, its complement 顧客維持率, and its yearly meaning 1 − (1 − m)^12."""

    def compute(question: Question) -> MetricResult:
        if early := not_begun(question):
            return early
        context, fall, common = _frame(question)
        opened, gone = fall.counts["opening_customers"], fall.counts["churned_customers"]
        rate = Fraction(gone, opened) if opened else None
        value = None if rate is None else annualised(rate) if yearly else 1 - rate if complement else rate
        interval = wilson_interval(gone, opened)
        if interval and complement:
            interval = replace(interval, low=1 - interval.high, high=1 - interval.low)
        if interval and yearly:
            interval = replace(interval, low=1 - (1 - interval.low) ** 12, high=1 - (1 - interval.high) ** 12)
        churned = line_rows(fall.lines.of("churn"), context.counted, amount=units("opening"), movements=True)
        stayed = fall.lines.opened().of("unchanged", "expansion", "contraction")
        staying = line_rows(stayed, context.counted, amount=units("opening"), movements=False, part="kept")
        notes = common.pop("notes")
        if opened and gone < FEW_CASES:
            notes = (*notes, str(words.SMALL))
        parts = _customer_parts(context, fall, churned)
        if yearly and value is not None:
            parts["left_after_12_months"] = exact(1 - value)
        return answer(
            question,
            value,
            reason=None if opened else reason_without(fall, words.NO_OPENING_CUSTOMERS),
            numerator=Side(Decimal(opened - gone), staying) if complement else Side(Decimal(gone), churned),
            denominator=Side(Decimal(opened), common["part_rows"]["opening"]),
            parts=parts,
            n=opened,
            interval=interval,
            notes=notes,
            **common,
        )

    return compute


def quick_ratio(question: Question) -> MetricResult:
    """(new + reactivation + expansion) ÷ (churn + contraction); 算出不可 when nothing was lost."""
    if early := not_begun(question):
        return early
    context, fall, common = _frame(question)
    gained, gone = fall.new + fall.reactivation + fall.expansion, fall.churn + fall.contraction
    won, left = fall.lines.of("new", "reactivation", "expansion"), fall.lines.of("churn", "contraction")
    return answer(
        question,
        library_quick_ratio(fall),
        reason=None if gone > 0 else str(words.NOTHING_LOST),
        numerator=Side(gained, line_rows(won, context.counted, amount=units("amount"), movements=True)),
        denominator=Side(gone, line_rows(left, context.counted, amount=units("amount"), movements=True)),
        parts=fall.parts(),
        n=len(won) + len(left),
        **common,
    )


def reasons_of(result: MetricResult) -> Mapping[str, Decimal]:
    """Churned customers by reason; 理由未確認 is a bucket of its own and the sum is the number of churned customers."""
    found: Mapping[str, Decimal] = result.parts.get("reasons", {})
    return found


nrr_monthly = retained("closing", ("expansion",))
grr_monthly = retained("kept", ())
