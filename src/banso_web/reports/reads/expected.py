"""LTV(実績と期待値): the gross profit customers who are there have left so far, and what they may still be expected to leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from banso.lifetime import Lifetimes, Worth, sbg
from banso.money import from_units
from banso_web.accounts import counting
from banso_web.core.facts import Memo
from banso_web.core.metrics import Row, Scope, exact
from banso_web.core.ui.formats import joined
from banso_web.reports.question import Question
from banso_web.reports.reads.cohorts import Change, changes_of
from banso_web.reports.reads.lives import Life
from banso_web.reports.reads.retention import FEW_ENDS, Curve, retention
from banso_web.revenue.metrics import words
from banso_web.revenue.metrics.by_year import last_complete_month
from banso_web.revenue.metrics.ltv import LABELS
from banso_web.revenue.reads.customers import Counted
from banso_web.revenue.reads.ltv import GivenInput, given_inputs
from banso_web.revenue.reads.months import counted_for, last_day, next_month, scope_key
from banso_web.revenue.reads.rated import to_reporting

VERSION = "1"  # raised when the same facts would give another value
DISCOUNT = Decimal("0.10")
#: Ages at which the model stands beside what was seen.
CHECKED = (12, 24)
INPUTS = {
    "gross_margin": "gross_margin",
    "acquisition_cost": "acquisition_cost",
    "retention_cost_yearly": "retention_cost",
}


@dataclass(frozen=True)
class Account:
    """A customer who is there: what it has left so far, and leaves a month now. `partial`: months before the first on record are not in."""

    account_id: int
    start: date
    age: int
    so_far: Decimal
    monthly: Decimal
    partial: bool


@dataclass(frozen=True)
class Expected:
    """A segment's (or the company's) customers who are there. Means are of one customer; `reason`: why there is no expectation.

    so_far_reason: why there is no 実績 either. unrated: customers in a currency without a rate, in neither.
    """

    curve: Curve
    accounts: tuple[Account, ...]
    unrated: int
    model: Lifetimes | None
    so_far: Decimal | None
    worth: Worth | None
    so_far_reason: str
    reason: str
    inputs: Mapping[str, GivenInput]

    @property
    def ends(self) -> int:
        return self.curve.km.events

    @property
    def few(self) -> bool:
        return self.ends < FEW_ENDS

    @property
    def total(self) -> Decimal | None:
        return None if self.so_far is None or self.worth is None else self.so_far + Decimal(self.worth.value)

    @property
    def used(self) -> list[tuple[Any, GivenInput, bool]]:
        """(name, input, whether it is a share) of the inputs given."""
        return [
            (LABELS[label], self.inputs[key], key == "gross_margin")
            for key, label in INPUTS.items()
            if key in self.inputs
        ]

    @property
    def partial(self) -> int:
        return sum(1 for one in self.accounts if one.partial)

    @property
    def checks(self) -> list[tuple[int, float | None, float | None]]:
        """(age, seen, modelled) share of customers still there."""
        return [
            (age, self.curve.at(age).survival, self.model.survival(age) if self.model else None) for age in CHECKED
        ]  # fmt: skip


_found: Memo[tuple[Expected, ...]] = Memo(6)


def expected(question: Question, discount: Decimal = DISCOUNT) -> tuple[Expected, ...]:
    """The company first, then its segments; `discount`: a year, as a share above 0. Empty where no customer was seen for a month."""
    asked, counted = question.asked, counted_for(question.asked, question.scope)
    key = (
        counted.rules,
        asked.key,
        scope_key(question.scope),
        discount,
        get_language(),
    )  # reasons are of one language
    return _found.get(key, lambda: tuple(_expected(question, counted, discount)))


def _expected(question: Question, counted: Counted, discount: Decimal) -> list[Expected]:
    final = last_complete_month(question.asked.as_of)
    changes = changes_of(question, counted)
    monthly = (1 + float(discount)) ** (1 / 12) - 1
    return [_of(question, counted, curve, changes, final, monthly) for curve in retention(question).curves]


def _of(
    question: Question, counted: Counted, curve: Curve, changes: Mapping[int, Sequence[Change]], final: date, discount: float,
) -> Expected:  # fmt: skip
    segment = question.scope.segment if curve.segment is None else curve.segment
    inputs = given_inputs(question.asked, Scope(segment=segment or None))
    missing = [str(LABELS[label]) for key, label in INPUTS.items() if key not in inputs]
    here = [life for life in curve.lives if not life.ended]
    model = sbg(**_renewals(curve.lives))
    if missing or not here:
        why = (
            str(words.NO_INPUT) % {"inputs": joined(missing)}
            if missing
            else _("算出不可(継続中の顧客がいません)")
        )
        return Expected(curve, (), 0, model, None, None, why, why, inputs)
    accounts = [
        one
        for life in here
        if (one := _account(counted, life, changes[life.account_id], final, inputs)) is not None
    ]
    unrated = len(here) - len(accounts)
    if not accounts:
        return Expected(curve, (), unrated, model, None, None, str(words.NO_RATE), str(words.NO_RATE), inputs)
    n = len(accounts)
    so_far = sum((one.so_far for one in accounts), Decimal(0)) / n
    whole = model.to_come([float(one.monthly) for one in accounts], discount, [one.age for one in accounts])
    worth = None
    if whole is not None:
        low, high = (None if bound is None else bound / n for bound in (whole.lower, whole.upper))
        worth = Worth(whole.value / n, low, high)
    reason = (
        ""
        if worth
        else str(words.NO_CHURN)
        if model.reason == "no_churn"
        else _("算出不可(残った顧客がいません)")
    )
    return Expected(curve, tuple(accounts), unrated, model, so_far, worth, "", reason, inputs)


def _renewals(mine: Sequence[Life]) -> dict[str, Any]:
    """How many came up to each month's end, and how many of them left there: what a model of renewals is fitted to."""
    longest = max(life.months for life in mine)
    come, gone, lost = (
        np.bincount(ages, minlength=longest + 2)[: longest + 2]
        for ages in (
            [life.entry + 1 for life in mine],
            [life.months + 1 for life in mine],
            [life.months for life in mine if life.ended] or [longest + 1],
        )
    )
    if not any(life.ended for life in mine):
        lost = np.zeros_like(lost)
    return {"at_risk": np.cumsum(come - gone)[1 : longest + 1], "lost": lost[1 : longest + 1]}


