"""Who is counted: whose customer a movement is, who is left out, and which part of the company is asked about.

The rules of design/facts.md, Who is counted: customer = 契約先 (setting: 利用企業) after the merges known, or the top
parent; 除外区分 leaves every metric and is listed; segment, team and owner are those of the month's first day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from banso.money import UNITS_PER_ONE, exponent
from banso.revenue import Book
from banso_web.accounts import counting
from banso_web.core import settings_store
from banso_web.core.facts import Asked, Memo, Timeline, counted, last_change, states_at, timelines
from banso_web.core.metrics import Scope
from banso_web.core.models import StateVersion
from banso_web.members.reads import team_of
from banso_web.revenue.models import Rate
from banso_web.revenue.reads.book import Loaded, loaded, loaded_for, movement_mark
from banso_web.revenue.reads.exclusions import Synthetic, take_out

COUNTED_BY = "revenue.counted_by"
CURRENCY = "revenue.reporting_currency"
CHURN_MONTH = "revenue.churn_month"
LAST_USE, FOLLOWING = "last_use", "following"
EPOCH = date(1970, 1, 1).toordinal()
# Each holds from its own day; before it there is none. Only what an import states first reaches back (docs/decisions/0005).
FIELDS = ("segment", "owner_id", "touch", "excluded", "parent_id")
# Who was never flagged counted: a flag from a day on takes nothing out of the days before. Of an account that nobody had
# described until then, it does.
BLANK = ("excluded",)


@dataclass(frozen=True)
class Rules:
    """Counting rules and watermarks an answer stands on: equal rules and question, equal answer."""

    counted_by: str
    currency: str
    churn_month: str
    movements: int
    states: int
    contracts: int
    merges: int
    rates: int


@dataclass(frozen=True, eq=False)
class Counted:
    """The movements of those who count. Names of the book's accounts are internal ids of customers.

    `terms` is the contracts' table for the pause rule, `rates` the dated rates, `left_out` accounts of which at least
    one stretch counts nowhere, with the reason (除外区分). `synthetic` explains rows that an exclusion made.
    """

    book: Book
    customers: NDArray[np.int64]  # internal id of each of the book's accounts
    terms: dict[str, list[Any]]
    rates: dict[str, list[Any]]
    states: dict[str, Timeline]
    left_out: tuple[tuple[int, str], ...]
    synthetic: dict[int, Synthetic]
    rules: Rules
    as_of: date
    known_at: datetime | None
    merged: dict[int, int]

    def size(self) -> int:
        return int(
            self.book.account.nbytes + (self.book.on.nbytes * 8 if self.synthetic or self.left_out else 0)
        )


_stated: Memo[tuple[str, str, str]] = Memo(400)
_states: Memo[dict[str, Timeline]] = Memo(3)
_counted: Memo[Counted] = Memo(6, limit=768 * 1024 * 1024, size=Counted.size)


def _state_mark(subject: str, watermark: int) -> int:
    return last_change(StateVersion.objects.filter(subject=subject), f"state:{subject}", watermark)


def setting_mark(watermark: int) -> int:
    """The last number at which a counting rule changed."""
    return _state_mark(settings_store.SUBJECT, watermark)


def _chosen(asked: Asked) -> tuple[str, str, str]:
    """What the organisation has chosen for a question: how customers are counted, the base currency, the month of churn."""
    setting = setting_mark(asked.watermark)

    def stated() -> tuple[str, str, str]:
        keys = (COUNTED_BY, CURRENCY, CHURN_MONTH)
        by, currency, month = (settings_store.rule(key, as_of=asked.as_of, watermark=setting) for key in keys)
        return by, currency, month

    return _stated.get((setting, asked.as_of), stated)


def base_currency(asked: Asked) -> str:
    """The currency totals are in, for a question."""
    return _chosen(asked)[1]


def rules_at(asked: Asked) -> Rules:
    """The rules in force for a question."""
    mark = asked.watermark
    counted_by, currency, churn_month = _chosen(asked)
    return Rules(
        counted_by=counted_by,
        currency=currency,
        churn_month=churn_month,
        movements=movement_mark(mark),
        states=_state_mark("account", mark),
        contracts=_state_mark("contract", mark),
        merges=counting.merge_mark(mark),
        rates=last_change(Rate.objects.all(), "rate", mark),
    )


def rules_mark(asked: Asked) -> int:
    """The last number at which anything changed that movements, and who is counted, rest on."""
    rules = rules_at(asked)
    marks = (rules.movements, rules.states, rules.contracts, rules.merges, rules.rates)
    return max(*marks, setting_mark(asked.watermark))


def account_states(asked: Asked) -> dict[str, Timeline]:
    """Dated segment, owner, touch, exclusion and parent of every account."""
    mark = _state_mark("account", asked.watermark)
    return _states.get(
        (mark, asked.known_at),
        lambda: timelines(
            "account", FIELDS, watermark=mark, known_at=asked.known_at, from_always=BLANK, blank=BLANK
        ),
    )


def counted_movements(asked: Asked, *, group: bool = False) -> Counted:
    """Everything figures are computed from, for the whole company. Kept per process while nothing changes."""
    rules = rules_at(asked)
    return _counted.get((rules, asked.as_of, asked.known_at, group), lambda: _count(asked, rules, group))


FEW = 5_000  # customers that are read by themselves; from here on the whole book is cheaper


def count_some(asked: Asked, accounts: Collection[int], stored: Loaded | None = None) -> Counted:
    """The same for a few accounts (with everybody merged into them), read at once (unless given) and not kept."""
    stored = stored or loaded_for(asked.watermark, accounts, asked.known_at)
    mark = _state_mark("account", asked.watermark)
    states = timelines(
        "account",
        FIELDS,
        watermark=mark,
        known_at=asked.known_at,
        ids=list(accounts),
        from_always=BLANK,
        blank=BLANK,
    )
    return _count_stored(asked, rules_at(asked), False, stored, states)


def _in_churn_month(book: Book, ends: NDArray[np.bool_], rules: Rules) -> Book:
    """解約計上月: by default an end counts on its last day of service; by the other rule on the first of the next month.
    The last day of service stays in the book: whether a return is a late renewal does not depend on the rule.

    Only an end that leaves the customer without MRR at the month's close is moved: beside another contract (a change of
    plan, say) the old one would stand twice until the month is over.
    """
    if rules.churn_month != FOLLOWING or not ends.any():
        return book
    months = (book.on.astype(np.int64) - EPOCH).astype("datetime64[D]").astype("datetime64[M]") + 1
    first = months.astype("datetime64[D]").astype(np.int64) + EPOCH
    rows = np.flatnonzero(ends & (book.delta < 0))
    rows = rows[~_held_before(book, book.account[rows], first[rows])]
    on = book.on.copy()
    on[rows] = first[rows]
    return replace(book, on=on, served=book.on)


def _held_before(book: Book, accounts: NDArray[np.int32], days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each of these accounts of the book held MRR in some currency at the close before its day."""
    held = np.zeros(len(accounts), dtype=bool)
    for code, currency in enumerate(book.currencies):
        mine = np.flatnonzero((book.currency == code) & np.isin(book.account, accounts))
        key = (book.account[mine].astype(np.int64) << 32) | book.on[mine]
        order = np.argsort(key, kind="stable")
        key, sums = key[order], np.concatenate(([0], np.cumsum(book.delta[mine][order])))
        whose = accounts.astype(np.int64) << 32
        balance = sums[np.searchsorted(key, whose | days)] - sums[np.searchsorted(key, whose)]
        held |= 2 * balance * 10 ** exponent(currency) >= UNITS_PER_ONE  # less is a 端数
    return held


