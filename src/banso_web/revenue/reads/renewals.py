"""Contract terms that ended in a period, and those past their end without a decision (更新手続中)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import zip_longest
from json import loads
from typing import Any

import numpy as np
from django.db.models import Q

from banso.money import to_units
from banso.periods import add_months
from banso.revenue import Book, RenewalRate, Term, renewal_rate
from banso_web.accounts import counting
from banso_web.core.facts import Asked, Memo
from banso_web.core.facts import counted as rows_that_count
from banso_web.core.facts.happenings import effective
from banso_web.core.facts.states import WITHDRAWN, raw_rows, stated_day
from banso_web.core.facts.timeline import FIRST, LAST, Piece, paint
from banso_web.core.metrics import Scope
from banso_web.core.models import StateVersion
from banso_web.revenue.models import Movement
from banso_web.revenue.reads.book import Loaded, loaded, loaded_for
from banso_web.revenue.reads.customers import (
    FEW,
    Counted,
    count_some,
    counted_movements,
    day_value,
    in_scope,
    rules_at,
)
from banso_web.revenue.reads.rated import Held, held_in, is_carried, to_reporting

#: Upper apps that know of contacts add `(account ids, first, last, asked) -> ids with a contact`, or None where they hold
#: no contact at all; without any answer, whether a renewal went untouched is unknown.
contact_sources: list[Callable[[Collection[int], date, date, Asked], set[int] | None]] = []
#: Of a source, the last number up to a watermark at which its contacts changed; without one, any entry counts as a change.
contact_marks: dict[Callable[..., Any], Callable[[int], int]] = {}
TERM = 12  # months of a rolling term that states none
CONTACT_DAYS = 180  # a contact this long before the term's end makes a renewal a touched one

Stated = dict[str, Any]


@dataclass(frozen=True)
class Renewals:
    """The library's rate, with the customer of each contract and the amounts in the reporting currency."""

    rate: RenewalRate
    customer_of: dict[str, int]
    kept: Decimal
    lost: Decimal
    amounts: tuple[
        int | None, ...
    ] = ()  # of each term in the reporting currency's units, in the rate's order

    @property
    def unrated(self) -> list[Term]:
        """Terms in a currency without a rate on their last day: neither amount holds them."""
        return [term for term, units in zip(self.rate.terms, self.amounts, strict=True) if units is None]


@dataclass(frozen=True)
class Pending:
    """A contract past its end without a decision: its MRR goes on for the time being. `units`: None where a currency of
    it has no rate (換算レートなし); `held` tells it in its own currencies either way."""

    account_id: int
    contract_id: int
    contract: str
    product: str
    ends_on: date
    days: int
    units: int | None
    held: Held = ()


_renewals: Memo[Renewals] = Memo(48)
_pending: Memo[tuple[Pending, ...]] = Memo(12)


def _versions(asked: Asked, ids: Collection[int]) -> dict[int, tuple[Stated, list[date]]]:
    """{contract: (its terms on the day, the ends of its terms up to then)}."""
    rows = StateVersion.objects.filter(effective(asked.watermark), subject="contract", subject_id__in=ids)
    rows = rows.exclude(valid_from__gt=asked.as_of)
    if asked.known_at is not None:
        rows = rows.filter(recorded_at__lte=asked.known_at)
    found: dict[int, Stated] = {}
    layers: dict[int, list[Piece]] = {}
    listed = raw_rows(rows.order_by("entry__seq", "id"), "subject_id", "values", "valid_from", "valid_to")
    for key, text, valid_from, valid_to in listed:
        values, start, behind = loads(text), stated_day(valid_from), stated_day(valid_to)
        merged = found.setdefault(key, {})
        if behind is None or behind > asked.as_of:
            merged.update(values)
        if "ends_on" in values:
            span = (start.toordinal() if start else FIRST, behind.toordinal() if behind else LAST)
            layers.setdefault(key, []).append((*span, day_value(values["ends_on"])))
    return {
        key: (values, _ends(layers.get(key, []), asked.as_of))
        for key, values in found.items()
        if not values.get(WITHDRAWN)
    }


def _ends(layers: list[Piece], as_of: date) -> list[date]:
    """The ends of terms as they stood on each day up to one, after every correction; the one of the day itself last.

    An end that a correction covers from its first day on was a slip and never was. Neither was one that an earlier end, or
    none, took the place of before it came: the term was cut short or made open.
    """
    found: list[date] = []
    pieces = [one for one in paint(layers) if one[0] <= as_of.toordinal()]
    for (_start, until, end), then in zip_longest(pieces, pieces[1:]):
        followed = then is not None and then[0] == until
        if end is None or (followed and until <= end.toordinal() and (then[2] is None or then[2] < end)):
            continue
        if end in found:  # said again later on: the latest word, whatever was said in between
            found.remove(end)
        found.append(end)
    return found


