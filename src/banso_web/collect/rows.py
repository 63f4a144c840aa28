"""Events that come as rows of a table: the columns of the canonical file `events` as events of the tracking protocol."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from banso_web.collect.protocol import Event, Rejected, events_of

#: Columns that a dump of the protocol carries along; they say nothing of what was done.
ENVELOPE = frozenset(
    {
        "name",
        "sentAt",
        "receivedAt",
        "originalTimestamp",
        "integrations",
        "writeKey",
        "channel",
        "version",
        "_metadata",
    }
)
#: So many events go into one batch: each may have 32 KB, and a frame of the log 4 MB.
BATCH = 100


def as_event(values: Mapping[str, Any], further: Mapping[str, Any]) -> dict[str, Any]:
    """One event. `values`: typed, by canonical column. `further`: columns that no canonical one takes; they become contents."""
    kind = values.get("type") or "track"
    said = "traits" if kind in ("identify", "group") else "properties"
    contents = {
        **(values.get(said) or {}),
        **{
            name: value for name, value in further.items() if value not in ("", None) and name not in ENVELOPE
        },
        **{name: values[name] for name in ("product", "department", "feature") if values.get(name)},
    }
    moment: datetime | None = values.get("timestamp")
    event = {
        "messageId": values.get("message_id"),
        "type": kind,
        "event": values.get("event") or further.get("name"),
        "userId": values.get("user_id"),
        "anonymousId": values.get("anonymous_id"),
        "groupId": values.get("account_id"),
        "previousId": values.get("previous_id"),
        "timestamp": None if moment is None else moment.astimezone(UTC).isoformat(),
        said: contents,
        "context": values.get("context"),
    }
    return {name: value for name, value in event.items() if value}


class Naming:
    """Gives events without a messageId one of their content and of their place among events that are equal.

    The same rows in the same order get the same names, so reading them again changes nothing. One a file, or a stretch of a
    table that is always read as a whole.
    """

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._seen: Counter[bytes] = Counter()

    def named(self, event: dict[str, Any]) -> dict[str, Any]:
        if event.get("messageId"):
            return event
        content = hashlib.sha256(msgspec.json.encode(event, order="sorted")).digest()[:20]
        self._seen[content] += 1
        return {**event, "messageId": f"{self._mark}-{content.hex()}-{self._seen[content]}"}


def batches(events: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Bodies of requests of the protocol that hold these events in order."""
    part: list[dict[str, Any]] = []
    for event in events:
        part.append(event)
        if len(part) == BATCH:
            yield msgspec.json.encode({"batch": part})
            part = []
    if part:
        yield msgspec.json.encode({"batch": part})


def judged(events: Sequence[dict[str, Any]], moment: datetime) -> list[Event | Rejected]:
    """What the protocol says of each event, as the compactor will."""
    return [found for body in batches(events) for found in events_of("batch", body, moment, "rows")]
