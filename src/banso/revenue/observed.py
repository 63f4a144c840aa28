"""What LTV needs and the movements already know: unit price, churn, expected life."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ._months import day_number, day_of, last_day, month_number, month_text
from .churn import FEW_CASES, Pooled, pooled
from .monthly import monthly
from .state import mrr_at


@dataclass(frozen=True)
class LtvObserved:
    """unit_price: ARPA on as_of; churn: churned over opening customers of the last twelve complete
    months, pooled; years: 1 / (12 × churn). None with a reason: ``no_customers``, ``no_opening``
    (no month had customers), ``no_churn`` (nobody churned: years 算出不可). few_cases: 参考."""

    as_of: dt.date
    first_month: str
    last_month: str
    unit_price: Fraction | None
    churn: Pooled
    years: Fraction | None
    reason: str | None
    few_cases: bool


def ltv_observed(movements: Any, as_of: Any, **asked: Any) -> LtvObserved:
    """The observed inputs of both LTV forms; other arguments as for ``mrr_at`` and ``monthly``.

    A month is complete when as_of is its last day or later.
    """
    day = day_number(as_of)
    current = month_number(day_of(day))
    last = current if day == last_day(current) else current - 1
    series = monthly(movements, month_text(last - 11), month_text(last), as_of=as_of, **asked)
    price, churn = mrr_at(movements, as_of, as_of=as_of, **asked).arpa, pooled(series)
    years = 1 / (12 * churn.rate) if churn.rate else None
    reason = None
    if price is None:
        reason = "no_customers"
    elif churn.rate is None:
        reason = "no_opening"
    elif not churn.rate:
        reason = "no_churn"
    return LtvObserved(
        as_of=day_of(day),
        first_month=month_text(last - 11),
        last_month=month_text(last),
        unit_price=price,
        churn=churn,
        years=years,
        reason=reason,
        few_cases=churn.churned < FEW_CASES,
    )
