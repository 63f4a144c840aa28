"""The same MRR told by two sources: a ledger and a month table of the same customers would count twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from banso.money import from_units
from banso.periods import Month


@dataclass(frozen=True, slots=True)
class Told:
    """One movement: whose, since when, how much (1/10,000 of the currency), and which source says so."""

    account: str
    currency: str
    on: date
    units: int
    source: int = 0


@dataclass(frozen=True, slots=True)
class Doubled:
    """Customers who pay by both tellings at the end of `month`, and what each telling says they pay; by currency."""

    month: Month
    customers: int
    stored: Mapping[str, Decimal]
    brought: Mapping[str, Decimal]
    sources: tuple[int, ...]


_Key = tuple[str, str]


def doubled(brought: Iterable[Told], stored: Iterable[Told], *, until: Month) -> Doubled | None:
    """Where what is brought meets what is stored: the month with most customers who have both (the last of such months).

    Months from the first that is brought to `until`. None where nobody has MRR by both in any of them, so a sheet that
    hands over to another one at a month's end doubles nothing.
    """
    mine, theirs = _steps(brought), defaultdict(list)
    for one in stored:
        theirs[one.account, one.currency].append(one)
    both: dict[int, list[tuple[str, str, int, int]]] = defaultdict(list)
    for key in mine.keys() & theirs.keys():
        other = _steps(theirs[key])[key]
        first, last = min(mine[key]), max(_index(until), min(mine[key]))
        here = sum(units for on, units in mine[key].items() if on < first)
        there = sum(units for on, units in other.items() if on < first)
        for at in range(first, last + 1):
            here, there = here + mine[key].get(at, 0), there + other.get(at, 0)
            if here > 0 and there > 0:
                both[at].append((*key, there, here))
    if not both:
        return None
    at = max(both, key=lambda one: (len(both[one]), one))
    was, now = Counter[str](), Counter[str]()
    for _account, currency, there, here in both[at]:
        was[currency] += there
        now[currency] += here
    keys = {(account, currency) for account, currency, _there, _here in both[at]}
    sources = sorted({one.source for key in keys for one in theirs[key]})
    return Doubled(
        Month(at // 12, at % 12 + 1),
        len({account for account, _currency in keys}),
        {key: from_units(units) for key, units in sorted(was.items())},
        {key: from_units(units) for key, units in sorted(now.items())},
        tuple(sources),
    )


def _index(month: Month) -> int:
    return month.year * 12 + month.month - 1


def _steps(told: Iterable[Told]) -> dict[_Key, dict[int, int]]:
    found: dict[_Key, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for one in told:
        found[one.account, one.currency][_index(Month.of(one.on))] += one.units
    return found
