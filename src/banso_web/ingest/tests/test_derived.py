"""Contracts without movements give them; supplied movements take their place."""

from __future__ import annotations

from datetime import UTC, date, datetime

from banso_web.core.facts import counted, current_watermark
from banso_web.ingest import undoing
from banso_web.ingest.tests.conftest import Bring, counts
from banso_web.revenue.models import Movement

ACCOUNTS = "account_id,name\nA1,丸一運輸\n"
HEAD = "contract_id,account_id,product,starts_on,ends_on,mrr,ended_on,notified_on,valid_from,auto_renew\n"


def standing() -> list[tuple[str, date, int, bool]]:
    rows = counted(Movement, current_watermark()).order_by("effective_on", "code")
    return list(rows.values_list("contract__code", "effective_on", "delta_units", "derived"))


def test_a_start_and_an_end(bring: Bring) -> None:
    text = HEAD + "C1,A1,A,2025-04-01,2026-12-31,100000,2026-12-31,2026-11-10,,\n"
    bring(accounts=ACCOUNTS, contracts=text)
    assert standing() == [
        ("C1", date(2025, 4, 1), 1_000_000_000, True),
        ("C1", date(2026, 12, 31), -1_000_000_000, True),
    ]
    known = dict(Movement.objects.values_list("effective_on", "recorded_at"))
    # The start was known on its day, the end when it was announced (Japan's midnight).
    assert known[date(2025, 4, 1)] == datetime(2025, 3, 31, 15, tzinfo=UTC)
    assert known[date(2026, 12, 31)] == datetime(2026, 11, 9, 15, tzinfo=UTC)
    again = bring(contracts=text)
    assert counts(again, "contracts") == (0, 0, 1, 0) and again.entry is None


def test_a_term_that_ran_out_goes_on_until_a_successor_or_a_decision(bring: Bring) -> None:
    bring(accounts=ACCOUNTS, contracts=HEAD + "C1,A1,A,2024-04-01,2025-03-31,100000,,,,\n")
    assert standing() == [("C1", date(2024, 4, 1), 1_000_000_000, True)]
    bring(contracts=HEAD + "C2,A1,A,2025-04-01,2026-03-31,120000,,,,\n")
    # The new term hands over: together the customer's balance moves by the difference alone.
    assert standing() == [
        ("C1", date(2024, 4, 1), 1_000_000_000, True),
        ("C1", date(2025, 4, 1), -1_000_000_000, True),
        ("C2", date(2025, 4, 1), 1_200_000_000, True),
    ]


def test_a_price_that_changes_from_a_day_on(bring: Bring) -> None:
    bring(accounts=ACCOUNTS, contracts=HEAD + "C1,A1,A,2025-04-01,,100000,,,,\n")
    bring(contracts=HEAD + "C1,A1,A,2025-04-01,,130000,,,2026-10-01,\n")
    assert standing() == [
        ("C1", date(2025, 4, 1), 1_000_000_000, True),
        ("C1", date(2026, 10, 1), 300_000_000, True),
    ]


def test_supplied_movements_replace_derived_ones_and_undo_brings_them_back(bring: Bring) -> None:
    bring(accounts=ACCOUNTS, contracts=HEAD + "C1,A1,A,2025-04-01,,100000,,,,\n")
    derived = standing()
    run = bring(
        movements="movement_id,account_id,contract_id,effective_on,mrr_delta\n"
        "M1,A1,C1,2025-05-01,90000\nM2,A1,C1,2026-10-31,-90000\n"
    )
    assert counts(run, "movements") == (2, 0, 0, 0)
    assert standing() == [
        ("C1", date(2025, 5, 1), 900_000_000, False),
        ("C1", date(2026, 10, 31), -900_000_000, False),
    ]
    bring(contracts=HEAD + "C1,A1,A,2025-04-01,,110000,,,,\n")
    assert len(standing()) == 2  # the contract has movements of its own
    undoing.undo_run(run, actor=None, reason="test", accept=True)
    # As if they had never been supplied: the contract's own terms count, with the price that it has since today.
    assert standing() == [*derived, ("C1", date(2026, 11, 24), 100_000_000, True)]


def test_an_amount_for_a_term_is_divided_and_rounded_once(bring: Bring) -> None:
    head = "contract_id,account_id,product,starts_on,amount,term_months\n"
    bring(accounts=ACCOUNTS, contracts=head + "C1,A1,A,2026-04-01,1000000,12\n")
    # 1,000,000 / 12 = 83,333.33333… → 833,333,333 units of 1/10,000 yen
    assert standing() == [("C1", date(2026, 4, 1), 833_333_333, True)]


def test_a_ledger_that_says_less_takes_its_own_rows_back(bring: Bring) -> None:
    head = "movement_id,account_id,contract_id,effective_on,mrr_delta\n"
    start, end = (
        "derived:C1:20250401:start,A1,C1,2025-04-01,100000\n",
        "derived:C1:20260331:end,A1,C1,2026-03-31,-100000\n",
    )
    bring(accounts=ACCOUNTS, movements=head + start + end + "M9,A1,C1,2025-05-01,5\n")
    renewed = "derived:C1:20260401:change,A1,C1,2026-04-01,20000\nderived:C1:20270331:end,A1,C1,2027-03-31,-120000\n"
    run = bring(movements=head + start + renewed)
    assert counts(run, "movements") == (2, 0, 1, 0)
    assert [row[1:3] for row in standing()] == [
        (date(2025, 4, 1), 1_000_000_000),
        (date(2025, 5, 1), 50_000),  # not the ledger's own
        (date(2026, 4, 1), 200_000_000),
        (date(2027, 3, 31), -1_200_000_000),
    ]


def test_rows_of_a_file_replace_derived_ones_of_the_same_id(bring: Bring) -> None:
    bring(accounts=ACCOUNTS, contracts=HEAD + "C1,A1,A,2025-04-01,,100000,,,,\n")
    head = "movement_id,account_id,contract_id,product,effective_on,mrr_delta\n"
    run = bring(movements=head + "derived:C1:20250401:start,A1,C1,A,2025-04-01,100000\n")
    assert counts(run, "movements") == (0, 1, 0, 0)
    assert standing() == [("C1", date(2025, 4, 1), 1_000_000_000, False)]
