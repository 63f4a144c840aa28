"""名寄せ: one page of candidate pairs with the facts of both sides, and the decisions that stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from banso_web.accounts.reads.candidates import Decided, Pair, candidates, decided
from banso_web.accounts.reads.sides import Side, sides
from banso_web.core.facts import Memo, current_watermark

if TYPE_CHECKING:
    from banso_web.members.models import Member

SIZE = 10
_pairs: Memo[tuple[Pair, ...]] = Memo(2)


@dataclass(frozen=True)
class Compared:
    """A candidate pair as the page shows it; `suggested`: the side with more contracts, then the older id."""

    pair: Pair
    first: Side
    second: Side
    suggested: int


@dataclass(frozen=True)
class Matching:
    """One page. `start` counts from 0; `total` is how many pairs wait (at most 500 are looked for at once)."""

    rows: tuple[Compared, ...]
    start: int
    total: int
    decided: tuple[Decided, ...]


def _suggested(first: Side, second: Side) -> int:
    return second.id if second.contracts > first.contracts else first.id


def _waiting(member: Member) -> Sequence[Pair]:
    """The waiting pairs, compared once per watermark: everybody who may decide sees the same customers."""
    return _pairs.get(current_watermark(), lambda: tuple(candidates(member)))


def matching(member: Member, start: int) -> Matching:
    """SIZE pairs from `start` on (a start behind the end gives the last page)."""
    pairs = _waiting(member)
    if start >= len(pairs):
        start = max(0, (len(pairs) - 1) // SIZE * SIZE)
    shown = pairs[start : start + SIZE]
    facts = sides(member, {side.id for pair in shown for side in (pair.first, pair.second)})
    rows = [
        Compared(
            pair,
            facts[pair.first.id],
            facts[pair.second.id],
            _suggested(facts[pair.first.id], facts[pair.second.id]),
        )
        for pair in shown
        if pair.first.id in facts and pair.second.id in facts
    ]
    return Matching(tuple(rows), start, len(pairs), tuple(decided(member)[:50]))
