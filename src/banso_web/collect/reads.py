"""Reading sources and what was rejected. Whoever asks has shown the right to manage sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from banso_web.collect.models import RejectedEvent, Source
from banso_web.collect.words import KINDS, REASONS
from banso_web.core.errors import NotVisible


@dataclass(frozen=True)
class SourceRow:
    """One source; the key only for those who manage sources."""

    id: int
    name: str
    kind: str
    kind_word: Any
    write_key: str
    created_at: datetime
    closed_at: datetime | None
    waiting: int  # rejected events nobody has settled


@dataclass(frozen=True)
class RejectedLine:
    """One rejected event with its bytes."""

    id: int
    source: str
    received_at: datetime
    message_id: str
    reason: str
    reason_word: Any
    field: str
    body: str


def source_names() -> dict[str, str]:
    """{id as text: name} of every source, closed ones too."""
    return {str(pk): name for pk, name in Source.objects.values_list("pk", "name")}


def sources() -> list[SourceRow]:
    """Open ones first, by name. Two queries."""
    waiting = dict(
        RejectedEvent.objects.filter(settled_at=None)
        .order_by()
        .values_list("source_id")
        .annotate(number=Count("pk"))
    )
    rows = [_row(source, waiting.get(source.pk, 0)) for source in Source.objects.order_by("name")]
    return sorted(rows, key=lambda row: row.closed_at is not None)


def source(source_id: int) -> SourceRow:
    """One source, or 404."""
    found = Source.objects.filter(pk=source_id).first()
    if found is None:
        raise NotVisible
    return _row(found, RejectedEvent.objects.filter(source=found, settled_at=None).count())


def _row(row: Source, waiting: int) -> SourceRow:
    return SourceRow(
        row.pk, row.name, row.kind, KINDS[row.kind], row.write_key, row.created_at, row.closed_at, waiting
    )


def rejected(
    *, source_id: int | None = None, start: int = 0, size: int = 50
) -> tuple[int, Sequence[RejectedLine]]:
    """(how many wait, a page of them), the latest first."""
    rows = RejectedEvent.objects.filter(settled_at=None)
    if source_id is not None:
        rows = rows.filter(source=source_id)
    page = rows.select_related("source").order_by("-received_at", "-pk")[start : start + size]
    return rows.count(), [_line(row) for row in page]


def rejected_one(rejected_id: int) -> RejectedLine:
    """One that waits, or 404."""
    row = RejectedEvent.objects.filter(pk=rejected_id).select_related("source").first()
    if row is None:
        raise NotVisible
    return _line(row)


def _line(row: RejectedEvent) -> RejectedLine:
    return RejectedLine(
        row.pk,
        row.source.name,
        row.received_at,
        row.message_id,
        row.reason,
        REASONS.get(row.reason, row.reason),
        row.field,
        row.body,
    )
