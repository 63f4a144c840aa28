"""Which departments and features fell: the same weeks as the verdict, for the accounts that fell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Sum

from banso.usage import Drop, compared, weekly_means
from banso_web.accounts.counting import ids_by_code, merges
from banso_web.core.facts import Asked, counted
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.attributed import USED, event_parameters, lean
from banso_web.usage.reads.series import DAILY, EVENTS, Series
from banso_web.warehouse.store import event_store

Weekly = dict[
    tuple[int, str, str], dict[date, Fraction]
]  # (account, departments or features, name): by Monday
KINDS = ("departments", "features")
PARTS = (
    USED
    + """SELECT account, date_trunc('week', local_day)::DATE AS monday, department, feature, grouping(department),
      count(DISTINCT person) FROM used GROUP BY GROUPING SETS ((account, monday, department), (account, monday, feature))"""
)


def read_parts(asked: Asked, first: date, series: Collection[Series]) -> Weekly:
    """Users by week of each department and feature. One query for those with daily rows, one for those with events."""
    merged = merges(asked.watermark, asked.known_at)
    found: Weekly = {}
    daily = {one.account_id for one in series if one.form == DAILY}
    if daily:
        keys = [*daily, *(other for other, kept in merged.items() if kept in daily)]
        rows = counted(UsageDaily, asked.watermark, asked.known_at).filter(
            account_id__in=keys, day__gte=first, day__lt=asked.as_of
        )
        by_day: dict[tuple[int, str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
        lines = rows.order_by().values_list("account_id", "department", "feature", "day")
        for account, department, feature, day, users in lines.annotate(told=Sum("users")):
            key = merged.get(account, account)
            for kind, name in zip(KINDS, (department, feature), strict=True):
                if name:
                    by_day[key, kind, name][day] += users
        for part, values in by_day.items():
            values.setdefault(first, 0)
            found[part] = weekly_means(values, until=asked.as_of)
    events = [one.account_id for one in series if one.form == EVENTS]
    if events:
        found |= _of_events(asked, first, merged, events)
    return found


def _of_events(asked: Asked, first: date, merged: Mapping[int, int], ids: list[int]) -> Weekly:
    given = event_parameters(asked, first, merged, ids)
    rows = event_store().query(lean(PARTS, given), given, first=first, last=asked.as_of)
    known = ids_by_code({row[0] for row in rows})
    found: Weekly = defaultdict(dict)
    for account, monday, department, feature, by_feature, users in rows:
        kind, name = (KINDS[1], feature) if by_feature else (KINDS[0], department)
        if name and account in known:
            found[known[account], kind, name][monday] = Fraction(users)
    return found


def parts_of(account_id: int, verdict: Drop, weekly: Weekly) -> dict[str, list[dict[str, Any]]]:
    """{departments or features: what each was, is and changed by, the deepest fall first}; a part that was 0 before has no change."""
    out: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for (account, kind, name), values in weekly.items():
        if account == account_id:
            before, recent = compared(verdict, values)
            change = recent / before - 1 if before else None
            out[kind].append(
                {"name": name, "before": str(before), "recent": str(recent), "change": None if change is None else str(change)}
            )  # fmt: skip
    for lines in out.values():
        lines.sort(key=lambda line: (line["change"] is None, Fraction(line["change"] or 0), line["name"]))
    return out
