"""Churn and retention rates of a month, with what a small number cannot say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ._interval import wilson
from ._months import month_number, month_text
from ._units import fraction_of
from .monthly import Monthly, MonthRow, monthly

#: Below so many churned customers a rate is shown as 参考 (``few_cases``).
FEW_CASES = 10


@dataclass(frozen=True)
class Pooled:
    """Churned over opening customers, added up over several months before dividing."""

    churned: int
    opening: int
    months: int
    rate: Fraction | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Average:
    """The mean of monthly rates. ``months``: how many had a rate; fewer than asked is said by reason
    ``short_history``, none at all by ``no_opening``."""

    rate: Fraction | None
    months: int
    reason: str | None


@dataclass(frozen=True)
class ChurnRates:
    """Every churn rate of a month. None means 算出不可 with ``reason`` (``no_opening``).

    customer: churned over opening customers, with Wilson's 95 % interval; annualised: 1-(1-m)^12, never
    12 m; retention: 1-m. mrr: churn alone; gross: with ダウングレード; net: less expansion, may be
    negative. few_cases: fewer than ten churned, so months may differ by chance; see ``pooled_3m``.
    """

    month: str
    opening_customers: int
    churned_customers: int
    customer: Fraction | None
    interval: tuple[float, float] | None
    annualised: Fraction | None
    retention: Fraction | None
    mrr: Fraction | None
    gross: Fraction | None
    net: Fraction | None
    pooled_3m: Pooled
    pooled_12m: Pooled
    customer_12m_avg: Average
    mrr_12m_avg: Average
    few_cases: bool
    reason: str | None


def annualised(monthly_rate: Any) -> Fraction:
    """1 - (1 - m)^12, exact. Raises ValueError unless 0 <= m <= 1."""
    rate = fraction_of(monthly_rate)
    if not 0 <= rate <= 1:
        raise ValueError(f"a monthly churn rate lies between 0 and 1, not {monthly_rate}")
    return 1 - (1 - rate) ** 12


def pooled(rows: Sequence[MonthRow]) -> Pooled:
    """Σ churned over Σ opening of the months, with Wilson's interval; None without opening customers."""
    churned = sum(row.counts["churned_customers"] for row in rows)
    opening = sum(row.counts["opening_customers"] for row in rows)
    months = sum(row.counts["opening_customers"] > 0 for row in rows)
    rate = Fraction(churned, opening) if opening else None
    return Pooled(churned, opening, months, rate, wilson(churned, opening))


def average(rates: Sequence[Fraction | None]) -> Average:
    """The mean of the rates that exist; months without an opening have none."""
    known = [rate for rate in rates if rate is not None]
    if not known:
        return Average(None, 0, "no_opening")
    mean = sum(known, Fraction(0)) / len(known)
    return Average(mean, len(known), None if len(known) == len(rates) else "short_history")


def churn_rates(
    movements: Any,
    month: Any,
    *,
    as_of: Any = None,
    known_at: Any = None,
    rates: Any = None,
    customers: Mapping[str, Any] | None = None,
    contracts: Any = None,
    reporting: str = "JPY",
) -> ChurnRates:
    """The churn rates of a month and of the twelve that end with it; arguments as for ``waterfall``."""
    number = month_number(month)
    year = monthly(
        movements,
        month_text(number - 11),
        month_text(number),
        as_of=as_of,
        known_at=known_at,
        rates=rates,
        customers=customers,
        contracts=contracts,
        reporting=reporting,
    )
    return churn_of(year)


def churn_of(series: Monthly) -> ChurnRates:
    """The same from a series already computed: rates of its last month, averages of its last twelve."""
    row, year = series[-1], list(series)[-12:]
    rate = row.customer_churn
    opening, churned = row.counts["opening_customers"], row.counts["churned_customers"]
    return ChurnRates(
        month=row.month,
        opening_customers=opening,
        churned_customers=churned,
        customer=rate,
        interval=wilson(churned, opening),
        annualised=None if rate is None else annualised(rate),
        retention=None if rate is None else 1 - rate,
        mrr=row.mrr_churn,
        gross=row.gross_churn,
        net=row.net_churn,
        pooled_3m=pooled(year[-3:]),
        pooled_12m=pooled(year),
        customer_12m_avg=average([each.customer_churn for each in year]),
        mrr_12m_avg=average([each.mrr_churn for each in year]),
        few_cases=churned < FEW_CASES,
        reason=row.reason,
    )


def quick_ratio(row: MonthRow | Any) -> Fraction | None:
    """(new + reactivation + expansion) over (churn + contraction) of a month or a Waterfall.

    None (``nothing_lost``) where nothing was lost: 算出不可, not infinity.
    """
    lost = Fraction(row.churn) + Fraction(row.contraction)
    gained = Fraction(row.new) + Fraction(row.reactivation) + Fraction(row.expansion)
    return gained / lost if lost else None


@dataclass(frozen=True)
class Decomposition:
    """Δ revenue = Δ customers × price before + customers after × Δ price; ``remainder`` is 0.

    A price is MRR per customer. Terms are None with reason ``no_opening`` without customers before.
    """

    change: Fraction
    by_customers: Fraction | None
    by_price: Fraction | None
    remainder: Fraction | None
    price_before: Fraction | None
    price_after: Fraction | None
    reason: str | None


def decompose(customers_before: int, mrr_before: Any, customers_after: int, mrr_after: Any) -> Decomposition:
    """Split a change of MRR into customers and price. Raises ValueError for negative counts."""
    if customers_before < 0 or customers_after < 0:
        raise ValueError("a number of customers is not negative")
    start, end = fraction_of(mrr_before), fraction_of(mrr_after)
    after = end / customers_after if customers_after else None
    if not customers_before:
        return Decomposition(end - start, None, None, None, None, after, "no_opening")
    before = start / customers_before
    by_customers = (customers_after - customers_before) * before
    by_price = customers_after * ((after or Fraction(0)) - before) if customers_after else Fraction(0)
    remainder = end - start - by_customers - by_price
    return Decomposition(end - start, by_customers, by_price, remainder, before, after, None)
