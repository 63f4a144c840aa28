"""Contract ledger: golden cases by hand, and any ledger against a naive sum of what is in force."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banso.periods import Month
from banso.revenue.recipes import Derived, from_contracts

D = Decimal


def _row(**values: Any) -> dict[str, Any]:
    return {"account_id": "A1", "product": "基本", "starts_on": date(2025, 4, 1), "mrr": D(100_000), **values}


def _moves(derived: Derived) -> list[tuple[str, str, Decimal, str | None]]:
    return [
        (m["movement_id"], m["effective_on"].isoformat(), m["mrr_delta"], m["cause"])
        for m in derived.movements
    ]


def test_one_term_starts_on_its_first_day_and_ends_on_its_last_day_of_service() -> None:
    derived = from_contracts([_row(contract_id="C1", ends_on=date(2026, 3, 31))])
    assert _moves(derived) == [
        ("derived:C1:20250401:start", "2025-04-01", D(100_000), "new"),
        ("derived:C1:20260331:end", "2026-03-31", D(-100_000), "churn"),
    ]
    march = derived.preview.months["JPY"][-1]
    # The close of 3/31 is without the contract; it was in service on that day.
    assert (str(march.month), march.opening, march.churn, march.closing, march.in_service) == (
        "2026-03", D(100_000), D(100_000), D(0), D(100_000),
    )  # fmt: skip


def test_successive_terms_of_unnamed_contracts_change_price_without_end_and_restart() -> None:
    rows = [
        _row(ends_on=date(2026, 3, 31)),
        _row(starts_on=date(2026, 4, 1), ends_on=date(2027, 3, 31), mrr=D(120_000)),
        _row(starts_on=date(2027, 4, 1), ends_on=date(2028, 3, 31), mrr=D(90_000)),
    ]
    derived = from_contracts(rows)
    assert _moves(derived) == [
        ("derived:A1/基本/20250401:20250401:start", "2025-04-01", D(100_000), "new"),
        ("derived:A1/基本/20250401:20260401:change", "2026-04-01", D(20_000), "upsell"),
        ("derived:A1/基本/20250401:20270401:change", "2027-04-01", D(-30_000), "downgrade"),
        ("derived:A1/基本/20250401:20280331:end", "2028-03-31", D(-90_000), "churn"),
    ]
    assert [c["valid_from"] for c in derived.contracts] == [
        date(2025, 4, 1),
        date(2026, 4, 1),
        date(2027, 4, 1),
    ]


def test_a_renewal_under_a_new_contract_id_hands_over_on_one_day() -> None:
    rows = [
        _row(contract_id="C1", ends_on=date(2026, 3, 31)),
        _row(contract_id="C2", starts_on=date(2026, 4, 1), mrr=D(120_000)),
    ]
    derived = from_contracts(rows)
    assert _moves(derived) == [
        ("derived:C1:20250401:start", "2025-04-01", D(100_000), "new"),
        ("derived:C1:20260401:handover", "2026-04-01", D(-100_000), None),
        ("derived:C2:20260401:start", "2026-04-01", D(120_000), "upsell"),
    ]
    april = derived.preview.months["JPY"][-1]
    assert (april.up, april.churn, april.new, april.back) == (D(20_000), D(0), D(0), D(0))
    assert derived.preview.ends == 0


def test_a_gap_is_an_end_and_a_return() -> None:
    rows = [
        _row(contract_id="C1", ends_on=date(2025, 9, 30)),
        _row(contract_id="C1", starts_on=date(2025, 10, 16), mrr=D(80_000)),
    ]
    derived = from_contracts(rows)
    assert [(on, delta, cause) for _id, on, delta, cause in _moves(derived)] == [
        ("2025-04-01", D(100_000), "new"),
        ("2025-09-30", D(-100_000), "churn"),
        ("2025-10-16", D(80_000), "reactivation"),
    ]
    assert [mark.code for mark in derived.marks] == ["renewed_late"]  # 16 days: within 30


def test_amounts_of_a_term_become_months_rounded_half_up_once() -> None:
    rows = [
        _row(account_id="A", mrr=None, amount=D(1_000_000), term_months=D(12)),
        _row(account_id="B", mrr=None, amount=D(1_000_000), ends_on=date(2026, 3, 31)),
        _row(
            account_id="C",
            mrr=None,
            amount=D(300_000),
            starts_on=date(2025, 4, 15),
            ends_on=date(2025, 7, 14),
        ),
        # 4/10 to 3/31: 11 months to 3/9, and 22 of the 31 days from 3/10: 1,200,000 / (11 + 22/31) = 102,479.3388...
        _row(
            account_id="D",
            mrr=None,
            amount=D(1_200_000),
            starts_on=date(2025, 4, 10),
            ends_on=date(2026, 3, 31),
        ),
    ]
    derived = from_contracts(rows)
    starts = {m["account_id"]: m["mrr_delta"] for m in derived.movements if m["cause"] == "new"}
    assert starts == {"A": D("83333.3333"), "B": D("83333.3333"), "C": D(100_000), "D": D("102479.3388")}
    assert [(mark.code, mark.account_id, mark.detail) for mark in derived.marks] == [
        ("partial_months", "D", "363/31")
    ]


def test_automatic_renewal_goes_on_until_a_decision() -> None:
    auto = {"auto_renew": True, "ends_on": date(2026, 3, 31)}
    goes_on = from_contracts([_row(contract_id="C1", **auto)])
    assert [m["cause"] for m in goes_on.movements] == ["new"]
    assert [(mark.code, mark.on) for mark in goes_on.marks] == [("auto_renew_continues", date(2026, 3, 31))]
    # ended_on wins
    ended = from_contracts([_row(contract_id="C1", ended_on=date(2027, 1, 31), **auto)])
    assert _moves(ended)[-1] == ("derived:C1:20270131:end", "2027-01-31", D(-100_000), "churn")
    # notice on 2026-11-10 ends the term that is running then: 2025-04..2026-03 has become 2026-04..2027-03
    noticed = from_contracts([_row(contract_id="C1", notified_on=date(2026, 11, 10), **auto)])
    assert _moves(noticed)[-1][1] == "2027-03-31"
    # a successor after a rolled term takes over from it, also after months of rolling
    followed = from_contracts(
        [_row(contract_id="C1", **auto), _row(contract_id="C2", starts_on=date(2028, 4, 1), mrr=D(70_000))]
    )
    assert [(m["effective_on"], m["mrr_delta"]) for m in followed.movements][1:] == [
        (date(2028, 4, 1), D(-100_000)), (date(2028, 4, 1), D(70_000)),
    ]  # fmt: skip
    assert [mark.code for mark in followed.marks] == ["renewed_by"]


def test_month_end_terms_roll_from_month_end_to_month_end() -> None:
    row = _row(contract_id="C1", starts_on=date(2025, 2, 1), ends_on=date(2025, 2, 28), auto_renew=True,
               renewal_months=1, notified_on=date(2025, 4, 3))  # fmt: skip
    assert from_contracts([row]).movements[-1]["effective_on"] == date(2025, 4, 30)


def test_an_end_ahead_that_nobody_announced_is_no_end_yet() -> None:
    row = _row(contract_id="C1", starts_on=date(2026, 4, 1), ends_on=date(2027, 3, 31))
    start, end = date(2026, 4, 1), date(2027, 3, 31)
    for undecided in ("end", "continue"):
        found = from_contracts([row], undecided=undecided, until=date(2026, 11, 24))
        assert [move["effective_on"] for move in found.movements] == [start]
        assert not found.marks
    noticed = from_contracts([{**row, "notified_on": date(2026, 11, 10)}], until=date(2026, 11, 24))
    assert [move["effective_on"] for move in noticed.movements] == [start, end]
    over = from_contracts([row], until=date(2027, 4, 1))
    assert [move["effective_on"] for move in over.movements] == [start, end]


def test_an_undecided_end_may_be_kept_as_going_on() -> None:
    row = _row(contract_id="C1", ends_on=date(2026, 3, 31))
    kept = from_contracts([row], undecided="continue")
    assert [m["cause"] for m in kept.movements] == ["new"]
    assert [mark.code for mark in kept.marks] == ["undecided_end"]
    decided = from_contracts([{**row, "end_reason": "予算削減"}], undecided="continue")
    assert decided.movements[-1]["effective_on"] == date(2026, 3, 31)


def test_parallel_contracts_add_up_and_one_contract_id_replaces_itself() -> None:
    apart = from_contracts(
        [_row(contract_id="C1"), _row(contract_id="C2", starts_on=date(2025, 10, 1), mrr=D(30_000))],
    )
    assert sum(m["mrr_delta"] for m in apart.movements) == D(130_000)
    assert [mark.code for mark in apart.marks] == ["overlap"]
    replaced = from_contracts(
        [_row(contract_id="C1"), _row(contract_id="C1", starts_on=date(2025, 10, 1), mrr=D(30_000))]
    )
    assert [(m["effective_on"], m["mrr_delta"]) for m in replaced.movements] == [
        (date(2025, 4, 1), D(100_000)), (date(2025, 10, 1), D(-70_000)),
    ]  # fmt: skip
    chosen = from_contracts(
        [_row(contract_id="C1"), _row(contract_id="C2", starts_on=date(2025, 10, 1), mrr=D(30_000))],
        overlap="replace",
    )
    assert sum(m["mrr_delta"] for m in chosen.movements) == D(30_000)


def test_two_equal_unnamed_rows_are_two_contracts_with_ids_of_their_own() -> None:
    derived = from_contracts([_row(), _row()])
    assert [m["movement_id"] for m in derived.movements] == [
        "derived:A1/基本/20250401#2:20250401:start",
        "derived:A1/基本/20250401:20250401:start",
    ]
    assert derived.preview.months["JPY"][0].closing == D(200_000)


def test_how_an_end_date_is_read_decides_its_month_and_the_other_reading_is_counted() -> None:
    rows = [
        _row(account_id="A", ends_on=date(2026, 4, 1)),  # 更新日 written as the day after
        _row(account_id="B", ends_on=date(2026, 4, 1)),
        _row(account_id="C", ends_on=date(2026, 4, 16)),
        _row(account_id="D", ended_on=date(2026, 2, 1), ends_on=date(2026, 4, 1)),
    ]
    read = from_contracts(rows, end_reading="day_after", cancel_reading="last_day")
    ends = {m["account_id"]: m["effective_on"] for m in read.movements if m["cause"] == "churn"}
    assert ends == {
        "A": date(2026, 3, 31),
        "B": date(2026, 3, 31),
        "C": date(2026, 4, 15),
        "D": date(2026, 2, 1),
    }
    assert read.preview.end_shifts["end_reading"] == {"last_day": 2}
    assert read.preview.end_shifts["cancel_reading"] == {
        "day_after": 1, "month_end": 0, "previous_month_end": 1, "notice": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reading", "last"),
    [("last_day", "2026-02-10"), ("day_after", "2026-02-09"), ("month_end", "2026-02-28"),
     ("previous_month_end", "2026-01-31"), ("notice", "2026-03-31")],
)  # fmt: skip
def test_five_readings_of_a_cancellation_date(reading: Any, last: str) -> None:
    row = _row(ended_on=date(2026, 2, 10), ends_on=date(2026, 3, 31))
    derived = from_contracts([row], cancel_reading=reading)
    assert derived.movements[-1]["effective_on"].isoformat() == last


def test_rows_that_cannot_be_read_are_named_and_the_others_stay() -> None:
    rows = [
        _row(row=7, account_id=""),
        _row(row=8, starts_on=None),
        _row(row=9, ends_on=date(2025, 3, 1)),
        _row(row=10, mrr=None),
        _row(row=11, mrr=None, amount=D(10)),
        _row(row=12, mrr=D(10) ** 16),
        _row(row=13),
    ]
    derived = from_contracts(rows)
    assert [(p.row, p.code) for p in derived.problems] == [
        (7, "no_account"), (8, "no_start"), (9, "end_before_start"), (10, "no_amount"), (11, "no_term"),
        (12, "amount_too_large"),
    ]  # fmt: skip
    assert len(derived.movements) == 1
    with pytest.raises(TypeError):
        from_contracts([_row(mrr=0.1)])


def test_a_far_end_date_means_no_end_and_a_free_contract_moves_nothing() -> None:
    derived = from_contracts([_row(ends_on=date(9999, 12, 31)), _row(account_id="F", mrr=D(0))])
    assert [m["cause"] for m in derived.movements] == ["new"]
    assert [mark.code for mark in derived.marks] == ["open_end"]


def test_the_old_sheets_totals_stand_beside() -> None:
    rows = [_row(ends_on=date(2025, 5, 31))]
    totals = {date(2025, 4, 30): D(100_000), date(2025, 5, 31): D(100_000), date(2025, 6, 30): D(5)}
    derived = from_contracts(rows, sheet_totals=totals)
    assert [m.difference for m in derived.preview.months["JPY"]] == [D(0), D(0), D(-5)]
    assert not derived.preview.agrees
    totals[date(2025, 6, 30)] = D(0)
    assert from_contracts(rows, sheet_totals=totals).preview.agrees


DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@st.composite
def ledgers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows with unique or no contract ids, any overlap, day-exact joints made likely."""
    rows: list[dict[str, Any]] = []
    for at in range(draw(st.integers(1, 12))):
        joints = [r["ends_on"] + timedelta(days=1) for r in rows if r["ends_on"]]
        first = draw(st.one_of(st.sampled_from(joints), DAYS) if joints else DAYS)
        length = draw(st.one_of(st.none(), st.integers(0, 500)))
        rows.append({
            "account_id": draw(st.sampled_from("AB")), "product": draw(st.sampled_from(["", "P"])),
            "contract_id": f"C{at}" if draw(st.booleans()) else None, "starts_on": first,
            "ends_on": first + timedelta(days=length) if length is not None else None,
            "mrr": draw(st.decimals(-1000, 100_000, places=4)),
        })  # fmt: skip
    return rows


