"""Cohorts by start: how many customers, and how much MRR, is left after how many months; and who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from banso.money import from_units
from banso.revenue import Cohorts, cohorts, intervals
from banso_web.accounts import counting
from banso_web.core.facts import Memo
from banso_web.core.metrics import Row
from banso_web.core.ui.formats import money_text, month_text, number_text, pct_text
from banso_web.core.ui.links import keep_question
from banso_web.reports.question import Question
from banso_web.reports.reads.figures import FEW, reporting_currency
from banso_web.revenue.metrics.by_year import last_complete_month
from banso_web.revenue.reads.customers import Counted, within
from banso_web.revenue.reads.months import (
    counted_for,
    last_day,
    months_before,
    next_month,
    scope_key,
)
from banso_web.revenue.reads.rated import to_reporting

Change = tuple[date, str, int]  # from this day on the MRR in this currency is so many units
BY = ("month", "quarter", "year")
VERSION = "1"  # of what a cell counts: raised when the same facts would give another table
_tables: Memo[Cohorts] = Memo(24)
_kept: Memo[dict[int, list[Change]]] = Memo(3)


def table(question: Question, by: str) -> Cohorts:
    """The cohorts of a question; a scope is that of the asked day."""
    asked = question.asked
    counted = counted_for(asked, question.scope)

    def make() -> Cohorts:
        return cohorts(
            within(counted, question.scope, asked.as_of, asked.as_of),
            by,
            as_of=asked.as_of,
            rates=counted.rates,
            contracts=counted.terms,
            reporting=counted.rules.currency,
        )

    return _tables.get((counted.rules, asked.as_of, asked.known_at, scope_key(question.scope), by), make)


def chart(question: Question, found: Cohorts, by: str, measure: str, ages: int) -> dict[str, Any]:
    """A grid of retention; a cell beyond a cohort's age does not exist, small cohorts are drawn hollow."""
    cells = []
    for row, cohort in enumerate(found.cohorts):
        for age in range(min(ages, found.ages)):
            if cohort.base[age] is None:
                continue
            share = cohort.customer_retention(age) if measure == "customers" else cohort.mrr_retention(age)
            cells.append(
                {
                    "row": row, "col": age, "value": share, "n": cohort.base[age], "small": (cohort.base[age] or 0) < FEW,
                    "text": "" if share is None else pct_text(share, 0),
                    "state": "" if share is not None else "not_computable",
                    "note": _note(question, cohort, age, measure),
                    "href": keep_question(question.url("cohort_rows", by=by, key=cohort.key, age=age)),
                }
            )  # fmt: skip
    return {
        "kind": "cohort",
        "unit": {"kind": "percent", "digits": 0},
        "description": _("開始時期ごとの継続率。行は開始時期、列は開始からの月数です。"),
        "rows": [f"{key_text(cohort.key)} (n={cohort.size})" for cohort in found.cohorts],
        "cols": [str(age) for age in range(min(ages, found.ages))],
        "rowTitle": _("開始時期"),
        "colTitle": _("開始からの月数"),
        "cells": cells,
        "scale": {"min": 0, "max": 1},
    }


def _note(question: Question, cohort: Any, age: int, measure: str) -> str:
    if measure == "customers":
        text = _("%(kept)s社 ÷ %(base)s社")
        return text % {"kept": number_text(cohort.retained[age]), "base": number_text(cohort.base[age])}
    currency = reporting_currency(question)
    return f"{money_text(cohort.mrr[age], currency)} ÷ {money_text(cohort.base_mrr[age], currency)}"


@dataclass(frozen=True)
class Cell:
    """One cell with its customers: MRR at the close of the start month and at the age, each by its own start."""

    key: str
    age: int
    base: int
    retained: int
    base_mrr: Decimal
    mrr: Decimal
    rows: tuple[Row, ...]


