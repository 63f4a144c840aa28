"""The library's waterfall and monthly series for a question, kept while nothing changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import numpy as np

from banso.money import to_units
from banso.revenue import Decomposition, Monthly, Waterfall, decompose, exact, monthly, mrr_at, waterfall
from banso_web.accounts import counting
from banso_web.core.facts import Asked, Memo
from banso_web.core.metrics import Scope
from banso_web.revenue.reads.customers import (
    FEW,
    Counted,
    count_some,
    counted_movements,
    rules_at,
    team_members,
    within,
)
from banso_web.revenue.reads.series import find_series

_waterfalls: Memo[Waterfall] = Memo(96)
_series: Memo[Monthly] = Memo(64)


def next_month(month: date) -> date:
    """The first day of the following month."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def months_before(month: date, count: int) -> date:
    """The first day of the month `count` months earlier."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def last_day(month: date) -> date:
    return next_month(month) - timedelta(days=1)


def scope_key(scope: Scope) -> str:
    """The scope, and for a team who is in it today (at most 120 characters: the form values are stored under)."""
    members = ",".join(str(key) for key in sorted(team_members(scope)))
    text = f"{scope.key}={members}" if members else scope.key
    return text if len(text) <= 120 else f"{text[:60]}#{sha256(text.encode()).hexdigest()[:40]}"


def counted_for(asked: Asked, scope: Scope) -> Counted:
    """What counts for a question; 企業グループ is a view of its own."""
    return counted_movements(asked, group=scope.group)


def month_waterfall(asked: Asked, month: date, scope: Scope | None = None) -> Waterfall:
    """The waterfall of a month (its first day) for a scope; segment, team and owner are those at month start."""
    scope = scope or Scope()

    def make() -> Waterfall:
        counted = counted_for(asked, scope)
        return waterfall(
            within(counted, scope, month, last_day(month)),
            month,
            as_of=asked.as_of,
            rates=counted.rates,
            contracts=counted.terms,
            reporting=counted.rules.currency,
        )

    return _waterfalls.get((rules_at(asked), asked.as_of, asked.known_at, scope_key(scope), month), make)


def standing(asked: Asked, day: date, scope: Scope | None = None) -> Waterfall:
    """The month of `day`, cut at its close: `closing` is the MRR of that day, in today's rates of that day."""
    scope = scope or Scope()
    cut = min(day, asked.as_of)

    def make() -> Waterfall:
        counted = counted_for(asked, scope)
        return waterfall(
            within(counted, scope, cut, cut),
            cut.replace(day=1),
            as_of=cut,
            rates=counted.rates,
            contracts=counted.terms,
            reporting=counted.rules.currency,
        )

    return _waterfalls.get((rules_at(asked), asked.as_of, asked.known_at, scope_key(scope), "day", cut), make)


def standing_of(asked: Asked, day: date, accounts: Collection[int], scope: Scope) -> Waterfall:
    """`standing`, of which only these customers' lines are wanted: a few are read alone instead of the whole book."""
    if len(accounts) > FEW or not scope.is_company or rules_at(asked).counted_by != "account":
        return standing(asked, day, scope)
    counted, cut = count_some(asked, sorted(counting.families(accounts))), min(day, asked.as_of)
    return waterfall(
        counted.book,
        cut.replace(day=1),
        as_of=cut,
        rates=counted.rates,
        contracts=counted.terms,
        reporting=counted.rules.currency,
    )


def series(asked: Asked, start: date, end: date, scope: Scope | None = None) -> Sequence[Any]:
    """One row a month from `start` to `end` (first days), cut at the question's day: MonthRow or Waterfall, which share
    month, opening, the bars, closing, the rates and counts.

    For the company one pass over the book; for a scope, whose members change, month by month.
    """
    scope = scope or Scope()
    if Scope(group=scope.group) != scope:
        months, here = [], start
        while here <= end:
            months.append(month_waterfall(asked, here, scope))
            here = next_month(here)
        return months

    # One long series serves every window: months are computed together at little more than the price of one.
    usual = series_months(asked)
    first, last = min(start, usual[0]), max(end, usual[1])

    def make() -> Monthly:
        kept = find_series(asked) if scope.is_company and (first, last) == usual else None
        return kept or computed(asked, scope, first, last)

    whole = _series.get((rules_at(asked), asked.as_of, asked.known_at, scope.key, first, last), make)
    skip = (start.year - first.year) * 12 + start.month - first.month
    return whole[skip : skip + (end.year - start.year) * 12 + end.month - start.month + 1]


