"""How often customers without a contract still buy, and for how much: BG/NBD and Gamma-Gamma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaln, gammaln, hyp2f1

from ._fit import EDGE, maximum
from ._read import Numbers, numbers, same_length


@dataclass(frozen=True)
class BgNbd:
    """r, alpha: of the gamma distribution of purchase rates; a, b: of the beta distribution of the chance to stop after a purchase.

    reason: None, or "no_repeat" (nobody bought twice) or "no_maximum" (the likelihood rises without end): all numbers are None then.
    """

    r: float | None
    alpha: float | None
    a: float | None
    b: float | None
    log_likelihood: float | None
    n: int
    reason: str | None

    def probability_alive(self, frequency: Any, recency: Any, T: Any) -> Numbers | None:
        """That a customer still buys. In this model nobody stops before the first repeat purchase: 1 at frequency 0."""
        x, t_x, age = _histories(frequency, recency, T)
        if self.r is None or self.alpha is None or self.a is None or self.b is None:
            return None
        lean = (self.r + x) * (np.log(self.alpha + age) - np.log(self.alpha + t_x))
        lean += np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1)
        return np.where(x > 0, 1.0 / (1.0 + np.exp(np.minimum(lean, 700.0))), 1.0)

    def expected_purchases(
        self, t: float, frequency: Any = None, recency: Any = None, T: Any = None
    ) -> Numbers | None:
        """Purchases in the next t: of customers with these histories, or without them of a new customer (an array of one)."""
        if not t >= 0:
            raise ValueError(f"a time is not negative: {t}")
        if frequency is None:
            frequency, recency, T = (0,), (0,), (0,)
        x, _last, age = _histories(frequency, recency, T)
        alive = self.probability_alive(frequency, recency, T)
        if alive is None or self.r is None or self.alpha is None or self.a is None or self.b is None:
            return None
        a = (
            self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        )  # the limit at a = 1, which the formula does not give
        z = t / (self.alpha + age + t)
        # Euler's form of 2F1(r + x, b + x; a + b + x - 1; z): its terms stay small for customers who bought very often.
        rest = (1 - z) ** (a - 1) * hyp2f1(a + self.b - 1 - self.r, a - 1, a + self.b + x - 1, z)
        bought: Numbers = (a + self.b + x - 1) / (a - 1) * (1 - rest) * alive
        return bought


def _histories(frequency: Any, recency: Any, T: Any) -> tuple[Numbers, Numbers, Numbers]:
    """frequency: repeat purchases; recency: the time of the last one; T: the time since the first. ValueError for what cannot be."""
    x, t_x, age = (
        numbers(np.atleast_1d(values) if np.isscalar(values) else values, name, least=0.0)
        for values, name in ((frequency, "frequency"), (recency, "recency"), (T, "T"))
    )
    same_length({"frequency": x, "recency": t_x, "T": age})
    for wrong, why in (
        (x != np.floor(x), "frequency is a whole number"),
        (t_x > age, "recency is no later than T"),
        ((x == 0) != (t_x == 0), "recency is 0 where nothing was bought again, and only there"),
    ):
        if wrong.any():
            raise ValueError(f"row {int(wrong.argmax())}: {why}")
    return x, t_x, age


def bgnbd(frequency: Any, recency: Any, T: Any) -> BgNbd:
    """Fit BG/NBD (Fader, Hardie and Lee 2005, Marketing Science 24) by maximum likelihood.

    One row a customer: frequency (repeat purchases, the first not counted), recency (time of the last repeat purchase after the first,
    0 without one), T (time since the first purchase), in one unit. Raises ValueError for rows that cannot be, and for no rows.
    """
    x, t_x, age = _histories(frequency, recency, T)
    if not len(x):
        raise ValueError("there are no customers")
    if not x.any():
        return BgNbd(None, None, None, None, None, len(x), "no_repeat")
    unit = float(age.mean()) / 10
    t_x, age, again = t_x / unit, age / unit, x > 0

    def likelihood(point: Numbers) -> float:
        r, alpha, a, b = point
        base = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
        alive = -(r + x) * np.log(alpha + age)
        stopped = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
        return float((base + np.where(again, np.logaddexp(alive, stopped), alive)).sum())

    point, value = maximum(likelihood, ((1.0, 1.0, 1.0, 1.0), (0.3, 3.0, 0.5, 2.0)))
    if np.abs(point).max() > EDGE - 0.5:
        return BgNbd(None, None, None, None, None, len(x), "no_maximum")
    r, alpha, a, b = np.exp(point).tolist()
    # In the caller's unit of time the density of x purchases is lower by unit^x.
    return BgNbd(r, alpha * unit, a, b, value - float(x.sum()) * float(np.log(unit)), len(x), None)


@dataclass(frozen=True)
class GammaGamma:
    """p: shape of a customer's purchases; q, v: of the gamma distribution of their scale. reason as in `BgNbd`."""

    p: float | None
    q: float | None
    v: float | None
    log_likelihood: float | None
    n: int
    reason: str | None

    def expected_value(self, frequency: Any, mean_value: Any) -> Numbers | None:
        """A customer's mean value of a purchase: what was seen, drawn towards everybody's mean; at frequency 0 that mean alone.

        None where there is no model, or q ≤ 1 (everybody's mean has no end) and a customer has no purchases.
        """
        x, m = _values(frequency, mean_value, all_bought=False)
        if self.p is None or self.q is None or self.v is None or (self.q <= 1 and not x.all()):
            return None
        return self.p * (self.v + x * m) / (self.p * x + self.q - 1)


def _values(frequency: Any, mean_value: Any, *, all_bought: bool) -> tuple[Numbers, Numbers]:
    x, m = (
        numbers(np.atleast_1d(values) if np.isscalar(values) else values, name, least=0.0)
        for values, name in ((frequency, "frequency"), (mean_value, "mean_value"))
    )
    same_length({"frequency": x, "mean_value": m})
    wrong = ((m <= 0) & (x > 0)) | ((x <= 0) & all_bought)
    if wrong.any():
        row = int(wrong.argmax())
        why = (
            "leave customers without purchases out"
            if x[row] <= 0
            else "the mean value of purchases is above 0"
        )
        raise ValueError(f"row {row}: {why}")
    return x, m


def gamma_gamma(frequency: Any, mean_value: Any) -> GammaGamma:
    """Fit Gamma-Gamma (Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value") by maximum likelihood.

    One row for each customer with purchases: how many were averaged (frequency ≥ 1), and their mean value (> 0). It takes for granted
    that how much and how often have nothing to do with each other. Raises ValueError for other rows, and for no rows.
    """
    x, m = _values(frequency, mean_value, all_bought=True)
    if not len(x):
        raise ValueError("there are no customers with purchases")
    unit = float(m.mean()) / 10
    scaled = m / unit

    def likelihood(point: Numbers) -> float:
        p, q, v = point
        shapes = gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
        kernel = (
            q * np.log(v)
            + (p * x - 1) * np.log(scaled)
            + p * x * np.log(x)
            - (p * x + q) * np.log(v + x * scaled)
        )
        return float((shapes + kernel).sum())

    point, value = maximum(likelihood, ((1.0, 1.0, 1.0), (6.0, 4.0, 6.0)))
    if np.abs(point).max() > EDGE - 0.5:
        return GammaGamma(None, None, None, None, len(x), "no_maximum")
    p, q, v = np.exp(point).tolist()
    return GammaGamma(p, q, v * unit, value - len(x) * float(np.log(unit)), len(x), None)