def _candidates(asked: Asked, first: date, last: date) -> list[int]:
    """Contracts that may have a term ending in the period: an end stated there, an end of service, or a rolling term one
    of whose turns falls into its months. One pass over the versions; whoever cannot have one is not looked at again."""
    low, high = first.isoformat(), last.isoformat()
    rows = StateVersion.objects.filter(effective(asked.watermark), subject="contract").order_by()
    called = loaded(asked.watermark, asked.known_at).called_ends
    over = {key for key, day in called.items() if first.toordinal() <= day <= last.toordinal()}
    found: set[int] = set()
    rolling: set[int] = set()
    ends: dict[int, set[str]] = {}
    turns: dict[int, set[int]] = {}
    for key, text in raw_rows(rows, "subject_id", "values"):
        values = loads(text)
        for name in ("ends_on", "ended_on"):
            if low <= (values.get(name) or "")[:10] <= high:
                found.add(key)
        if values.get("ends_on"):
            ends.setdefault(key, set()).add(values["ends_on"])
        if values.get("auto_renew"):
            rolling.add(key)
        if values.get("renewal_months"):
            turns.setdefault(key, {TERM}).add(int(values["renewal_months"]))
    months = range(first.year * 12 + first.month, last.year * 12 + last.month + 1)
    for key in rolling - found:
        stated = {int(end[:4]) * 12 + int(end[5:7]) for end in ends.get(key, ())}
        every = turns.get(key, (TERM,))
        if key in over or any(
            (month - end) % turn == 0 for end in stated for turn in every for month in months
        ):
            found.add(key)
    return sorted(found)


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), counting.CHUNK):
        yield ids[start : start + counting.CHUNK]


def _table(asked: Asked, first: date, last: date) -> dict[str, list[Any]]:
    """The contracts' table of the library: one line per contract, and one per end that its rolling does not meet."""
    columns = (
        "contract_id",
        "account_id",
        "product",
        "starts_on",
        "ends_on",
        "ended_on",
        "auto_renew",
        "renewal_months",
        "renewed_until",
    )
    table: dict[str, list[Any]] = {name: [] for name in columns}
    called = loaded(asked.watermark, asked.known_at).called_ends
    for ids in _chunks(_candidates(asked, first, last)):
        versions = _versions(asked, ids)
        undecided = _undecided(asked, {key: terms for key, (terms, _ends) in versions.items()})
        for key, (terms, ends) in versions.items():
            ended = day_value(terms.get("ended_on"))
            if ended is None and key in called:
                ended = date.fromordinal(called[key])
            months = int(terms.get("renewal_months") or TERM)
            auto = bool(terms.get("auto_renew"))
            if (
                ended is not None and not auto
            ):  # one term runs into the end; those stated for later never were
                later = [end for end in ends if end >= ended]
                ends = [end for end in ends if end < ended] + later[:1]
            for ends_on, rolls in _lines(ends, auto, months, day_value(terms.get("starts_on")), last):
                if not rolls and not (first <= min(ends_on, ended or ends_on) <= last):
                    continue
                values = (
                    str(key),
                    "",
                    terms.get("product") or "",
                    None,
                    ends_on,
                    ended,
                    None if key in undecided else auto,
                    months if rolls else 0,
                    day_value(terms.get("ends_on")),
                )
                for name, value in zip(columns, values, strict=True):
                    table[name].append(value)
    return table


def _carried_by_rule(asked: Asked, ids: Collection[int]) -> set[int]:
    """Of these contracts those whose movements were derived from their terms. That their MRR goes on after a term is a rule's
    assumption, while movements that a source supplied are its word that somebody renewed."""
    rows = rows_that_count(Movement, asked.watermark, asked.known_at).filter(contract__in=ids)
    derived = rows.filter(Q(derived=True) | Q(code__startswith="derived:"))
    return set(derived.order_by().values_list("contract", flat=True)) if ids else set()


def _undecided(asked: Asked, contracts: Mapping[int, Stated]) -> set[int]:
    """Of these contracts those of which nobody has said whether MRR beyond the term is a renewal: it is not stated that they
    renew by themselves or do not, or their movements only follow from their terms.

    One rule for both sides: 更新率 counts their terms as 更新手続中, and the list to be signed holds them.
    """
    manual = [key for key, terms in contracts.items() if terms.get("auto_renew") is False]
    unknown = {key for key, terms in contracts.items() if terms.get("auto_renew") is None}
    return unknown | _carried_by_rule(asked, manual)


