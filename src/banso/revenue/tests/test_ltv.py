"""US-2: both LTV forms, the five levers and the price guard, to the last digit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from banso.revenue import ArticleInputs, break_even_churn, five_levers, ltv_article, ltv_churn, price_guard

LOW_TOUCH = (100_000, "0.70", 12, 4, 1_200_000, 240_000)


def test_article_form() -> None:
    # 100,000 × 0.70 × 12 × 4 = 3,360,000 less 1,200,000 + 240,000 × 4 = 2,160,000.
    assert ltv_article(*LOW_TOUCH).value == 1_200_000


@pytest.mark.parametrize(
    ("name", "value", "change", "share", "rank", "notes"),
    [
        ("unit_price", 1_536_000, 336_000, "0.28", 1, ()),
        ("gross_margin", 1_536_000, 336_000, "0.28", 1, ()),
        ("frequency", 1_536_000, 336_000, "0.28", 1, ("fixed_by_billing",)),
        ("years", 1_440_000, 240_000, "0.20", 2, ("retention_cost_grows",)),
        ("cost", 1_416_000, 216_000, "0.18", 3, ()),
    ],
)
def test_levers(name: str, value: int, change: int, share: str, rank: int, notes: tuple[str, ...]) -> None:
    lever = next(each for each in ltv_article(*LOW_TOUCH).levers if each.name == name)
    assert lever.value == value
    assert lever.change == change
    assert lever.change_share == Fraction(share)
    assert lever.rank == rank
    assert lever.notes == notes


def test_a_margin_ends_at_one_hundred_percent() -> None:
    inputs = ArticleInputs(*(Fraction(value) for value in (100, "0.95", 12, 1, 0, 0)))
    margin = five_levers(inputs)[1]
    assert margin.value == 1200
    assert margin.notes == ("capped",)


@pytest.mark.parametrize(
    ("churn", "months", "value"),
    [
        ("0.05", "20.0", "-200000"),
        ("0.04", "25.0", "50000"),
        ("0.03", "33.3", "466667"),
        ("0.02", "50.0", "1300000"),
        ("0.01", "100.0", "3800000"),
    ],
)
def test_churn_form(churn: str, months: str, value: str) -> None:
    found = ltv_churn(100_000, "0.7", 20_000, churn, 1_200_000)
    assert found.value is not None
    assert found.months is not None
    assert found.value.quantize(Decimal(1)) == Decimal(value)
    assert f"{float(found.months):.1f}" == months
    assert found.break_even_churn == Fraction(50_000, 1_200_000)
    assert found.recovers == (Decimal(churn) < Decimal("0.0417"))


def test_break_even_is_4_17_percent() -> None:
    even, reason = break_even_churn(50_000, 1_200_000)
    assert reason is None
    assert even is not None
    assert f"{float(even):.2%}" == "4.17%"
    assert break_even_churn(50_000, 0) == (None, "no_acquisition_cost")
    assert break_even_churn(-1, 100) == (None, "no_margin")


def test_no_churn_is_not_infinity() -> None:
    found = ltv_churn(100_000, "0.7", 20_000, 0, 1_200_000, churned=0)
    assert (found.value, found.months, found.reason) == (None, None, "no_churn")
    assert found.few_cases
    assert not ltv_churn(100_000, "0.7", 20_000, "0.02", 1_200_000, churned=10).few_cases
    assert ltv_churn(100_000, "0.7", 20_000, "0.02", 1_200_000, churned=9).few_cases


def test_price_guard() -> None:
    before = ltv_churn(100_000, "0.7", 20_000, "0.03", 1_200_000)
    guard = price_guard(before, 110_000, "0.035")
    assert guard.after.margin == 57_000
    assert guard.after.value is not None
    assert guard.after.value.quantize(Decimal(1)) == 428_571
    assert guard.worse is True
    assert guard.break_even_churn == Fraction(57_000 * 3, 5_000_000)
    assert f"{float(guard.break_even_churn):.2%}" == "3.42%"
    assert price_guard(before, 110_000, "0.034").worse is False
    unknown = price_guard(ltv_churn(100_000, "0.7", 20_000, 0, 1_200_000), 110_000, "0.03")
    assert (unknown.worse, unknown.reason) == (None, "no_churn")


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        ltv_article(100_000, 70, 12, 4, 0, 0)
    with pytest.raises(ValueError, match="years"):
        ltv_article(100_000, "0.7", 12, -4, 0, 0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        ltv_churn(100_000, "0.7", 0, 5, 0)
    with pytest.raises(ValueError, match="cost"):
        ltv_churn(100_000, "0.7", 0, "0.05", -1)
