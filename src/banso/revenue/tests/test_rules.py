"""The edge rules of counting, each with numbers small enough to check by eye."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from banso.revenue import Book, Note, intervals, monthly, mrr_at, waterfall


def rows(*moves: tuple[str, str, Any], **extra: Any) -> list[dict[str, Any]]:
    return [{"account_id": a, "effective_on": on, "mrr_delta": d} | extra for a, on, d in moves]


def other(amount: int = 1000) -> list[dict[str, Any]]:
    """Somebody who stays, so that there is an opening."""
    return rows(("stays", "2025-01-01", amount))


@pytest.mark.parametrize(
    ("back", "october", "november"),
    [
        ("2026-11-01", "unchanged", "expansion"),  # the next day: no gap
        ("2026-11-30", "unchanged", "expansion"),  # the 30th day after the last day of service
        ("2026-12-01", "churn", None),  # the 31st
    ],
)
def test_a_late_renewal_carries_the_old_mrr(back: str, october: str, november: str | None) -> None:
    book = other() + rows(("late", "2025-01-01", 100), ("late", "2026-10-31", -100), ("late", back, 130))
    for month, kind in (("2026-10", october), ("2026-11", november)):
        line = waterfall(book, month).lines.find("late")
        assert (line.kind if line else None) == kind
    if november:
        found = waterfall(book, "2026-11")
        assert found.expansion == 30
        assert found.opening == 1100
        assert Note("late_renewal", "late", "2026-10-31", back) in found.notes
    else:
        assert waterfall(book, "2026-12").reactivation == 130


def test_until_the_return_is_recorded_it_is_churn() -> None:
    book = other() + rows(("late", "2025-01-01", 100), ("late", "2026-10-31", -100))
    book += rows(("late", "2026-11-20", 100), recorded_at="2026-11-18T10:00:00+09:00")
    assert waterfall(book, "2026-10", known_at="2026-11-17").churn == 100
    assert waterfall(book, "2026-10", known_at="2026-11-18").churn == 0
    # As of a day, the same: on 10/31 nobody knew of the return, on 11/18 it was recorded.
    assert waterfall(book, "2026-10", as_of="2026-10-31").churn == 100
    assert waterfall(book, "2026-10", as_of="2026-11-18").churn == 0


def test_a_renewal_signed_before_the_end_is_no_churn_on_the_last_day() -> None:
    book = other() + rows(("a", "2025-11-01", 100), ("a", "2026-10-31", -100), recorded_at="2025-11-01")
    book += rows(("a", "2026-11-01", 120), recorded_at="2026-10-10")
    asked = waterfall(book, "2026-10", as_of="2026-10-31")
    assert asked.churn == 0
    assert asked.closing == 1100
    assert mrr_at(book, "2026-10-31", as_of="2026-10-31").mrr == 1100


PAUSED = [{"account_id": "p", "starts_on": "2025-01-01", "ends_on": "2027-03-31", "auto_renew": 0}]


def test_a_pause_is_downgrade_and_its_return_expansion() -> None:
    book = other() + rows(("p", "2025-01-01", 100), ("p", "2026-10-01", -100), ("p", "2026-12-15", 90))
    paused, resumed = (waterfall(book, month, contracts=PAUSED) for month in ("2026-10", "2026-12"))
    assert (paused.contraction, paused.churn) == (Decimal(100), Decimal(0))
    assert (resumed.expansion, resumed.reactivation) == (Decimal(90), Decimal(0))
    assert paused.counts["paused_customers"] == resumed.counts["resumed_customers"] == 1
    # Without a contract on record, MRR 0 is an end.
    assert waterfall(book, "2026-10").churn == 100
    assert waterfall(book, "2026-12").reactivation == 90


def test_a_short_pause_is_not_a_late_renewal() -> None:
    book = other() + rows(("p", "2025-01-01", 100), ("p", "2026-10-20", -100), ("p", "2026-11-05", 100))
    assert waterfall(book, "2026-10", contracts=PAUSED).contraction == 100
    assert waterfall(book, "2026-11", contracts=PAUSED).expansion == 100


def test_a_contract_without_end_and_renewal_proves_no_pause() -> None:
    book = other() + rows(("p", "2025-01-01", 100), ("p", "2026-10-31", -100))
    open_end = [{"account_id": "p", "starts_on": "2025-01-01"}]
    assert waterfall(book, "2026-10", contracts=open_end).churn == 100


def test_an_end_on_the_last_day_of_the_contract_is_churn() -> None:
    book = other() + rows(("p", "2025-01-01", 100), ("p", "2026-10-31", -100))
    ended = [{"account_id": "p", "starts_on": "2025-01-01", "ended_on": "2026-10-31", "auto_renew": 1}]
    assert waterfall(book, "2026-10", contracts=ended).churn == 100


def test_exchange_rates_make_a_bar_of_their_own() -> None:
    book = rows(("home", "2025-01-01", 1_000_000))
    book += rows(("away", "2025-01-01", 1000), ("away", "2026-10-15", 100), currency="USD")
    rates = {
        "currency": ["USD", "USD"],
        "on": ["2026-10-01", "2026-11-01"],
        "rate_to_reporting": ["150", "152.5"],
    }
    october = waterfall(book, "2026-10", rates=rates)
    assert october.opening == 1_150_000
    assert october.expansion == 15_000  # 100 USD at October's opening rate
    assert october.fx == Decimal("2750")  # 1,100 USD × 2.5
    assert october.closing == 1_167_750
    assert october.difference == 0
    assert october.nrr == Fraction(1_165_000, 1_150_000)
    assert waterfall(book, "2026-11", rates=rates).opening == october.closing


def test_two_currencies_of_one_customer_are_one_class() -> None:
    book = rows(("a", "2025-01-01", 100_000), ("a", "2026-10-10", -60_000))
    book += rows(("a", "2026-10-10", 500), currency="USD")
    october = waterfall(book, "2026-10", rates={"USD": 150})
    assert [(line.kind, line.amount) for line in october.lines] == [("expansion", Decimal(15_000))]
    assert monthly(book, "2026-10", "2026-10", rates={"USD": 150})[0].expansion == 15_000


def test_a_missing_rate_is_listed_and_never_zero() -> None:
    book = other() + rows(("away", "2025-01-01", 1000), currency="USD")
    october = waterfall(book, "2026-10")
    assert october.opening == 1000
    assert [(e.customer, e.reason, e.currency) for e in october.excluded] == [("away", "missing_rate", "USD")]
    assert mrr_at(book, "2026-10-31").unrated == {"away": "USD"}


def test_a_third_of_a_yen_left_over_is_nobody() -> None:
    # 1,000,000 a year = 83,333.3333 a month; the end was typed as 83,333.
    book = other() + rows(("y", "2025-11-01", "83333.3333"), ("y", "2026-10-31", "-83333"))
    october = waterfall(book, "2026-10")
    assert october.churn == Decimal("83333.3333")
    assert october.counts["closing_customers"] == 1
    assert october.difference == 0
    residue = [e for e in october.excluded if e.reason == "residue"]
    assert [(e.customer, e.amount, e.currency) for e in residue] == [("y", Decimal("0.3333"), "JPY")]


def test_half_a_yen_is_kept() -> None:
    book = other() + rows(("y", "2025-11-01", "100.5"), ("y", "2026-10-31", "-100"))
    assert waterfall(book, "2026-10").counts["closing_customers"] == 2


def test_amounts_are_rounded_half_up_once() -> None:
    book = Book.from_table(
        rows(("a", "2026-01-01", "0.00005"), ("b", "2026-01-01", "-0.00005"), ("c", "2026-01-01", 1.00005))
    )
    assert book.delta.tolist() == [1, -1, 10_001]


def test_more_taken_away_than_was_there_is_said() -> None:
    book = other() + rows(("a", "2025-01-01", 100), ("a", "2026-10-31", -150))
    october = waterfall(book, "2026-10")
    assert Note("negative_balance", "a") in october.notes
    assert october.difference == 0


def test_an_opening_of_zero_has_no_ratio() -> None:
    first = waterfall(rows(("a", "2026-10-05", 100)), "2026-10")
    assert (first.nrr, first.grr, first.customer_churn, first.reason) == (None, None, None, "no_opening")
    assert first.new == 100


def test_new_only_the_first_time() -> None:
    book = rows(("a", "2025-01-01", 100), ("a", "2025-06-30", -100), ("a", "2026-10-01", 50))
    assert waterfall(book, "2025-01").new == 100
    assert waterfall(book, "2026-10").reactivation == 50


def test_growth_on_a_product_held_once_is_upsell() -> None:
    def move(product: str, on: str, delta: int) -> dict[str, Any]:
        return rows(("a", on, delta), product=product)[0]

    book = [
        move("A", "2025-01-01", 100),
        move("B", "2025-01-01", 50),
        move("B", "2025-06-30", -50),
        move("B", "2026-10-01", 70),
        move("C", "2026-10-01", 40),
        move("A", "2026-10-01", -80),
    ]
    october = waterfall(book, "2026-10")
    # Net +30; C is new and grew by 40, so all of the 30 is cross-sell and no more.
    assert (october.expansion, october.cross_sell, october.upsell) == (
        Decimal(30),
        Decimal(30),
        Decimal(0),
    )
    assert waterfall(book[:4], "2026-10").cross_sell == 0


def test_intervals_are_steps() -> None:
    book = rows(
        ("a", "2026-01-01", 100), ("a", "2026-02-01", 20), ("a", "2026-02-01", -20), ("a", "2026-03-31", -100)
    )
    found = intervals(book)
    days = [dt.date.fromordinal(int(day)).isoformat() for day in found.on]
    assert list(zip(days, found.mrr.tolist(), strict=True)) == [
        ("2026-01-01", 1_000_000),
        ("2026-03-31", 0),
    ]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("mrr_delta", "abc", "row 1: not an amount"),
        ("mrr_delta", None, "row 1: not an amount"),
        ("mrr_delta", float("nan"), "row 1: not an amount"),
        ("effective_on", "2026-02-30", "row 1: effective_on"),
        ("effective_on", None, "row 1: effective_on"),
        ("recorded_at", "soon", "row 1: recorded_at"),
        ("account_id", "", "row 1: account_id is empty"),
    ],
)
def test_a_bad_cell_is_named(column: str, value: Any, said: str) -> None:
    good = {"account_id": "a", "effective_on": "2026-01-01", "mrr_delta": 1}
    with pytest.raises(ValueError, match=said):
        Book.from_table([good, good | {column: value}])


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="not a month"):
        waterfall([], "2026-13")
    with pytest.raises(TypeError, match="not a table"):
        waterfall(42, "2026-10")
    with pytest.raises(ValueError, match="lies before"):
        monthly([], "2026-10", "2026-09")
    with pytest.raises(ValueError, match="above 0"):
        waterfall([], "2026-10", rates={"USD": 0})
    with pytest.raises(ValueError, match="account index"):
        Book.from_arrays(account=[1], on=[1], delta=[1], accounts=["a"])
