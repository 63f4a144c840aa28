"""Sources and what was rejected: opening, closing, keeping."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.collect.models import RejectedEvent, Source, Webhook
from banso_web.collect.signature import new_secret
from banso_web.collect.taking import SIGNING, hooks, keys
from banso_web.collect.webhooks import WORDS
from banso_web.core import audit, clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.sealing import sealed

if TYPE_CHECKING:
    from banso_web.members.models import Member

MANAGE = "settings.edit"
SAFE_SECONDS = 30
#: A secret that was renewed is still taken so long: the sender is changed over without losing anything.
OLD_SECRET = timedelta(hours=24)


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
    path: str = "batch"


def open_source(name: str, *, actor: Member, kind: str = Source.Kind.TRACKING) -> Source:
    """A new source with a write key of its own. Refused for an empty or taken name."""
    may_manage(actor)
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


def file_source() -> int:
    """The source of all events that come as files, made when the first one comes: the same event in two files is one event."""
    source, _made = Source.objects.get_or_create(
        kind=Source.Kind.FILE,
        defaults={
            "name": _("取り込んだイベントのファイル"),
            "write_key": secrets.token_urlsafe(24),
            "created_at": clock.now(),
        },
    )
    return source.pk


def open_webhook(name: str, *, actor: Member) -> tuple[Source, str]:
    """A new source that sends signed webhooks, and its secret: given here once and never again."""
    secret = new_secret()
    with transaction.atomic():
        source = open_source(name, actor=actor, kind=Source.Kind.WEBHOOK)
        Webhook.objects.create(source=source, secret=sealed(secret, SIGNING))
    hooks.forget()
    return source, secret


def renew_secret(source_id: int, *, actor: Member) -> str:
    """Another secret for a webhook, given here once. The one before is still taken for 24 hours, older ones no more."""
    may_manage(actor)
    secret = new_secret()
    with transaction.atomic():
        hook = _webhook(source_id)
        hook.old_secret, hook.old_until = hook.secret, clock.machine() + OLD_SECRET
        hook.secret = sealed(secret, SIGNING)
        hook.save(update_fields=["secret", "old_secret", "old_until"])
        audit.record(
            "source.secret", actor=actor, subject="source", subject_id=source_id, label=hook.source.name
        )
    hooks.forget()
    return secret


def map_webhook(source_id: int, mapping: Mapping[str, str], *, actor: Member) -> None:
    """How the webhook's JSON becomes events from now on (collect.webhooks); empty: it speaks the tracking protocol.

    Refused without a path to the event's name or to who acted: every event would be rejected.
    """
    may_manage(actor)
    cleaned = {word: mapping[word].strip()[:200] for word in WORDS if mapping.get(word, "").strip()}
    missing = {word: _("場所を入れてください。") for word in ("event", "user_id") if word not in cleaned}
    if cleaned and missing:
        raise Refused(_("イベント名と利用者IDの場所が要ります。何も保存していません。"), fields=missing)
    with transaction.atomic():
        hook = _webhook(source_id)
        old, hook.mapping = hook.mapping, cleaned
        if old != cleaned:
            hook.save(update_fields=["mapping"])
            audit.record(
                "source.mapping",
                actor=actor,
                subject="source",
                subject_id=source_id,
                label=hook.source.name,
                old=old,
                new=cleaned,
            )
    hooks.forget()


def _webhook(source_id: int) -> Webhook:
    found = Webhook.objects.select_for_update(of=("self",)).filter(source=source_id).select_related("source")
    hook = found.first()
    if hook is None:
        raise NotVisible
    if hook.source.closed_at is not None:
        raise Refused(_("この送信元は閉じています。何も変えていません。"))
    return hook


def close_source(source_id: int, *, actor: Member, ended_on: date | None = None) -> None:
    """Its key is refused from now on; what it sent stays. Nothing is expected of it from `ended_on` (Japan's day; today where None):
    days without it are no silence for customers whose use comes through another source. Closing twice changes nothing but that day.
    """
    may_manage(actor)
    if ended_on is not None and ended_on > clock.today():
        problem = _("今日までの日を入れてください。何も変えていません。")
        raise Refused(problem, fields={"ended_on": problem})
    with transaction.atomic():
        source = Source.objects.select_for_update().filter(pk=source_id).first()
        if source is None:
            raise NotVisible
        is_open, day = source.closed_at is None, ended_on or clock.today()
        if is_open or (ended_on is not None and source.ended_on != ended_on):
            old, source.ended_on = source.ended_on, day
            source.closed_at = source.closed_at or clock.now()
            source.save(update_fields=["closed_at", "ended_on"])
            audit.record(
                "source.close" if is_open else "source.ended",
                actor=actor,
                subject="source",
                subject_id=source.pk,
                label=source.name,
                old=None if old is None else {"ended_on": old.isoformat()},
                new={"ended_on": day.isoformat()},
            )
    keys.forget()
    hooks.forget()


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
                path=row.path,
            )
            for row in rows
        ),
        ignore_conflicts=True,
        batch_size=500,
    )


def may_manage(actor: Member) -> None:
    """Forbidden for who does not manage sources."""
    if not actor.may(MANAGE):
        raise Forbidden(_("データの送信元を管理する権限がありません。"))