def series_months(asked: Asked) -> tuple[date, date]:
    """First and last month of the long series: five whole years and what has begun of this one."""
    return date(asked.as_of.year - 5, 1, 1), asked.as_of.replace(day=1)


def computed(asked: Asked, scope: Scope, first: date, last: date) -> Monthly:
    """The series from the movements, whatever is stored."""
    counted = counted_for(asked, scope)
    return monthly(
        counted.book,
        first,
        last,
        as_of=asked.as_of,
        rates=counted.rates,
        contracts=counted.terms,
        reporting=counted.rules.currency,
    )


def decomposition(asked: Asked, month: date, scope: Scope | None = None) -> Decomposition:
    """Δ MRR of a month = Δ customers × price before + customers after × Δ price; the remainder is 0."""
    fall = month_waterfall(asked, month, scope)
    counts = fall.counts
    return decompose(counts["opening_customers"], fall.opening, counts["closing_customers"], fall.closing)


def closing_units(fall: Waterfall) -> dict[int, int]:
    """{customer: MRR at the close in 1/10,000 of the reporting currency} of everybody who holds any."""
    closing = fall.lines.units("closing")
    held = np.flatnonzero(closing != 0)
    amounts = closing[held].tolist()
    if fall.lines.places != 4:
        amounts = [to_units(exact(amount, fall.lines.places)) for amount in amounts]
    return dict(zip((int(key) for key in fall.lines.customers(held)), amounts, strict=True))


def active_customers(asked: Asked) -> set[int]:
    """Customers with MRR at the close of the asked day, those in a currency without a rate among them."""
    fall = standing(asked, asked.as_of)
    unrated = {int(item.customer) for item in fall.excluded if item.reason == "missing_rate"}
    return closing_units(fall).keys() | unrated


def mrr_of(asked: Asked, counted: Counted) -> dict[int, int]:
    """{customer: MRR at the close of the question's day in 1/10,000 of the reporting currency} of those who hold any."""
    found = mrr_at(
        counted.book,
        asked.as_of,
        as_of=asked.as_of,
        rates=counted.rates,
        contracts=counted.terms,
        reporting=counted.rules.currency,
    )
    return {int(key): to_units(amount) for key, amount in found.by_customer.items() if amount > 0}


def unrated_of(asked: Asked, counted: Counted) -> set[int]:
    """Customers whose MRR at the close of the question's day stands in a currency without a rate. Mostly nobody."""
    if all(currency == counted.rules.currency for currency in counted.book.currencies):
        return set()
    found = mrr_at(
        counted.book,
        asked.as_of,
        as_of=asked.as_of,
        rates=counted.rates,
        contracts=counted.terms,
        reporting=counted.rules.currency,
    )
    return {int(key) for key in found.unrated}


_unrated: Memo[frozenset[int]] = Memo(32)


def unrated_between(asked: Asked, start: date, end: date, scope: Scope | None = None) -> frozenset[int]:
    """Customers who held MRR without a rate at the end of any month from `start` to `end` (first days): in no figure of it."""
    scope = scope or Scope()
    counted = counted_for(asked, scope)
    if all(currency == counted.rules.currency for currency in counted.book.currencies):
        return frozenset()

    def make() -> frozenset[int]:
        found: set[int] = set()
        here = start
        while here <= end:
            day = min(last_day(here), asked.as_of)
            own = within(counted, scope, here, last_day(here))
            at_end = mrr_at(
                own,
                day,
                as_of=asked.as_of,
                rates=counted.rates,
                contracts=counted.terms,
                reporting=counted.rules.currency,
            )
            found |= {int(key) for key in at_end.unrated}
            here = next_month(here)
        return frozenset(found)

    return _unrated.get((counted.rules, asked.as_of, asked.known_at, scope_key(scope), start, end), make)
