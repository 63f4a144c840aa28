"""A customer's MRR over time, for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from banso_web.core.facts import Asked
from banso_web.core.ui.formats import month_text
from banso_web.revenue.reads.accounts import Change, account_changes
from banso_web.revenue.reads.months import months_before, next_month

if TYPE_CHECKING:
    from banso_web.members.models import Member


MONTHS = 36  # how far back the chart goes


@dataclass(frozen=True)
class MoneyHistory:
    """`now` by currency, the changes latest first, and the chart's data (None with fewer than two points)."""

    now: tuple[tuple[str, Decimal], ...]
    changes: tuple[Change, ...]
    chart: dict[str, Any] | None


def mrr_history(member: Member, account_id: int, asked: Asked) -> MoneyHistory | None:
    """None for readers without the right to see money."""
    if not member.may("revenue.view"):
        return None
    changes = account_changes(asked, account_id)
    now: dict[str, Decimal] = {}
    for change in changes:
        now[change.currency] = change.after
    return MoneyHistory(tuple(now.items()), tuple(reversed(changes)), _chart(changes, asked.as_of))


def _chart(changes: list[Change], until: date) -> dict[str, Any] | None:
    """MRR at the close of each of the last months (and today), so that the months stand evenly; one currency only."""
    if not changes or len({change.currency for change in changes}) > 1:
        return None
    first = max(months_before(until.replace(day=1), MONTHS), changes[0].on.replace(day=1))
    months = [first]
    while months[-1] < until.replace(day=1):
        months.append(next_month(months[-1]))
    values = [
        float(next((one.after for one in reversed(changes) if one.on < next_month(month)), Decimal(0)))
        for month in months
    ]
    if len(months) < 2:
        return None
    return {
        "kind": "line",
        "unit": {"kind": "money", "currency": changes[0].currency},
        "description": "MRR",
        "x": [month_text(month) for month in months],
        "series": [{"name": "MRR", "values": values}],
        "zero": True,
    }
