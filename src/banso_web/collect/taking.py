"""Taking a request in: key, limits, events, log. Page process and collector both stand on this."""

from __future__ import annotations

import base64
import os
import shutil
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

from banso_web.collect.envelope import Envelope, micros, packed
from banso_web.collect.log import LogWriter, sealed_logs
from banso_web.collect.protocol import Event, Rejected, Unreadable, events_of, unpacked, write_key

#: Keys are looked up again after so many seconds: a closed source is refused that much later at the most.
KEY_SECONDS = 5.0
#: A key that is not among them is looked for again no sooner: unknown keys cost no question each.
MISS_SECONDS = 1.0
#: New events are refused while so many bytes wait for the compactor, or the disk has less than this share left.
MOST_WAITING = 4 * 1024**3
LEAST_FREE = 0.05
RETRY_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """Status, JSON body and headers for the sender."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """A request that was understood: what to tell the sender once `safe` is done."""

    safe: Future[None]
    body: dict[str, Any]


MESSAGES = {
    "not_json": "The body is not JSON. Nothing was stored.",
    "too_large": "The body is larger than 500 KB. Nothing was stored; send smaller batches.",
    "too_many_events": "More than 2,500 events in one batch. Nothing was stored; send smaller batches.",
    "no_batch": "A batch needs a list named batch. Nothing was stored.",
    "bad_gzip": "The body says gzip and is none. Nothing was stored.",
    "unknown_key": "The write key is missing, unknown or closed. Nothing was stored.",
    "not_safe": "The events could not be written to disk. Nothing was stored; send them again.",
    "busy": "Too much is waiting or the disk is nearly full. Nothing was stored; send again later.",
}


def problem(status: int, code: str) -> Answer:
    """An error as clients of the protocol expect it: {code, message}."""
    headers = {}
    if status in (429, 503):
        moment = int(time.time()) + RETRY_SECONDS
        headers = {"Retry-After": str(RETRY_SECONDS), "X-RateLimit-Reset": str(moment)}
    return Answer(status, {"code": code, "message": MESSAGES[code]}, headers)


class Keys:
    """Write keys of the open sources, kept for some seconds."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def cached(self, key: str) -> int | None:
        """The source of a key, as far as it is known without asking the database."""
        return self._known.get(key) if time.monotonic() - self._read_at < KEY_SECONDS else None

    def source(self, key: str) -> int | None:
        """The source of a key, or None."""
        found = self.cached(key)
        if found is not None or not key:
            return found
        from banso_web.collect.models import Source

        with self._lock:
            if time.monotonic() - self._read_at < MISS_SECONDS:
                return self._known.get(key)  # somebody has just looked, maybe while this one waited
            rows = Source.objects.filter(closed_at=None).values_list("write_key", "pk")
            self._known, self._read_at = dict(rows), time.monotonic()
        return self._known.get(key)

    def forget(self) -> None:
        self._read_at = float("-inf")


keys = Keys()


def folder() -> Path:
    """Where the logs of this instance lie."""
    path: Path = settings.BANSO_HOME / "events" / "log"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


class _Writers:
    """One writer a process, made when the first event comes (a forked child makes its own)."""

    def __init__(self) -> None:
        self._writer: LogWriter | None = None
        self._owner: tuple[int, Path] | None = None
        self._lock = threading.Lock()

    def get(self) -> LogWriter:
        owner = (os.getpid(), settings.BANSO_HOME)
        with self._lock:
            if self._writer is None or self._owner != owner:
                self._writer, self._owner = LogWriter(folder()), owner
            return self._writer

    def close(self) -> None:
        """Seal what this process holds."""
        with self._lock:
            if self._writer is not None and self._owner == (os.getpid(), settings.BANSO_HOME):
                self._writer.close()
            self._writer = self._owner = None


writers = _Writers()


class _Room:
    """Whether there is room for more, looked at once a second."""

    def __init__(self) -> None:
        self._looked = float("-inf")
        self._room = True

    def there(self) -> bool:
        if time.monotonic() - self._looked > 1.0:
            waiting = sum(path.stat().st_size for path in sealed_logs(folder()) if path.exists())
            disk = shutil.disk_usage(folder())
            self._room = waiting < MOST_WAITING and disk.free > LEAST_FREE * disk.total
            self._looked = time.monotonic()
        return self._room


room = _Room()


def basic_key(authorization: str) -> str:
    """The write key of a Basic header: `key:` or, as some clients send it, `key` without the colon."""
    scheme, _space, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        text = base64.b64decode(rest.strip(), validate=True).decode("utf-8")
    except ValueError:
        return ""
    return text.partition(":")[0]


def take(path: str, raw: bytes, headers: dict[str, str], received_at: datetime) -> Answer | Taken:
    """Look at one request and hand its bytes to the log. `headers`: lower-case names.

    The key may stand in the Basic header or in the body. Every event is answered for: accepted, or rejected with its reason;
    rejected ones are logged too, and kept for inspection.
    """
    try:
        body = unpacked(raw, headers.get("content-encoding", ""))
    except Unreadable as error:
        return problem(400, error.code)
    source = keys.source(basic_key(headers.get("authorization", "")) or write_key(body))
    if source is None:
        return problem(401, "unknown_key")
    request = uuid4().hex
    try:
        found = list(events_of(path, body, received_at, request))
    except Unreadable as error:
        return problem(400, error.code)
    if not room.there():
        return problem(429, "busy")
    safe = writers.get().append(packed(Envelope(source, path, request, micros(received_at)), body))
    return Taken(safe, told(found))


def told(found: list[Event | Rejected]) -> dict[str, Any]:
    """What the sender is told: clients ask only for the status, people read the rest."""
    rejected = [
        {"index": each.index, "messageId": each.message_id, "reason": each.reason, "field": each.field}
        for each in found
        if isinstance(each, Rejected)
    ]
    return {"success": True, "accepted": len(found) - len(rejected), "rejected": rejected}
