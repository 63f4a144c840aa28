"""Sources and what was rejected: opening, closing, keeping."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.collect.models import RejectedEvent, Source
from banso_web.collect.taking import keys
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, NotVisible, Refused

if TYPE_CHECKING:
    from banso_web.members.models import Member

MANAGE = "settings.edit"


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One rejected event as the compactor hands it over."""

    source: int
    received_at: datetime
    request: str
    index: int
    message_id: str
    reason: str
    field: str
    body: str


def open_source(name: str, *, actor: Member, kind: str = Source.Kind.TRACKING) -> Source:
    """A new source with a write key of its own. Refused for an empty or taken name."""
    _may(actor)
    text = name.strip()[:100]
    if not text:
        raise Refused(
            _("名前を入れてください。何も保存していません。"), fields={"name": _("名前を入れてください。")}
        )
    with transaction.atomic():
        if Source.objects.filter(name=text).exists():
            problem = _("同じ名前の送信元があります。別の名前を付けてください。")
            raise Refused(problem, fields={"name": problem})
        source = Source.objects.create(
            name=text, kind=kind, write_key=secrets.token_urlsafe(24), created_at=clock.now()
        )
        audit.record("source.new", actor=actor, subject="source", subject_id=source.pk, label=text)
    keys.forget()
    return source


def close_source(source_id: int, *, actor: Member) -> None:
    """Its key is refused from now on; what it sent stays. Closing twice changes nothing."""
    _may(actor)
    with transaction.atomic():
        source = Source.objects.select_for_update().filter(pk=source_id).first()
        if source is None:
            raise NotVisible
        if source.closed_at is None:
            source.closed_at = clock.now()
            source.save(update_fields=["closed_at"])
            audit.record(
                "source.close", actor=actor, subject="source", subject_id=source.pk, label=source.name
            )
    keys.forget()


def keep_rejected(rows: Sequence[RejectedRow]) -> None:
    """Keep rejected events for inspection; the same event again changes nothing. Inside the compactor's transaction."""
    RejectedEvent.objects.bulk_create(
        (
            RejectedEvent(
                source_id=row.source,
                received_at=row.received_at,
                request=row.request,
                index=row.index,
                message_id=row.message_id,
                reason=row.reason,
                field=row.field,
                body=row.body,
            )
            for row in rows
        ),
        ignore_conflicts=True,
        batch_size=500,
    )


def _may(actor: Member) -> None:
    if not actor.may(MANAGE):
        raise Forbidden(_("データの送信元を管理する権限がありません。"))
