"""Segment's tracking protocol: from the body of a request to events, each accepted or rejected with its reason.

Pure: the same body, source and moment of receipt give the same answer in the request and in the compactor.
"""

from __future__ import annotations

import re
import zlib
from datetime import date, datetime
from typing import Any

import msgspec

from banso_web.collect.protocol.events import (
    BATCHES,
    DEEPEST,
    LONGEST_BATCH,
    LONGEST_EVENT,
    LONGEST_ID,
    MOST_EVENTS,
    PATHS,
    SINGLE,
    UNKNOWN_ENCODING,
    USES,
    Event,
    Reason,
    Rejected,
    Unreadable,
    deep,
    text,
)
from banso_web.collect.protocol.moments import FIRST, LAST, parse_time
from banso_web.collect.protocol.usual import Usual, usual

__all__ = [
    "BATCHES",
    "DEEPEST",
    "LONGEST_BATCH",
    "LONGEST_EVENT",
    "LONGEST_ID",
    "MOST_EVENTS",
    "PATHS",
    "SINGLE",
    "UNKNOWN_ENCODING",
    "USES",
    "Event",
    "Found",
    "Reason",
    "Rejected",
    "Unreadable",
    "Usual",
    "events_of",
    "paired",
    "parse_time",
    "unpacked",
    "write_key",
]

