"""BG/NBD and Gamma-Gamma on CDNOW as published, and on made-up customers."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest

from banso.lifetime import BgNbd, GammaGamma, bgnbd, gamma_gamma
from tests.environment import SHARED

#: Fader, Hardie and Lee 2005; Fader and Hardie 2013.
PUBLISHED = BgNbd(0.243, 4.414, 0.793, 2.426, -9582.4, 2357, None)
PUBLISHED_VALUE = GammaGamma(6.25, 3.74, 15.44, None, 946, None)


def cdnow() -> list[np.ndarray]:
    """Repeat purchases, week of the last, weeks since the first, mean value of the repeat purchases of 2,357 customers."""
    path = SHARED / "cdnow" / "cdnow_customers_summary_with_transactions.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [np.array([float(row[name]) for row in rows]) for name in ("x", "t_x", "T", "zbar")]


@pytest.mark.shared
def test_cdnow_as_published() -> None:
    x, t_x, age, value = cdnow()
    found = bgnbd(x, t_x, age)
    assert (found.r, found.alpha, found.a, found.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.0005)
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.05)
    # A unit of days tells the same story.
    days = bgnbd(x, t_x * 7, age * 7)
    assert (days.r, days.alpha, days.b) == pytest.approx((found.r, found.alpha * 7, found.b), rel=1e-3)
    bought = x > 0
    spent = gamma_gamma(x[bought], value[bought])
    assert (spent.p, spent.q, spent.v) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert spent.n == 946


def test_what_the_published_parameters_say_of_a_customer() -> None:
    """Customer 0001: two repeat purchases, the last in week 30.43 of 38.86; 1.226 purchases in 39 more weeks (Fader, Hardie and Lee,
    "Implementing the BG/NBD Model in Excel"). By hand: alive 1 ÷ (1 + 0.793 ÷ 3.426 × (43.274 ÷ 34.844)^2.243) = 0.7266."""
    assert PUBLISHED.expected_purchases(39, [2], [30.43], [38.86]) == pytest.approx([1.226], abs=0.0005)
    assert PUBLISHED.probability_alive([2, 0], [30.43, 0], [38.86, 38.86]) == pytest.approx(
        [0.7266, 1], abs=1e-4
    )
    assert PUBLISHED.expected_purchases(0) == pytest.approx([0], abs=1e-12)
    # A thousand purchases: no overflow, and a silence after them is told.
    often = PUBLISHED.probability_alive([1000, 1000], [1000, 1000], [1000.5, 1200])
    assert 0.9 < often[0] < 1 and often[1] < 1e-9
    assert 0 < PUBLISHED.expected_purchases(10, [1000], [1000], [1000.5])[0] < 11
    near_one = BgNbd(0.243, 4.414, 1.0, 2.426, None, 1, None)  # the formula divides by a − 1
    around = [BgNbd(0.243, 4.414, a, 2.426, None, 1, None).expected_purchases(39)[0] for a in (0.99, 1.01)]
    assert around[1] < near_one.expected_purchases(39)[0] < around[0]
    # Nobody's value: 6.25 × 15.44 ÷ 2.74. Of one purchase of 100: 6.25 × (15.44 + 100) ÷ (6.25 + 2.74).
    assert PUBLISHED_VALUE.expected_value(0, 0) == pytest.approx([6.25 * 15.44 / 2.74])
    assert PUBLISHED_VALUE.expected_value([1], [100]) == pytest.approx([6.25 * 115.44 / 8.99])


def test_made_up_customers_are_found_again() -> None:
    random = np.random.default_rng(5)
    size, weeks = 3000, 52.0
    rate, stop = random.gamma(0.8, 1 / 6.0, size), random.beta(1.2, 3.0, size)
    x, t_x = np.zeros(size), np.zeros(size)
    for one in range(size):
        now = random.exponential(1 / rate[one])
        while now <= weeks:
            x[one], t_x[one] = x[one] + 1, now
            if random.random() < stop[one]:
                break
            now += random.exponential(1 / rate[one])
    found = bgnbd(x, t_x, np.full(size, weeks))
    assert found.expected_purchases(weeks)[0] == pytest.approx(x.mean(), rel=0.03)
    assert (found.r, found.alpha) == pytest.approx((0.8, 6.0), rel=0.2)
    bought = x > 0
    scale = random.gamma(4.0, 1 / 20.0, size)[bought]
    mean = random.gamma(6.0 * x[bought], 1 / scale) / x[bought]
    spent = gamma_gamma(x[bought], mean)
    assert spent.expected_value(0, 0) == pytest.approx([6 * 20 / 3], rel=0.05)
    assert (spent.p, spent.q) == pytest.approx((6.0, 4.0), rel=0.2)


def test_nobody_came_again_and_values_all_alike_are_answers_with_a_reason() -> None:
    found = bgnbd([0, 0], [0, 0], [5, 9])
    assert (found.r, found.reason) == (None, "no_repeat")
    assert found.probability_alive([0], [0], [5]) is None and found.expected_purchases(3) is None
    same = gamma_gamma([1, 2, 3], [10, 10, 10])
    assert (same.p, same.reason) == (None, "no_maximum")
    assert same.expected_value([1], [10]) is None
    heavy = GammaGamma(2.0, 0.9, 5.0, None, 3, None)  # a mean over all customers has no end
    assert heavy.expected_value([0], [0]) is None and heavy.expected_value([2], [10]) is not None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bgnbd([1], [6], [5]), "row 0: recency is no later than T"),
        (lambda: bgnbd([0], [1], [5]), "row 0: recency is 0 where"),
        (lambda: bgnbd([1.5], [1], [5]), "row 0: frequency is a whole number"),
        (lambda: bgnbd([1], [1], [-5]), "T: row 0 is -5"),
        (lambda: bgnbd([], [], []), "no customers"),
        (lambda: gamma_gamma([0], [1]), "row 0: leave customers without purchases out"),
        (lambda: gamma_gamma([1, 1], [5, 0]), "row 1: the mean value of purchases is above 0"),
        (lambda: gamma_gamma([], []), "no customers with purchases"),
        (lambda: PUBLISHED.expected_purchases(-1), "not negative"),
    ],
)
def test_nonsense_is_told(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
