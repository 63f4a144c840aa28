"""Lifetime value in two forms, the five levers, and what a price rise may cost.

Every amount and ratio is exact: ``exact`` is a Fraction, ``value`` the same number as a Decimal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from ._units import fraction_of
from .churn import FEW_CASES

LEVERS = ("unit_price", "gross_margin", "frequency", "years", "cost")


def as_decimal(value: Fraction, digits: int = 28) -> Decimal:
    """A Fraction as a Decimal: exact where it ends within ``digits`` significant digits."""
    with localcontext() as context:
        context.prec = digits
        return Decimal(value.numerator) / Decimal(value.denominator)


@dataclass(frozen=True)
class ArticleInputs:
    """unit_price per purchase (subscription: per month), gross_margin share, frequency purchases a
    year, years, acquisition_cost once, retention_cost a year."""

    unit_price: Fraction
    gross_margin: Fraction
    frequency: Fraction
    years: Fraction
    acquisition_cost: Fraction
    retention_cost: Fraction

    def ltv(self) -> Fraction:
        """LTV = 顧客単価×粗利率×購買頻度×取引期間 − (獲得 + 維持×期間)."""
        earned = self.unit_price * self.gross_margin * self.frequency * self.years
        return earned - (self.acquisition_cost + self.retention_cost * self.years)


@dataclass(frozen=True)
class Lever:
    """One input moved by the share, costs downward. ``rank`` 1 is the strongest; equals share a rank.

    change_share: change over the LTV before, None where that is 0. notes: ``retention_cost_grows``
    (a longer life costs longer), ``fixed_by_billing`` (固定(月次課金)), ``capped`` (a margin ends at 100 %).
    """

    name: str
    value: Decimal
    change: Decimal
    change_share: Fraction | None
    rank: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LtvArticle:
    value: Decimal
    exact: Fraction
    inputs: ArticleInputs
    levers: tuple[Lever, ...]


def ltv_article(
    unit_price: Any,
    gross_margin: Any,
    frequency: Any,
    years: Any,
    acquisition_cost: Any,
    retention_cost: Any,
) -> LtvArticle:
    """LTV after the article: unit_price × gross_margin × frequency × years less the costs.

    unit_price per month, gross_margin 0..1, frequency per year, acquisition_cost once,
    retention_cost per year. Gives the value and the five levers at 10 %. Raises ValueError for a
    margin above 1 or a negative frequency, period or cost.
    """
    inputs = ArticleInputs(
        *(
            fraction_of(value)
            for value in (unit_price, gross_margin, frequency, years, acquisition_cost, retention_cost)
        )
    )
    if inputs.gross_margin > 1:
        raise ValueError("a gross margin is a share: 0.7, not 70")
    for name in ("unit_price", "frequency", "years", "acquisition_cost", "retention_cost"):
        if getattr(inputs, name) < 0:
            raise ValueError(f"{name} is not negative")
    value = inputs.ltv()
    return LtvArticle(as_decimal(value), value, inputs, five_levers(inputs))


def five_levers(
    inputs: ArticleInputs, share: Any = Decimal("0.10"), *, subscription: bool = True
) -> tuple[Lever, ...]:
    """What each lever moved by ``share`` does to the LTV, in the order of :data:`LEVERS`.

    The margin moves relatively (70 % to 77 %) and ends at 100 %; cost lowers acquisition and retention
    together. subscription: the frequency is fixed by monthly billing, which its note says.
    """
    part, base = fraction_of(share), inputs.ltv()
    up = 1 + part
    margin = min(inputs.gross_margin * up, Fraction(1))
    moved = {
        "unit_price": replace(inputs, unit_price=inputs.unit_price * up),
        "gross_margin": replace(inputs, gross_margin=margin),
        "frequency": replace(inputs, frequency=inputs.frequency * up),
        "years": replace(inputs, years=inputs.years * up),
        "cost": replace(
            inputs,
            acquisition_cost=inputs.acquisition_cost * (1 - part),
            retention_cost=inputs.retention_cost * (1 - part),
        ),
    }
    notes: dict[str, tuple[str, ...]] = {
        "gross_margin": ("capped",) if margin < inputs.gross_margin * up else (),
        "frequency": ("fixed_by_billing",) if subscription else (),
        "years": ("retention_cost_grows",) if inputs.retention_cost else (),
    }
    values = {name: changed.ltv() for name, changed in moved.items()}
    order = sorted(set(values.values()), reverse=True)
    return tuple(
        Lever(
            name=name,
            value=as_decimal(values[name]),
            change=as_decimal(values[name] - base),
            change_share=(values[name] - base) / abs(base) if base else None,
            rank=order.index(values[name]) + 1,
            notes=notes.get(name, ()),
        )
        for name in LEVERS
    )


@dataclass(frozen=True)
class ChurnInputs:
    """unit_price a month, gross_margin share, monthly_retention_cost, monthly_churn share,
    acquisition_cost once."""

    unit_price: Fraction
    gross_margin: Fraction
    monthly_retention_cost: Fraction
    monthly_churn: Fraction
    acquisition_cost: Fraction

    def margin(self) -> Fraction:
        """What a customer leaves each month: 単価×粗利率 − 月維持費."""
        return self.unit_price * self.gross_margin - self.monthly_retention_cost


@dataclass(frozen=True)
class LtvChurn:
    """value is None with reason ``no_churn`` at churn 0 (算出不可: 解約実績なし), never infinity.

    months: expected life, 1 / churn. break_even_churn: the churn at which the acquisition cost is just
    earned back; None with break_even_reason ``no_acquisition_cost`` or ``no_margin``. recovers: whether
    the churn is at or under it. few_cases: churn from fewer than ten churned (参考).
    """

    value: Decimal | None
    exact: Fraction | None
    reason: str | None
    months: Fraction | None
    margin: Fraction
    break_even_churn: Fraction | None
    break_even_reason: str | None
    recovers: bool
    few_cases: bool
    inputs: ChurnInputs


def ltv_churn(
    unit_price: Any,
    gross_margin: Any,
    monthly_retention_cost: Any,
    monthly_churn: Any,
    acquisition_cost: Any,
    *,
    churned: int | None = None,
) -> LtvChurn:
    """LTV = (単価×粗利率 − 月維持費) ÷ 月次解約率 − 獲得.

    churned: how many churned customers the rate comes from, if it was observed. Raises ValueError for
    a share outside 0..1 or a negative cost.
    """
    inputs = ChurnInputs(
        *(
            fraction_of(value)
            for value in (unit_price, gross_margin, monthly_retention_cost, monthly_churn, acquisition_cost)
        )
    )
    if not 0 <= inputs.monthly_churn <= 1:
        raise ValueError(f"a monthly churn rate lies between 0 and 1, not {monthly_churn}")
    if inputs.gross_margin > 1:
        raise ValueError("a gross margin is a share: 0.7, not 70")
    if inputs.acquisition_cost < 0 or inputs.monthly_retention_cost < 0:
        raise ValueError("a cost is not negative")
    rate, margin = inputs.monthly_churn, inputs.margin()
    value = margin / rate - inputs.acquisition_cost if rate else None
    even, why = break_even_churn(margin, inputs.acquisition_cost)
    return LtvChurn(
        value=None if value is None else as_decimal(value),
        exact=value,
        reason=None if rate else "no_churn",
        months=1 / rate if rate else None,
        margin=margin,
        break_even_churn=even,
        break_even_reason=why,
        recovers=margin >= 0 if why == "no_acquisition_cost" else even is not None and rate <= even,
        few_cases=churned is not None and churned < FEW_CASES,
        inputs=inputs,
    )


def break_even_churn(margin: Any, cost: Any) -> tuple[Fraction | None, str | None]:
    """The monthly churn at which ``margin`` a month earns ``cost`` in a lifetime: margin / cost.

    May exceed 1 where one month is enough. None with a reason where the cost or the margin is not
    above 0."""
    monthly_margin, once = fraction_of(margin), fraction_of(cost)
    if once <= 0:
        return None, "no_acquisition_cost"
    return (monthly_margin / once, None) if monthly_margin > 0 else (None, "no_margin")


@dataclass(frozen=True)
class PriceGuard:
    """Before and after a price change. worse: the LTV falls. break_even_churn: the churn at which the
    new price earns just the old LTV; above it the rise has cost more than it brought."""

    before: LtvChurn
    after: LtvChurn
    change: Decimal | None
    worse: bool | None
    break_even_churn: Fraction | None
    reason: str | None


def price_guard(before: LtvChurn, new_price: Any, new_churn: Any) -> PriceGuard:
    """What a new price does if churn becomes ``new_churn`` (値上げと解約率)."""
    inputs = before.inputs
    after = ltv_churn(
        new_price, inputs.gross_margin, inputs.monthly_retention_cost, new_churn, inputs.acquisition_cost
    )
    if before.exact is None:
        return PriceGuard(before, after, None, None, None, "no_churn")
    even, reason = break_even_churn(after.margin, before.exact + inputs.acquisition_cost)
    if after.exact is None:
        return PriceGuard(before, after, None, None, even, "no_churn")
    change = after.exact - before.exact
    return PriceGuard(before, after, as_decimal(change), change < 0, even, reason)
