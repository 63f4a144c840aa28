"""Contracts as of a day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db.models import Q

from banso_web.accounts.counting import CHUNK, merges
from banso_web.accounts.models import Contract
from banso_web.core.facts import Asked, Memo, states_at, timelines
from banso_web.core.facts.happenings import effective
from banso_web.core.facts.timeline import FIRST, LAST
from banso_web.core.models import StateVersion


def next_ends(asked: Asked) -> dict[int, date]:
    """{account: the earliest last day of service on or after the asked day} of contracts that have not ended."""
    day = asked.as_of.isoformat()
    owners = dict(Contract.objects.values_list("pk", "account_id").iterator(chunk_size=20_000))
    merged = merges(asked.watermark, asked.known_at)
    found: dict[int, str] = {}
    states = states_at("contract", as_of=asked.as_of, watermark=asked.watermark, known_at=asked.known_at)
    for contract_id, values in states.items():
        end = values.get("ends_on")
        ended = values.get("ended_on")
        if not end or end < day or (ended and ended < day):
            continue
        owner = owners.get(contract_id)
        account = merged.get(owner, owner) if owner is not None else None
        if account is not None and end < found.get(account, "9999"):
            found[account] = end
    return {account: date.fromisoformat(end) for account, end in found.items()}


@dataclass(frozen=True)
class Held:
    """What an account's contracts in force give it on a day. `seats` None: one of them states none."""

    seats: int | None
    plans: frozenset[tuple[str, str]]  # (product, plan)


def contracts_held(
    asked: Asked, days: Sequence[date], ids: Collection[int] | None = None
) -> dict[int, dict[date, Held]]:
    """{account: {day: what its contracts in force give}} for every account that has a contract. Two queries for all of them.

    A day without any contract in force is left out, so that an account whose contracts are over has an empty day. A stated end
    does not end a contract that renews by itself.
    """
    owners = Contract.objects.filter(live=True)
    if ids is not None:
        owners = owners.filter(account_id__in=list(ids))
    accounts = dict(owners.order_by().values_list("pk", "account_id").iterator(chunk_size=20_000))
    merged = merges(asked.watermark, asked.known_at)
    fields = ("seats", "product", "plan", "starts_on", "ends_on", "ended_on", "auto_renew")
    stated = timelines(
        "contract",
        fields,
        watermark=asked.watermark,
        known_at=asked.known_at,
        ids=None if ids is None else sorted(accounts),
    )
    found: dict[int, dict[date, Held]] = {}
    for contract, account in accounts.items():
        held = found.setdefault(merged.get(account, account), {})
        for day in days:
            at = day.toordinal()
            seats, product, plan, starts, ends, ended, renews = (
                stated[name].at(contract, at) for name in fields
            )
            text = day.isoformat()
            over = (ended and ended < text) or (ends and ends < text and not renews)
            if over or (starts and starts > text):
                continue
            before = held.get(day, Held(0, frozenset()))
            added = None if seats is None or before.seats is None else before.seats + int(seats)
            held[day] = Held(added, before.plans | {(product or "", plan or "")})
    return found


@dataclass(frozen=True, slots=True)
class OnDay:
    """A contract as stated for a day, by the account it came with. `ends_on`: the stated end; `renews`: it goes on beyond it by itself."""

    id: int
    account_id: int
    product: str
    seats: int | None
    starts_on: date | None
    ends_on: date | None
    ended_on: date | None
    notified_on: date | None
    renews: bool

    def in_force(self, day: date) -> bool:
        """Whether it runs on a day. Past a stated end it runs only where it renews by itself."""
        if self.starts_on and self.starts_on > day:
            return False
        end = self.ended_on or (None if self.renews else self.ends_on)
        return end is None or end >= day


def contracts_on(asked: Asked, ids: Collection[int] | None = None) -> list[OnDay]:
    """Every contract (of these accounts) as stated for the asked day and known then. Two queries."""
    owners = Contract.objects.filter(live=True)
    if ids is not None:
        owners = owners.filter(account_id__in=list(ids))
    accounts = dict(owners.order_by().values_list("pk", "account_id").iterator(chunk_size=20_000))
    states = states_at(
        "contract",
        as_of=asked.as_of,
        watermark=asked.watermark,
        known_at=asked.known_at,
        ids=None if ids is None else sorted(accounts),
    )

    def day(value: str | None) -> date | None:
        return date.fromisoformat(value) if value else None

    return [
        OnDay(
            key,
            accounts[key],
            told.get("product") or "",
            None if told.get("seats") is None else int(told["seats"]),
            day(told.get("starts_on")),
            day(told.get("ends_on")),
            day(told.get("ended_on")),
            day(told.get("notified_on")),
            bool(told.get("auto_renew")),
        )
        for key, told in states.items()
        if key in accounts
    ]


