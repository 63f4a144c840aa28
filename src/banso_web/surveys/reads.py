"""Reading survey answers of one customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted
from banso_web.core.registry import TimelineItem
from banso_web.surveys.models import Response

if TYPE_CHECKING:
    from banso_web.members.models import Member


def responses(asked: Asked, account_id: int, *, limit: int = 200) -> list[Response]:
    """Requests sent and answers given up to the asked day, latest first. An answer of a later day is not known yet."""
    rows = counted(Response, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id)
    )
    found = list(rows.order_by("-sent_on", "-answered_on", "-id")[:limit])
    shown = []
    for row in found:
        if row.answered_on and row.answered_on > asked.as_of:
            row.answered_on, row.score, row.comment = None, None, ""
        first = row.answered_on or row.sent_on
        if first is not None and first <= asked.as_of:
            shown.append(row)
    return shown


def response_entries(member: Member, account_id: int, asked: Asked) -> Sequence[TimelineItem]:
    """For the customer's timeline; 無回答 is shown as what it is."""
    found = []
    for row in responses(asked, account_id):
        at = row.answered_on or row.sent_on
        text = (
            f"{row.instrument.upper()} {row.score.normalize():f}"
            if row.score is not None
            else f"{row.instrument.upper()}"
        )
        found.append(
            TimelineItem(
                at, "response", _("回答") if row.answered_on else _("無回答"), text, row.comment, "survey"
            )
        )
    return found


def satisfaction(member: Member, account_id: int, asked: Asked) -> dict[str, Any] | None:
    """The block of the customer page: scored answers over time and how many requests stayed silent."""
    rows = responses(asked, account_id)
    if not rows:
        return {"empty": True}
    scored = [row for row in reversed(rows) if row.score is not None and row.instrument == "csat"]
    chart = None
    if len(scored) > 1:
        chart = {
            "kind": "line",
            "unit": {"kind": "count", "digits": 1},
            "description": "CSAT",
            "x": [str(row.answered_on) for row in scored],
            "series": [
                {"name": "CSAT", "values": [float(row.score) for row in scored if row.score is not None]}
            ],
        }
    return {
        "latest": scored[-1] if scored else None,
        "asked": len(rows),
        "answered": sum(1 for row in rows if row.answered_on),
        "chart": chart,
    }
