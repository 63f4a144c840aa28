"""Churn rates, renewal, decomposition: the numbers of US-3, X16, X17, X19 and X20."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from banso.revenue import (
    annualised,
    average,
    churn_rates,
    decompose,
    ltv_observed,
    mrr_at,
    planned_churn,
    quick_ratio,
    renewal_rate,
    retention_12m,
    waterfall,
    wilson,
)


def start(account: str, amount: Any, on: str = "2025-01-01", **extra: Any) -> dict[str, Any]:
    return {"account_id": account, "effective_on": on, "mrr_delta": amount} | extra


def forty(*ended: str) -> list[dict[str, Any]]:
    """Forty customers of 300,000, some ending on 2026-10-31, and four that start in October."""
    names = [f"c{n:02d}" for n in range(40)]
    book = [start(name, 300_000) for name in names]
    book += [start(name, 300_000, "2026-10-13") for name in ("n1", "n2", "n3", "n4")]
    return book + [start(name, -300_000, "2026-10-31") for name in ended]


def test_coins_are_those_of_the_money_package() -> None:
    """Four decimals: a ten-thousandth of a UF is a coin and no residue. Two thousandths of a dinar's half are one."""
    for code, decimals in (("CLF", 4), ("UYW", 4), ("KWD", 3), ("USD", 2), ("JPY", 0)):
        book = [
            {"account_id": "a", "effective_on": "2026-01-01", "mrr_delta": "10", "currency": code},
            {"account_id": "a", "effective_on": "2026-02-01", "mrr_delta": "-9.9999", "currency": code},
        ]
        left = mrr_at(book, "2026-03-31", reporting=code)
        assert left.mrr == (Decimal("0.0001") if decimals == 4 else 0), code


def test_churn_of_two_in_forty() -> None:
    rates = churn_rates(forty("c00", "c01"), "2026-10")
    assert rates.customer == Fraction(2, 40)
    assert rates.retention == Fraction(38, 40)
    assert rates.few_cases
    assert rates.interval is not None
    assert [round(100 * bound, 1) for bound in rates.interval] == [1.4, 16.5]
    assert rates.annualised is not None
    assert round(100 * float(rates.annualised), 2) == 45.96
    assert rates.annualised != rates.customer * 12
    # September and August lost nobody: 2 of 40 + 40 + 40.
    assert rates.pooled_3m.rate == Fraction(2, 120)
    assert rates.pooled_12m.rate == Fraction(2, 480)
    assert rates.customer_12m_avg.rate == Fraction(2, 40) / 12
    assert rates.customer_12m_avg.reason is None


def test_churn_of_three_in_forty() -> None:
    rates = churn_rates(forty("c00", "c01", "c02"), "2026-10")
    assert rates.customer == Fraction(75, 1000)
    assert rates.customer not in (Fraction(3, 41), Fraction(3, 44))
    assert rates.retention == Fraction(925, 1000)
    assert rates.interval is not None
    assert [round(100 * bound, 1) for bound in rates.interval] == [2.6, 19.9]
    assert rates.annualised is not None
    assert round(100 * float(rates.annualised), 2) == 60.76


def test_a_short_history_says_so() -> None:
    book = [start("a", 100, "2026-08-15"), start("b", 100, "2026-08-15"), start("b", -100, "2026-09-30")]
    rates = churn_rates(book, "2026-10")
    assert (rates.customer_12m_avg.months, rates.customer_12m_avg.reason) == (2, "short_history")
    assert rates.customer_12m_avg.rate == Fraction(1, 4)
    empty = churn_rates([], "2026-10")
    assert (empty.customer, empty.annualised, empty.reason) == (None, None, "no_opening")
    assert average([None, None]).reason == "no_opening"


def test_annualised_is_never_twelve_times() -> None:
    assert annualised("0.05") == 1 - Fraction(95, 100) ** 12
    assert annualised(1) == 1
    with pytest.raises(ValueError, match="between 0 and 1"):
        annualised(5)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_the_literature(k: int, n: int, low: float, high: float) -> None:
    found = wilson(k, n)
    assert found is not None
    assert [round(bound, 4) for bound in found] == [low, high]


def test_wilson_edges() -> None:
    assert wilson(0, 0) is None
    full = wilson(29, 29)
    assert full is not None
    assert full[1] == 1.0
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson(3, 2)


def test_quick_ratio_needs_a_loss() -> None:
    grown = waterfall(forty("c00", "c01"), "2026-10")
    assert quick_ratio(grown) == Fraction(1_200_000, 600_000)
    assert quick_ratio(waterfall(forty(), "2026-10")) is None