def _lines(
    ends: list[date], auto: bool, months: int, starts_on: date | None, last: date
) -> Iterable[tuple[date, bool]]:
    """Ends of terms as (day, whether the library rolls it on). A rolling term is taken back to its first end."""
    if not ends:
        return []
    if not auto:
        return [(end, False) for end in sorted(ends)]
    anchor = ends[-1]
    turns = 0
    while starts_on and turns < 1200 and _rolled(anchor, -(turns + 1) * months) > starts_on:
        turns += 1
    first_end = _rolled(anchor, -turns * months)
    met = {_rolled(first_end, turn * months) for turn in range(turns + 1)}
    return [(first_end, True), *((end, False) for end in sorted(ends) if end not in met and end < anchor)]


def _rolled(day: date, months: int) -> date:
    """The same end some months later or earlier; the end of a month stays the end of a month."""
    if (day + timedelta(days=1)).day == 1:
        return add_months(day + timedelta(days=1), months) - timedelta(days=1)
    return add_months(day, months)


def contact_mark(watermark: int) -> int:
    """The last number at which what is known of contacts changed."""
    marks = (contact_marks.get(source, int)(watermark) for source in contact_sources)
    return max(marks, default=0)


def renewals(asked: Asked, counted: Counted, first: date, last: date, scope: Scope | None = None) -> Renewals:
    """The renewal rate of the terms that ended from `first` to `last`; a scope is that of the period's first day."""
    scope = scope or Scope()
    # Contacts have no part in the rules.
    key = (
        counted.rules,
        contact_mark(asked.watermark),
        asked.as_of,
        asked.known_at,
        scope.key,
        scope.team,
        first,
        last,
    )
    return _renewals.get(key, lambda: _renewal_rate(asked, counted, first, last, scope))


def _renewal_rate(asked: Asked, counted: Counted, first: date, last: date, scope: Scope) -> Renewals:
    table = _table(asked, first, min(last, asked.as_of))
    stored, book = loaded(asked.watermark, asked.known_at), counted.book
    wanted = {int(key) for key in table["contract_id"]}
    codes = np.flatnonzero(np.isin(stored.contract_ids, list(wanted)))
    people = np.unique(book.account[np.isin(book.contract, codes)])
    inside = in_scope(counted, scope, first, last)
    people = people[inside[people]]
    part: Book = book.take(np.isin(book.account, people))
    customer_of = {
        str(stored.contract_ids[contract]): int(counted.customers[account])
        for contract, account in zip(part.contract.tolist(), part.account.tolist(), strict=True)
        if contract >= 0
    }
    kept_lines = [at for at, key in enumerate(table["contract_id"]) if key in customer_of]
    chosen = {name: [values[at] for at in kept_lines] for name, values in table.items()}
    chosen["account_id"] = [str(customer_of[key]) for key in chosen["contract_id"]]
    rate = renewal_rate(
        part,
        chosen,
        first,
        min(last, asked.as_of),
        as_of=asked.as_of,
        contacted=_contacted(asked, first, last, chosen, customer_of),
    )
    amounts = {"renewed": 0, "lost": 0, "pending": 0}
    each = tuple(
        to_reporting(counted, [(money, to_units(mrr)) for money, mrr in term.held], term.ends_on)
        for term in rate.terms
    )
    for term, units in zip(rate.terms, each, strict=True):
        amounts[term.state] += units or 0
    kept, lost = Decimal(amounts["renewed"]) / 10_000, Decimal(amounts["lost"]) / 10_000
    return Renewals(rate, customer_of, kept, lost, each)


def _contacted(
    asked: Asked, first: date, last: date, table: dict[str, list[Any]], customer_of: dict[str, int]
) -> set[str] | None:
    """Contracts whose customer was contacted before the term ended; None where nobody tells of contacts."""
    people = set(customer_of.values())
    since = first - timedelta(days=CONTACT_DAYS)
    answers = [
        found for source in contact_sources if (found := source(people, since, last, asked)) is not None
    ]
    if not answers:
        return None
    touched = set().union(*answers)
    return {key for key in table["contract_id"] if customer_of[key] in touched}


