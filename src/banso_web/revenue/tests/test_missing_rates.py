"""A currency without a rate: what stands in it is unknown, listed with its own amount, and in no sum. Never 0."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from banso_web.accounts.models import Account
from banso_web.core import clock
from banso_web.core.facts import publish
from banso_web.core.metrics import compute, rows_of
from banso_web.members.models import Member
from banso_web.revenue.actions import closing as actions
from banso_web.revenue.models import Rate
from banso_web.revenue.reads import closing as reads
from banso_web.revenue.tests import factories as make

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)


def rate(on: str, value: str) -> None:
    own = make.entry("rates")
    Rate.objects.create(
        code=f"USD:{on}", currency="USD", on=date.fromisoformat(on), rate=Decimal(value), entry=own,
        recorded_at=clock.now(), known_basis="system",
    )  # fmt: skip
    publish(own)


@pytest.fixture
def abroad() -> Account:
    """1,000 USD a month under a contract that ran out on 9/30 without a decision, beside 50,000 yen."""
    home = make.account("HOME")
    make.movement("h", home, "2026-01-01", 50_000)
    away = make.account("AWAY", "Away Inc.")
    overdue = make.contract("K-USD", away, starts_on="2025-10-01", ends_on="2026-09-30")
    make.movement("u", away, "2025-10-01", 1_000, currency="USD", contract=overdue)
    return away


def test_an_open_renewal_without_a_rate_is_in_the_list_to_be_signed(
    abroad: Account, person: Callable[[str], Member]
) -> None:
    (waiting,) = reads.pending_at(actions.question(OCTOBER), OCTOBER)
    assert (waiting.contract, waiting.units, waiting.held) == ("K-USD", None, (("USD", 10_000_000),))
    tanaka = person("tanaka")
    with pytest.raises(actions.ClosingBlocked) as blocked:
        actions.close_month(OCTOBER, kind="final", actor=tanaka, comment="10月")
    assert "換算レートなし USD 1,000.00" in blocked.value.reasons[0]
    done = actions.close_month(
        OCTOBER, kind="final", actor=tanaka, comment="10月", signed=[waiting.contract_id]
    )
    assert (done.waterfall["pending_renewal"], done.waterfall["pending_unrated"]) == (0, 1)
    ((_account, line),) = reads.signed_pending(done)
    assert line["mrr"] is None and line["held"] == [{"currency": "USD", "mrr": "1000"}]
    # What was signed stays signed when the rate arrives: 1,000 USD × 150.
    rate("2025-01-01", "150")
    assert reads.replay_differences(done) == []
    (now,) = reads.pending_at(actions.question(OCTOBER), OCTOBER)
    assert now.units == 1_500_000_000


def test_totals_say_that_they_are_incomplete(abroad: Account) -> None:
    for key in ("mrr", "arr", "customers", "arpa", "nrr_12m"):
        found = compute(key, make.asked())
        if key != "nrr_12m":
            assert found.value is not None
        assert any("1 社(USD 1,000.00)を含みません" in note for note in found.notes), key
    month = compute("nrr_monthly", make.asked(), month="2026-10")
    assert any("1 社(USD 1,000.00)を含みません" in note for note in month.notes)
    (row,) = month.excluded
    assert (row.part, row.amount) == ("missing_rate", None)
    assert row.extra["held"] == [{"currency": "USD", "mrr": Decimal(1000)}]
    rate("2025-01-01", "150")
    assert compute("mrr", make.asked()).value == 200_000
    assert not any("含みません" in note for note in compute("mrr", make.asked()).notes)


def test_a_sum_of_nothing_but_unknown_amounts_is_unknown() -> None:
    away = make.account("AWAY")
    make.movement("u", away, "2026-01-01", 1_000, currency="USD")
    for key in ("mrr", "arr", "customers", "arpa"):
        found = compute(key, make.asked())
        assert (found.value, found.reason) == (None, "算出不可(換算レートがありません)"), key
    month = compute("nrr_monthly", make.asked(), month="2026-10")
    assert (month.value, month.reason) == (None, "算出不可(換算レートがありません)")


def test_an_announced_end_without_a_rate_is_listed(abroad: Account) -> None:
    other = make.account("MOVE")
    make.movement("m1", other, "2026-01-01", 200, currency="USD")
    make.movement("m2", other, "2027-01-31", -200, currency="USD", known="2026-11-01T09:00:00+09:00")
    leaving = make.account("LEAVE")
    own = make.contract(
        "K-LEAVE", leaving, starts_on="2026-01-01", ends_on="2026-12-31", notified_on="2026-11-01"
    )
    make.movement("l", leaving, "2026-01-01", 30_000, contract=own)
    found = compute("planned_churn_mrr", make.asked())
    assert (found.value, found.n) == (30_000, 2)
    assert "換算レートがないため、1 件(USD 200.00)を含みません。不完全な値です" in found.notes
    by_code = {row.code: row for row in rows_of(found, "numerator")}
    assert by_code["MOVE"].amount is None and by_code["MOVE"].on == date(2027, 1, 31)
    rate("2025-01-01", "150")
    assert compute("planned_churn_mrr", make.asked()).value == 60_000


def test_the_renewal_rate_by_amount_leaves_unknown_amounts_out_and_says_so() -> None:
    for code, currency, renewed in (("A", "JPY", True), ("B", "JPY", False), ("C", "USD", False)):
        account = make.account(code)
        own = make.contract(
            f"K{code}", account, starts_on="2025-09-01", ends_on="2026-08-31", auto_renew=renewed
        )
        make.movement(f"m{code}", account, "2025-09-01", 1_000, currency=currency, contract=own)
        if not renewed:
            make.movement(f"e{code}", account, "2026-08-31", -1_000, currency=currency, contract=own)
    counted = compute("renewal_rate", make.asked(), month="2026-08")
    assert counted.value is not None and counted.n == 3
    found = compute("renewal_rate_amount", make.asked(), month="2026-08")
    assert found.value == Decimal("0.5")  # 1,000 of 2,000 yen
    assert "換算レートがないため、1 件(USD 1,000.00)を含みません。不完全な値です" in found.notes
    assert sum(row.amount or 0 for row in rows_of(found, "denominator")) == 2_000
