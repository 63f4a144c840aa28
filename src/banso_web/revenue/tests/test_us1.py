"""US-1 to the printed digit: October 2026 of forty customers with ¥12,000,000."""

from __future__ import annotations

from decimal import Decimal

import pytest

from banso_web.core.metrics import as_json, compute, rows_of
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def october() -> None:
    make.story("us1")


def test_the_waterfall_reconciles_to_the_yen(october: None) -> None:
    result = compute("nrr_monthly", make.asked(), month="2026-10")
    assert {key: int(value) for key, value in result.parts.items()} == {
        "opening": 12_000_000,
        "new": 450_000,
        "reactivation": 100_000,
        "expansion": 510_000,
        "upsell": 360_000,
        "cross_sell": 150_000,
        "contraction": 180_000,
        "churn": 720_000,
        "fx": 0,
        "closing": 12_160_000,
        "difference": 0,
    }
    assert result.value == Decimal("0.9675")
    assert result.value != Decimal(12_160_000) / Decimal(12_000_000)  # new and reactivation stay out


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("nrr_monthly", "0.9675"),
        ("grr_monthly", "0.925"),
        ("gross_revenue_churn", "0.075"),
        ("net_revenue_churn", "0.0325"),
        ("mrr_churn_monthly", "0.06"),
        ("customer_churn_monthly", "0.05"),
        ("retention_monthly", "0.95"),
    ],
)
def test_rates(october: None, key: str, value: str) -> None:
    assert as_json(compute(key, make.asked(), month="2026-10"))["value"] == value


def test_every_side_is_the_sum_of_its_rows(october: None) -> None:
    for key in ("nrr_monthly", "grr_monthly", "gross_revenue_churn", "net_revenue_churn", "quick_ratio"):
        result = compute(key, make.asked(), month="2026-10")
        assert result.numerator and result.denominator
        assert make.totals(row.amount for row in result.numerator.rows) == result.numerator.value
        assert make.totals(row.amount for row in result.denominator.rows) == result.denominator.value
        for part in (
            "opening",
            "new",
            "reactivation",
            "expansion",
            "upsell",
            "cross_sell",
            "contraction",
            "churn",
            "closing",
        ):
            assert make.totals(row.amount for row in rows_of(result, part)) == result.parts[part], part


def test_the_churn_bar_opens_two_rows_and_new_and_gone_is_listed(october: None) -> None:
    result = compute("nrr_monthly", make.asked(), month="2026-10")
    assert [(row.name, row.amount) for row in rows_of(result, "churn")] == [
        ("南部製菓", 480_000),
        ("光陽電子", 240_000),
    ]
    assert {row.reason for row in rows_of(result, "churn")} == {"理由未確認"}
    assert [(row.name, row.reason) for row in result.excluded] == [("若葉企画", "除外(当月内の契約・解約)")]
    white = next(row for row in rows_of(result, "expansion") if row.name == "白河ガス")
    assert white.amount == 60_000
    assert [line.amount for line in white.movements] == [100_000, -40_000]


def test_mrr_of_a_day(october: None) -> None:
    assert compute("mrr", make.asked("2026-09-30")).value == 12_000_000
    assert compute("customers", make.asked("2026-09-30")).value == 40
    assert compute("mrr", make.asked("2026-10-31")).value == 12_160_000
    result = compute("mrr", make.asked("2026-10-31"))
    assert result.unit == "JPY" and result.numerator
    assert make.totals(row.amount for row in result.numerator.rows) == 12_160_000
    assert compute("arr", make.asked("2026-10-31")).value == 145_920_000
    assert compute("arpa", make.asked("2026-09-30")).value == 300_000
