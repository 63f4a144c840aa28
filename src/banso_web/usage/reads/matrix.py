"""Daily usage of one customer."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted
from banso_web.usage.models import UsageDaily

if TYPE_CHECKING:
    from banso_web.members.models import Member

DAYS = 28


def usage_matrix(member: Member, account_id: int, asked: Asked) -> dict[str, Any] | None:
    """部署×機能: the mean of daily users over the days with rows of the last 28 days. None where usage was never collected.

    A pair without rows stays empty: no row is not a zero until the source is known to live.
    """
    rows = counted(UsageDaily, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id)
    )
    newest = rows.filter(day__lte=asked.as_of).order_by("-day").values_list("day", flat=True).first()
    if newest is None:
        return {"empty": True}
    recent = rows.filter(day__lte=asked.as_of, day__gt=asked.as_of - timedelta(days=DAYS))
    cells: dict[tuple[str, str], list[int]] = defaultdict(list)
    for department, feature, users in recent.values_list("department", "feature", "users"):
        cells[department or "—", feature].append(users)
    departments = sorted({department for department, _feature in cells})
    features = sorted({feature for _department, feature in cells})
    table = [
        (
            name,
            [
                sum(found) / len(found) if (found := cells.get((name, feature))) else None
                for feature in features
            ],
        )
        for name in departments
    ]
    return {"newest": newest, "day": asked.as_of, "features": features, "table": table}
