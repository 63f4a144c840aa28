"""sBG as published, BdW beside it and beside a fit of its own, and where there is no answer."""

from __future__ import annotations

import itertools
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import beta as beta_function
from scipy.special import hyp2f1

from banso.lifetime import bdw, sbg

#: Fader and Hardie 2007, table 1: of 1000 customers, left after 0 to 7 renewals (what they fit), and after 8 to 12 (what they project).
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
REGULAR_LATER = (223, 207, 194, 183, 173)
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
HIGH_END_LATER = (468, 445, 427, 409, 394)


@pytest.mark.parametrize(
    ("survivors", "later", "alpha", "beta", "likelihood"),
    [(REGULAR, REGULAR_LATER, 0.704, 1.182, -1680.3), (HIGH_END, HIGH_END_LATER, 0.668, 3.806, -1611.2)],
)
def test_sbg_as_published(
    survivors: tuple[int, ...], later: tuple[int, ...], alpha: float, beta: float, likelihood: float
) -> None:
    found = sbg(survivors)
    assert found.alpha == pytest.approx(alpha, abs=0.0005)
    assert found.beta == pytest.approx(beta, abs=0.0005)
    assert found.log_likelihood == pytest.approx(likelihood, abs=0.05)
    assert (found.n, found.left, found.c, found.reason, found.alike) == (
        1000,
        1000 - survivors[-1],
        1,
        None,
        False,
    )
    # r(t) = (β + t − 1) ÷ (α + β + t − 1), and what was not fitted is near what came.
    assert found.retention(1) == pytest.approx(beta / (alpha + beta), abs=2e-4)
    assert found.retention(5) == pytest.approx((beta + 4) / (alpha + beta + 4), abs=2e-4)
    for year, count in enumerate(later, start=8):
        assert found.survival(year) == pytest.approx(count / 1000, abs=0.02)


def test_the_sum_to_come_is_the_closed_form_and_grows_with_age() -> None:
    """Fader and Hardie 2010 (Marketing Science 29): Σ S(t) ÷ (1 + d)^t = 2F1(1, β; α + β; 1 ÷ (1 + d)); with n renewals behind, β + n."""
    found = sbg(HIGH_END)
    for age in (0, 5):
        closed = hyp2f1(1, found.beta + age, found.alpha + found.beta + age, 1 / 1.1)
        assert found.lifetime_value(100, 0.1, age) == pytest.approx(100 * closed, rel=1e-9)
    assert found.lifetime_value(100, 0.1, 5) > found.lifetime_value(100, 0.1)
    low, high = found.lifetime_interval(100, 0.1)
    assert low < found.lifetime_value(100, 0.1) < high < 2 * low


def test_what_customers_who_are_there_will_still_bring_is_the_sum_of_each() -> None:
    """Without the payment of the present period; a customer who costs more than it pays counts against the others."""
    found = sbg(HIGH_END)
    worth = found.to_come([100, 50, -10], 0.1, [0, 5, 2])
    each = [margin * (found.lifetime_value(1, 0.1, age) - 1) for margin, age in ((100, 0), (50, 5), (-10, 2))]
    assert worth.value == pytest.approx(sum(each))
    assert worth.lower < worth.value < worth.upper
    alone, own = found.to_come([1], 0.1, [0]), found.lifetime_interval(1, 0.1)
    assert (alone.lower + 1, alone.upper + 1) == pytest.approx(own, rel=0.01)
    few = sbg([9, 8, 7]).to_come([1, 2], 0.01, [0, 1])  # so few leave much open, but nothing below 0
    assert few.lower is None or 0 < few.lower < few.value
    assert sbg([10, 10]).to_come([1], 0.1, [0]) is None
    with pytest.raises(ValueError, match="one length"):
        found.to_come([1, 2], 0.1, [0])


def test_several_cohorts_and_counts_at_risk_say_the_same_as_one_table() -> None:
    """A cohort twice, once seen for four renewals only: the same rates at the first four, so the same likelihood of sums."""
    together = sbg([REGULAR, REGULAR[:5]])
    risk = [2000, 1262, 936, 764, 326, 289, 262]
    lost = [738, 326, 172, 112, 37, 27, 21]
    counted = sbg(at_risk=risk, lost=lost)
    assert (together.alpha, together.beta, together.log_likelihood) == (
        counted.alpha,
        counted.beta,
        counted.log_likelihood,
    )
    # Came late: of 500 more nobody knows the first renewals; their later ones count, and the rates stay what they are.
    late = sbg(at_risk=[1000, 631, 468 + 468], lost=[369, 163, 86 + 86])
    assert late.retention(3) == pytest.approx(382 / 468, abs=0.02)


