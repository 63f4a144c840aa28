"""The day of the last touch on the customer's row, written by the app that holds touches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from banso_web.accounts.models import Account
from banso_web.core.bulk import update_rows

CHUNK = 2_000


def set_last_touch(days: Mapping[int, date | None]) -> int:
    """Write the days that differ; gives how many rows changed. A projection: no audit row, safe to run twice."""
    changed, ids = 0, sorted(days)
    for start in range(0, len(ids), CHUNK):
        stored = Account.objects.filter(pk__in=ids[start : start + CHUNK]).only("pk", "last_touch_on")
        rows = [row for row in stored if row.last_touch_on != days[row.pk]]
        for row in rows:
            row.last_touch_on = days[row.pk]
        with transaction.atomic():
            changed += update_rows(Account, ["last_touch_on"], rows)
    return changed
