"""主担当 in a company's own list: which of its words name a member, and what becomes of those that name nobody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from banso_web.ingest.recipe import Derivation
from banso_web.members.reads import assignable_codes, bearers_of

NOBODY = "-"  # read as an empty cell: the customer gets no owner from this word


@dataclass(frozen=True)
class Unmatched:
    """A word of the owner's column that is no member's id or name (or `several` members' name), on so many customers."""

    text: str
    customers: int
    several: bool


def unmatched(made: Derivation) -> list[Unmatched]:
    """Those that stand on most customers first."""
    words = Counter(made.owners.values())
    bearers = bearers_of(words)
    return [
        Unmatched(text, count, bool(bearers[text]))
        for text, count in words.most_common()
        if len(bearers[text]) != 1
    ]


def guessed(words: Iterable[str]) -> dict[str, str]:
    """{word that names no one member: member_id by the family name alone, where one member bears it, else ""}."""
    bearers = bearers_of(words)
    families: dict[str, list[str]] = {}
    for code, name in assignable_codes():
        families.setdefault(name.split()[0] if name.strip() else "", []).append(code)
    found = {}
    for word, ids in bearers.items():
        if len(ids) != 1:
            codes = families.get(re.sub(r"(さん|様|氏)$", "", word.strip()), [])
            found[word] = codes[0] if len(codes) == 1 else ""
    return found
