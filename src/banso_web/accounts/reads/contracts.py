"""Contracts as of a day."""

from __future__ import annotations

from datetime import date

from banso_web.accounts.counting import merges
from banso_web.accounts.models import Contract
from banso_web.core.facts import Asked, states_at


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
