"""The maximum of a likelihood of a few positive parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import minimize

from ._read import Numbers

Likelihood = Callable[[Numbers], float]
#: Logarithms of parameters beyond which a maximum is said to lie at infinity (or 0).
EDGE = 12.0


def maximum(likelihood: Likelihood, starts: Sequence[Sequence[float]]) -> tuple[Numbers, float]:
    """The best of the climbs from several starts: the logarithms of the parameters, and the likelihood there.

    Each climb is without slopes at first (these likelihoods have long flat ridges), then by slopes. An argument at ±EDGE is at the edge.
    """

    def cost(point: Numbers) -> float:
        value = likelihood(np.exp(point))
        return -value if np.isfinite(value) else 1e300

    best: tuple[Numbers, float] | None = None
    for start in starts:
        bounds = [(-EDGE, EDGE)] * len(start)
        rough = minimize(
            cost, np.log(start), method="Nelder-Mead", bounds=bounds, options={"maxiter": 4000, "maxfev": 4000, "xatol": 1e-7, "fatol": 1e-9}
        )  # fmt: skip
        fine = minimize(
            cost, rough.x, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-15, "gtol": 1e-9}
        )
        found = min((rough, fine), key=lambda one: float(one.fun))
        if best is None or -found.fun > best[1]:
            best = np.asarray(found.x), -float(found.fun)
    assert best is not None  # there is always a start
    return best


def bend(likelihood: Likelihood, point: Numbers, step: float = 1e-4) -> Numbers:
    """Minus the second derivatives of the likelihood in the logarithms of the parameters, by differences."""
    size = len(point)
    moves = np.eye(size) * step
    found = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            ends = [likelihood(np.exp(point + a * moves[i] + b * moves[j])) for a in (1, -1) for b in (1, -1)]
            found[i, j] = found[j, i] = -(ends[0] - ends[1] - ends[2] + ends[3]) / (4 * step * step)
    return found