def cell_rows(question: Question, by: str, key: str, age: int) -> Cell | None:
    """The customers of a cell; None where the cohort or the age does not exist.

    The amounts are read from the close of each month, at the rates of the last complete month, as the table does.
    """
    found = table(question, by)
    cohort = next((one for one in found.cohorts if one.key == key), None)
    if cohort is None or not 0 <= age < found.ages or cohort.base[age] is None:
        return None
    final = last_complete_month(question.asked.as_of)
    counted = counted_for(question.asked, question.scope)
    unrated = set(found.unrated)
    mine = [
        (customer, start)
        for customer, start in starts(question, counted, final).items()
        if _key(start, by) == key and months_before(final, age) >= start and str(customer) not in unrated
    ]
    names = counting.called([customer for customer, _start in mine])
    changes = changes_of(question, counted)
    rows = []
    for customer, start in mine:
        called = names.get(customer)
        opening, closing = (
            _mrr(counted, changes[customer], month, final) for month in (start, _later(start, age))
        )
        rows.append(
            Row(
                customer, called.code if called else str(customer), called.name if called else "",
                part="kept" if closing else "churn", amount=closing, opening=opening, closing=closing, on=start,
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-(row.amount or 0), row.code))
    return Cell(
        key, age, cohort.base[age] or 0, cohort.retained[age] or 0, cohort.base_mrr[age] or Decimal(0),
        cohort.mrr[age] or Decimal(0), tuple(rows),
    )  # fmt: skip


def changes_of(question: Question, counted: Counted) -> dict[int, list[Change]]:
    """{customer: their changes of MRR in order of days}, of those in scope, as the table reads them."""
    asked = question.asked

    def make() -> dict[int, list[Change]]:
        book = within(counted, question.scope, asked.as_of, asked.as_of)
        steps = intervals(book, as_of=asked.as_of, contracts=counted.terms)
        found: dict[int, list[Change]] = {}
        for at in np.lexsort((steps.on, steps.customer)).tolist():
            who, currency = (
                int(steps.names[int(steps.customer[at])]),
                steps.currencies[int(steps.currency[at])],
            )
            found.setdefault(who, []).append(
                (date.fromordinal(int(steps.on[at])), currency, int(steps.mrr[at]))
            )
        return found

    return _kept.get((counted.rules, asked.as_of, asked.known_at, scope_key(question.scope)), make)


def starts(question: Question, counted: Counted, final: date) -> dict[int, date]:
    """{customer: first month up to `final` whose close holds MRR}, of those in scope."""
    found = {}
    for who, listed in changes_of(question, counted).items():
        start = first_close(listed, {}, final)
        if start is not None:
            found[who] = start
    return found


def first_close(changes: Sequence[Change], held: dict[str, int], final: date) -> date | None:
    """The first month at whose close something is held: a balance that goes back to 0 inside its month starts nothing."""
    for at, (day, currency, mrr) in enumerate(changes):
        held[currency] = mrr
        following = changes[at + 1][0] if at + 1 < len(changes) else None
        month = day.replace(day=1)
        last_of_month = following is None or following.replace(day=1) != month
        if last_of_month and month <= final and any(value > 0 for value in held.values()):
            return month
    return None


def key_text(key: str) -> str:
    """A start as the page writes it: 2026年9月; a quarter or a year as its key."""
    return month_text(date.fromisoformat(f"{key}-01")) if len(key) == 7 and "Q" not in key else key


def _key(start: date, by: str) -> str:
    if by == "quarter":
        return f"{start.year:04d}-Q{(start.month - 1) // 3 + 1}"
    return f"{start.year:04d}" if by == "year" else f"{start:%Y-%m}"


def _later(month: date, count: int) -> date:
    for _step in range(count):
        month = next_month(month)
    return month


def _mrr(counted: Counted, changes: Sequence[Change], month: date, final: date) -> Decimal:
    """A customer's MRR at the close of a month, at the rates of the last complete month."""
    held = {currency: mrr for day, currency, mrr in changes if day <= last_day(month)}
    return max(from_units(to_reporting(counted, held.items(), last_day(final)) or 0), Decimal(0))