def test_planned_churn_waits_for_its_day() -> None:
    """X20: told on 11/10, last day of service 12/31."""
    book = forty()
    book += [start("leaving", 200_000)]
    book += [start("leaving", -200_000, "2026-12-31", recorded_at="2026-11-10T15:00:00+09:00")]
    planned = planned_churn(book, "2026-11-24")
    assert [(end.customer, end.on.isoformat(), end.mrr) for end in planned.ends] == [
        ("leaving", "2026-12-31", Decimal(200_000))
    ]
    assert planned.mrr == 200_000
    assert planned_churn(book, "2026-11-09").mrr == 0
    assert planned_churn(book, "2026-12-31").mrr == 0
    assert churn_rates(book, "2026-11", as_of="2026-11-24").customer == 0
    assert churn_rates(book, "2026-12").customer == Fraction(1, 45)


def test_planned_churn_knows_a_planned_return_and_a_partial_end() -> None:
    book = [
        start("back", 100),
        start("back", -100, "2026-12-31", recorded_at="2026-11-01"),
        start("back", 100, "2027-01-15", recorded_at="2026-11-01"),
        start("less", 100),
        start("less", -40, "2026-12-31", recorded_at="2026-11-01"),
    ]
    assert planned_churn(book, "2026-11-24").ends == ()


def test_nrr_of_twelve_months() -> None:
    """X19: thirty customers of 300,000 became 9,450,000; 2,710,000 of new customers do not count."""
    book = [start(f"c{n}", 300_000) for n in range(30)]
    book += [start("c0", 750_000, "2026-03-01"), start("c1", -300_000, "2026-05-31")]
    book += [start("new", 2_710_000, "2026-01-10")]
    found = retention_12m(book, "2026-11-24")
    assert found.then.isoformat() == "2025-11-24"
    assert (found.opening, found.closing, found.customers) == (Decimal(9_000_000), Decimal(9_450_000), 30)
    assert found.nrr == Fraction(105, 100)
    assert found.grr == Fraction(8_700_000, 9_000_000)
    assert {name: now for name, _, now in found.lines}["c1"] == 0
    assert retention_12m(book, "2025-06-01").reason == "no_opening"


def test_leap_day_looks_back_to_the_28th() -> None:
    assert retention_12m([start("a", 1, "2027-02-28")], "2028-02-29").nrr == 1


def test_the_end_of_february_looks_back_to_the_leap_day() -> None:
    """A month's end is compared with a month's end: who left on 29 February was no customer at its close."""
    book = [start("a", 100, "2023-04-01"), start("b", 100, "2023-04-01"), start("a", -100, "2024-02-29")]
    found = retention_12m(book, "2025-02-28")
    assert (found.then.isoformat(), found.opening, found.nrr) == ("2024-02-29", 100, 1)
    assert retention_12m(book, "2025-02-27").then.isoformat() == "2024-02-27"


def test_arpa_and_arr() -> None:
    found = mrr_at(forty("c00", "c01"), "2026-10-31")
    assert (found.mrr, found.customers, found.arpa) == (Decimal(12_600_000), 42, Fraction(300_000))
    assert found.arr == 151_200_000
    assert mrr_at([], "2026-10-31").arpa is None


def test_decomposition_of_october() -> None:
    """X16: forty at 300,000 became 42 and 12,160,000."""
    found = decompose(40, 12_000_000, 42, 12_160_000)
    assert found.change == 160_000
    assert found.by_customers == 600_000
    assert found.by_price == -440_000
    assert found.remainder == 0
    assert found.price_after is not None
    assert round(float(found.price_after), 2) == 289_523.81
    assert decompose(0, 0, 3, 300).reason == "no_opening"


def twenty() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """X17: twenty terms end on 2026-10-31; 17 go on, of them 5 by themselves, 3 end."""
    contracts, book = [], []
    for n in range(20):
        contract = {
            "contract_id": f"k{n}",
            "account_id": f"a{n}",
            "product": "A",
            "starts_on": "2025-11-01",
            "ends_on": "2026-10-31",
            "auto_renew": int(n < 5),
        }
        extra = {"contract_id": f"k{n}", "product": "A"}
        contracts.append(contract)
        book.append(start(f"a{n}", 100_000 if n else 500_000, "2025-11-01", **extra))
        if n >= 17:
            book.append(start(f"a{n}", -100_000, "2026-10-31", **extra))
        elif n >= 15:  # a new contract of the same product follows
            book.append(start(f"a{n}", -100_000, "2026-10-31", **extra))
            book.append(start(f"a{n}", 120_000, "2026-11-16", contract_id=f"k{n}b", product="A"))
    return book, contracts


