"""What one entry said about MRR, and whether something later stands on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from banso_web.core.facts import current_watermark
from banso_web.core.facts.happenings import effective
from banso_web.core.models import Entry
from banso_web.revenue.models import Movement


@dataclass(frozen=True)
class Entered:
    """`accounts`: whose facts the entry holds. `followed`: a later standing entry holds facts of the same contracts."""

    accounts: set[int]
    followed: bool


def moved_by(entry: Entry, contracts: Collection[int] = ()) -> Entered:
    """The movements of an entry; later ones of the same contracts (and of `contracts`, whose terms the entry wrote), or of
    the same rows, stand on it."""
    rows = list(Movement.objects.filter(entry=entry).values_list("account_id", "contract_id", "code"))
    moved = {row[1] for row in rows if row[1] is not None} | set(contracts)
    codes = {row[2] for row in rows}
    same = Q(code__in=codes) | Q(contract__in=moved)
    later = Movement.objects.filter(effective(current_watermark()) & same, entry__seq__gt=entry.seq or 0)
    return Entered({row[0] for row in rows}, later.exists())