def pending_renewals(
    asked: Asked, counted: Counted | None = None, decided_by: date | None = None
) -> tuple[Pending, ...]:
    """更新手続中(仮に継続): contracts past their stated end, without 自動更新 and without an end of service, that still
    carry MRR at the close of the day though nobody decided (`_undecided`); the longest waiting first.

    `counted`: the book of a question that has it at hand; without one, few customers are read alone and nobody's book where
    no contract is past its end. `decided_by`: the day up to which a decision counts (the asked day unless said). A month that
    is closed later asks for its last day: a term that ended on that day is over, and one that somebody renewed since is not
    waiting.
    """
    until = max(decided_by or asked.as_of, asked.as_of)
    key = (rules_at(asked), asked.as_of, asked.known_at, until)
    return _pending.get(key, lambda: _find_pending(asked, counted, until))


def _overdue(asked: Asked, until: date) -> dict[int, tuple[Stated, date]]:
    """{contract: its terms, its stated end} of those past it that nobody settled."""
    last_end = min(asked.as_of, until - timedelta(days=1))  # on its last day a term is not over
    rows = StateVersion.objects.filter(effective(asked.watermark), subject="contract")
    past = rows.filter(values__ends_on__lte=last_end.isoformat()).values_list("subject_id", flat=True)
    found: dict[int, tuple[Stated, date]] = {}
    for ids in _chunks(sorted(set(past.iterator(chunk_size=20_000)))):
        versions = _versions(replace(asked, as_of=until), ids)
        late = {
            key: (terms, ends_on)
            for key, (terms, _ends) in versions.items()
            if (ends_on := day_value(terms.get("ends_on"))) and ends_on <= last_end
            and day_value(terms.get("ended_on")) is None
        }  # fmt: skip
        waiting = _undecided(asked, {key: terms for key, (terms, _ends_on) in late.items()})
        found |= {key: one for key, one in late.items() if key in waiting}
    return found


def _book_of(asked: Asked, contracts: Collection[int]) -> tuple[Loaded, Counted]:
    """The movements these contracts stand among: of their customers alone where they are few."""
    families = sorted(counting.families(counting.accounts_of(contracts)))
    if len(families) <= FEW and rules_at(asked).counted_by == "account":
        stored = loaded_for(asked.watermark, families, asked.known_at)
        return stored, count_some(asked, families, stored)
    return loaded(asked.watermark, asked.known_at), counted_movements(asked)


def _find_pending(asked: Asked, given: Counted | None, until: date) -> tuple[Pending, ...]:
    overdue = _overdue(asked, until)
    if not overdue:
        return ()
    if given is not None:
        stored, counted = loaded(asked.watermark, asked.known_at), given
    else:
        stored, counted = _book_of(asked, overdue)
    found: list[Pending] = []
    for ids in _chunks(sorted(overdue)):
        found += _waiting(asked, {key: overdue[key] for key in ids}, stored, counted, until)
    return tuple(sorted(found, key=lambda one: (-one.days, -(one.units or 0), one.contract_id)))


def _waiting(
    asked: Asked, overdue: dict[int, tuple[Stated, date]], stored: Loaded, counted: Counted, until: date
) -> Iterator[Pending]:
    """Of these contracts those that carry MRR on the day and on the day of the decision."""
    book = counted.book
    codes = np.flatnonzero(np.isin(stored.contract_ids, list(overdue)))
    mine = np.flatnonzero(np.isin(book.contract, codes) & (book.on <= until.toordinal()))
    held: dict[int, dict[str, int]] = {}
    since: dict[int, dict[str, int]] = {}  # and with what came until the day of the decision
    owner: dict[int, int] = {}
    for at in mine.tolist():
        contract = int(stored.contract_ids[book.contract[at]])
        owner[contract] = int(counted.customers[book.account[at]])
        currency, change = book.currencies[book.currency[at]], int(book.delta[at])
        balances = since.setdefault(contract, {})
        balances[currency] = balances.get(currency, 0) + change
        if book.on[at] <= asked.as_of.toordinal():
            balances = held.setdefault(contract, {})
            balances[currency] = balances.get(currency, 0) + change
    names = counting.contract_codes(held)
    for contract, balances in held.items():
        units = to_reporting(counted, balances.items(), asked.as_of)
        own, later = held_in(balances), since[contract]
        # What came to 0 since has ended or was handed over to a successor: nobody waits for it.
        if not is_carried(units, own) or not is_carried(
            to_reporting(counted, later.items(), until), held_in(later)
        ):
            continue
        terms, ends_on = overdue[contract]
        days = (asked.as_of - ends_on).days
        code, product = names.get(contract, ""), str(terms.get("product") or "")
        yield Pending(owner[contract], contract, code, product, ends_on, days, units, own)
