"""Batches as clients usually send them: every event good and in common form, decided on in one pass over the whole batch.

What is here in doubt about a batch it leaves to the rules one by one (`events_of`), which give the same events (a test compares
them): this is only quicker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from banso_web.collect.envelope import DAY, EPOCH, MICROSECOND, day_of, micros, moment_of
from banso_web.collect.protocol.events import DEEPEST, LONGEST_EVENT, LONGEST_ID, USES, Event, deep, text
from banso_web.collect.protocol.moments import FIRST, LAST, parse_time

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Item(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """An event with the fields that known clients send. One more, or one of another kind, and the batch is not usual: what is
    passed over here would not be checked to the last letter."""

    type: Literal["identify", "track", "page", "screen", "group", "alias"]
    messageId: Annotated[str, msgspec.Meta(max_length=LONGEST_ID)] | None = None
    userId: str | int | None = None
    anonymousId: str | None = None
    groupId: str | None = None
    previousId: str | None = None
    event: str | None = None
    name: str | None = None
    timestamp: _Moment | None = None
    originalTimestamp: _Moment | None = None
    sentAt: None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    integrations: Any = None
    channel: Any = None
    category: Any = None
    version: Any = None
    writeKey: Any = None
    metadata: Any = msgspec.field(default=None, name="_metadata")


class _Items(msgspec.Struct):
    batch: list[_Item]


_items = msgspec.json.Decoder(_Items)
_FAR = timedelta(days=36_500)


class Usual:
    """The events of a batch in which all are accepted; they are made when they are iterated, anew each time."""

    def __init__(
        self,
        items: list[_Item],
        raws: Sequence[msgspec.Raw],
        shared: dict[str, Any],
        ahead: timedelta,
        received_at: datetime,
        request: str,
    ) -> None:
        self._items, self._raws, self._shared = items, raws, shared
        self._ahead, self._received_at, self._request = ahead, received_at, request

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Event]:
        columns = self.columns()
        columns["at"] = [moment_of(moment) for moment in columns["at"]]
        columns["client_day"] = [None if day is None else day_of(day) for day in columns["client_day"]]
        for one in zip(*(columns[name] for name in Event.__struct_fields__), strict=True):
            yield Event(*one)

    def columns(self) -> dict[str, list[Any]]:
        """The fields of Event, each for all events: `at` in microseconds and `client_day` in days since 1970."""
        items, shared, request = self._items, self._shared, self._request
        contexts = [one.context or {} for one in items]
        if shared:
            contexts = [{**shared, **one} for one in contexts]
        moments = self._originals()
        received, ahead = micros(self._received_at), self._ahead // MICROSECOND
        return {
            "kind": [one.type for one in items],
            "message_id": [
                (one.messageId.strip() if one.messageId else "") or f"banso-{request}-{index}"
                for index, one in enumerate(items)
            ],
            "user_id": [
                one.userId.strip() if isinstance(one.userId, str) else text(one.userId) for one in items
            ],
            "anonymous_id": [one.anonymousId.strip() if one.anonymousId else "" for one in items],
            "group_id": [
                (one.groupId.strip() if one.groupId else "")
                or (group.strip() if isinstance(group := context.get("groupId"), str) else text(group))
                for one, context in zip(items, contexts, strict=True)
            ],
            "previous_id": [one.previousId.strip() if one.previousId else "" for one in items],
            "name": [
                (one.event.strip() if one.event else "") or (one.name.strip() if one.name else "")
                for one in items
            ],
            "properties": [(one.properties if one.type in USES else one.traits) or {} for one in items],
            "context": contexts,
            "at": [
                received
                if moment is None
                else moment + (0 if one.timestamp and one.originalTimestamp else ahead)
                for one, moment in zip(items, moments, strict=True)
            ],
            "client_day": [None if moment is None else moment // DAY for moment in moments],
        }

    def _originals(self) -> list[int | None]:
        """The clients' own times, in microseconds since 1970."""
        given = [one.timestamp or one.originalTimestamp for one in self._items]
        moments = [None if one is None else (one - EPOCH) // MICROSECOND for one in given]
        for index, moment in enumerate(moments):
            if moment is not None and moment % 1_000_000 == 0 and b".999999" in bytes(self._raws[index]):
                # Further digits were perhaps rounded up; `parse_time` cuts them off, and the day is the key's.
                item = msgspec.json.decode(self._raws[index])
                moments[index] = micros(parse_time(item.get("timestamp") or item["originalTimestamp"]))
        return moments


def usual(
    body: bytes,
    raws: Sequence[msgspec.Raw],
    shared: dict[str, Any],
    sent_at: Any,
    received_at: datetime,
    request: str,
) -> Usual | None:
    """The events of a batch, `raws` in the body, if none is rejected and all are usual; None where that is not certain."""
    if b"\\" in body and b"\\u0000" in body:  # `text` takes it out
        return None
    longest = max(map(len, raws), default=0)
    if longest > LONGEST_EVENT:
        return None
    # Where there is no list, each level costs five bytes, `{"":}`.
    shallow = longest < 5 * DEEPEST and body.count(b"[") == 1
    if not shallow and any(deep(bytes(raw)) for raw in raws):
        return None
    try:
        items = _items.decode(body).batch
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    ahead = _ahead(sent_at, received_at)
    if abs(ahead) > _FAR:
        return None
    first, last = max(FIRST, FIRST - ahead), min(LAST, LAST - ahead)
    for item in items:
        who, kind, original = item.userId, item.type, item.timestamp or item.originalTimestamp
        if who is None or (isinstance(who, str) and not who.strip()):
            who = item.anonymousId
            if not who or not who.strip():
                return None
        needed: str | None = kind
        if kind == "track":
            needed = item.event
        elif kind == "group":
            needed = item.groupId
        elif kind == "alias":
            needed = item.previousId
        if not needed or not needed.strip() or (original is not None and not first <= original < last):
            return None
    return Usual(items, raws, shared, ahead, received_at, request)


def _ahead(sent_at: Any, received_at: datetime) -> timedelta:
    """How far our clock is ahead of the sender's; nothing where it did not say when it sent, or not readably."""
    try:
        return timedelta() if sent_at is None else received_at - parse_time(sent_at)
    except ValueError:
        return timedelta()
