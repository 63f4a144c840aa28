"""推進者 and 決裁者 of many customers at once, with when they left."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from banso_web.accounts.models import Contact
from banso_web.core.facts import Asked, states_at

ROLES = frozenset({"champion", "decision_maker"})


@dataclass(frozen=True, slots=True)
class KeyPerson:
    """`left_on` None: still there on the asked day (or gone on a day nobody told: the asked one then)."""

    account_id: int
    roles: frozenset[str]
    left_on: date | None


def key_people(asked: Asked, ids: Collection[int] | None = None) -> Iterator[KeyPerson]:
    """Whoever has or had such a role on the asked day, by the account they came with. Two queries."""
    rows = Contact.objects.filter(live=True)
    if ids is not None:
        rows = rows.filter(account_id__in=list(ids))
    owners = dict(rows.order_by().values_list("pk", "account_id").iterator(chunk_size=20_000))
    stated = states_at(
        "contact",
        as_of=asked.as_of,
        watermark=asked.watermark,
        known_at=asked.known_at,
        ids=None if ids is None else sorted(owners),
    )
    for key, told in stated.items():
        roles = ROLES.intersection((told.get("roles") or "").split(";"))
        if not roles or key not in owners:
            continue
        left = date.fromisoformat(told["left_on"]) if told.get("left_on") else None
        if left is None and told.get("status") == "left":
            left = asked.as_of
        yield KeyPerson(owners[key], roles, left if left is not None and left <= asked.as_of else None)
