"""When a customer began: the first day of use, and the first of a core feature (the first value)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from banso.usage import named
from banso_web.accounts.counting import merges
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.adoption import events
from banso_web.usage.reads.attributed import USED
from banso_web.usage.reads.definitions import FeatureLine

FIRSTS = USED + "SELECT feature, min(local_day) FROM used GROUP BY feature"
EVER = date(1990, 1, 1)


@dataclass(frozen=True)
class Beginnings:
    """Over all of history. A property of a rule does not matter here: the first event of the name does."""

    use: date | None
    value: date | None


def beginnings(asked: Asked, account_id: int, features: Sequence[FeatureLine]) -> Beginnings:
    """Events and files together: whichever came first."""
    rows = counted(UsageDaily, asked.watermark, asked.known_at)
    mine = rows.filter(account_id__in=accounts_of(asked, account_id), day__lte=asked.as_of, users__gt=0)
    found = dict(mine.order_by().values_list("feature").annotate(Min("day")))
    merged = merges(asked.watermark, asked.known_at)
    for name, first in events.read(FIRSTS, asked, merged, [account_id], EVER):
        found[name] = min(first, found.get(name, first))
    core = {one.event for one in named([line.definition for line in features if line.core], found)}
    return Beginnings(min(found.values(), default=None), min((found[name] for name in core), default=None))