def _count(asked: Asked, rules: Rules, group: bool) -> Counted:
    return _count_stored(asked, rules, group, loaded(asked.watermark, asked.known_at), account_states(asked))


def _count_stored(
    asked: Asked, rules: Rules, group: bool, stored: Loaded, states: dict[str, Timeline]
) -> Counted:
    merged = counting.merges(asked.watermark, asked.known_at)
    owner_of_row, is_mapped = _customers(asked, stored, rules, states, merged, group)
    book = stored.book
    own = stored.account_ids[book.account] if len(book) else owner_of_row
    if is_mapped:
        ids, codes = np.unique(owner_of_row, return_inverse=True)
        book = replace(book, account=codes.astype(np.int32), accounts=tuple(str(key) for key in ids.tolist()))
    else:
        ids = stored.account_ids
    taken = take_out(_in_churn_month(book, stored.ends, rules), stored, ids, states["excluded"])
    return Counted(
        book=taken.book,
        customers=ids,
        terms=_terms(asked, taken.book, ids, stored, _pairs(own, owner_of_row)),
        rates=_rates(rules, asked),
        states=states,
        left_out=taken.left_out,
        synthetic=taken.synthetic,
        rules=rules,
        as_of=asked.as_of,
        known_at=asked.known_at,
        merged=merged,
    )


