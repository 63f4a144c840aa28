"""Rejected events: taken in after all, one mended by hand or many of a reason with one key put right, or put aside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.collect.actions import SAFE_SECONDS, may_manage
from banso_web.collect.envelope import Envelope, micros, packed
from banso_web.collect.log import NotSafe
from banso_web.collect.models import RejectedEvent, Source
from banso_web.collect.protocol import SINGLE, Rejected, Unreadable, events_of, paired
from banso_web.collect.taking import writers
from banso_web.collect.words import REASONS
from banso_web.core import audit, clock
from banso_web.core.errors import Conflict, NotVisible, Refused

if TYPE_CHECKING:
    from banso_web.members.models import Member

REPLAYED, ASIDE = "replayed", "aside"
#: Events of one deed: a request that waits for the disk once, in a second or two. What is left is told.
AT_ONCE = 2_000
#: What another key can be read as: the words of the protocol.
WORDS = ("userId", "anonymousId", "event", "groupId", "previousId", "timestamp", "type", "messageId")


@dataclass(frozen=True)
class Replayed:
    """How many were taken in, how many still break a rule, and how many of the reason were not looked at yet."""

    taken: int
    refused: int
    left: int


def replay(rejected_id: int, *, actor: Member, body: str | None = None) -> None:
    """Take a rejected event in after all, through the log like any other; `body` where it was mended.

    Refused while it still breaks a rule, with that rule. An event without a messageId is named after the row, so that a second
    try is the same event and not another one.
    """
    may_manage(actor)
    row = _rejected(rejected_id)
    try:
        whole = _checked(row, row.body if body is None else body.strip())
    except Refused as problem:
        message = _("%(problem)s何も取り込んでいません。") % {"problem": problem.message}
        raise Refused(message, fields={"body": problem.message}) from None
    if Source.objects.filter(pk=row.source_id).exclude(closed_at=None).exists():
        raise Refused(_("この送信元は閉じています。何も取り込んでいません。"))
    if not _safe([_append(row, whole)]):
        raise Refused(
            _("ディスクに書けませんでした。何も取り込んでいません。しばらくしてからもう一度試してください。")
        )
    _settle(row, REPLAYED, actor)


def replay_many(
    reason: str, *, actor: Member, source_id: int | None = None, key: str = "", word: str = ""
) -> Replayed:
    """Take in what waits for a reason, the oldest first, as `replay` does each; what still breaks a rule stays as it is.

    key, word: the value at `key` ("user_id", "properties.user.id") is read as `word` of WORDS where the event has none. Events of closed
    sources stay. Refused where nothing could be written.
    """
    may_manage(actor)
    if bool(key) != bool(word) or (word and word not in WORDS):
        problem = _("読み替える項目と読み替え先を、両方入れてください。何も取り込んでいません。")
        raise Refused(problem, fields={"key": problem})
    waiting = _waiting(reason, source_id).filter(source__closed_at=None)
    rows = list(waiting.select_related("source").order_by("pk")[:AT_ONCE])
    fine: list[tuple[RejectedEvent, Future[None]]] = []
    for row in rows:
        try:
            fine.append((row, _append(row, _checked(row, _read_as(row.body, key, word)))))
        except Refused:
            continue
    if not _safe([future for _row, future in fine]):
        raise Refused(
            _(
                "ディスクに書けませんでした。しばらくしてからもう一度試してください。二度受け付けたものも一度だけ数えます。"
            )
        )
    _settle_many([row for row, _future in fine], reason, REPLAYED, actor)
    return Replayed(len(fine), len(rows) - len(fine), max(0, waiting.count() - (len(rows) - len(fine))))


def put_aside(rejected_id: int, *, actor: Member) -> None:
    """Looked at; it is not taken in. Its bytes stay until the retention ends."""
    may_manage(actor)
    _settle(_rejected(rejected_id), ASIDE, actor)


def put_aside_many(reason: str, *, actor: Member, source_id: int | None = None) -> int:
    """Put aside what waits for a reason; how many."""
    may_manage(actor)
    rows = list(_waiting(reason, source_id).select_related("source"))
    _settle_many(rows, reason, ASIDE, actor)
    return len(rows)


def _waiting(reason: str, source_id: int | None) -> Any:
    rows = RejectedEvent.objects.filter(settled_at=None, reason=reason)
    return rows if source_id is None else rows.filter(source=source_id)


def _checked(row: RejectedEvent, text: str) -> bytes:
    """The request that brings the event in. Refused, with the reason, where it breaks a rule.

    It happened when it says, or when it was received: the moment at which it was sent says nothing of today.
    """
    try:
        item = json.loads(paired(text.encode()))
    except (ValueError, RecursionError):
        raise Refused(_("JSON として読めません。")) from None
    if isinstance(item, dict):
        if item.get("timestamp") is None and item.get("originalTimestamp") is None:
            item["timestamp"] = row.received_at.isoformat()
        item.pop("sentAt", None)
    raw = json.dumps(item, ensure_ascii=False).encode()
    whole = raw if row.path in SINGLE else b'{"batch":[' + raw + b"]}"
    try:
        found = list(events_of(row.path, whole, row.received_at, f"replay-{row.pk}"))
    except Unreadable:
        raise Refused(_("JSON として読めません。")) from None
    (event,) = found
    if isinstance(event, Rejected):
        raise Refused(_("まだ受け付けられません: %(reason)s。") % {"reason": REASONS[event.reason]})
    return whole


def _read_as(text: str, key: str, word: str) -> str:
    """The event with the value at `key` as `word`; as it was where it has no such value, or a `word` of its own."""
    if not key:
        return text
    try:
        item = value = json.loads(paired(text.encode("utf-8", "replace")))
    except (ValueError, RecursionError):
        return text
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None or not isinstance(item, dict) or item.get(word):
        return text
    return json.dumps({**item, word: value}, ensure_ascii=False)


def _append(row: RejectedEvent, whole: bytes) -> Future[None]:
    head = Envelope(row.source_id, row.path, f"replay-{row.pk}", micros(clock.now()))
    return writers.get().append(packed(head, whole))


def _safe(futures: list[Future[None]]) -> bool:
    try:
        for future in futures:
            future.result(SAFE_SECONDS)
    except (NotSafe, TimeoutError):
        return False
    return True


def _rejected(rejected_id: int) -> RejectedEvent:
    row = RejectedEvent.objects.filter(pk=rejected_id).select_related("source").first()
    if row is None:
        raise NotVisible
    if row.settled_at is not None:
        raise Conflict(_("ほかの人がすでに片付けました。何も変えていません。"))
    return row


def _settle(row: RejectedEvent, how: str, actor: Member) -> None:
    with transaction.atomic():
        open_row = RejectedEvent.objects.filter(pk=row.pk, settled_at=None)
        if open_row.update(settled_at=clock.now(), settled_how=how):
            audit.record(
                f"source.{how}",
                actor=actor,
                subject="source",
                subject_id=row.source_id,
                label=row.source.name,
                new={"message_id": row.message_id, "reason": row.reason},
            )


def _settle_many(rows: list[RejectedEvent], reason: str, how: str, actor: Member) -> None:
    """One line in the audit log for each source."""
    with transaction.atomic():
        for source in {row.source for row in rows}:
            keys = [row.pk for row in rows if row.source_id == source.pk]
            done = 0
            for start in range(0, len(keys), 500):
                part = RejectedEvent.objects.filter(pk__in=keys[start : start + 500], settled_at=None)
                done += part.update(settled_at=clock.now(), settled_how=how)
            if done:
                audit.record(
                    f"source.{how}",
                    actor=actor,
                    subject="source",
                    subject_id=source.pk,
                    label=source.name,
                    new={"reason": reason, "events": done},
                )
