"""The customer list: filters, order and one page by keyset, from one table when the day is today.

For another 基準日 the rows' owner, segment, MRR and renewal come from `snapshot`, cached by the question's key.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q, QuerySet, Sum

from banso.names import search_key
from banso_web.accounts.access import visible_accounts
from banso_web.accounts.models import Account
from banso_web.core.facts import Asked

if TYPE_CHECKING:
    from banso_web.members.models import Member

PAGE = 50
ORDERS: dict[str, tuple[str, bool]] = {  # key -> (column, descending); empty values stand last in both directions
    "name": ("sort_key", False),
    "-name": ("sort_key", True),
    "mrr": ("mrr_units", False),
    "-mrr": ("mrr_units", True),
    "renewal": ("renewal_on", False),
    "-renewal": ("renewal_on", True),
    "touch": ("last_touch_on", False),
    "-touch": ("last_touch_on", True),
}


@dataclass(frozen=True)
class ListQuery:
    """What the list is asked for. Everything is in the URL, so a link shows a colleague the same thing."""

    text: str = ""
    owner: str = ""  # member id, "me", "none"
    segment: str = ""
    touch: str = ""
    renewal_days: int | None = None  # renewal within N days
    silent_days: int | None = None  # no touch for N days (or never)
    excluded: str = ""  # "", "only", or one 除外区分
    state: str = ""  # "", "active" (MRR > 0), "ended", "incomplete"
    order: str = "name"
    after: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> ListQuery:
        """From URL parameters; what cannot be read counts as not given."""

        def number(name: str) -> int | None:
            text = query.get(name, "")
            return int(text) if text.isdigit() and len(text) < 6 else None

        return cls(
            text=query.get("q", "")[:100],
            owner=query.get("owner", ""),
            segment=query.get("segment", ""),
            touch=query.get("touch", ""),
            renewal_days=number("renewal"),
            silent_days=number("silent"),
            excluded=query.get("excluded", ""),
            state=query.get("state", ""),
            order=query.get("order", "name") if query.get("order", "name") in ORDERS else "name",
            after=query.get("after", ""),
        )


@dataclass(frozen=True)
class Row:
    """One line of the list. `mrr_units` is 1/10,000 of the reporting currency."""

    id: int
    code: str
    name: str
    kana: str
    segment: str
    touch: str
    owner: str
    deputy: str
    mrr_units: int
    renewal_on: date | None
    last_touch_on: date | None
    excluded: str
    incomplete: bool
    industry: str
    prefecture: str
    employees: int | None
    started_on: date | None


@dataclass(frozen=True)
class Page:
    """A page of rows with the totals of all that the filters leave."""

    rows: list[Row]
    next_after: str
    total: int
    mrr_units: int
    query: ListQuery = field(default_factory=ListQuery)


def _filtered(member: Member, query: ListQuery, today: date) -> QuerySet[Account]:
    rows = visible_accounts(member)
    if query.text:
        for word in query.text.split():
            rows = rows.filter(search_key__contains=search_key(word))
    if query.owner == "me":
        rows = rows.filter(Q(owner=member) | Q(deputy=member))
    elif query.owner == "none":
        rows = rows.filter(owner=None)
    elif query.owner.isdigit():
        rows = rows.filter(owner_id=int(query.owner))
    if query.segment:
        rows = rows.filter(segment=query.segment)
    if query.touch:
        rows = rows.filter(touch__contains=query.touch)
    if query.renewal_days is not None:
        rows = rows.filter(renewal_on__gte=today, renewal_on__lte=today + timedelta(days=query.renewal_days))
    if query.silent_days is not None:
        limit = today - timedelta(days=query.silent_days)
        rows = rows.filter(Q(last_touch_on=None) | Q(last_touch_on__lte=limit))
    if query.excluded == "only":
        rows = rows.exclude(excluded="")
    elif query.excluded:
        rows = rows.filter(excluded=query.excluded)
    if query.state == "active":
        rows = rows.filter(mrr_units__gt=0)
    elif query.state == "ended":
        rows = rows.filter(mrr_units=0)
    elif query.state == "incomplete":
        rows = rows.filter(incomplete=True)
    return rows


def _cursor(value: Any, row_id: int) -> str:
    text = json.dumps([value.isoformat() if isinstance(value, date) else value, row_id])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[Any, int] | None:
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    if not isinstance(row_id, int) or not isinstance(value, str | int | None):
        return None
    return value, row_id


def _after(rows: QuerySet[Account], column: str, descending: bool, after: str) -> QuerySet[Account]:
    """Rows behind the cursor in (column, id) order; empty values stand last."""
    cursor = _read_cursor(after)
    if cursor is None:
        return rows
    value, row_id = cursor
    if value is None:
        return rows.filter(**{column: None}, id__gt=row_id)
    behind = Q(**{f"{column}__{'lt' if descending else 'gt'}": value}) | Q(**{column: value}, id__gt=row_id)
    return rows.filter(behind | Q(**{column: None}) if column.endswith("_on") else behind)


def page(member: Member, query: ListQuery, asked: Asked, *, size: int = PAGE, totals: bool = True) -> Page:
    """One page of today's list in at most three queries, whatever the number of customers."""
    column, descending = ORDERS[query.order]
    rows = _filtered(member, query, asked.today)
    order = F(column).desc(nulls_last=True) if descending else F(column).asc(nulls_last=True)
    ordered = _after(rows, column, descending, query.after).order_by(order if column.endswith("_on") else _plain(column, descending), "id")
    found = list(ordered.select_related("owner", "deputy")[: size + 1])
    shown, more = found[:size], len(found) > size
    sums = rows.aggregate(n=Count("id"), mrr=Sum("mrr_units")) if totals else {"n": len(found), "mrr": 0}
    return Page(
        rows=[_row(account) for account in shown],
        next_after=_cursor(getattr(shown[-1], column), shown[-1].pk) if more else "",
        total=sums["n"],
        mrr_units=sums["mrr"] or 0,
        query=replace(query, after=""),
    )


def _plain(column: str, descending: bool) -> str:
    return f"-{column}" if descending else column


def _row(account: Account) -> Row:
    return Row(
        id=account.pk,
        code=account.code,
        name=account.name,
        kana=account.kana,
        segment=account.segment,
        touch=account.touch,
        owner=account.owner.name if account.owner else "",
        deputy=account.deputy.name if account.deputy else "",
        mrr_units=account.mrr_units,
        renewal_on=account.renewal_on,
        last_touch_on=account.last_touch_on,
        excluded=account.excluded,
        incomplete=account.incomplete,
        industry=account.industry,
        prefecture=account.prefecture,
        employees=account.employees,
        started_on=account.started_on,
    )
