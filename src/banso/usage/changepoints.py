"""Where the level of a series changed."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Cost of one change in units of variance × log n. Without a change, 4 finds one in fewer than one series of twenty, of 20 to 200
#: values, normal or counts (measured in the tests).
PENALTY = 4.0


def changepoints(
    values: Sequence[Any] | NDArray[Any], *, penalty: float = PENALTY, min_size: int = 2, counts: bool = False
) -> list[int]:
    """Indices at which a new level begins, in order; [] where the level never changed.

    Exact least-squares segmentation with a price for every change: PELT (Killick, Fearnhead and Eckley 2012, JASA 107),
    piecewise constant mean. The price is `penalty` × variance × log n, the variance taken from differences of neighbours by their
    median, so that the changes themselves do not swell it. counts: square roots are segmented, since the variance of a count grows
    with its level. min_size: the shortest stretch between two changes. Values must be finite; fewer than 2 × min_size: [].
    Neighbouring values that hang together (slow swings) give more changes than an eye would see: use weeks rather than days.
    """
    series = np.asarray(values, dtype=float)
    if series.ndim != 1:
        raise ValueError("one series of numbers is expected")
    if not np.isfinite(series).all():
        raise ValueError("the series holds values that are not finite; leave silent days out first")
    if min_size < 1 or penalty <= 0:
        raise ValueError(f"min_size and penalty are positive, not {min_size} and {penalty}")
    if counts:
        if (series < 0).any():
            raise ValueError("counts are not negative")
        series = 2.0 * np.sqrt(series + 0.375)  # Anscombe: variance near 1 at any level
    size = len(series)
    if size < 2 * min_size or not np.ptp(series):
        return []
    return _pelt(series, penalty * noise_variance(series) * log(size), min_size)


def noise_variance(series: NDArray[np.float64]) -> float:
    """The variance of the noise around the levels: from the median of the absolute differences of neighbours.

    Where more than half of the neighbours are equal (counts near 0), from the mean of their squares; a series of plain steps gives a
    small number then, so that every step is found.
    """
    steps = np.diff(series)
    robust = float(np.median(np.abs(steps))) / (0.6744897501960817 * sqrt(2.0))
    return robust * robust if robust > 0 else float(np.mean(steps * steps)) / 2.0


def _pelt(series: NDArray[np.float64], price: float, min_size: int) -> list[int]:
    size = len(series)
    sums = np.concatenate(([0.0], np.cumsum(series - series.mean())))
    squares = np.concatenate(([0.0], np.cumsum((series - series.mean()) ** 2)))
    best = np.full(size + 1, np.inf)
    best[0] = -price
    previous = np.zeros(size + 1, dtype=np.int64)
    starts = np.array([0], dtype=np.int64)
    for end in range(min_size, size + 1):
        if end >= 2 * min_size:
            starts = np.append(starts, end - min_size)
        length = end - starts
        total = sums[end] - sums[starts]
        cost = best[starts] + (squares[end] - squares[starts]) - total * total / length
        winner = int(np.argmin(cost))
        best[end] = cost[winner] + price
        previous[end] = starts[winner]
        # A start that loses by more than the price can never win again.
        starts = starts[cost <= best[end] + 1e-9]
    found: list[int] = []
    at = int(previous[size])
    while at > 0:
        found.append(at)
        at = int(previous[at])
    return found[::-1]