def _account(
    counted: Counted, life: Life, changes: Sequence[Change], final: date, inputs: Mapping[str, GivenInput]
) -> Account | None:
    """None where its MRR stands in a currency without a rate. Every close is put into money at the rates of the last complete month."""
    margin = Fraction(inputs["gross_margin"].value)
    cost = Fraction(inputs["retention_cost_yearly"].value) / 12
    first, months, paid, now = _first_month(life), 0, Decimal(0), Decimal(0)
    held: dict[str, int] = {}
    for at, (day, currency, mrr) in enumerate(changes):
        held[currency] = mrr
        month = day.replace(day=1)
        until = changes[at + 1][0].replace(day=1) if at + 1 < len(changes) else next_month(final)
        if month > final:
            break
        if month == until:
            continue
        stretch = _apart(max(month, first), min(until, next_month(final)))
        units = to_reporting(counted, held.items(), last_day(final))
        if units is None:
            return None
        now = max(from_units(units), Decimal(0))
        months, paid = months + max(stretch, 0), paid + now * max(stretch, 0)
    profit = Fraction(paid) * margin - cost * months - Fraction(inputs["acquisition_cost"].value)
    return Account(
        life.account_id, life.start, life.months, exact(profit), exact(Fraction(now) * margin - cost), life.entry > 0
    )  # fmt: skip


def _first_month(life: Life) -> date:
    """The month of the first close on record."""
    number = life.start.year * 12 + life.start.month - 1 + life.entry
    return date(number // 12, number % 12 + 1, 1)


def _apart(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def account_rows(found: Expected, discount: Decimal) -> list[Row]:
    """The customers of a segment with 実績 (closing) and 期待値 (amount); their means are what the page shows."""
    monthly = (1 + float(discount)) ** (1 / 12) - 1
    names = counting.called([one.account_id for one in found.accounts])
    rows = []
    for one in found.accounts:
        called = names.get(one.account_id)
        worth = found.model.to_come([float(one.monthly)], monthly, [one.age]) if found.model else None
        rows.append(
            Row(
                one.account_id, called.code if called else str(one.account_id), called.name if called else "",
                part="kept", amount=None if worth is None else Decimal(worth.value), closing=one.so_far, opening=one.monthly,
                on=one.start, extra={"age": one.age, "partial": one.partial},
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (-(row.closing or 0) - (row.amount or 0), row.code))
    return rows
