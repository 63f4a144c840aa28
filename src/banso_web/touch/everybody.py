"""What touches and tickets say of many customers at once, as numbers: one row a customer, whoever is asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from banso_web.core import clock
from banso_web.core.facts import Asked, counted
from banso_web.core.facts.states import raw_rows
from banso_web.touch.models import Ticket, Touch

PROACTIVE = "proactive"


@dataclass(slots=True)
class Touched:
    """Touches of one customer within some days. `people`: the contacts named in them; `last`: the day of the latest."""

    number: int
    proactive: int
    last: date
    people: set[str]


@dataclass(slots=True)
class Tickets:
    """Tickets of one customer that were open at some time within some days: how many are open on the asked day, and of these the
    urgent and the serious ones (重大クレーム; one that is both is serious). `last`: the day on which one was opened or closed last."""

    open: int
    urgent: int
    serious: int
    last: date


def _behind(day: date) -> datetime:
    """The first instant after a day in Japan."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), clock.JST)


def _of(rows: QuerySet[Any], accounts: Collection[int] | None) -> QuerySet[Any]:
    return rows.order_by() if accounts is None else rows.filter(account_id__in=list(accounts)).order_by()


def touched(asked: Asked, days: int, accounts: Collection[int] | None = None) -> dict[int, Touched]:
    """{account: its touches} in the `days` that end with the asked one, by the account they came with. Two queries."""
    since, end = _behind(asked.as_of - timedelta(days=days)), _behind(asked.as_of)
    rows = _of(counted(Touch, asked.watermark, asked.known_at).filter(at__gte=since, at__lt=end), accounts)
    numbers = rows.values_list("account_id").annotate(
        number=Count("pk"), own=Count("pk", filter=Q(initiative=PROACTIVE)), newest=Max("at")
    )
    people: dict[int, set[str]] = defaultdict(set)
    for account, codes in rows.exclude(contacts="").values_list("account_id", "contacts").distinct():
        people[account].update(code for code in codes.split(";") if code)
    return {
        account: Touched(number, proactive, last.astimezone(clock.JST).date(), people.get(account, set()))
        for account, number, proactive, last in numbers.iterator(chunk_size=20_000)
    }


def tickets_standing(asked: Asked, days: int, accounts: Collection[int] | None = None) -> dict[int, Tickets]:
    """{account: its tickets} open at some time in the `days` that end with the asked one, by the account they came with. One query."""
    since, end = _behind(asked.as_of - timedelta(days=days)), _behind(asked.as_of)
    is_open = Q(closed_at=None) | Q(closed_at__gte=end)
    rows = counted(Ticket, asked.watermark, asked.known_at).filter(
        is_open | Q(closed_at__gte=since), opened_at__lt=end
    )
    numbers = (
        _of(rows, accounts)
        .values_list("account_id")
        .annotate(
            still=Count("pk", filter=is_open),
            urgent=Count("pk", filter=is_open & Q(priority="urgent") & ~Q(severity="serious")),
            serious=Count("pk", filter=is_open & Q(severity="serious")),
            opened=Max("opened_at"),
            closed=Max("closed_at", filter=Q(closed_at__lt=end)),
        )
    )
    return {
        account: Tickets(
            still, urgent, serious, max(filter(None, (opened, closed))).astimezone(clock.JST).date()
        )
        for account, still, urgent, serious, opened, closed in numbers.iterator(chunk_size=20_000)
    }


def ever_touched(asked: Asked) -> bool:
    """Whether a touch was ever recorded by the asked day; without one contacts with customers are 未収集."""
    rows = counted(Touch, asked.watermark, asked.known_at)
    return rows.filter(at__lt=_behind(asked.as_of)).exists()


def ever_ticket(asked: Asked) -> bool:
    """Whether a ticket was ever recorded by the asked day."""
    rows = counted(Ticket, asked.watermark, asked.known_at)
    return rows.filter(opened_at__lt=_behind(asked.as_of)).exists()


def _days(rows: QuerySet[Any], name: str) -> set[date]:
    """Japan's days of a moment. Told from the driver's own values: a database's function a row would cost a night minutes."""
    moments = {str(at)[:13] for (at,) in raw_rows(rows.order_by(), name)}
    return {(datetime.fromisoformat(f"{hour}:00+00:00")).astimezone(clock.JST).date() for hour in moments}


def touch_days(asked: Asked, first: date) -> set[date]:
    """Days from a first one to the asked one with a touch of anybody."""
    rows = counted(Touch, asked.watermark, asked.known_at)
    return _days(rows.filter(at__gte=_behind(first - timedelta(days=1)), at__lt=_behind(asked.as_of)), "at")


def ticket_days(asked: Asked, first: date) -> set[date]:
    """Days from a first one to the asked one on which anybody opened a ticket."""
    rows = counted(Ticket, asked.watermark, asked.known_at).filter(
        opened_at__gte=_behind(first - timedelta(days=1)), opened_at__lt=_behind(asked.as_of)
    )
    return _days(rows, "opened_at")


def touched_ever(asked: Asked, accounts: Collection[int] | None = None) -> dict[int, date]:
    """{account: the day of its latest touch by the asked day}, by the account it came with. One query."""
    rows = counted(Touch, asked.watermark, asked.known_at).filter(at__lt=_behind(asked.as_of))
    found = _of(rows, accounts).values_list("account_id").annotate(Max("at"))
    return {key: at.astimezone(clock.JST).date() for key, at in found.iterator(chunk_size=20_000)}
