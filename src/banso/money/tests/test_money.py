from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banso.money import (
    AmountFailure,
    Money,
    MoneyError,
    MoneyReason,
    MoneyStyle,
    NegativeMark,
    exponent,
    format_money,
    from_units,
    is_residue,
    parse_amount,
    settle,
    to_units,
    units_to_money,
    yearly_to_monthly_units,
)


def test_each_currency_has_its_own_number_of_decimals() -> None:
    assert [exponent(code) for code in ("JPY", "USD", "EUR", "KWD", "CLF")] == [0, 2, 2, 3, 4]


def test_an_unknown_currency_is_refused_by_name() -> None:
    with pytest.raises(MoneyError) as error:
        Money.of(1, "YEN")
    assert (error.value.reason, error.value.detail) == (MoneyReason.UNKNOWN_CURRENCY, "YEN")


def test_arithmetic_stays_inside_one_currency() -> None:
    assert Money.of("3333") + Money.of("3334") == Money.of(6667)
    assert Money.of(5) - Money.of(8) == -Money.of(3)
    assert Money.of("100.10", "USD") * 3 == Money.of("300.30", "USD")
    assert Money.of(1) < Money.of(2) and abs(Money.of(-2)) == Money.of(2)
    with pytest.raises(MoneyError) as error:
        Money.of(1, "JPY") + Money.of(1, "USD")
    assert error.value.reason is MoneyReason.CURRENCIES_DIFFER
    with pytest.raises(MoneyError):
        assert Money.of(1, "JPY") < Money.of(1, "USD")


@pytest.mark.parametrize("value", [0.1, True, "1,200", "NaN", "Infinity", "", None])
def test_floats_and_what_is_no_number_are_refused(value: object) -> None:
    with pytest.raises(MoneyError) as error:
        Money.of(value)  # type: ignore[arg-type]
    assert error.value.reason is MoneyReason.NOT_A_NUMBER


def test_display_rounds_half_up_to_the_currencys_decimals() -> None:
    assert Money.of("83333.3333").round_display() == Money.of(83333)
    assert Money.of("0.5").round_display() == Money.of(1)
    assert Money.of("2.5").round_display() == Money.of(3)  # banker's rounding would give 2
    assert Money.of("-2.5").round_display() == Money.of(-3)
    assert Money.of("1.005", "USD").round_display() == Money.of("1.01", "USD")


@pytest.mark.parametrize(
    ("amount", "style", "shown"),
    [
        ("1200000", MoneyStyle.FULL, "¥1,200,000"),
        ("1200000", MoneyStyle.MAN, "120万円"),
        ("1200000", MoneyStyle.MILLION, "1.2百万円"),
        ("12160000", MoneyStyle.MAN, "1,216万円"),
        ("1205000", MoneyStyle.MAN, "120.5万円"),
        ("83333.3333", MoneyStyle.FULL, "¥83,333"),
        ("-720000", MoneyStyle.FULL, "\N{MINUS SIGN}¥720,000"),
        ("-0.4", MoneyStyle.FULL, "¥0"),
        ("0", MoneyStyle.MILLION, "0百万円"),
    ],
)
def test_yen_can_be_shown_in_three_styles(amount: str, style: MoneyStyle, shown: str) -> None:
    assert format_money(Money.of(amount), style) == shown


def test_negatives_can_carry_the_triangle_of_japanese_finance() -> None:
    loss = Money.of(-720000)
    assert format_money(loss, negative=NegativeMark.TRIANGLE) == "▲¥720,000"
    assert format_money(loss, negative=NegativeMark.TRIANGLE, symbol=False) == "▲720,000"
    assert format_money(loss, MoneyStyle.MAN, NegativeMark.TRIANGLE) == "▲72万円"


def test_other_currencies_keep_their_code_and_decimals_in_every_style() -> None:
    assert format_money(Money.of("1200.5", "USD")) == "USD 1,200.50"
    assert format_money(Money.of("1200000", "USD"), MoneyStyle.MAN) == "USD 1,200,000.00"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1200000", "1200000"),
        ("¥1,200,000", "1200000"),
        ("１，２００円", "1200"),
        ("▲720,000", "-720000"),
        ("-¥720,000", "-720000"),
        ("¥-720,000", "-720000"),
        ("(720,000)", "-720000"),
        ("\N{MINUS SIGN}0.25", "-0.25"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["1,20", "120万円", "1e5", "--5", "-¥-5", "(5", "12 34", "abc"])
def test_an_unclear_amount_is_a_failure_and_never_a_guess(text: str) -> None:
    assert parse_amount(text) == AmountFailure(MoneyReason.NOT_A_NUMBER, text)


def test_an_empty_cell_is_told_from_a_wrong_one() -> None:
    assert parse_amount("　") == AmountFailure(MoneyReason.EMPTY, "　")


def test_a_million_a_year_is_kept_to_a_ten_thousandth_of_a_yen() -> None:
    assert yearly_to_monthly_units(1_000_000, 12) == 833_333_333
    assert from_units(833_333_333) == Decimal("83333.3333")
    assert units_to_money(833_333_333).round_display() == Money.of(83333)
    assert yearly_to_monthly_units("2000000", 12) == 1_666_666_667
    assert yearly_to_monthly_units(100, 3) == 333_333


def test_units_are_rounded_half_up_once() -> None:
    assert to_units("0.00005") == 1
    assert to_units("0.00004999999999999999999999999999999999") == 0
    assert to_units("-0.00005") == -1
    assert to_units(Decimal("83333.33335")) == 833_333_334


def test_units_beyond_64_bits_and_terms_without_months_are_refused() -> None:
    with pytest.raises(MoneyError):
        to_units("922337203685477.5808")
    assert to_units("922337203685477.5807") == 2**63 - 1
    with pytest.raises(MoneyError):
        yearly_to_monthly_units(100, 0)


def test_a_balance_under_half_the_minor_unit_is_nothing_but_is_listed() -> None:
    assert is_residue(4_999) and is_residue(-4_999)
    assert not is_residue(5_000) and not is_residue(0)
    assert is_residue(49, "USD") and not is_residue(50, "USD")
    assert is_residue(4, "KWD") and not is_residue(5, "KWD")
    assert not is_residue(1, "CLF")  # its minor unit is the unit
    assert [settle(4_999), settle(5_000), settle(-4_999)] == [0, 5_000, 0]


@given(st.integers(min_value=-(2**63) + 1, max_value=2**63 - 1))
def test_units_survive_the_round_trip(units: int) -> None:
    assert to_units(from_units(units)) == units
    assert to_units(str(from_units(units))) == units


@given(st.decimals(-(10**12), 10**12, allow_nan=False, places=9), st.integers(1, 60))
def test_a_reversal_always_cancels_and_rounding_is_never_off_by_more_than_half(
    amount: Decimal, months: int
) -> None:
    units = yearly_to_monthly_units(amount, months)
    assert yearly_to_monthly_units(-amount, months) == -units
    assert abs(Decimal(units) * months - amount * 10_000) * 2 <= months


@given(st.integers(-(10**12), 10**12))
def test_what_is_printed_can_be_read_back(yen: int) -> None:
    for mark in NegativeMark:
        assert parse_amount(format_money(Money.of(yen), negative=mark)) == yen
