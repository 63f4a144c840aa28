"""How widely and how steadily a product is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from banso.periods import Month
from banso.usage._numbers import day_of, exact


@dataclass(frozen=True, slots=True)
class ActiveRate:
    """Users of the period over seats. None where seats are not known (`unknown_seats`) or 0 (`no_seats`).

    over_seats: more users than seats; the rate is kept above 1 and marked, never cut.
    """

    active: Fraction
    seats: int | None
    value: Fraction | None
    over_seats: bool
    reason: str | None


def active_rate(active: Any, seats: int | None) -> ActiveRate:
    """アクティブ率: 期間内利用者 ÷ 契約数. `active` is a whole number of people, or a mean of daily users. Raises ValueError for
    negative numbers."""
    active = exact(active)
    if active < 0 or (seats is not None and seats < 0):
        raise ValueError(f"users and seats are not negative: {active} of {seats}")
    if seats is None:
        return ActiveRate(active, None, None, False, "unknown_seats")
    if seats == 0:
        return ActiveRate(active, 0, None, active > 0, "no_seats")
    return ActiveRate(active, seats, active / seats, active > seats, None)


@dataclass(frozen=True, slots=True)
class Breadth:
    """Core features used over core features of the plan. None (`no_core`) where none is marked as core."""

    used: tuple[str, ...]
    unused: tuple[str, ...]
    value: Fraction | None
    reason: str | None


def breadth(used: Collection[str], core: Iterable[str]) -> Breadth:
    """3 of 8 core features is 37.5 %; use of others does not count. Names in the order of `core`, doubles once."""
    names = tuple(dict.fromkeys(core))
    hit = tuple(name for name in names if name in used)
    unused = tuple(name for name in names if name not in used)
    if not names:
        return Breadth((), (), None, "no_core")
    return Breadth(hit, unused, Fraction(len(hit), len(names)), None)


def stickiness(daily_users: Iterable[Any], monthly_users: int) -> Fraction | None:
    """The mean of daily users over the period's open days ÷ the users of the period. None without users or days.

    The caller gives the users of every open day, 0 on days without use; silent days of the source are left out.
    """
    days = [exact(number) for number in daily_users]
    if not days or not monthly_users:
        return None
    return sum(days, Fraction(0)) / len(days) / monthly_users


def depth(events: int | None, users: Any) -> Fraction | None:
    """Events of the period for each active user. None without users, or where events were not counted."""
    people = exact(users)
    return Fraction(events) / people if events is not None and people else None


#: Longer silences than this leave nothing that could stand for the days without data.
MOST_SILENT = 14


def window(as_of: date, days: int, silent: Collection[date] = ()) -> date | None:
    """The first day of the period of `days` days that ends with `as_of`. Silent days of the source (欠測) do not count: the period
    reaches back by as many, so that a gap is never read as no use. None with more than 14 of them in it."""
    first, left, lost = as_of + timedelta(days=1), days, 0
    unheard = set(silent)
    while left:
        first -= timedelta(days=1)
        if first in unheard:
            lost += 1
            if lost > MOST_SILENT:
                return None
        else:
            left -= 1
    return first


@dataclass(frozen=True)
class FeatureRetention:
    """By month of first use: who used it again k months later.

    rows: {month: (size, (users in month 0, 1, 2, …))}; a row ends at the last whole month before the as-of day, it does not turn 0.
    unheard: {month: (how many of them nothing can be said of in month 0, 1, 2, …)}; they are in no count of `rows` but its size.
    """

    rows: Mapping[str, tuple[int, tuple[int, ...]]]
    unheard: Mapping[str, tuple[int, ...]]

    def known(self, month: str, later: int) -> int:
        """Of how many it is known whether they used it. 0 for a month that is not over, or an unknown one."""
        size, used = self.rows.get(month, (0, ()))
        return size - self.unheard[month][later] if 0 <= later < len(used) else 0

    def share(self, month: str, later: int) -> Fraction | None:
        """Of those of whom it is known; None where that is nobody (欠測), and where `known` is 0 for another reason."""
        known = self.known(month, later)
        return Fraction(self.rows[month][1][later], known) if known else None


def feature_retention(
    uses: Iterable[tuple[Any, ...]], as_of: date, silent: Mapping[Any, Collection[Month]] | None = None
) -> FeatureRetention:
    """uses: (who, day) of one feature, or (who, day, source); who is a user or a customer. Uses after `as_of` and in its unfinished
    month do not count.

    Somebody who began in the unfinished month is in no row. silent: {source: months in which it was silent for long}. Nothing is said
    of somebody in such a month of a source used in it or, where none was, in the last month of use before: silence is not no use.
    """
    last = Month.of(as_of) if as_of == Month.of(as_of).last else Month.of(as_of) - 1
    months: dict[Any, dict[Month, set[Any]]] = defaultdict(lambda: defaultdict(set))
    for who, when, *source in uses:
        month = Month.of(day_of(when))
        if month <= last:
            months[who][month].update(source)
    sizes: dict[Month, int] = defaultdict(int)
    counts: dict[Month, list[int]] = {}
    unheard: dict[Month, list[int]] = {}
    for used in months.values():
        first = min(used)
        sizes[first] += 1
        whole = last - first + 1
        told, lost = counts.setdefault(first, [0] * whole), unheard.setdefault(first, [0] * whole)
        sources: set[Any] = set()
        for later in range(whole):
            month = first + later
            sources = used.get(month, sources)
            if later and any(month in (silent or {}).get(source, ()) for source in sources):
                lost[later] += 1
            else:
                told[later] += month in used
    return FeatureRetention(
        {str(first): (sizes[first], tuple(counts[first])) for first in sorted(sizes)},
        {str(first): tuple(unheard[first]) for first in sorted(sizes)},
    )
