"""Won deals and invoice lines."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from banso.periods import Month
from banso.revenue.recipes import Derived, from_invoice_lines, from_won_deals

D = Decimal


def _short(derived: Derived) -> list[tuple[str, str, Decimal, str | None]]:
    return [
        (m["movement_id"], m["effective_on"].isoformat(), m["mrr_delta"], m["cause"])
        for m in derived.movements
    ]


def _deal(name: str, kind: str, on: date, mrr: int | None, **more: Any) -> dict[str, Any]:
    return {"deal_id": name, "account_id": "A", "kind": kind, "effective_on": on,
            "mrr": None if mrr is None else D(mrr), **more}  # fmt: skip


def test_a_customers_deals_from_new_to_end_and_back() -> None:
    deals = [
        _deal("D5", "解約", date(2026, 3, 31), None),
        _deal("D1", "新規", date(2025, 4, 1), 100),
        _deal("D2", "増額", date(2025, 6, 1), 30),
        _deal("D3", "減額", date(2025, 8, 1), -10),
        _deal("D4", "更新", date(2025, 10, 1), 110),
        _deal("D6", "新規", date(2026, 5, 1), 70),
    ]
    derived = from_won_deals(deals)
    assert _short(derived) == [
        ("deal:D1", "2025-04-01", D(100), "new"),
        ("deal:D2", "2025-06-01", D(30), "upsell"),
        ("deal:D3", "2025-08-01", D(-10), "downgrade"),
        ("deal:D4", "2025-10-01", D(-10), "downgrade"),  # 120 renewed at 110
        ("deal:D5", "2026-03-31", D(-110), "churn"),
        ("deal:D6", "2026-05-01", D(70), "reactivation"),
    ]


def test_changes_may_carry_the_new_level() -> None:
    deals = [_deal("D1", "新規", date(2025, 4, 1), 100), _deal("D2", "増額", date(2025, 6, 1), 130)]
    assert from_won_deals(deals, change_amounts="level").movements[1]["mrr_delta"] == D(30)


def test_an_end_without_anything_to_end_and_a_fall_below_zero_are_problems() -> None:
    deals = [
        _deal("D1", "解約", date(2025, 4, 30), None, row=2),
        _deal("D2", "新規", date(2025, 5, 1), 10, row=3),
        _deal("D3", "減額", date(2025, 6, 1), 11, row=4),
        _deal("D4", "謎", date(2025, 6, 1), 11, row=5),
        _deal("D5", "増額", date(2025, 7, 1), None, row=6),
    ]
    derived = from_won_deals(deals)
    assert [(p.row, p.code) for p in sorted(derived.problems, key=lambda p: p.row)] == [
        (2, "end_without_start"), (4, "below_zero"), (5, "no_kind"), (6, "no_amount"),
    ]  # fmt: skip
    assert len(derived.movements) == 1


def test_an_end_without_product_ends_all_products_and_a_partial_one_is_marked() -> None:
    start = [
        _deal("D1", "新規", date(2025, 4, 1), 100, product="P"),
        _deal("D2", "新規", date(2025, 4, 1), 50, product="Q"),
    ]
    both = from_won_deals([*start, _deal("D3", "解約", date(2025, 9, 30), None)])
    assert [m["mrr_delta"] for m in both.movements][2:] == [D(-100), D(-50)]
    assert [m["movement_id"] for m in both.movements][2:] == ["deal:D3", "deal:D3:2"]
    part = from_won_deals([*start, _deal("D3", "解約", date(2025, 9, 30), 40, product="P")])
    assert part.movements[-1]["mrr_delta"] == D(-40)
    assert [m.code for m in part.marks] == ["partial_end"]


def test_a_cancellation_day_is_read_as_the_person_said() -> None:
    deals = [_deal("D1", "新規", date(2025, 4, 1), 100), _deal("D2", "解約", date(2026, 4, 1), None)]
    derived = from_won_deals(deals, cancel_reading="day_after")
    assert derived.movements[-1]["effective_on"] == date(2026, 3, 31)
    assert derived.preview.end_shifts["cancel_reading"]["last_day"] == 1


def _line(first: date, last: date, amount: int, account: str = "A", **more: Any) -> dict[str, Any]:
    return {"account_id": account, "service_from": first, "service_to": last, "amount": D(amount), **more}


def test_monthly_lines_at_one_price_make_one_movement_and_the_last_month_is_no_end() -> None:
    lines = [_line(Month(2025, m).first, Month(2025, m).last, 100) for m in range(1, 7)]
    lines += [_line(Month(2025, m).first, Month(2025, m).last, 70, "B") for m in range(1, 4)]
    derived = from_invoice_lines(lines)
    assert _short(derived) == [
        ("invoice:A:::20250101", "2025-01-01", D(100), "new"),
        ("invoice:B:::20250101", "2025-01-01", D(70), "new"),
        ("invoice:B:::20250331", "2025-03-31", D(-70), "churn"),
    ]
    assert [(m.code, m.account_id, m.on) for m in derived.marks] == [
        ("open_at_end_of_data", "A", date(2025, 6, 30))
    ]


def test_yearly_lines_prices_credits_and_one_off_lines() -> None:
    lines = [
        _line(date(2024, 4, 1), date(2025, 3, 31), 1_000_000),
        _line(date(2025, 4, 1), date(2026, 3, 31), 1_200_000),
        _line(date(2025, 10, 1), date(2026, 3, 31), -60_000),  # a credit note: 10,000 a month less
        {"account_id": "A", "amount": D(300_000), "kind": "初期費用"},
        {"account_id": "A", "amount": D(5), "row": 9},
    ]
    derived = from_invoice_lines(lines, complete_until=date(2026, 12, 31))
    assert _short(derived) == [
        ("invoice:A:::20240401", "2024-04-01", D("83333.3333"), "new"),
        ("invoice:A:::20250401", "2025-04-01", D("16666.6667"), "upsell"),
        ("invoice:A:::20251001", "2025-10-01", D(-10_000), "downgrade"),
        ("invoice:A:::20260331", "2026-03-31", D(-90_000), "churn"),
    ]
    assert [(p.row, p.code) for p in derived.problems] == [(9, "no_period")]
    assert [m.code for m in derived.marks] == ["one_off"]


LINE = st.builds(
    lambda account, product, first, days, months, amount: {
        "account_id": account, "product": product, "service_from": first, "service_to": first + timedelta(days=days),
        "months": months, "amount": amount,
    },
    st.sampled_from("AB"), st.sampled_from(["", "P"]), st.dates(date(2024, 1, 1), date(2025, 12, 31)),
    st.integers(0, 400), st.integers(1, 13).map(Decimal), st.decimals(1, 10**6, places=2),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(LINE, min_size=1, max_size=10))
def test_any_lines_give_the_totals_of_what_they_cover(lines: list[dict[str, Any]]) -> None:
    def monthly(line: dict[str, Any]) -> Decimal:
        exact = line["amount"] * 10_000 / line["months"]
        return D(int(exact + D("0.5"))) / 10_000

    months = list(Month.range(Month(2024, 1), Month(2027, 6)))
    totals = {
        m.last: sum((monthly(x) for x in lines if x["service_from"] <= m.last <= x["service_to"]), D(0))
        for m in months
    }
    derived = from_invoice_lines(lines, complete_until=date(2030, 1, 1), sheet_totals=totals)
    assert derived.preview.agrees


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["新規", "更新", "増額", "減額", "解約"]),
            st.integers(0, 700),
            st.integers(1, 500),
        ),
        max_size=12,
    )
)
def test_any_deals_keep_every_balance_at_zero_or_above(steps: list[tuple[str, int, int]]) -> None:
    start = date(2024, 1, 1)
    deals = [
        _deal(f"D{at}", kind, start + timedelta(days=days), mrr) for at, (kind, days, mrr) in enumerate(steps)
    ]
    derived = from_won_deals(deals)
    level = D(0)
    for movement in derived.movements:
        level += movement["mrr_delta"]
    months = derived.preview.months.get("JPY", ())
    assert level >= 0 and all(m.closing >= 0 for m in months)
    assert not months or months[-1].closing == level
