"""Rates, breadth, stickiness, retention, the coming weeks, advice: by hand."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest

from banso.periods import Month
from banso.usage import (
    AdviceRule,
    active_rate,
    advise,
    band,
    breadth,
    feature_retention,
    stickiness,
)

CORE = ("申請", "承認", "集計", "一括取込", "通知", "検索", "連携", "権限")


def test_active_rate_against_seats() -> None:
    assert active_rate(90, 150).value == Fraction(3, 5)
    over = active_rate(160, 150)
    assert over.over_seats and over.value == Fraction(16, 15)
    assert active_rate(5, 0).reason == "no_seats"
    assert active_rate(5, None).reason == "unknown_seats"
    assert active_rate(0, None).value is None
    with pytest.raises(ValueError):
        active_rate(-1, 10)


def test_three_of_eight_core_features() -> None:
    found = breadth({"申請", "承認", "検索", "その他"}, CORE)
    assert found.value == Fraction(3, 8)
    assert found.used == ("申請", "承認", "検索")
    assert len(found.unused) == 5
    assert breadth({"申請"}, ()).reason == "no_core"


def test_five_cards_of_advice_where_three_of_eight_are_used() -> None:
    rules = [AdviceRule(name, name) for name in CORE]
    cards = advise({"申請": 5, "承認": 2, "検索": 1}, rules, date(2026, 11, 24))
    assert sorted(card.feature for card in cards) == sorted(["集計", "一括取込", "通知", "連携", "権限"])


def test_a_card_cites_its_number_and_its_days() -> None:
    rule = AdviceRule("bulk", "一括取込", instead="手入力", at_least=100)
    (card,) = advise({"手入力": 420}, [rule], date(2026, 11, 24))
    assert (card.count, card.first, card.last) == (420, date(2026, 10, 26), date(2026, 11, 24))
    assert advise({"手入力": 99}, [rule], date(2026, 11, 24)) == ()
    assert advise({"手入力": 420, "一括取込": 1}, [rule], date(2026, 11, 24)) == ()
    assert advise({"手入力": 420}, [rule], date(2026, 11, 24), plan_features=["申請"]) == ()
    with pytest.raises(ValueError):
        AdviceRule("bulk", "一括取込", at_least=0)


def test_stickiness_is_the_mean_day_over_the_month() -> None:
    assert stickiness([10, 20, 0, 10], 40) == Fraction(1, 4)
    assert stickiness([], 40) is None
    assert stickiness([0, 0], 0) is None


def test_retention_ends_and_does_not_turn_zero() -> None:
    uses = [("a", "2026-08-03"), ("a", "2026-09-01"), ("b", "2026-08-31"), ("b", "2026-10-02")]
    uses += [("c", "2026-10-30"), ("d", "2026-11-02"), ("a", "2026-08-04")]
    found = feature_retention(uses, date(2026, 11, 24))
    assert found.rows == {"2026-08": (2, (2, 1, 1)), "2026-10": (1, (1,))}
    assert found.share("2026-08", 1) == Fraction(1, 2)
    assert found.share("2026-08", 3) is None
    assert found.share("2026-11", 0) is None
    assert feature_retention(uses, date(2026, 11, 30)).rows["2026-11"] == (1, (1,))


def test_retention_says_nothing_of_a_month_in_which_the_source_was_silent() -> None:
    """a, b and c began in June. The web was silent in July and August; b moved to the app in July, c was there all the while."""
    uses = [("a", "2026-06-02", "web"), ("b", "2026-06-09", "web"), ("c", "2026-06-10", "app")]
    uses += [
        ("a", "2026-07-01", "web"),
        ("b", "2026-07-15", "app"),
        ("c", "2026-07-20", "app"),
        ("b", "2026-09-02", "app"),
    ]
    silent = {"web": {Month(2026, 7), Month(2026, 8)}}
    found = feature_retention(uses, date(2026, 9, 30), silent)
    assert found.rows == {"2026-06": (3, (3, 2, 0, 1))}
    assert found.unheard == {"2026-06": (0, 1, 1, 0)}
    assert [found.share("2026-06", later) for later in range(4)] == [1, 1, 0, Fraction(1, 3)]
    alone = feature_retention(uses[:1], date(2026, 9, 30), silent)
    assert [alone.share("2026-06", later) for later in range(4)] == [1, None, None, 0]


def test_the_band_holds_the_past_misses() -> None:
    weeks = [100, 104] * 15
    found = band(weeks, None, horizon=2)
    assert found.reason is None
    first = found.weeks[0]
    assert first.expected == 102.0
    assert (first.low, first.high) == (pytest.approx(100.0), pytest.approx(104.0))
    assert first.misses == 22  # weeks 9 to 30, each foretold from the eight before it


def test_a_band_covers_what_it_says_on_noise() -> None:
    """80 % of the next weeks of 400 Poisson series lie inside, give or take what chance allows (three standard errors: 6 %)."""
    random = np.random.default_rng(11)
    inside = 0
    for _ in range(400):
        weeks = random.poisson(60, 61)
        found = band(list(map(int, weeks[:60])), None, horizon=1).weeks[0]
        assert found.low is not None and found.high is not None
        inside += found.low <= weeks[60] <= found.high
    assert 0.74 <= inside / 400 <= 0.88


def test_short_series_get_no_band() -> None:
    assert band([5] * 7, None).reason == "short_history"
    few = band([5] * 12, None)
    assert few.reason == "few_misses"
    assert few.weeks[0].expected == 5.0
    assert few.weeks[0].low is None
    dated = {date(2026, 9, 7) + timedelta(weeks=n): 5 for n in range(9)}
    assert band(dated, None).weeks[0].monday == date(2026, 11, 9)
    with pytest.raises(ValueError):
        band([5] * 12, None, share=1.0)
