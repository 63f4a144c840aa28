"""What stands beside a customer's movement: MRR, the next renewal, the last touch, on the asked day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from banso_web.accounts.reads.contracts import next_ends
from banso_web.core.facts import Asked
from banso_web.revenue.reads.months import closing_units, standing

if TYPE_CHECKING:
    from banso_web.accounts.models import Account

#: Upper apps that know of contacts add `(asked, account ids) -> {account: day of the latest one}`.
touch_sources: list[Callable[[Asked, Collection[int]], dict[int, date]]] = []


@dataclass(frozen=True)
class Beside:
    """mrr_units None: a currency without a rate."""

    mrr_units: int | None
    mrr_unrated: str
    renewal_on: date | None
    last_touch_on: date | None


def beside(asked: Asked, accounts: Sequence[Account]) -> dict[int, Beside]:
    """By account. Today's figures stand in the account's own row; another day's are read from facts."""
    if asked.is_today:
        return {
            row.pk: Beside(
                None if row.mrr_unrated else row.mrr_units,
                row.mrr_unrated,
                row.renewal_on,
                row.last_touch_on,
            )
            for row in accounts
        }
    fall = standing(asked, asked.as_of)
    held, ends = closing_units(fall), next_ends(asked)
    unrated = {int(item.customer) for item in fall.excluded if item.reason == "missing_rate"}
    touched: dict[int, date] = {}
    for source in touch_sources:
        touched |= source(asked, [row.pk for row in accounts])
    return {
        row.pk: Beside(
            None if row.pk in unrated else held.get(row.pk, 0), "", ends.get(row.pk), touched.get(row.pk)
        )
        for row in accounts
    }
