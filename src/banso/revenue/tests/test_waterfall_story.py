"""US-1 and US-3: October's forty customers, every figure worked by hand in the story."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from banso.periods import Month
from banso.revenue import Book, LeftOut, Waterfall, by_segment, waterfall

# 33 customers of the story have no movement in October; together they hold 12,000,000 less the
# seven that move (700 + 400 + 300 + 480 + 240 + 500 + 260 thousand = 2,880,000): 9,120,000.
OTHERS = {f"その他{n:02d}": 270_000 for n in range(31)} | {"北浜商店": 90_000, "大空食品": 660_000}
MOVED = {
    "丸一運輸": 700_000,
    "西川印刷": 400_000,
    "白河ガス": 300_000,
    "南部製菓": 480_000,
    "光陽電子": 240_000,
    "協和建設": 500_000,
    "新星学園": 260_000,
}
OCTOBER = [
    ("丸一運輸", "A", "2026-10-01", 300_000),
    ("西川印刷", "B", "2026-10-08", 150_000),
    ("白河ガス", "A", "2026-10-05", 100_000),
    ("白河ガス", "A", "2026-10-26", -40_000),
    ("南部製菓", "A", "2026-10-31", -480_000),
    ("光陽電子", "A", "2026-10-05", 40_000),
    ("光陽電子", "A", "2026-10-31", -280_000),
    ("協和建設", "A", "2026-10-15", -120_000),
    ("新星学園", "A", "2026-10-20", -60_000),
    ("新規1", "A", "2026-10-01", 200_000),
    ("新規2", "A", "2026-10-16", 150_000),
    ("新規3", "A", "2026-10-27", 100_000),
    ("葵商会", "A", "2026-10-13", 100_000),
    ("若葉企画", "A", "2026-10-05", 80_000),
    ("若葉企画", "A", "2026-10-25", -80_000),
]
LATE = ("北浜商店", "A", "2026-10-31", -90_000, "2026-11-24T10:15:00+09:00")


def rows() -> list[dict[str, Any]]:
    before = [(name, "A", "2026-04-01", amount) for name, amount in (MOVED | OTHERS).items()]
    before += [("葵商会", "A", "2025-02-01", 100_000), ("葵商会", "A", "2026-08-20", -100_000)]
    found = [(*row, "") for row in before + OCTOBER] + [LATE]
    names = ("account_id", "product", "effective_on", "mrr_delta", "recorded_at")
    return [dict(zip(names, row, strict=True)) for row in found]


@pytest.fixture(scope="module")
def october() -> Waterfall:
    return waterfall(rows(), "2026-10", known_at="2026-11-24T09:00:00+09:00")


def test_bars(october: Waterfall) -> None:
    assert october.parts() == {
        "opening": Decimal(12_000_000),
        "new": Decimal(450_000),
        "reactivation": Decimal(100_000),
        "expansion": Decimal(510_000),
        "upsell": Decimal(360_000),
        "cross_sell": Decimal(150_000),
        "contraction": Decimal(180_000),
        "churn": Decimal(720_000),
        "fx": Decimal(0),
        "closing": Decimal(12_160_000),
        "difference": Decimal(0),
    }


def test_ratios(october: Waterfall) -> None:
    assert october.nrr == Fraction(9675, 10_000)
    assert october.grr == Fraction(9250, 10_000)
    assert october.gross_churn == Fraction(750, 10_000)
    assert october.net_churn == Fraction(325, 10_000)
    assert october.mrr_churn == Fraction(600, 10_000)
    assert october.customer_churn == Fraction(2, 40)
    assert october.reason is None


def test_new_and_returned_customers_stay_out_of_nrr(october: Waterfall) -> None:
    """101.33 % is closing over opening, 2/42 takes the closing customers: both are wrong."""
    assert october.nrr != Fraction(int(october.closing), int(october.opening))
    assert october.counts["closing_customers"] == 42
    assert october.customer_churn != Fraction(2, 42)


def test_churn_opens_to_its_rows(october: Waterfall) -> None:
    churned = {line.customer: line for line in october.lines.of("churn")}
    assert {name: line.amount for name, line in churned.items()} == {
        "南部製菓": Decimal(480_000),
        "光陽電子": Decimal(240_000),
    }
    # 40 opening movements and two of 葵商会 stand before October's.
    assert churned["光陽電子"].rows == (47, 48)


def test_up_and_down_in_one_month_net(october: Waterfall) -> None:
    shirakawa = october.lines.find("白河ガス")
    assert shirakawa is not None
    assert shirakawa.kind == "expansion"
    assert shirakawa.amount == shirakawa.upsell == 60_000


def test_new_and_gone_is_listed_not_counted(october: Waterfall) -> None:
    assert [(e.customer, e.reason, e.rows) for e in october.excluded] == [
        ("若葉企画", "new_and_gone", (55, 56))
    ]
    assert october.lines.find("若葉企画") is None
    assert len(october.lines.opened()) == 40


def test_the_late_mail_restates_october() -> None:
    late = waterfall(rows(), "2026-10", known_at="2026-11-24T10:15:00+09:00")
    assert late.nrr == Fraction(9600, 10_000)
    assert late.mrr_churn == Fraction(675, 10_000)
    assert late.customer_churn == Fraction(3, 40)
    assert late.customer_churn != Fraction(3, 41)
    assert late.counts["closing_customers"] == 41


def test_as_of_cuts_later_movements() -> None:
    first_half = waterfall(rows(), "2026-10", as_of=dt.date(2026, 10, 15))
    # By 10/15: +300,000, +150,000, +100,000 and 光陽電子's +40,000 not yet taken back.
    assert first_half.expansion == 590_000
    assert first_half.contraction == 120_000
    assert first_half.churn == 0
    assert first_half.new == 280_000
    assert first_half.reactivation == 100_000
    assert [note.code for note in first_half.notes] == ["month_running"]


def test_accounts_left_out_and_merged() -> None:
    merged = waterfall(
        rows(),
        "2026-10",
        known_at="2026-11-24T09:00",
        customers={"南部製菓": "グループ", "丸一運輸": "グループ", "新星学園": LeftOut("test")},
    )
    group = merged.lines.find("グループ")
    assert group is not None
    assert group.kind == "contraction"
    assert group.opening == 1_180_000
    assert group.closing == 1_000_000
    assert merged.opening == 12_000_000 - 260_000
    assert ("新星学園", "test") in [(e.customer, e.reason) for e in merged.excluded]
    assert merged.difference == 0


def test_segments_keep_merges_and_exclusions() -> None:
    merges = {"南部製菓": "グループ", "丸一運輸": "グループ", "新星学園": LeftOut("test")}
    asked: dict[str, Any] = {"known_at": "2026-11-24T09:00", "customers": merges}
    whole = waterfall(rows(), "2026-10", **asked)
    parts = by_segment(rows(), "2026-10", {"グループ": "high", "大空食品": "high"}, **asked)
    assert list(parts) == ["high", None]
    assert parts["high"].opening == 1_840_000
    for name, value in whole.parts().items():
        assert value == sum(getattr(part, name) for part in parts.values()), name


def test_a_book_reads_any_table() -> None:
    columns = {name: [row[name] for row in rows()] for name in rows()[0]}
    pandas = pytest.importorskip("pandas")
    books = [Book.from_table(columns), Book.from_table(pandas.DataFrame(columns))]
    expected = Book.from_table(rows())
    for book in books:
        assert book.accounts == expected.accounts
        assert book.delta.tolist() == expected.delta.tolist()
        assert book.known.tolist() == expected.known.tolist()


def test_an_empty_book_has_no_opening() -> None:
    empty = waterfall([], "2026-10")
    assert (empty.nrr, empty.grr, empty.reason) == (None, None, "no_opening")
    assert empty.opening == empty.closing == empty.difference == 0


def test_times_without_offset_are_japanese_in_every_table() -> None:
    pandas = pytest.importorskip("pandas")
    columns: dict[str, Any] = {
        "account_id": ["a"],
        "effective_on": ["2026-10-01"],
        "mrr_delta": [1],
        "recorded_at": ["2026-10-01T09:00:00"],
    }
    frame = pandas.DataFrame(columns)
    frame["recorded_at"] = pandas.to_datetime(frame["recorded_at"])
    midnight_utc = int(dt.datetime(2026, 10, 1, tzinfo=dt.UTC).timestamp()) * 1_000_000
    assert Book.from_table(columns).known.tolist() == [midnight_utc]
    assert Book.from_table(frame).known.tolist() == [midnight_utc]


def test_a_month_may_be_a_month_object() -> None:
    assert waterfall(rows(), Month(2026, 10)) == waterfall(rows(), "2026-10")
    assert waterfall(rows(), dt.date(2026, 10, 24)).month == "2026-10"
