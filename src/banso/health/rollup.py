"""A parent's health from its children: weighted by MRR, and the worst of them; both, because each hides what the other shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from banso.health.score import ZERO, Reading
from banso.health.scorecard import Band, Bands


@dataclass(frozen=True, slots=True)
class Child:
    """A child account with its reading and its MRR in the reporting currency, 0 where it has none."""

    key: str
    reading: Reading
    mrr: Decimal


@dataclass(frozen=True, slots=True)
class Rollup:
    """value, low, high: means of the children's, weighted by MRR, over those that have one; None where none has both one and MRR.

    completeness: MRR of the children in it ÷ MRR of all, 0 where there is no MRR. band: of `low`, 不明 below the known share of
    `bands`. worst: the child with the lowest lower end, whatever its MRR. unknown: children without a value, never passed over silently.
    """

    value: Fraction | None
    low: Fraction | None
    high: Fraction | None
    completeness: Fraction
    band: Band
    worst: Child | None
    unknown: tuple[Child, ...]


def roll_up(children: Iterable[Child], bands: Bands | None = None) -> Rollup:
    """The parent's reading by MRR and its worst child. ValueError for a negative MRR."""
    children, bands = tuple(children), bands or Bands()
    if any(child.mrr < 0 for child in children):
        raise ValueError("the MRR of a child is not negative")
    value, _ = _by_mrr((child.mrr, child.reading.value) for child in children)
    low, known = _by_mrr((child.mrr, child.reading.low) for child in children)
    high, _ = _by_mrr((child.mrr, child.reading.high) for child in children)
    whole = sum((Fraction(child.mrr) for child in children), ZERO)
    share = known / whole if whole else ZERO
    unknown = low is None or share * 100 < Fraction(bands.unknown_under)
    ranked = sorted(
        (
            (child.reading.low, child.reading.band is not Band.BAD, child.key, at)
            for at, child in enumerate(children)
            if child.reading.low is not None
        )
    )
    return Rollup(
        value,
        low,
        high,
        share,
        Band.UNKNOWN if low is None or unknown else bands.of(low),
        children[ranked[0][-1]] if ranked else None,
        tuple(child for child in children if child.reading.value is None),
    )


def _by_mrr(pairs: Iterable[tuple[Decimal, Fraction | None]]) -> tuple[Fraction | None, Fraction]:
    known = [(Fraction(mrr), value) for mrr, value in pairs if value is not None]
    whole = sum((mrr for mrr, _ in known), ZERO)
    return (sum((mrr * value for mrr, value in known), ZERO) / whole if whole else None), whole