#: The events of a request, in order.
Found = Usual | list[Event | Rejected]


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body of a request, gunzipped where it says so. Never more than a batch is unpacked. Raises Unreadable."""
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        data = body
    elif coding not in ("gzip", "x-gzip"):
        raise Unreadable(UNKNOWN_ENCODING)
    else:
        machine = zlib.decompressobj(wbits=31)
        try:
            data = machine.decompress(body, LONGEST_BATCH + 1)
        except zlib.error:
            raise Unreadable("bad_gzip") from None
        if not machine.eof and len(data) <= LONGEST_BATCH:
            raise Unreadable("bad_gzip")
    if len(data) > LONGEST_BATCH:
        raise Unreadable("too_large")
    return data


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw] | None = None
    writeKey: Any = None
    sentAt: Any = None
    context: Any = None
    integrations: Any = None


_batch = msgspec.json.Decoder(_Batch)
_any = msgspec.json.Decoder()


def write_key(body: bytes) -> str:
    """The writeKey inside a body, "" where it has none or is no JSON."""
    try:
        return text(_whole(paired(body)).writeKey)
    except Unreadable:
        return ""


def events_of(path: str, body: bytes, received_at: datetime, request_id: str) -> Found:
    """Every event of a request. `request_id` names events that came without a messageId. Raises Unreadable for the whole.

    Only what is rejected is told apart here; the events of a usual batch are made when they are iterated.
    """
    body = paired(body)
    whole = _whole(body)
    if path in BATCHES:
        if whole.batch is None:
            raise Unreadable("no_batch")
        if len(whole.batch) > MOST_EVENTS:
            raise Unreadable("too_many_events")
        shared = whole.context if isinstance(whole.context, dict) else {}
        if shared and _too_deep(shared):
            raise Unreadable("nested_too_deep")
        found = usual(body, whole.batch, shared, whole.sentAt, received_at, request_id)
        if found is not None:
            return found
        return [
            _event(bytes(raw), index, "", shared, whole.sentAt, received_at, request_id)
            for index, raw in enumerate(whole.batch)
        ]
    return [_event(body, 0, path, {}, whole.sentAt, received_at, request_id)]


def _too_deep(shared: dict[str, Any]) -> bool:
    """As with an event: what is nested deeper than DEEPEST is not kept."""
    try:
        return deep(msgspec.json.encode(shared))
    except RecursionError:
        return True


def _whole(body: bytes) -> _Batch:
    """The request around its events. Raises Unreadable."""
    try:
        return _batch.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Unreadable("not_json") from None


# A backslash with what it escapes, so that `\\\\ud83d` (a backslash and five letters) is passed over; a pair of halves; one half.
_HALVES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def paired(body: bytes) -> bytes:
    """Half a character, as browsers send it where a text was cut inside an emoji, becomes U+FFFD: its batch is not lost for it."""
    if b"\\" not in body or (b"\\ud" not in body and b"\\uD" not in body):
        return body
    return _HALVES.sub(lambda found: b"\\ufffd" if found[1] else found[0], body)


def _event(
    raw: bytes,
    index: int,
    path: str,
    shared: dict[str, Any],
    sent_at: Any,
    received_at: datetime,
    request: str,
) -> Event | Rejected:
    message_id = ""

    def no(reason: Reason, field: str) -> Rejected:
        return Rejected(index, message_id[:200], reason, field, raw)

    if len(raw) > LONGEST_EVENT:
        return no(Reason.TOO_LARGE, "")
    if deep(raw):
        return no(Reason.TOO_DEEP, "")
    try:
        item = _any.decode(raw)
    except (msgspec.DecodeError, ValueError):
        return no(Reason.NOT_AN_OBJECT, "")
    if not isinstance(item, dict):
        return no(Reason.NOT_AN_OBJECT, "")
    message_id = text(item.get("messageId")) or f"banso-{request}-{index}"
    kind = path or text(item.get("type"))
    problem = _problem(item, kind, message_id)
    if problem is not None:
        return no(*problem)
    context = {**shared, **(item.get("context") or {})}
    try:
        at, client_day = _times(item, sent_at, received_at)
    except ValueError:
        return no(Reason.BAD_TIME, "timestamp")
    traits = item.get("traits") or {}
    return Event(
        kind=kind,
        message_id=message_id,
        user_id=text(item.get("userId")),
        anonymous_id=text(item.get("anonymousId")),
        group_id=text(item.get("groupId")) or text(context.get("groupId")),
        previous_id=text(item.get("previousId")),
        name=text(item.get("event")) or text(item.get("name")),
        at=at,
        client_day=client_day,
        properties=(item.get("properties") or {}) if kind in USES else traits,
        context=context,
    )


def _problem(item: dict[str, Any], kind: str, message_id: str) -> tuple[Reason, str] | None:
    """The rules of the protocol, first broken one."""
    if len(message_id) > LONGEST_ID:
        return Reason.LONG_ID, "messageId"
    if kind not in SINGLE:
        return Reason.UNKNOWN_TYPE, "type"
    for field in ("context", "properties", "traits"):
        if item.get(field) is not None and not isinstance(item[field], dict):
            return Reason.BAD_VALUE, field
    for field in ("userId", "anonymousId", "groupId", "previousId", "event", "name", "messageId", "type"):
        if isinstance(item.get(field), (dict, list)):
            return Reason.BAD_VALUE, field
    if not text(item.get("userId")) and not text(item.get("anonymousId")):
        return Reason.NO_IDENTITY, "userId"
    if kind == "track" and not text(item.get("event")):
        return Reason.NO_EVENT_NAME, "event"
    if kind == "group" and not text(item.get("groupId")):
        return Reason.NO_GROUP, "groupId"
    if kind == "alias" and not text(item.get("previousId")):
        return Reason.NO_PREVIOUS, "previousId"
    return None


def _times(item: dict[str, Any], sent_at: Any, received_at: datetime) -> tuple[datetime, date | None]:
    """`received − (sent − original)`, and the UTC day of the original. An unreadable sentAt counts as not sent.

    Who sends a timestamp beside its originalTimestamp says when the event happened, whatever the client's clock said when it
    was noted (RudderStack's clients for servers; Segment's forwarding): it stands as it is, on a second sending too.
    """
    stated, noted = item.get("timestamp"), item.get("originalTimestamp")
    if stated is None and noted is None:
        return received_at, None
    original = parse_time(noted if stated is None else stated)
    sent = (item.get("sentAt") or sent_at) if stated is None or noted is None else None
    try:
        at = original if sent is None else received_at - (parse_time(sent) - original)
    except (ValueError, OverflowError):
        at = original
    if not FIRST <= at < LAST or not FIRST <= original < LAST:
        raise ValueError("a moment outside the years that events may have")
    return at, original.date()
