"""A customer's MRR over time, for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from banso_web.core.facts import Asked
from banso_web.revenue.reads.accounts import Change, account_changes

if TYPE_CHECKING:
    from banso_web.members.models import Member


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
    if not changes or len({change.currency for change in changes}) > 1:
        return None
    points: dict[str, float] = {change.on.isoformat(): float(change.after) for change in changes}
    points[until.isoformat()] = float(changes[-1].after)
    return {
        "kind": "line",
        "unit": {"kind": "money", "currency": changes[0].currency},
        "description": "MRR",
        "x": list(points),
        "series": [{"name": "MRR", "values": list(points.values())}],
        "zero": True,
    }
