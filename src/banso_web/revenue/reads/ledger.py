"""Money facts of customers as they were entered, for readers that page through them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from banso_web.core.facts import Asked, counted
from banso_web.revenue.models import Charge, Invoice, Movement


def _of(rows: QuerySet[Any], accounts: Collection[int] | None) -> QuerySet[Any]:
    rows = rows if accounts is None else rows.filter(account_id__in=list(accounts))
    return rows.select_related("account")


def movements(asked: Asked, accounts: Collection[int] | None) -> QuerySet[Movement]:
    """Movements that count, up to the asked day, of these accounts (None: of all), in no order."""
    rows = counted(Movement, asked.watermark, asked.known_at).filter(effective_on__lte=asked.as_of)
    return _of(rows, accounts).select_related("account", "contract")


def charges(asked: Asked, accounts: Collection[int] | None) -> QuerySet[Charge]:
    """Charges up to the asked day."""
    return _of(counted(Charge, asked.watermark, asked.known_at).filter(on__lte=asked.as_of), accounts)


def invoices(asked: Asked, accounts: Collection[int] | None) -> QuerySet[Invoice]:
    """Invoices billed up to the asked day; a later `paid_on` is the reader's to leave out."""
    return _of(counted(Invoice, asked.watermark, asked.known_at).filter(billed_on__lte=asked.as_of), accounts)