def _in_force(rows: list[dict[str, Any]], on: date) -> Decimal:
    return sum(
        (r["mrr"] for r in rows if r["starts_on"] <= on and (r["ends_on"] is None or on <= r["ends_on"])),
        D(0),
    )


@settings(max_examples=300, deadline=None)
@given(ledgers(), st.randoms(use_true_random=False))
def test_any_ledger_gives_the_totals_of_what_is_in_force(
    rows: list[dict[str, Any]], dice: random.Random
) -> None:
    months = list(Month.range(Month(2024, 1), Month(2028, 12)))
    totals = {month.last: _in_force(rows, month.last) for month in months}
    derived = from_contracts(rows, sheet_totals=totals)
    preview = derived.preview.months["JPY"]
    assert len(preview) == len(months)
    assert [m.difference for m in preview] == [D(0)] * len(months)
    for m in preview:
        assert m.opening + m.new + m.back + m.up - m.down - m.churn == m.closing
    ids = [m["movement_id"] for m in derived.movements]
    assert len(set(ids)) == len(ids)
    shuffled = list(rows)
    dice.shuffle(shuffled)
    again = from_contracts(shuffled)
    assert [(m["effective_on"], m["mrr_delta"]) for m in sorted(again.movements, key=repr)] == [
        (m["effective_on"], m["mrr_delta"]) for m in sorted(derived.movements, key=repr)
    ]


@settings(max_examples=100, deadline=None)
@given(ledgers())
def test_each_contract_is_at_nothing_once_it_is_over(rows: list[dict[str, Any]]) -> None:
    derived = from_contracts(rows)
    left: dict[str, Decimal] = {}
    for movement in derived.movements:
        left[movement["contract_id"]] = left.get(movement["contract_id"], D(0)) + movement["mrr_delta"]
    open_rows = [c for c in derived.contracts if "ends_on" not in c]
    assert sum(left.values()) == sum((D(str(c["mrr"])) for c in open_rows), D(0))
    for contract, units in left.items():
        assert units == sum((D(str(c["mrr"])) for c in open_rows if c["contract_id"] == contract), D(0))