def _customers(
    asked: Asked,
    stored: Loaded,
    rules: Rules,
    states: dict[str, Timeline],
    merged: dict[int, int],
    group: bool,
) -> tuple[NDArray[np.int64], bool]:
    """The customer (internal id) of every row, and whether any differs from the row's own account."""
    own = stored.account_ids[stored.book.account] if len(stored.book) else np.zeros(0, dtype=np.int64)
    mapped = own
    if rules.counted_by == "user_company" and len(stored.contract_ids):
        users = _user_companies(asked, stored.contract_ids.tolist())
        company = np.array(
            [users.get(key, -1) for key in stored.contract_ids.tolist()] + [-1], dtype=np.int64
        )
        of_row = company[stored.book.contract]
        mapped = np.where(of_row >= 0, of_row, own)
    if merged or group:
        target: dict[int, int] = {}
        for key in np.unique(mapped).tolist():
            kept = merged.get(key, key)
            target[key] = _top(kept, states["parent_id"], merged, asked.as_of.toordinal()) if group else kept
        ids, codes = np.unique(mapped, return_inverse=True)
        mapped = (
            np.array([target[key] for key in ids.tolist()], dtype=np.int64)[codes] if len(ids) else mapped
        )
    return mapped, mapped is not own


def _user_companies(asked: Asked, contracts: list[int]) -> dict[int, int]:
    values = contract_states(asked, contracts)
    return {key: int(of["user_company_id"]) for key, of in values.items() if of.get("user_company_id")}


def contract_states(asked: Asked, contracts: list[int]) -> dict[int, dict[str, Any]]:
    """{contract: its terms} as they stood on the question's day."""
    found: dict[int, dict[str, Any]] = {}
    if len(contracts) > 50_000:  # reading them all is cheaper than asking for so many by name
        return states_at("contract", as_of=asked.as_of, watermark=asked.watermark, known_at=asked.known_at)
    for start in range(0, len(contracts), counting.CHUNK):
        ids = contracts[start : start + counting.CHUNK]
        found |= states_at(
            "contract", as_of=asked.as_of, watermark=asked.watermark, known_at=asked.known_at, ids=ids
        )
    return found


def _top(start: int, parents: Timeline, merged: dict[int, int], day: int) -> int:
    """The top parent; companies that own each other in a circle stay themselves."""
    seen, here = [start], start
    while parent := parents.at(here, day):
        here = merged.get(int(parent), int(parent))
        if here in seen:
            return start
        seen.append(here)
    return here


