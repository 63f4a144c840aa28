"""Contracts as of a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from banso_web.accounts.counting import merges
from banso_web.accounts.models import Contract
from banso_web.core.facts import Asked, states_at, timelines


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


def contract_seats(
    asked: Asked, days: Sequence[date], ids: Collection[int] | None = None
) -> dict[int, dict[date, int | None]]:
    """{account: {day: seats of its contracts in force}}; None where one of them states no seats. See `contracts_held`."""
    held = contracts_held(asked, days, ids)
    return {account: {day: one.seats for day, one in on.items()} for account, on in held.items()}
