"""From the body of a webhook to a batch of the tracking protocol.

A body that speaks the protocol (one event, a list of events, or a batch) is taken as it is. Any other JSON goes through the
source's mapping: for each word of an event a path into the JSON ("data.user.id", "items.0.name"; "" leaves it out) or a
fixed text behind "=" ("=申込"). Pure, and it never fails on an event: what it cannot fill is missing, and the protocol's own
rules refuse the event with their reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from banso_web.collect.protocol import Unreadable, paired

#: What a mapping may say. `properties`: the object that becomes the event's contents, the whole body where it says nothing.
WORDS = ("event", "user_id", "account_id", "timestamp", "properties")
#: A longer id of a webhook gives way to its digest: messageIds have at most 100 letters, and a batch numbers its events.
LONGEST_NAME = 80
MILLISECONDS = 100_000_000_000  # a number of seconds as large as this lies in the year 5138


def batch_of(body: bytes, mapping: Mapping[str, str], webhook_id: str) -> bytes:
    """The body as a batch whose events all have a messageId, the same one for the same webhook-id. Raises Unreadable."""
    try:
        value = msgspec.json.decode(paired(body))
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Unreadable("not_json") from None
    name = webhook_id
    if len(name) > LONGEST_NAME:
        name = hashlib.sha256(webhook_id.encode()).hexdigest()
    if mapping:
        lone = not isinstance(value, list)
        items = [mapped(item, mapping) for item in ([value] if lone else value)]
        whole: dict[str, Any] = {}
    else:
        whole = value if isinstance(value, dict) and isinstance(value.get("batch"), list) else {}
        items = whole["batch"] if whole else value if isinstance(value, list) else [value]
        lone = not whole and items is not value
    for at, item in enumerate(items):
        if isinstance(item, dict) and not item.get("messageId"):
            item["messageId"] = name if lone else f"{name}-{at}"
    return msgspec.json.encode({**whole, "batch": items})


def mapped(item: Any, mapping: Mapping[str, str]) -> Any:
    """One event of the protocol, or the item itself where it is no object."""
    if not isinstance(item, dict):
        return item
    found = {word: _at(item, mapping.get(word, "")) for word in WORDS}
    properties = found["properties"] if mapping.get("properties") else item
    event = {
        "type": "track",
        "event": found["event"],
        "userId": found["user_id"],
        "timestamp": _moment(found["timestamp"]),
        "properties": properties,
        "context": None if found["account_id"] is None else {"groupId": found["account_id"]},
    }
    return {key: value for key, value in event.items() if value is not None}


def _at(item: dict[str, Any], path: str) -> Any:
    if path.startswith("="):
        return path[1:]
    value: Any = item if path else None
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isascii() and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _moment(value: Any) -> Any:
    """Seconds or milliseconds since 1970 as text of a moment; everything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    seconds = value / 1000 if abs(value) >= MILLISECONDS else value
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return str(value)  # no moment: the protocol says so