def test_without_difference_between_customers_it_is_the_plain_geometric() -> None:
    """A tenth leaves at every renewal: Σ (0.9 ÷ 1.1)^t = 5.5."""
    found = sbg([100000, 90000, 81000, 72900, 65610])
    assert found.alike
    assert found.retention(1) == pytest.approx(0.9, abs=1e-4)
    assert found.lifetime_value(1, 0.1) == pytest.approx(5.5, abs=0.01)
    low, high = found.lifetime_interval(1, 0.1)
    assert 5.3 < low < 5.5 < high < 5.7


def test_bdw_with_c_1_is_sbg_and_finds_what_was_planted() -> None:
    planted = (1.0, 4.0, 0.7)
    shares = [
        beta_function(planted[0], planted[1] + t ** planted[2]) / beta_function(*planted[:2])
        for t in range(16)
    ]
    found = bdw([share * 1e6 for share in shares])
    assert (found.alpha, found.beta, found.c) == pytest.approx(planted, rel=0.02)
    plain = sbg([beta_function(1.0, 4.0 + t) / beta_function(1.0, 4.0) * 1e6 for t in range(16)])
    assert (plain.alpha, plain.beta) == pytest.approx((1.0, 4.0), rel=1e-3)
    both = bdw([beta_function(1.0, 4.0 + t) / beta_function(1.0, 4.0) * 1e6 for t in range(16)])
    assert both.c == pytest.approx(1, abs=0.01)
    assert both.log_likelihood >= plain.log_likelihood - 1e-6


def test_bdw_recovers_simulated_customers() -> None:
    """4,000 customers, each with a chance of its own, leaving as (1 − θ)^(t^c): drawn, not computed from the model's own formula."""
    random = np.random.default_rng(2018)
    chance = random.beta(0.8, 2.5, 4000)
    gone = np.ceil((np.log(random.random(4000)) / np.log1p(-chance)) ** (1 / 1.5))
    found = bdw([(gone > t).sum() for t in range(9)])
    assert found.c == pytest.approx(1.5, abs=0.2)
    for t in range(1, 9):
        assert found.survival(t) == pytest.approx((gone > t).mean(), abs=0.01)


@pytest.mark.parametrize("survivors", [REGULAR, HIGH_END])
def test_bdw_is_the_maximum_another_search_finds(survivors: tuple[int, ...]) -> None:
    """By the probabilities of leaving as the paper writes them, beta functions and not their logarithms, another optimiser."""

    def cost(point: np.ndarray) -> float:
        alpha, beta, c = np.exp(point)
        curve = [
            beta_function(alpha, beta + t**c) / beta_function(alpha, beta) for t in range(len(survivors))
        ]
        left = sum(
            (survivors[t - 1] - survivors[t]) * log(curve[t - 1] - curve[t]) for t in range(1, len(survivors))
        )
        return -(left + survivors[-1] * log(curve[-1]))

    theirs = minimize(cost, [0.0, 0.0, 0.0], method="BFGS", options={"gtol": 1e-6})
    ours = bdw(survivors)
    assert ours.log_likelihood == pytest.approx(-theirs.fun, abs=1e-6)
    assert (ours.alpha, ours.beta, ours.c) == pytest.approx(tuple(np.exp(theirs.x)), rel=1e-3)
    assert ours.log_likelihood > sbg(survivors).log_likelihood


def test_nobody_left_and_nobody_stayed_are_answers_with_a_reason() -> None:
    for counts, reason in (([10, 10, 10], "no_churn"), ([10, 0], "all_left")):
        found = sbg(counts)
        assert (found.alpha, found.log_likelihood, found.reason) == (None, None, reason)
        assert found.survival(3) is found.retention(1) is None
        assert found.lifetime_value(1, 0.1) is None and found.lifetime_interval(1, 0.1) is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sbg([10, 12]), "never rise"),
        (lambda: sbg([10, -1]), "row 1 is -1"),
        (lambda: sbg([10]), "nobody came up to a renewal"),
        (lambda: sbg([0, 0]), "nobody came up to a renewal"),
        (lambda: sbg(at_risk=[5], lost=[6]), "no more are lost than were at risk"),
        (lambda: bdw([10, 8, 7]), "use sbg"),
        (lambda: sbg(REGULAR).survival(-1), "whole numbers from 0"),
        (lambda: sbg(REGULAR).retention(0), "the first renewal is number 1"),
        (lambda: sbg(REGULAR).lifetime_value(1, 0), "a discount above 0"),
    ],
)
def test_nonsense_is_told(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(0.5, 0.97), min_size=2, max_size=6))
def test_a_curve_never_rises_and_a_sum_holds_the_first_payment(rates: list[float]) -> None:
    survivors = [1000]
    for rate in rates:
        survivors.append(int(survivors[-1] * rate))
    found = sbg(survivors)
    curve = [found.survival(t) for t in range(12)]
    assert curve[0] == pytest.approx(1) and all(a >= b > 0 for a, b in itertools.pairwise(curve))
    assert 1 <= found.lifetime_value(1, 0.05) <= 21.0 + 1e-9