def seat_stretches(asked: Asked) -> Iterator[tuple[int, int, int | None, int, int]]:
    """(account, contract, seats, first day, day after the last; days as ordinals) of every contract, for as long as it is in force and
    states the same seats: what the seats of `contracts_held` are made of on any day. Two queries."""
    owners = Contract.objects.filter(live=True).order_by()
    accounts = dict(owners.values_list("pk", "account_id").iterator(chunk_size=20_000))
    merged = merges(asked.watermark, asked.known_at)
    fields = ("seats", "starts_on", "ends_on", "ended_on", "auto_renew")
    stated = timelines("contract", fields, watermark=asked.watermark, known_at=asked.known_at)
    for contract, account in accounts.items():
        spans = [span for name in fields for span in stated[name].spans(contract)]
        edges = {edge for low, high, _value in spans for edge in (low, high)} | {FIRST, LAST}
        for low, high in pairwise(sorted(edges)):
            seats, starts, ends, ended, renews = (stated[name].at(contract, low) for name in fields)
            first = max(low, _ordinal(starts)) if starts else low
            over = min(filter(None, (ended, None if renews else ends)), default=None)
            after = min(high, _ordinal(over) + 1) if over else high
            if first < after:
                yield merged.get(account, account), contract, seats, first, after


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def contract_seats(
    asked: Asked, days: Sequence[date], ids: Collection[int] | None = None
) -> dict[int, dict[date, int | None]]:
    """{account: {day: seats of its contracts in force}}; None where one of them states no seats. See `contracts_held`."""
    held = contracts_held(asked, days, ids)
    return {account: {day: one.seats for day, one in on.items()} for account, on in held.items()}


def seats_between(asked: Asked, days: Sequence[date]) -> tuple[set[int], set[int]]:
    """Of everybody with contracts: (accounts whose seats may not be the same on all of these days, accounts of which no contract is in
    force on the asked day). `days` in order; asked.known_at is None. A fixed number of queries while few contracts change.

    Contracts that nothing was stated of within the days are judged by their current rows; the accounts of others by `contract_seats`.
    """
    first, last = days[0], max(days[-1], asked.as_of)
    dated = StateVersion.objects.filter(
        effective(asked.watermark), Q(valid_from__gt=first) | Q(valid_to__isnull=False), subject="contract"
    )
    changing = set(dated.order_by().values_list("subject_id", flat=True))
    merged = merges(asked.watermark)
    vary, closely = set(), set()
    in_force: dict[int, bool] = {}
    rows = Contract.objects.filter(live=True).order_by()
    fields = ("pk", "account_id", "starts_on", "ends_on", "ended_on", "auto_renew")
    for contract, owner, starts, ends, ended, renews in rows.values_list(*fields).iterator(chunk_size=20_000):
        account = merged.get(owner, owner)
        end = min(filter(None, (ended, None if renews else ends)), default=None)
        if contract in changing:
            closely |= {owner, account}
        if (starts and first < starts <= last) or (end and first <= end < last):
            vary.add(account)
        here = (not starts or starts <= asked.as_of) and (not end or end >= asked.as_of)
        in_force[account] = in_force.get(account, False) or here
    listed = sorted(closely)
    for start in range(0, len(listed), CHUNK):
        part = set(listed[start : start + CHUNK])
        others = {other for other, kept in merged.items() if kept in part}
        for account, held in contract_seats(asked, [*days, asked.as_of], part | others).items():
            in_force[account] = asked.as_of in held
            stated = {held[day] for day in days if day in held}
            (vary.add if len(stated - {None}) > 1 else vary.discard)(account)
    return vary, {account for account, here in in_force.items() if not here}


@dataclass(frozen=True)
class Ordered:
    """When an account first ordered (the earliest 受注日 of its contracts, None where none states one), and the last day of service
    where all of its contracts are over before the asked day."""

    signed: date | None
    over: date | None


_orders: Memo[dict[int, Ordered]] = Memo(2)


def orders(asked: Asked) -> dict[int, Ordered]:
    """Of every account that has a contract, as stated on the asked day. Two queries for all of them; kept while no fact comes."""
    return _orders.get(asked.key, lambda: _read_orders(asked))


def _read_orders(asked: Asked) -> dict[int, Ordered]:
    owners = Contract.objects.filter(live=True).order_by()
    accounts = dict(owners.values_list("pk", "account_id").iterator(chunk_size=20_000))
    merged, day = merges(asked.watermark, asked.known_at), asked.as_of.isoformat()
    fields = ("signed_on", "ends_on", "ended_on", "auto_renew")
    stated = timelines("contract", fields, watermark=asked.watermark, known_at=asked.known_at)
    signed: dict[int, str] = {}
    lasts: dict[int, list[str | None]] = {}
    for contract, owner in accounts.items():
        account, at = merged.get(owner, owner), asked.as_of.toordinal()
        on, ends, ended, renews = (stated[name].at(contract, at) for name in fields)
        if on and on <= day:
            signed[account] = min(on, signed.get(account, on))
        end = min(filter(None, (ended, None if renews else ends)), default=None)
        lasts.setdefault(account, []).append(end if end and end < day else None)
    return {
        account: Ordered(
            date.fromisoformat(signed[account]) if account in signed else None,
            None if None in ends else date.fromisoformat(max(end for end in ends if end)),
        )
        for account, ends in lasts.items()
    }
