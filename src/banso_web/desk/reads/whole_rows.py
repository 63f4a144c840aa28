"""Rows of the portfolio's lists: named, with how the priority is made and who was asked to speak to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from banso.health.overlooked import MAN
from banso_web.accounts.counting import Called, called
from banso_web.core.facts import Asked
from banso_web.core.metrics import exact, plain
from banso_web.core.ui.formats import number_text
from banso_web.health.reads.following import Following, Line
from banso_web.lifecycle.reads import Hearing, open_hearings
from banso_web.members.reads import member_names
from banso_web.surveys.reads import unanswered


@dataclass(frozen=True)
class Row:
    """One customer of a list. `sum`: how its priority is made. silent: requests without any answer."""

    line: Line
    code: str
    name: str
    owner: str
    sum: str
    hearing: Hearing | None
    silent: int


def _sum(line: Line) -> str:
    """52 × (1 + 0.7 + 0.111): MRR in 万円, the fall, the wait, the renewal where it is near."""
    if line.customer.mrr_units is None:
        return ""
    mrr = Fraction(line.customer.mrr_units, 10_000) / MAN
    told = line.judged
    parts = ["1"]
    if told.fall:
        parts.append(plain(round(exact(told.fall), 2)) or "0")
    if told.wait:
        parts.append(plain(round(exact(told.wait), 3)) or "0")
    if told.renewal:
        parts.append("0.5")
    return f"{number_text(mrr, 0 if mrr.denominator == 1 else 1)} × ({' + '.join(parts)})"


def rows(
    asked: Asked, found: Following, places: Sequence[int], names: Mapping[int, Called] | None = None
) -> list[Row]:
    """The rows of these customers, named (`names`: where they were read already). The same number of queries however many."""
    lines = [found.line(place) for place in places]
    ids = [line.customer.id for line in lines]
    names = called(ids) if names is None else names
    owners, hearings = member_names(), open_hearings(asked, ids)
    silent = unanswered(asked, list(names), found.basis)
    return [
        Row(
            line, names[key].code, names[key].name, owners.get(line.customer.owner_id, ""), _sum(line),
            hearings.get(key), silent.get(key, 0) if line.now is None else 0,
        )
        for key, line in zip(ids, lines, strict=True)
    ]  # fmt: skip