def test_renewal_rate() -> None:
    book, contracts = twenty()
    touched = {f"k{n}" for n in range(5, 20)}
    found = renewal_rate(book, contracts, "2026-10-01", "2026-10-31", contacted=touched)
    assert found.count == Fraction(17, 20)
    assert (found.renewed, found.lost, found.automatic, found.untouched) == (17, 3, 5, 5)
    # 500,000 + 16 × 100,000 of 2,400,000.
    assert found.amount == {"JPY": Fraction(2_100_000, 2_400_000)}
    assert {term.successor for term in found.terms} == {"", "k15b", "k16b"}
    unknown = renewal_rate(book, contracts, "2026-10-01", "2026-10-31")
    assert unknown.untouched is None


def test_a_term_just_over_is_neither_renewed_nor_lost() -> None:
    book, contracts = twenty()
    early = renewal_rate(book, contracts, "2026-10-01", "2026-10-31", as_of="2026-11-10")
    assert (early.renewed, early.lost, early.pending) == (15, 0, 5)
    assert early.count == 1
    late = renewal_rate(book, contracts, "2026-10-01", "2026-10-31", as_of="2026-11-30")
    assert (late.renewed, late.lost, late.pending) == (17, 3, 0)


def test_an_end_on_record_is_lost_at_once_and_mrr_that_only_goes_on_is_pending() -> None:
    """Three terms end on 2026-10-31: k0 was cancelled, k1 goes on undecided, k2 was prolonged; asked on 2026-11-10."""
    book = [start(f"a{n}", 100_000, "2025-11-01", contract_id=f"k{n}", product="A") for n in range(3)]
    book.append(start("a0", -100_000, "2026-10-31", contract_id="k0", product="A"))
    contracts: list[dict[str, Any]] = [
        {"contract_id": f"k{n}", "account_id": f"a{n}", "product": "A", "ends_on": "2026-10-31"}
        for n in range(3)
    ]
    contracts[0]["ended_on"] = "2026-10-31"
    contracts[2]["renewed_until"] = "2027-10-31"

    def states(as_of: str | None = None) -> dict[str, str]:
        found = renewal_rate(book, contracts, "2026-10-01", "2026-10-31", as_of=as_of)
        return {term.contract: term.state for term in found.terms}

    assert states("2026-11-10") == {"k0": "lost", "k1": "pending", "k2": "renewed"}
    assert states("2027-06-30")["k1"] == states()["k1"] == "pending"
    # A second row of the contract states its next end as well.
    contracts.append({**contracts[1], "ends_on": "2027-10-31"})
    assert states("2026-11-10")["k1"] == "renewed"
    # It ends after all, three weeks later: the term was not renewed. Until that day it waits.
    contracts[1:] = [{**contracts[1], "ended_on": "2026-11-21"}]
    book.append(start("a1", -100_000, "2026-11-21", contract_id="k1", product="A"))
    assert (states("2026-11-20")["k1"], states("2026-11-21")["k1"]) == ("pending", "lost")
    # A successor of the same product within 30 days renews what had ended.
    book.append(start("a0", 90_000, "2026-11-16", contract_id="k0b", product="A"))
    assert states("2026-11-20")["k0"] == "renewed"


def test_another_product_renews_nothing() -> None:
    book, contracts = twenty()
    for row in book:
        if row["contract_id"].endswith("b"):
            row["product"] = "B"
    assert renewal_rate(book, contracts, "2026-10-01", "2026-10-31").lost == 5


def test_a_residue_renews_nothing() -> None:
    """1,000,000 a year is 83,333.3333 a month; an end over 83,333 leaves a third of a yen."""
    book = [
        start("a", "83333.3333", "2025-04-01", contract_id="k", product="A"),
        start("a", "-83333", "2026-03-31", contract_id="k", product="A"),
    ]
    contracts = [{"contract_id": "k", "account_id": "a", "product": "A", "ends_on": "2026-03-31"}]
    found = renewal_rate(book, contracts, "2026-03-01", "2026-03-31")
    assert (found.renewed, found.lost) == (0, 1)
    assert waterfall(book, "2026-03").counts["churned_customers"] == 1


def test_automatic_renewal_rolls_the_end() -> None:
    book, contracts = twenty()
    following = renewal_rate(book, contracts, "2027-10-01", "2027-10-31")
    assert [term.contract for term in following.terms] == [f"k{n}" for n in range(5)]
    none = renewal_rate(book, contracts, "2026-01-01", "2026-01-31")
    assert (none.count, none.reason) == (None, "no_terms")


def test_observed_inputs_of_ltv() -> None:
    found = ltv_observed(forty("c00", "c01"), "2026-11-24")
    assert (found.first_month, found.last_month) == ("2025-11", "2026-10")
    assert found.unit_price == 300_000
    assert found.churn.rate == Fraction(2, 480)
    assert found.years == 20
    assert found.few_cases
    assert ltv_observed(forty(), "2026-11-24").reason == "no_churn"
    assert ltv_observed([], "2026-11-24").reason == "no_customers"
