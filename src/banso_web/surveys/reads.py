"""Reading survey answers of one customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from banso.survey import Answers
from banso_web.accounts.counting import merge_mark, merges
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, Memo, counted, last_change
from banso_web.core.facts.states import raw_rows
from banso_web.core.registry import TimelineItem
from banso_web.core.ui.formats import date_text
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


_answers: Memo[Answers] = Memo(6)
DAY_ZERO = np.datetime64("0001-01-01", "D") - np.timedelta64(1, "D")  # of a day's ordinal


def answer_mark(watermark: int) -> int:
    """The last number up to a watermark at which answers came to count or ceased to."""
    return last_change(Response.objects.all(), "response", watermark)


def answers(asked: Asked, instrument: str) -> Answers:
    """Every scored answer to an instrument that was known for the question, whatever its day. Kept until answers change.

    An answer to a customer that was merged into another is one of the customer that was kept.
    """
    mark, merged = answer_mark(asked.watermark), merge_mark(asked.watermark)
    return _answers.get((mark, merged, asked.known_at, instrument), lambda: _read(asked, instrument))


def _read(asked: Asked, instrument: str) -> Answers:
    rows = counted(Response, asked.watermark, asked.known_at).filter(
        instrument__iexact=instrument, score__isnull=False, answered_on__isnull=False
    )
    found = list(raw_rows(rows.order_by(), "pk", "account_id", "contact_id", "answered_on", "score"))
    found.sort()  # of one day's answers the later entered is the later one
    if not found:
        nothing = np.zeros(0, np.int64)
        return Answers(nothing, nothing, nothing, nothing)
    keys, accounts, people, days, scores = zip(*found, strict=True)
    account = np.array(accounts, np.int64)
    for other, kept in merges(asked.watermark, asked.known_at).items():
        account[account == other] = kept
    person = np.array([-key if who is None else who for key, who in zip(keys, people, strict=True)], np.int64)
    day = (np.array(days, "datetime64[D]") - DAY_ZERO).astype(np.int64)
    score = np.rint(np.array(scores, np.float64) * 100).astype(np.int64)
    return Answers(account, person, day, score)


def unanswered(asked: Asked, account_ids: Collection[int], instrument: str) -> dict[int, int]:
    """{customer: requests up to the asked day that have no answer by then} of these customers."""
    if not account_ids:
        return {}
    merged, wanted = merges(asked.watermark, asked.known_at), set(account_ids)
    ids = wanted | {other for other, kept in merged.items() if kept in wanted}
    rows = counted(Response, asked.watermark, asked.known_at).filter(
        Q(answered_on=None) | Q(answered_on__gt=asked.as_of),
        account_id__in=ids,
        instrument__iexact=instrument,
        sent_on__lte=asked.as_of,
    )
    found: dict[int, int] = {}
    for account, number in (
        rows.order_by().values_list("account_id").annotate(n=Count("sent_on", distinct=True))
    ):
        key = merged.get(account, account)
        found[key] = found.get(key, 0) + number
    return found


def requests_since(asked: Asked, instrument: str, first: date) -> dict[int, tuple[int, int]]:
    """{customer: (requests sent from a day to the asked one, how many of them were answered by then)}. One query."""
    merged = merges(asked.watermark, asked.known_at)
    rows = counted(Response, asked.watermark, asked.known_at).filter(
        instrument__iexact=instrument, sent_on__gte=first, sent_on__lte=asked.as_of
    )
    both = (
        rows.order_by()
        .values_list("account_id")
        .annotate(sent=Count("pk"), answered=Count("pk", filter=Q(answered_on__lte=asked.as_of)))
    )
    found: dict[int, tuple[int, int]] = {}
    for account, sent, answered in both:
        key = merged.get(account, account)
        before = found.get(key, (0, 0))
        found[key] = (before[0] + sent, before[1] + answered)
    return found


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
    days = [date_text(row.answered_on, weekday=False) if row.answered_on else "" for row in scored]
    chart = None
    if len(scored) > 1:
        chart = {
            "kind": "line",
            "unit": {"kind": "count", "digits": 1},
            "description": "CSAT",
            "x": days,
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
