"""Figures of today on the customer's row, written by the apps that compute them so that lists sort and filter on one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from banso_web.accounts.models import Account
from banso_web.core.bulk import update_rows

CHUNK = 2_000
FIELDS = ("mrr_units", "renewal_on", "mrr_unrated", "figures_on")


@dataclass(frozen=True)
class Figures:
    """MRR in 1/10,000 of the reporting currency as the metrics count it, and the next end of a contract in force.
    `mrr_unrated`: what it is in words where a currency of it has no rate (the units are 0 then and mean nothing).
    """

    mrr_units: int
    renewal_on: date | None
    mrr_unrated: str = ""


def set_figures(figures: Mapping[int, Figures], *, on: date) -> int:
    """Write the figures that differ, at most CHUNK rows a transaction; gives how many rows changed.

    A projection of facts, not a change of them: no audit row, safe to run twice.
    """
    changed, ids = 0, sorted(figures)
    for start in range(0, len(ids), CHUNK):
        part: Sequence[int] = ids[start : start + CHUNK]
        rows = []
        stored = Account.objects.filter(pk__in=part).only("pk", *FIELDS)
        for row in stored:
            wanted = figures[row.pk]
            new = (wanted.mrr_units, wanted.renewal_on, wanted.mrr_unrated[:200], on)
            if (row.mrr_units, row.renewal_on, row.mrr_unrated, row.figures_on) != new:
                row.mrr_units, row.renewal_on, row.mrr_unrated, row.figures_on = new
                rows.append(row)
        with transaction.atomic():
            changed += update_rows(Account, list(FIELDS), rows)
    return changed
