"""Reading sources and what was rejected. Whoever asks has shown the right to manage sources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, QuerySet

from banso_web.collect.models import RejectedEvent, Source, Webhook
from banso_web.collect.taking import SIGNING
from banso_web.collect.words import KINDS, REASONS, REFUSALS
from banso_web.core import clock
from banso_web.core.errors import NotVisible
from banso_web.core.sealing import Unreadable, unsealed


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
    ended_on: date | None  # of a closed one: the first day on which nothing was expected of it
    waiting: int  # rejected events nobody has settled


@dataclass(frozen=True)
class WebhookRow:
    """How a webhook stands. `old_until`: the secret before is taken until then. `readable`: its secret can be used."""

    mapping: dict[str, str]
    old_until: datetime | None
    refused_at: datetime | None
    refused_word: Any
    readable: bool


@dataclass(frozen=True)
class RejectedLine:
    """One rejected event with its bytes."""

    id: int
    source: str
    source_id: int
    path: str
    received_at: datetime
    message_id: str
    reason: str
    reason_word: Any
    field: str
    body: str


def source_names() -> dict[str, str]:
    """{id as text: name} of every source, closed ones too."""
    return {str(pk): name for pk, name in Source.objects.values_list("pk", "name")}


def ended_sources() -> dict[str, date]:
    """{id as text: the day from which nothing is expected} of the sources that were closed."""
    rows = Source.objects.exclude(closed_at=None)
    return {str(row.pk): day for row in rows if (day := _ended_on(row)) is not None}


def _ended_on(row: Source) -> date | None:
    return row.ended_on or (row.closed_at and row.closed_at.astimezone(clock.JST).date())


def file_source() -> int | None:
    """The source of events that came as files, or None before the first one."""
    return Source.objects.filter(kind=Source.Kind.FILE).values_list("pk", flat=True).first()


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


def webhook(source_id: int) -> WebhookRow:
    """The webhook of a source, or 404."""
    row = Webhook.objects.filter(source=source_id).first()
    if row is None:
        raise NotVisible
    try:
        readable = bool(unsealed(row.secret, SIGNING))
    except Unreadable:
        readable = False
    until = row.old_until if row.old_until and clock.machine() < row.old_until else None
    return WebhookRow(row.mapping, until, row.refused_at, REFUSALS.get(row.refused_why, ""), readable)


def _row(row: Source, waiting: int) -> SourceRow:
    return SourceRow(
        row.pk,
        row.name,
        row.kind,
        KINDS[row.kind],
        row.write_key,
        row.created_at,
        row.closed_at,
        _ended_on(row),
        waiting,
    )


def rejected(
    *, source_id: int | None = None, reason: str = "", start: int = 0, size: int = 50
) -> tuple[int, Sequence[RejectedLine]]:
    """(how many wait, a page of them), the latest first."""
    rows = _waiting(source_id)
    if reason:
        rows = rows.filter(reason=reason)
    page = rows.select_related("source").order_by("-received_at", "-pk")[start : start + size]
    return rows.count(), [_line(row) for row in page]


def rejected_rows(*, source_id: int | None = None, reason: str = "") -> Iterator[RejectedLine]:
    """All that wait, the latest first, read a few thousand at a time."""
    rows = _waiting(source_id)
    if reason:
        rows = rows.filter(reason=reason)
    for row in rows.select_related("source").order_by("-received_at", "-pk").iterator(chunk_size=2_000):
        yield _line(row)


def reasons_waiting(source_id: int | None = None) -> list[tuple[str, Any, int]]:
    """(reason, its word, how many wait), the most frequent first."""
    counts = _waiting(source_id).order_by().values_list("reason").annotate(number=Count("pk"))
    return [
        (reason, REASONS.get(reason, reason), number)
        for reason, number in sorted(counts, key=lambda one: -one[1])
    ]


def _waiting(source_id: int | None) -> QuerySet[RejectedEvent]:
    rows = RejectedEvent.objects.filter(settled_at=None)
    return rows if source_id is None else rows.filter(source=source_id)


def newest_rejected() -> int:
    """Grows with every event that is rejected."""
    return RejectedEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def kept_requests(requests: Sequence[str]) -> set[str]:
    """Those of the requests of which something was rejected and is kept."""
    return set(RejectedEvent.objects.filter(request__in=requests).values_list("request", flat=True))


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
        row.source_id,
        row.path,
        row.received_at,
        row.message_id,
        row.reason,
        REASONS.get(row.reason, row.reason),
        row.field,
        legible(row.body),
    )


def legible(text: str) -> str:
    r"""JSON with the letters that its \uXXXX stand for, where they can be shown: the same JSON, to be read by people."""

    def letter(found: re.Match[str]) -> str:
        escape = found[0]
        shown = json.loads(f'"{escape}"') if escape.startswith("\\u") else ""
        return shown if shown.isprintable() and not shown.isascii() else escape

    return re.sub(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u[0-9a-fA-F]{4}|\\.", letter, text, flags=re.S)
