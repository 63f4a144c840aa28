"""What bills say of many customers at once: who is late, and how late payments came."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from banso_web.core.facts import Asked, counted
from banso_web.revenue.models import Invoice


@dataclass(slots=True)
class Bills:
    """Bills of one customer, as of a day. `overdue`: how many are past their day and not paid; `since`: the earliest of these days.
    late_days, paid: days past their day, added up, of the bills paid within the last year, and how many these are (early: 0 days).
    `last`: the newest day of a bill or a payment."""

    overdue: int = 0
    since: date | None = None
    late_days: int = 0
    paid: int = 0
    last: date = date.min


YEAR = timedelta(days=365)


def bills(asked: Asked, accounts: Collection[int] | None = None) -> dict[int, Bills]:
    """{account: its bills} of everybody with a bill of the last year or one that is not paid, by the account they came with. One query."""
    day, year = asked.as_of, asked.as_of - YEAR
    rows = counted(Invoice, asked.watermark, asked.known_at).filter(
        Q(paid_on=None) | Q(paid_on__gt=year) | Q(billed_on__gt=year), billed_on__lte=day
    )
    if accounts is not None:
        rows = rows.filter(account_id__in=list(accounts))
    found: dict[int, Bills] = {}
    fields = rows.order_by().values_list("account_id", "billed_on", "due_on", "paid_on")
    for account, billed, due, paid in fields.iterator(chunk_size=20_000):
        one = found.setdefault(account, Bills())
        is_paid = paid is not None and paid <= day
        one.last = max(one.last, billed, paid if paid is not None and is_paid else billed)
        if due is None:
            continue
        if not is_paid and due < day:
            one.overdue += 1
            one.since = min(due, one.since or due)
        elif paid and is_paid and paid > year:
            one.paid += 1
            one.late_days += max(0, (paid - due).days)
    return found


def ever_billed(asked: Asked) -> bool:
    """Whether a bill was ever recorded by the asked day."""
    return counted(Invoice, asked.watermark, asked.known_at).filter(billed_on__lte=asked.as_of).exists()
