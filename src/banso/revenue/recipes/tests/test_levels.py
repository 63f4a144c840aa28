"""Month tables and snapshots."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from banso.revenue.recipes import from_snapshots, from_wide

D = Decimal
APR, MAY, JUN, JUL = (date(2025, month, 1) for month in (4, 5, 6, 7))


def _wide(account: str, *levels: int | None, **more: Any) -> dict[str, Any]:
    amounts = {m: None if v is None else D(v) for m, v in zip((APR, MAY, JUN, JUL), levels, strict=True)}
    return {"account_id": account, "amounts": amounts, **more}


def test_changes_fall_on_first_days_and_ends_on_the_last_day_of_the_month_before() -> None:
    derived = from_wide(
        [_wide("A", 100, 150, 120, 120), _wide("B", 50, 0, None, 60), _wide("C", None, 10, 10, None)]
    )
    assert [
        (m["movement_id"], m["effective_on"].isoformat(), m["mrr_delta"], m["cause"])
        for m in derived.movements
    ] == [
        ("wide:A:::2025-04", "2025-04-01", D(100), "new"),
        ("wide:B:::2025-04", "2025-04-01", D(50), "new"),
        ("wide:B:::2025-05", "2025-04-30", D(-50), "churn"),
        ("wide:A:::2025-05", "2025-05-01", D(50), "upsell"),
        ("wide:C:::2025-05", "2025-05-01", D(10), "new"),
        ("wide:A:::2025-06", "2025-06-01", D(-30), "downgrade"),
        ("wide:C:::2025-07", "2025-06-30", D(-10), "churn"),
        ("wide:B:::2025-07", "2025-07-01", D(60), "reactivation"),
    ]
    months = derived.preview.months["JPY"]
    assert [(m.sheet, m.in_service, m.difference, m.closing) for m in months] == [
        (D(150), D(150), D(0), D(100)),  # B was there in April and is not in the close of 4/30
        (D(160), D(160), D(0), D(160)),
        (D(130), D(130), D(0), D(120)),
        (D(180), D(180), D(0), D(180)),
    ]
    assert derived.preview.agrees
    assert [m.code for m in derived.marks] == ["opening_balance", "opening_balance"]


def test_the_first_month_may_open_with_what_it_shows() -> None:
    derived = from_wide([_wide("A", 100, 120, 120, 120)], opening="day_before")
    assert derived.movements[0]["effective_on"] == date(2025, 3, 31)
    april = derived.preview.months["JPY"][1]
    assert (str(april.month), april.opening, april.difference) == ("2025-04", D(100), D(0))


def test_months_still_empty_for_everybody_are_not_ends() -> None:
    derived = from_wide([_wide("A", 100, 100, None, None), _wide("B", 20, None, None, None)])
    assert [m["effective_on"].isoformat() for m in derived.movements if m["cause"] == "churn"] == [
        "2025-04-30"
    ]
    assert [m.on for m in derived.marks if m.code == "empty_months"] == [JUL, JUN]


def test_rows_of_one_key_add_up_and_a_gap_between_columns_is_marked() -> None:
    row = {"account_id": "A", "amounts": {APR: D(10), JUL: D(30)}}
    derived = from_wide([row, row])
    assert [(m["effective_on"], m["mrr_delta"]) for m in derived.movements] == [(APR, D(20)), (JUL, D(40))]
    assert {m.code for m in derived.marks} == {"rows_added_up", "missing_months", "opening_balance"}


def test_a_sheets_own_totals_show_a_difference() -> None:
    derived = from_wide([_wide("A", 1, 1, 1, 1)], sheet_totals={APR: D(1), MAY: D(2), JUN: D(1), JUL: D(1)})
    assert [m.difference for m in derived.preview.months["JPY"]] == [D(0), D(-1), D(0), D(0)]
    assert not derived.preview.agrees


CELL = st.one_of(st.none(), st.just(D(0)), st.decimals(0, 10**6, places=4))
ROW = st.fixed_dictionaries({
    "account_id": st.sampled_from(["A", "B", "C"]),
    "product": st.sampled_from(["", "P", "Q"]),
    "amounts": st.fixed_dictionaries({date(2024 + at // 12, at % 12 + 1, 1): CELL for at in range(15)}),
})  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=8), st.sampled_from(["first_day", "day_before"]))
def test_any_table_arrives_with_its_own_totals(rows: list[dict[str, Any]], opening: Any) -> None:
    totals: dict[date, Decimal] = {}
    for row in rows:
        for month, cell in row["amounts"].items():
            totals[month] = totals.get(month, D(0)) + (cell or D(0))
    while totals and not any(row["amounts"][max(totals)] for row in rows):
        del totals[max(totals)]  # months that are empty for everybody are not read as ends
    derived = from_wide(rows, opening=opening, sheet_totals=totals)
    shown = {m.month.first: m for m in derived.preview.months.get("JPY", ())}
    assert all(shown[month].difference == 0 for month in totals)
    for m in shown.values():
        assert m.opening + m.new + m.back + m.up - m.down - m.churn == m.closing
    ids = [m["movement_id"] for m in derived.movements]
    assert len(set(ids)) == len(ids)
    assert from_wide(rows[::-1], opening=opening).movements == derived.movements


def test_snapshots_of_successive_months() -> None:
    def rows(**levels: int) -> list[dict[str, Any]]:
        return [{"account_id": key, "mrr": D(value)} for key, value in levels.items()]

    lists = [
        (date(2025, 6, 30), rows(A=120)),
        (date(2025, 4, 28), rows(A=90, B=50)),
        (date(2025, 4, 30), rows(A=100, B=50)),
        (date(2025, 5, 30), rows(A=120, B=50)),
    ]
    derived = from_snapshots(lists)
    assert [(m["movement_id"], m["effective_on"].isoformat(), m["mrr_delta"]) for m in derived.movements] == [
        ("snapshot:A:::2025-04", "2025-04-01", D(100)),
        ("snapshot:B:::2025-04", "2025-04-01", D(50)),
        ("snapshot:A:::2025-05", "2025-05-01", D(20)),
        ("snapshot:B:::2025-06", "2025-05-31", D(-50)),
    ]
    assert [(m.in_service, m.difference) for m in derived.preview.months["JPY"]] == [
        (D(150), D(0)), (D(170), D(0)), (D(120), D(0)),
    ]  # fmt: skip
    by_day = from_snapshots(lists, dating="day")
    assert [(m["effective_on"].isoformat(), m["mrr_delta"]) for m in by_day.movements] == [
        ("2025-04-28", D(90)), ("2025-04-28", D(50)), ("2025-04-30", D(10)), ("2025-05-30", D(20)), ("2025-06-29", D(-50)),
    ]  # fmt: skip


def test_an_empty_list_is_a_failed_export_and_ends_nobody() -> None:
    row = {"account_id": "A", "mrr": D(5)}
    derived = from_snapshots([(APR, [row]), (MAY, []), (JUN, [row])])
    assert len(derived.movements) == 1
    assert [(p.code, p.detail) for p in derived.problems] == [("no_rows_of_day", "2025-05-01")]
