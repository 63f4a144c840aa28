"""Segment's tracking protocol: from the body of a request to events, each accepted or rejected with its reason.

Pure: the same body, source and moment of receipt give the same answer in the request and in the compactor.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import msgspec

LONGEST_EVENT = 32 * 1024
LONGEST_BATCH = 500 * 1024
MOST_EVENTS = 2_500
LONGEST_ID = 100
#: An event is nested no deeper: what one process can read, every other can, however deep its own stack is.
DEEPEST = 100

SINGLE = ("identify", "track", "page", "screen", "group", "alias")
BATCHES = ("batch", "import")
PATHS = (*SINGLE, *BATCHES)


class Reason(StrEnum):
    """Why one event was rejected."""

    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "event_too_large"
    UNKNOWN_TYPE = "unknown_type"
    NO_IDENTITY = "no_user_id_or_anonymous_id"
    NO_EVENT_NAME = "no_event_name"
    NO_GROUP = "no_group_id"
    NO_PREVIOUS = "no_previous_id"
    LONG_ID = "message_id_too_long"
    BAD_TIME = "unreadable_timestamp"
    BAD_VALUE = "wrong_kind_of_value"
    TOO_DEEP = "nested_too_deep"
    UNREADABLE = "unreadable"  # the whole request, by a version stricter than the one that took it


class Unreadable(Exception):
    """The whole request: `code` is not_json, too_large, too_many_events, no_batch or bad_gzip."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Event:
    """One accepted event. `at`: corrected for the client's clock. `client_day`: UTC day of the client's own unaltered time,
    the day in which its messageId is looked up; None where it sent no time."""

    kind: str
    message_id: str
    user_id: str
    anonymous_id: str
    group_id: str
    previous_id: str
    name: str
    at: datetime
    client_day: date | None
    properties: dict[str, Any]
    context: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """One rejected event: where it stood in the batch, its id ("" where it had none), the reason and its own bytes."""

    index: int
    message_id: str
    reason: Reason
    field: str
    body: bytes


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body of a request, gunzipped where it says so. Never more than a batch is unpacked. Raises Unreadable."""
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        data = body
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
        return _text(_whole(paired(body)).writeKey)
    except Unreadable:
        return ""


def events_of(path: str, body: bytes, received_at: datetime, request_id: str) -> Iterator[Event | Rejected]:
    """Every event of a request. `request_id` names events that came without a messageId. Raises Unreadable for the whole."""
    body = paired(body)
    whole = _whole(body)
    if path in BATCHES:
        if whole.batch is None:
            raise Unreadable("no_batch")
        if len(whole.batch) > MOST_EVENTS:
            raise Unreadable("too_many_events")
        shared = whole.context if isinstance(whole.context, dict) else {}
        for index, raw in enumerate(whole.batch):
            yield _event(bytes(raw), index, "", shared, whole.sentAt, received_at, request_id)
    else:
        yield _event(body, 0, path, {}, whole.sentAt, received_at, request_id)


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
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    return _HALVES.sub(lambda found: b"\\ufffd" if found[1] else found[0], body)


_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def _deep(raw: bytes) -> bool:
    """Whether an event is nested deeper than DEEPEST. Counting its brackets settles nearly all of them."""
    if raw.count(b"{") + raw.count(b"[") <= DEEPEST:
        return False
    depth = 0
    for mark in re.finditer(rb"[\[{}\]]", _STRINGS.sub(b"", raw)):
        depth += 1 if mark[0] in b"[{" else -1
        if depth > DEEPEST:
            return True
    return False


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
    if _deep(raw):
        return no(Reason.TOO_DEEP, "")
    try:
        item = _any.decode(raw)
    except (msgspec.DecodeError, ValueError):
        return no(Reason.NOT_AN_OBJECT, "")
    if not isinstance(item, dict):
        return no(Reason.NOT_AN_OBJECT, "")
    message_id = _text(item.get("messageId")) or f"banso-{request}-{index}"
    kind = path or _text(item.get("type"))
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
        user_id=_text(item.get("userId")),
        anonymous_id=_text(item.get("anonymousId")),
        group_id=_text(item.get("groupId")) or _text(context.get("groupId")),
        previous_id=_text(item.get("previousId")),
        name=_text(item.get("event")) or _text(item.get("name")),
        at=at,
        client_day=client_day,
        properties=(item.get("properties") or {}) if kind in ("track", "page", "screen") else traits,
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
    if not _text(item.get("userId")) and not _text(item.get("anonymousId")):
        return Reason.NO_IDENTITY, "userId"
    if kind == "track" and not _text(item.get("event")):
        return Reason.NO_EVENT_NAME, "event"
    if kind == "group" and not _text(item.get("groupId")):
        return Reason.NO_GROUP, "groupId"
    if kind == "alias" and not _text(item.get("previousId")):
        return Reason.NO_PREVIOUS, "previousId"
    return None


def _text(value: Any) -> str:
    """Ids come as text or as numbers; what no database keeps (NUL) leaves them."""
    if value is None or isinstance(value, (bool, dict, list)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\x00", "").strip()


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
    if not 1970 <= at.year < 2200 or not 1970 <= original.year < 2200:
        raise ValueError("a moment outside the years that events may have")
    return at, original.date()


_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


def parse_time(value: Any) -> datetime:
    """A moment as clients send it, in UTC: `2015-2-02T00:30:08.276Z` too. Without an offset it is UTC. ValueError otherwise."""
    found = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"not a moment: {value!r}")
    year, month, day, hour, minute, second, part, zone = found.groups()
    microsecond = int((part or "0")[:6].ljust(6, "0"))
    offset = UTC if zone is None or zone in "Zz" else _offset(zone)
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        microsecond,
        offset,
    )
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or the last hours that a calendar has
        raise ValueError(f"not a moment: {value!r}") from None


def _offset(text: str) -> timezone:
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(f"not an offset: {text}")
    size = timedelta(hours=hours, minutes=minutes)
    return timezone(-size if text[0] == "-" else size)
