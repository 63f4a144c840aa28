"""Intervals for proportions."""

from __future__ import annotations

from math import sqrt

#: Two-sided 95 %.
Z95 = 1.959963984540054


def wilson(k: float, n: float, z: float = Z95) -> tuple[float, float] | None:
    """Wilson's score interval for k of n (effective numbers may be broken), without continuity correction; None where n is 0.

    Both bounds lie in 0..1. Raises ValueError unless 0 <= k <= n. Source: Wilson 1927 (JASA 22).
    """
    if not 0 <= k <= n:
        raise ValueError(f"k must lie between 0 and n, not {k} of {n}")
    if n == 0:
        return None
    share, square = k / n, z * z
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    # At the ends the formula gives exactly 0 or 1; rounding must not leave a trace beside them.
    return (0.0 if k == 0 else max(0.0, centre - half), 1.0 if k == n else min(1.0, centre + half))
