"""What a request holds: accepted and rejected events, and the limits of the protocol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
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
USES = ("track", "page", "screen")  # have properties; the others have traits
PATHS = (*SINGLE, *BATCHES)
UNKNOWN_ENCODING = "unknown_encoding"


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
    """The whole request: `code` is not_json, too_large, too_many_events, no_batch, nested_too_deep, bad_gzip or unknown_encoding."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Event(msgspec.Struct, frozen=True, gc=False):  # made from JSON, which has no cycles
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


def text(value: Any) -> str:
    """Ids come as text or as numbers; what no database keeps (NUL) leaves them."""
    if value is None or isinstance(value, (bool, dict, list)):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\x00", "").strip()


_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def deep(raw: bytes) -> bool:
    """Whether an event is nested deeper than DEEPEST. Counting its brackets settles nearly all of them."""
    if raw.count(b"{") + raw.count(b"[") <= DEEPEST:
        return False
    depth = 0
    for mark in re.finditer(rb"[\[{}\]]", _STRINGS.sub(b"", raw)):
        depth += 1 if mark[0] in b"[{" else -1
        if depth > DEEPEST:
            return True
    return False
