"""Which rows of a happening count at a watermark."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from banso_web.core.models import Happening

Row = TypeVar("Row", bound=Happening)


def effective(watermark: int, prefix: str = "entry") -> Q:
    """Condition: the entry was published by this watermark and not voided by it."""
    published = Q(**{f"{prefix}__seq__lte": watermark})
    standing = Q(**{f"{prefix}__voided_seq": None}) | Q(**{f"{prefix}__voided_seq__gt": watermark})
    return published & standing


def counted(model: type[Row], watermark: int, known_at: datetime | None = None) -> QuerySet[Row]:
    """Rows that count at the watermark: of each code the row of the latest effective entry, unless it is a void.

    `known_at` leaves out rows the company had not recorded by then. A correction known only later leaves the older row
    standing, as it should: that is what was known.
    """
    # Building the condition costs more than most of the queries it stands in; a copy of the unread query set is cheap.
    made: QuerySet[Row] = _counted(model, watermark, known_at)
    return made.all()


@lru_cache(maxsize=512)
def _counted(model: Any, watermark: int, known_at: datetime | None) -> QuerySet[Any]:
    known = Q() if known_at is None else Q(recorded_at__lte=known_at)
    rows = model._default_manager.filter(effective(watermark) & known, is_void=False)
    later = model._default_manager.filter(
        effective(watermark) & known, code=OuterRef("code"), entry__seq__gt=OuterRef("entry__seq")
    )
    found: QuerySet[Any] = rows.filter(Q(contested=False) | ~Exists(later))
    return found
