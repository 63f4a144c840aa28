"""Change points beside every possible segmentation, and how often noise alone makes one."""

from __future__ import annotations

from itertools import combinations, pairwise
from math import log

import numpy as np
import pytest

from banso.usage import changepoints
from banso.usage.changepoints import PENALTY, noise_variance


def cost(values: list[float]) -> float:
    middle = sum(values) / len(values)
    return sum((value - middle) ** 2 for value in values)


def exhaustive(values: list[float], price: float, min_size: int) -> list[int]:
    """Every way to cut, the cheapest wins: independent of the dynamic programme."""
    best, answer = cost(values), []
    for count in range(1, len(values) // min_size):
        for cuts in combinations(range(min_size, len(values)), count):
            edges = (0, *cuts, len(values))
            if min(b - a for a, b in pairwise(edges)) < min_size:
                continue
            total = price * count + sum(cost(values[a:b]) for a, b in pairwise(edges))
            if total < best - 1e-9:
                best, answer = total, list(cuts)
    return answer


@pytest.mark.parametrize("seed", range(25))
def test_the_cheapest_of_all_segmentations_is_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    levels = np.repeat(random.integers(0, 6, 3) * 2.0, 4)
    values = levels + random.normal(0, 1, len(levels))
    price = PENALTY * noise_variance(values) * log(len(values))
    assert changepoints(values) == exhaustive(list(values), price, 2)


def test_plain_steps_are_found_where_they_are() -> None:
    assert changepoints([5] * 10 + [9] * 10 + [2] * 5) == [10, 20]
    assert changepoints([1, 1, 1, 1]) == []
    assert changepoints([1, 9, 1]) == []  # too short to hold two stretches of two
    assert changepoints([]) == []


def test_a_fall_in_counts_is_found_within_a_week_of_it() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        weeks = np.concatenate([random.poisson(120, 40), random.poisson(80, 20)])
        (found,) = changepoints(weeks, counts=True)
        assert abs(found - 40) <= 1, seed


def test_noise_alone_rarely_makes_a_change() -> None:
    """Measured: 1,000 series of each length and kind; the figure in the docstring of PENALTY stands on it."""
    random = np.random.default_rng(2026)
    for size in (20, 200):
        normal = sum(bool(changepoints(random.normal(0, 1, size))) for _ in range(1000))
        poisson = sum(bool(changepoints(random.poisson(30, size), counts=True)) for _ in range(1000))
        assert normal < 50, (size, normal)
        assert poisson < 50, (size, poisson)


def test_counts_near_zero_are_noise_and_not_steps() -> None:
    """Weeks of 0 and 1: most neighbours are equal. A customer who nearly stops is found all the same."""
    random = np.random.default_rng(2027)
    for rate in (0.3, 0.8):
        alarms = sum(bool(changepoints(random.poisson(rate, 150), counts=True)) for _ in range(300))
        assert alarms < 15, (rate, alarms)
    for _ in range(20):
        cuts = changepoints(np.concatenate([random.poisson(2, 60), random.poisson(0.2, 60)]), counts=True)
        assert any(abs(cut - 60) <= 5 for cut in cuts) and len(cuts) <= 3, cuts


@pytest.mark.parametrize(
    ("values", "arguments"),
    [
        ([1.0, float("nan"), 2.0], {}),
        ([[1.0], [2.0]], {}),
        ([1, 2, 3, 4], {"min_size": 0}),
        ([1, 2, 3, 4], {"penalty": -1.0}),
        ([1, -2, 3, 4], {"counts": True}),
    ],
)
def test_nonsense_is_refused(values: list[float], arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        changepoints(values, **arguments)  # type: ignore[arg-type]
