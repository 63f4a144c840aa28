"""A parent's health from its children: by MRR, and the worst of them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from banso.health import Child, Rollup, roll_up
from banso.money import from_units
from banso_web.accounts.counting import called
from banso_web.accounts.reads.lists import children_of
from banso_web.core.facts import Asked
from banso_web.health.reads.asking import reading
from banso_web.revenue.reads.customers import count_some
from banso_web.revenue.reads.months import mrr_of


@dataclass(frozen=True)
class Family:
    """`names` of the children by their keys (internal ids as text)."""

    told: Rollup
    children: tuple[Child, ...]
    names: dict[str, str]


def family(asked: Asked, account_id: int) -> Family | None:
    """The roll-up of a parent's children on the asked day; None where it has none that is counted."""
    ids = [row.pk for row in children_of(account_id)]
    if not ids:
        return None
    held = mrr_of(asked, count_some(asked, ids))
    children = []
    for key in ids:
        found = reading(asked, key)
        if found is not None and found.reading is not None:
            mrr = Decimal(from_units(held.get(key, 0)))
            children.append(Child(str(key), found.reading, mrr))
    if not children:
        return None
    names = {str(key): one.name for key, one in called(ids).items()}
    return Family(roll_up(children), tuple(children), names)
