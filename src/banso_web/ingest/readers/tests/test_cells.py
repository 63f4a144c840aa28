"""Cells as people type them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from banso_web.ingest.readers import cells
from banso_web.ingest.readers.canonical import ACCOUNTS, CONTACTS, CONTRACTS
from banso_web.ingest.readers.cells import Amount
from banso_web.ingest.readers.problems import Problem, Unreadable


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1,200,000", "1200000"),
        ("¥１，２００，０００", "1200000"),
        ("120万", "1200000"),
        ("120万円", "1200000"),
        ("1億2000万", "120000000"),
        ("1.2百万円", "1200000"),
        ("300千円", "300000"),
        ("@500×30ID", "15000"),
        ("＠５００×３０ID", "15000"),
        ("500円×30", "15000"),
        ("▲720,000", "-720000"),
        ("△720,000円", "-720000"),
        ("(720,000)", "-720000"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("83,333.3333", "83333.3333"),
        ("無償", "0"),
        (83333.3333, "83333.3333"),
        (120000, "120000"),
        (120000.0, "120000"),
        ("1.2E+06", "1200000"),
    ],
)
def test_amounts_are_read_as_typed(typed: object, value: str) -> None:
    amount = cells.parse_amount(typed)
    assert isinstance(amount, Amount)
    assert amount.value == Decimal(value)
    assert not amount.tax_included


def test_what_the_words_of_an_amount_add() -> None:
    assert cells.parse_amount("110,000円(税込)") == Amount(
        Decimal(110000), tax_included=True, currency="JPY", absolute=True
    )
    assert cells.parse_amount("120万円（税抜）/年") == Amount(
        Decimal(1200000), per="year", currency="JPY", absolute=True
    )
    assert cells.parse_amount("$1,200") == Amount(Decimal(1200), currency="USD", absolute=True)
    assert cells.parse_amount("10万/月") == Amount(Decimal(100000), per="month", absolute=True)
    assert cells.parse_amount("1,200") == Amount(Decimal(1200))


@pytest.mark.parametrize(
    "typed", ["1,20", "約120万", "応相談", "12a", "1.2.3", True, "1万2億", "=1+1", "99999999999999999"]
)
def test_an_unclear_amount_is_a_problem_and_never_a_guess(typed: object) -> None:
    found = cells.parse_amount(typed)
    assert isinstance(found, Problem)
    assert not found.soft


@pytest.mark.parametrize("typed", [None, "", " ", "-", "―", "ー"])
def test_nothing_is_nothing(typed: object) -> None:
    assert cells.parse_amount(typed) is None
    assert cells.parse_date(typed) is None


@pytest.mark.parametrize(
    "typed",
    ["2026-11-24", "2026/11/24", "２０２６／１１／２４", "20261124", "令和8年11月24日", "R8.11.24", "2026年11月24日",
     "2026/11/24(火)", dt.date(2026, 11, 24), dt.datetime(2026, 11, 24, 10, tzinfo=cells.JST), 46350, 46350.0, "46350",
     "2026-11-23T15:30Z"],
)  # fmt: skip
def test_dates_are_read_as_typed(typed: object) -> None:
    assert cells.parse_date(typed) == dt.date(2026, 11, 24)


def test_a_month_alone_is_its_first_day_and_for_an_end_its_last() -> None:
    assert cells.parse_date("2026年4月度") == dt.date(2026, 4, 1)
    assert cells.parse_cell("2026年4月", CONTRACTS.column("starts_on")) == dt.date(2026, 4, 1)
    assert cells.parse_cell("2026年4月", CONTRACTS.column("ends_on")) == dt.date(2026, 4, 30)


def test_impossible_and_undecided_days() -> None:
    impossible = cells.parse_date("2026-02-30")
    assert (
        isinstance(impossible, Problem) and impossible.code == "date_impossible_day" and not impossible.soft
    )
    undecided = cells.parse_date("未定")
    assert isinstance(undecided, Problem) and undecided.code == "date_undecided" and undecided.soft


def test_times_without_offset_are_japans_and_a_known_day_ends_at_its_last_moment() -> None:
    assert cells.parse_time("2026-10-31T15:30Z") == dt.datetime(2026, 10, 31, 15, 30, tzinfo=dt.UTC)
    assert cells.parse_time("2026/11/24 9:05") == dt.datetime(2026, 11, 24, 9, 5, tzinfo=cells.JST)
    known = cells.parse_cell("2026-11-24", ACCOUNTS.column("recorded_at"))
    assert known == dt.datetime(2026, 11, 24, 23, 59, 59, 999_999, cells.JST)


@pytest.mark.parametrize(("typed", "value"), [("有", True), ("○", True), ("済", True), ("はい", True), (1, True), ("TRUE", True),
                                              ("無", False), ("×", False), ("未", False), ("いいえ", False), (0, False), (0.0, False)])  # fmt: skip
def test_yes_and_no_in_all_their_signs(typed: object, value: bool) -> None:
    assert cells.parse_boolean(typed) is value


def test_an_unknown_yes_or_no_is_a_problem() -> None:
    assert isinstance(cells.parse_boolean("たぶん"), Problem)


def test_enumerations_take_keys_words_and_the_persons_own_map() -> None:
    touch, roles, excluded = ACCOUNTS.column("touch"), CONTACTS.column("roles"), ACCOUNTS.column("excluded")
    assert cells.parse_enums("ハイタッチ、tech", touch) == "high;tech"
    assert (
        cells.parse_enums("決裁者／ｷﾞｱﾝｼｬ", roles) != "decision_maker;initiator"
    )  # a reading is no word of the list
    assert cells.parse_enum("ＰｏＣ", excluded) == "poc"
    assert cells.parse_enum("試験導入", excluded, {"試験導入": "trial"}) == "trial"
    found = cells.parse_enum("謎", excluded)
    assert isinstance(found, Problem) and found.detail["allowed"] == ["own", "test", "trial", "poc", "loan"]


def test_identifiers_and_numbers_as_text_keep_their_zeros() -> None:
    assert cells.parse_key("００１２") == "0012"
    assert cells.parse_key(12.0) == "12"
    assert cells.parse_phone("０３−１２３４−５６７８") == "03-1234-5678"
    shortened = cells.parse_key("4.01E+12")
    assert isinstance(shortened, Problem) and shortened.code == "number_shortened"


def test_the_corporate_numbers_check_digit() -> None:
    assert cells.parse_corporate_number("4011001098993") == "4011001098993"
    assert cells.parse_corporate_number(4011001098993.0) == "4011001098993"
    wrong = cells.parse_corporate_number("4011001098994")
    assert isinstance(wrong, Problem) and wrong.code == "corporate_number_check_digit"


def test_numbers_with_counters_months_and_percent() -> None:
    assert cells.parse_number("30ID") == 30
    assert cells.parse_integer("1,200名") == 1200
    assert cells.parse_number("70%") == Decimal("0.7")
    assert cells.parse_months("2年6か月") == 30
    assert cells.parse_cell("1年間", CONTRACTS.column("renewal_months")) == 12
    assert isinstance(cells.parse_integer("2.5"), Problem)
    assert cells.parse_month_number("3月") == 3
    assert isinstance(cells.parse_month_number("13"), Problem)


def test_text_stays_as_typed_even_when_it_looks_like_a_formula() -> None:
    for text in ("=1+1", "+81", "-特記-", "@tanaka", "髙橋①𠮷"):
        assert cells.parse_text(text) == text


def test_cells_without_an_honest_value_are_refused_by_every_parser() -> None:
    for column in (CONTRACTS.column("mrr"), CONTRACTS.column("starts_on"), CONTRACTS.column("plan")):
        found = cells.parse_cell(Unreadable("formula_no_value"), column)
        assert isinstance(found, Problem) and found.code == "formula_no_value"
    assert isinstance(cells.parse_text("#REF!"), Problem)
