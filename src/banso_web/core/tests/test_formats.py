"""Figures as text: golden values by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import translation

from banso.money import Money, MoneyStyle, NegativeMark
from banso_web.core.ui import formats
from banso_web.core.ui.display import Display, read_display, showing
from banso_web.core.ui.figures import Figure


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (Decimal("0.9675"), 2, "96.75 %"),
        (Fraction(2, 42), 2, "4.76 %"),  # 4.7619…
        (Decimal("0.285"), 0, "29 %"),  # 28.5 rounds away from zero; binary 0.285 would give 28
        (0.285, 0, "29 %"),
        (Decimal("-0.00001"), 2, "0.00 %"),  # what rounds to 0 has no sign
        (Decimal("1.0133"), 2, "101.33 %"),
    ],
)
def test_percent_prints_its_digits_half_up(value: Any, digits: int, text: str) -> None:
    assert formats.pct_text(value, digits) == text


def test_points_are_signed() -> None:
    assert formats.pt_text(Decimal("0.0125")) == "+1.25 pt"
    assert formats.pt_text(Fraction(-1, 800)) == "\N{MINUS SIGN}0.13 pt"  # 0.125 half up


def test_money_follows_the_reader() -> None:
    yen = Money.of(-1_205_432)
    with translation.override("ja"):
        assert formats.money_text(yen) == "\N{MINUS SIGN}¥1,205,432"
        with showing(Display(MoneyStyle.MAN, NegativeMark.TRIANGLE)):
            assert formats.money_text(yen) == "▲120.5万円"
            assert formats.units_text(12_000_000_000) == "120万円"
    with translation.override("en"), showing(Display(MoneyStyle.MAN)):
        assert formats.money_text(Money.of(1_200_000)) == "¥1,200,000"  # 万 is no English unit


def test_days_are_japans_days() -> None:
    late = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # 00:30 of the 24th in Tokyo
    with translation.override("ja"):
        assert formats.date_text(date(2026, 11, 24)) == "2026/11/24(火)"
        assert formats.moment_text(late) == "2026/11/24(火) 00:30"
        assert formats.month_text(date(2026, 11, 1)) == "2026年11月"
    with translation.override("en"):
        assert formats.date_text(date(2026, 11, 24)) == "2026-11-24 Tue"
        assert formats.count_text(1, "社") == "1 account"
        assert formats.count_text(12, "社") == "12 accounts"


def test_unknown_is_a_word_and_never_zero() -> None:
    page = Template(
        "{{ none|pct }}{{ none|units }}{% figure none 'pct' state='not_computable' rows_url='/x' %}"
    ).render(Context({"none": None}))
    assert page.count("state-word") == 3
    assert "欠測" in page
    assert "算出不可" in page
    assert "0" not in page.replace("0 ではありません", "")


def test_a_figure_with_rows_is_marked_and_keeps_the_day() -> None:
    with showing(Display(kept=(("as_of", "2026-10-31"),))):
        page = Template("{% stat of=one %}").render(
            Context(
                {
                    "one": Figure(
                        "NRR",
                        Fraction(387, 400),
                        "pct",
                        metric="nrr_monthly",
                        rows_url="/rows/?month=2026-10",
                    )
                }
            )
        )
    assert 'data-figure="nrr_monthly"' in page
    assert 'data-rows-url="/rows/?month=2026-10&amp;as_of=2026-10-31"' in page
    assert "96.75" in page


def test_small_cases_are_never_coloured() -> None:
    good = Figure("解約率", Decimal("0.02"), "pct", change=Decimal("-0.01"), better="down")
    small = Figure("解約率", Decimal("0.02"), "pct", change=Decimal("-0.01"), better="down", small=True)
    assert (good.change_tone, small.change_tone) == ("tone-good", "")


def test_unknown_choices_in_cookies_count_as_none() -> None:
    shown = read_display(
        {"banso_money": "gold", "banso_negative": "triangle"}, {"as_of": "2026-10-31", "tab": "x"}
    )
    assert shown.money is MoneyStyle.FULL
    assert shown.negative is NegativeMark.TRIANGLE
    assert shown.query == "as_of=2026-10-31"


def test_a_chart_has_its_table_twin_and_no_script_of_its_own() -> None:
    chart = {"kind": "line", "unit": {"kind": "percent"}, "x": ["a</script>", "b"],
             "series": [{"name": "実績", "values": [Fraction(1, 42), None], "states": [None, "too_few"]}]}  # fmt: skip
    page = Template("{% chart chart title='解約率' %}").render(Context({"chart": chart}))
    assert "2.38 %" in page
    assert "件数不足" in page
    assert page.count("</script>") == 1
