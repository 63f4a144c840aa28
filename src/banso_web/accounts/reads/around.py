"""Whose people may stand in a customer's facts: its own, those of the parties to its contracts, and those of its group."""

from __future__ import annotations

from collections.abc import Collection

from banso_web.accounts.counting import merges
from banso_web.accounts.models import Account, Contact, Contract

DEEPEST = 20  # levels of a group; a circle of companies ends there too
PARTIES = ("user_company_id", "bill_to_id", "dealer_id")


def strangers_to(account_id: int, codes: Collection[str], watermark: int) -> set[str]:
    """Those of the contact ids that belong to a customer who is neither this one (with whom was merged into it), nor a
    party to one of its contracts, nor of its group. A code that nobody has is a name and no stranger.
    """
    people = dict(Contact.objects.filter(code__in=codes).values_list("code", "account_id"))
    merged = merges(watermark)
    homes = {code: merged.get(account, account) for code, account in people.items()}
    if set(homes.values()) <= {account_id}:
        return set()
    own = {account_id, *(other for other, kept in merged.items() if kept == account_id)}
    around = own | _group(own)
    for row in Contract.objects.filter(account_id__in=own, live=True).values_list(*PARTIES):
        around |= {party for party in row if party is not None}
    around = {merged.get(one, one) for one in around}
    return {code for code, home in homes.items() if home not in around}


def homes_of(kind: str, codes: Collection[str], watermark: int) -> dict[str, int]:
    """{id of an account, a contract or a contact (`kind`: the canonical file): the customer it is read under}. One query."""
    if not codes:
        return {}
    model, home = {"accounts": (Account, "id"), "contracts": (Contract, "account_id"), "contacts": (Contact, "account_id")}[kind]  # fmt: skip
    merged = merges(watermark)
    found = model._default_manager.filter(code__in=codes).values_list("code", home)
    return {code: merged.get(account, account) for code, account in found}


def _group(own: set[int]) -> set[int]:
    """Everybody under the same top parents."""
    tops = set(own)
    for _level in range(DEEPEST):
        above = set(
            Account.objects.filter(pk__in=tops, parent__isnull=False).values_list("parent_id", flat=True)
        )
        if above <= tops:
            break
        tops |= above
    found = set(tops)
    for _level in range(DEEPEST):
        below = set(Account.objects.filter(parent_id__in=found).values_list("pk", flat=True))
        if below <= found:
            break
        found |= below
    return found