def _pairs(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """The different pairs of two columns of ids, as two columns."""
    both = np.unique((first << 32) | second)
    return np.stack([both >> 32, both & 0xFFFFFFFF], axis=1)


def _terms(
    asked: Asked,
    book: Book,
    customers: NDArray[np.int64],
    stored: Loaded,
    pairs: NDArray[np.int64],
) -> dict[str, list[Any]]:
    """Contract terms of the customers whose MRR ever came to 0: only they can be paused.

    An end that the source itself called one (`cause` churn) ends its contract when the contract says nothing: it is
    evidence about the contract, the class of the movement stays derived.
    """
    zero = _ever_zero(book)
    table: dict[str, list[Any]] = {
        "account_id": [],
        "starts_on": [],
        "ends_on": [],
        "ended_on": [],
        "auto_renew": [],
    }
    if not zero.any():
        return table
    rows = np.flatnonzero(zero[book.account] & (book.contract >= 0))
    customer_of = dict(
        zip(
            stored.contract_ids[book.contract[rows]].tolist(),
            customers[book.account[rows]].tolist(),
            strict=True,
        )
    )
    halted = set(customers[zero].tolist())
    customer_by_account = {own: customer for own, customer in pairs.tolist() if customer in halted}
    for contract, own in counting.contracts_of(customer_by_account).items():
        customer_of.setdefault(
            contract, customer_by_account[own]
        )  # a contract that never had MRR can be in force too
    for contract, values in contract_states(asked, list(customer_of)).items():
        stated = day_value(values.get("ended_on"))
        if stated is None and contract in stored.called_ends:
            stated = date.fromordinal(stored.called_ends[contract])
        table["account_id"].append(str(customer_of[contract]))
        table["starts_on"].append(day_value(values.get("starts_on")))
        table["ends_on"].append(day_value(values.get("ends_on")))
        table["ended_on"].append(stated)
        table["auto_renew"].append(bool(values.get("auto_renew")))
    return table


def day_value(value: Any) -> date | None:
    """A day of a state (ISO text), or None."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None


def _ever_zero(book: Book) -> NDArray[np.bool_]:
    """Per account of the book: whether its balance in some currency was ever 0 or less after a movement."""
    found = np.zeros(len(book.accounts), dtype=bool)
    if not len(book):
        return found
    key = book.account.astype(np.int64) * len(book.currencies) + book.currency
    order = np.lexsort((book.on, key))
    sorted_key, delta = key[order], book.delta[order]
    begins = np.concatenate(([0], np.flatnonzero(sorted_key[1:] != sorted_key[:-1]) + 1))
    sums = np.cumsum(delta)
    sums -= np.repeat(sums[begins] - delta[begins], np.diff(np.append(begins, len(sums))))
    found[book.account[order[sums <= 0]]] = True
    return found


def _rates(rules: Rules, asked: Asked) -> dict[str, list[Any]]:
    rows = (
        counted(Rate, asked.watermark, asked.known_at)
        .order_by("on", "pk")
        .values_list("currency", "on", "rate")
    )
    listed = list(rows)
    return {
        "currency": [row[0] for row in listed],
        "on": [row[1] for row in listed],
        "rate_to_reporting": [row[2] for row in listed],
    }


def team_members(scope: Scope) -> frozenset[int]:
    """The manager and their direct reports, as of today: the line of management is not a dated fact."""
    return frozenset() if scope.team is None else frozenset({scope.team, *team_of(scope.team)})


def in_scope(counted_: Counted, scope: Scope, first: date, last: date) -> NDArray[np.bool_]:
    """Per customer of the book: whether they belong to the scope in the stretch from `first` to `last`.

    The state of the first day decides; for somebody who held nothing before it, that of their first movement inside.
    """
    size = len(counted_.customers)
    if scope.segment is None and scope.team is None and scope.owner is None and scope.touch is None:
        return np.ones(size, dtype=bool)
    days = _reference_days(counted_.book, first.toordinal(), last.toordinal())
    inside = np.ones(size, dtype=bool)
    if scope.segment is not None:
        inside &= _where(counted_, "segment", days, lambda value: (value or "") == scope.segment)
    if scope.owner is not None:
        inside &= _where(counted_, "owner_id", days, lambda value: value == scope.owner)
    if scope.team is not None:
        team = team_members(scope)
        inside &= _where(counted_, "owner_id", days, lambda value: value in team)
    if scope.touch is not None:
        inside &= _where(counted_, "touch", days, lambda value: scope.touch in (value or "").split(";"))
    return inside


def _where(
    counted_: Counted, field: str, days: NDArray[np.int32], fits: Callable[[Any], bool]
) -> NDArray[np.bool_]:
    """Per customer whether the field's value on their day fits; each different value is asked once."""
    timeline, keys = counted_.states[field], counted_.customers.tolist()
    known: dict[Any, bool] = {}
    out = np.zeros(len(keys), dtype=bool)
    for code, key in enumerate(keys):
        value = timeline.whole.get(key)
        if value is None and key in timeline.pieces:
            value = timeline.at(key, int(days[code]))
        found = known.get(value)
        if found is None:
            found = known[value] = fits(value)
        out[code] = found
    return out


def _reference_days(book: Book, first: int, last: int) -> NDArray[np.int32]:
    size = len(book.accounts)
    before = np.zeros(size, dtype=np.int64)
    earlier = book.on < first
    np.add.at(before, book.account[earlier], book.delta[earlier])
    start = np.full(size, last + 1, dtype=np.int32)
    inside = (book.on >= first) & (book.on <= last)
    np.minimum.at(start, book.account[inside], book.on[inside])
    return np.where((before > 0) | (start > last), first, start).astype(np.int32)


def within(counted_: Counted, scope: Scope, first: date, last: date) -> Book:
    """The book of those in scope (see `in_scope`)."""
    inside = in_scope(counted_, scope, first, last)
    return counted_.book if inside.all() else counted_.book.take(inside[counted_.book.account])


def touches_overlap(counted_: Counted, day: date) -> bool:
    """Whether somebody stands in two touch models, so that their totals do not add up."""
    at, ordinal = counted_.states["touch"], day.toordinal()
    return any(";" in (at.at(key, ordinal) or "") for key in counted_.customers.tolist())
