"""Metrics over twelve months: the cohort of a year ago, and the averages Japanese companies disclose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from banso.revenue import Cohort12, average, retention_12m, year_before
from banso.revenue import exact as library_exact
from banso_web.accounts import counting
from banso_web.core.facts import Asked, Memo
from banso_web.core.metrics import MetricResult, Question, Row, Rows, Scope, Side, exact
from banso_web.revenue.metrics import words
from banso_web.revenue.metrics.frame import Context, answer, excluded_rows, not_begun, notes_of
from banso_web.revenue.metrics.rows import ByAmount, Places
from banso_web.revenue.reads.customers import within
from banso_web.revenue.reads.months import last_day, months_before, next_month, scope_key, series, standing
from banso_web.revenue.reads.rated import added_up, held_in, held_of, held_text

_cohorts: Memo[Cohort12] = Memo(48)


def cohort_of(context: Context, asked: Asked, scope: Scope) -> Cohort12:
    """The customers of a year before `asked.as_of`, then and now. A scope is that of the earlier day."""
    counted, then = context.counted, year_before(asked.as_of)

    def make() -> Cohort12:
        return retention_12m(
            within(counted, scope, then, then),
            asked.as_of,
            rates=counted.rates,
            contracts=counted.terms,
            reporting=counted.rules.currency,
        )

    return _cohorts.get((counted.rules, asked.as_of, asked.known_at, scope_key(scope)), make)


Pick = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


def _lines(cohort: Cohort12, pick: Pick) -> Rows:
    def read(places: Places) -> list[Row]:
        lines = cohort.lines.at(places)
        names = counting.called([int(customer) for customer, _, _ in lines])
        amounts = pick(lines.before, lines.after).tolist()
        rows = []
        for (customer, before, after), amount in zip(lines, amounts, strict=True):
            called = names.get(int(customer))
            code, name = (called.code, called.name) if called else (customer, "")
            rows.append(
                Row(
                    int(customer),
                    code,
                    name,
                    part="cohort",
                    amount=library_exact(amount, lines.places),
                    opening=before,
                    closing=after,
                )
            )
        return rows

    whole = cohort.lines
    return ByAmount(
        len(whole),
        lambda: pick(whole.before, whole.after),
        whole.places,
        lambda places: [int(key) for key in whole.customers(places)],
        read,
    )


def twelve_months(key: str) -> Callable[[Question], MetricResult]:
    """NRR or GRR over twelve months to the question's day, or to the end of the month asked for."""

    def compute(question: Question) -> MetricResult:
        if early := not_begun(question):
            return early
        asked = question.asked
        if question.month is not None:
            asked = replace(asked, as_of=min(last_day(question.month), asked.as_of))
        context = Context.of(replace(question, asked=asked))
        cohort = cohort_of(context, asked, question.scope)
        kept = cohort.closing if key == "nrr" else cohort.kept
        value = cohort.nrr if key == "nrr" else cohort.grr
        top = _lines(cohort, (lambda before, after: after) if key == "nrr" else np.minimum)
        fall = standing(asked, asked.as_of, question.scope)
        return answer(
            question,
            value,
            reason=None if value is not None else str(words.NO_RATE if cohort.unrated else words.NO_BASE),
            numerator=Side(kept, top),
            denominator=Side(cohort.opening, _lines(cohort, lambda before, after: before)),
            parts={
                "then": cohort.then,
                "now": cohort.now,
                "opening": cohort.opening,
                "closing": cohort.closing,
            },
            n=cohort.customers,
            excluded=excluded_rows(context, fall, asked.as_of, asked.as_of),
            notes=(
                *_unrated(context, cohort),
                *(notes_of(context, fall, cohort.then) if question.scope.touch else ()),
            ),
        )

    return compute


def _unrated(context: Context, cohort: Cohort12) -> tuple[str, ...]:
    """Customers of a year ago whose currency has no rate then: in neither side."""
    if not cohort.unrated:
        return ()
    held = held_of(context.counted, {int(name) for name in cohort.unrated}, cohort.then)
    whole = held_text(added_up(held_in(of) for of in held.values()))
    return (str(words.UNRATED) % {"count": len(cohort.unrated), "held": whole},)


def last_complete_month(day: date) -> date:
    """The first day of the latest month that is over at the close of `day`."""
    month = day.replace(day=1)
    return month if day + timedelta(days=1) == next_month(month) else months_before(month, 1)


def twelve_rates(question: Question) -> tuple[date, list[Any]]:
    """The twelve months that end with the month asked for, else with the last complete one."""
    end = question.month or last_complete_month(question.asked.as_of)
    return end, list(series(question.asked, months_before(end, 11), end, question.scope))


def averaged(column: str, counted_by: str) -> Callable[[Question], MetricResult]:
    """直近12か月平均月次解約率: the mean of the monthly rates that exist, by customers or by MRR."""

    def compute(question: Question) -> MetricResult:
        if early := not_begun(question):
            return early
        _end, rows = twelve_rates(question)
        found = average([getattr(row, column) for row in rows])
        known = [row for row in rows if getattr(row, column) is not None]
        listed = [
            Row(
                None,
                row.month,
                row.month,
                part="month",
                amount=exact(getattr(row, column)),
                opening=row.opening,
            )
            for row in known
        ]
        # The side is what its rows add up to: each month's rate is printed exactly, to as many digits as are kept.
        total = sum((row.amount for row in listed if row.amount is not None), Decimal(0))
        notes = (
            (str(words.TOO_SHORT_NOTE) % {"months": found.months},) if found.reason == "short_history" else ()
        )
        return answer(
            question,
            found.rate,
            reason=None if found.rate is not None else str(words.NO_OPENING),
            numerator=Side(total, Rows(len(listed), lambda: listed)),
            denominator=Side(Decimal(found.months), Rows(len(listed), lambda: listed)),
            parts={"by_month": {row.month: exact(getattr(row, column)) for row in known}},
            n=found.months,
            notes=notes,
        )

    return compute
