"""Which companies may be the same one. Nothing is merged here: only an equal 法人番号 is proof, the rest a person decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from banso.names.company import Company, company, look_alike_key, small_kana_key
from banso.names.corporate import corporate_number


class Verdict(StrEnum):
    SAME = "same"  # equal 法人番号
    LIKELY = "likely"  # same core name, legal form and position
    POSSIBLE = "possible"  # a candidate of its own, to be looked at: 株式会社アシスト and アシスト株式会社 are two companies


class MatchReason(StrEnum):
    SAME_NUMBER = "same_number"
    SAME_CORE = "same_core"
    SAME_FORM = "same_form"
    SAME_POSITION = "same_position"
    FORM_DIFFERS = "form_differs"
    FORM_MISSING = "form_missing"
    POSITION_DIFFERS = "position_differs"
    SMALL_KANA = "small_kana"  # キヤノン and キャノン, ヴ and ブ
    LOOK_ALIKE = "look_alike"  # ニ and 二


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two rows of the given list, by their indices, the lower one first."""

    first: int
    second: int
    verdict: Verdict
    reasons: tuple[MatchReason, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    index: int
    name: Company
    number: str | None


Key = TypeVar("Key", bound=Hashable)


def same_company_candidates(
    names: Sequence[str], corporate_numbers: Sequence[str | None] | None = None
) -> list[Candidate]:
    """Pairs that may be one company, with reasons, ordered by index.

    `corporate_numbers` stands beside `names`; invalid ones count as absent. Rows with different numbers are never a
    pair. To stay linear for 100,000 names, a group of k alike gives k − 1 pairs around one of its rows, not k²/2:
    whoever walks the pairs still reaches all of them, unless their numbers tell them apart.
    """
    numbers = corporate_numbers or [None] * len(names)
    rows = [
        _Row(index, company(name), corporate_number(number).number if number else None)
        for index, (name, number) in enumerate(zip(names, numbers, strict=True))
    ]
    found: dict[tuple[int, int], Candidate] = {}
    for candidate in _all_pairs(rows):
        found.setdefault((candidate.first, candidate.second), candidate)
    return [found[pair] for pair in sorted(found)]


def _all_pairs(rows: list[_Row]) -> Iterable[Candidate]:
    for group in _groups((row for row in rows if row.number), lambda row: row.number).values():
        yield from _star(group)
    named = [row for row in rows if row.name.key]
    centres: list[_Row] = []  # one row of each core name goes on to the looser comparisons
    for core_group in _groups(named, lambda row: row.name.key).values():
        form_groups = _groups(core_group, lambda row: (row.name.form, row.name.position))
        for form_group in form_groups.values():
            yield from _star(form_group)
        yield from _star([_centre(group) for group in form_groups.values()])
        centres.append(_centre(core_group))
    for groups in (
        _groups(centres, lambda row: small_kana_key(row.name.key)),
        _groups(centres, lambda row: look_alike_key(row.name.key)),
    ):
        for loose_group in groups.values():
            yield from _star(loose_group)


def _groups(rows: Iterable[_Row], key: Callable[[_Row], Key]) -> dict[Key, list[_Row]]:
    groups: defaultdict[Key, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _centre(group: list[_Row]) -> _Row:
    """A row without a number can pair with every other; where all have one, the first."""
    return next((row for row in group if row.number is None), group[0])


def _star(group: list[_Row]) -> Iterable[Candidate]:
    centre = _centre(group)
    for row in group:
        if row is not centre and not (row.number and centre.number and row.number != centre.number):
            yield _candidate(*sorted((centre, row), key=lambda one: one.index))


def _candidate(first: _Row, second: _Row) -> Candidate:
    one, two = first.name, second.name
    reasons = [MatchReason.SAME_NUMBER] if first.number and first.number == second.number else []
    if one.key == two.key:
        reasons.append(MatchReason.SAME_CORE)
    elif small_kana_key(one.key) == small_kana_key(two.key):
        reasons.append(MatchReason.SMALL_KANA)
    elif look_alike_key(one.key) == look_alike_key(two.key):
        reasons.append(MatchReason.LOOK_ALIKE)
    if one.form == two.form and one.position == two.position:
        reasons += [MatchReason.SAME_FORM, MatchReason.SAME_POSITION]
    elif one.form == two.form:
        reasons += [MatchReason.SAME_FORM, MatchReason.POSITION_DIFFERS]
    else:
        reasons.append(MatchReason.FORM_DIFFERS if one.form and two.form else MatchReason.FORM_MISSING)
    alike = {MatchReason.SAME_CORE, MatchReason.SAME_FORM, MatchReason.SAME_POSITION} <= set(reasons)
    verdict = Verdict.LIKELY if alike else Verdict.POSSIBLE
    return Candidate(
        first.index,
        second.index,
        Verdict.SAME if reasons[0] is MatchReason.SAME_NUMBER else verdict,
        tuple(reasons),
    )
