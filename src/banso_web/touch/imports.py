"""Touches and tickets as files bring them."""

from __future__ import annotations

from banso_web.core.facts import FactKind
from banso_web.core.imports import Field, HappeningHandler, Problem, Row
from banso_web.core.registry import registry
from banso_web.touch.models import Ticket, Touch

ACCOUNT = Field("account_id", reference="accounts")


class TouchesHandler(HappeningHandler[Touch]):
    def __init__(self) -> None:
        texts = ("kind", "initiative", "member", "contacts", "subject", "note")
        super().__init__(
            key="touches",
            model=Touch,
            identity=("touch_id",),
            on="at",
            fields=(ACCOUNT, Field("at", blank=None), *(Field(name) for name in texts)),
        )


class TicketsHandler(HappeningHandler[Ticket]):
    def __init__(self) -> None:
        times, texts = (
            ("opened_at", "first_reply_at", "closed_at"),
            ("category", "priority", "severity", "subject"),
        )
        super().__init__(
            key="tickets",
            model=Ticket,
            identity=("ticket_id",),
            on="opened_at",
            fields=(
                ACCOUNT,
                *(Field(name, blank=None) for name in times),
                *(Field(name) for name in texts),
                Field("minutes", blank=None),
            ),
            check=_ticket_problem,
        )


def _ticket_problem(row: Row) -> Problem | None:
    opened = row.get("opened_at")
    for column in ("first_reply_at", "closed_at"):
        later = row.get(column)
        if opened and later and later < opened:
            return Problem(row.number, column, "end_before_start", {"start": str(opened), "end": str(later)})
    minutes = row.get("minutes")
    if minutes is not None and minutes < 0:
        return Problem(row.number, "minutes", "negative_number", {"text": str(minutes)})
    return None


registry.file_handlers["touches"] = TouchesHandler
registry.file_handlers["tickets"] = TicketsHandler
registry.facts["touches"] = FactKind(
    "touches",
    "touch",
    Touch,
    since=("at",),
    # Names of people, and texts that name them.
    hidden=dict.fromkeys(("contacts", "subject", "note"), "contact.view"),
    own=True,
)
registry.facts["tickets"] = FactKind(
    "tickets",
    "ticket",
    Ticket,
    since=("opened_at",),
    hidden={"subject": "contact.view"},
    later={"first_reply_at": (), "closed_at": ("minutes",)},
    own=True,
)
