"""Taking a request in: key or signature, limits, events, log. Page process and collector both stand on this."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar
from uuid import uuid4

from django.conf import settings

from banso_web.collect.envelope import Envelope, micros, packed
from banso_web.collect.log import LogWriter, NotSafe, sealed_logs
from banso_web.collect.protocol import (
    UNKNOWN_ENCODING,
    Found,
    Rejected,
    Unreadable,
    Usual,
    events_of,
    unpacked,
    write_key,
)
from banso_web.collect.signature import key_of, refusal
from banso_web.collect.webhooks import batch_of
from banso_web.core import clock
from banso_web.core.sealing import Unreadable as Sealed
from banso_web.core.sealing import unsealed

#: Keys are looked up again after so many seconds: a closed source is refused that much later at the most.
KEY_SECONDS = 5.0
#: A key that is not among them is looked for again no sooner: unknown keys cost no question each.
MISS_SECONDS = 1.0
#: New events are refused while so many bytes wait for the compactor, or the disk has less than this share left.
MOST_WAITING = 4 * 1024**3
LEAST_FREE = 0.05
RETRY_SECONDS = 30
#: A webhook that is refused is noted on its page no more often.
NOTE_SECONDS = 60.0
SIGNING = "webhook"  # the purpose under which signing secrets are sealed


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
    "nested_too_deep": "The context of the batch is nested deeper than 100 levels. Nothing was stored.",
    "no_batch": "A batch needs a list named batch. Nothing was stored.",
    "bad_gzip": "The body says gzip and is none. Nothing was stored.",
    UNKNOWN_ENCODING: "Only gzip is understood as Content-Encoding. Nothing was stored; send the body plain or as gzip.",
    "unknown_key": "The write key is missing, unknown or closed. Nothing was stored.",
    "unknown_address": "No webhook is taken at this address, or it was closed. Nothing was stored.",
    "unsigned": "webhook-id, webhook-timestamp or webhook-signature is missing. Nothing was stored.",
    "bad_timestamp": "webhook-timestamp is not a number of seconds since 1970. Nothing was stored.",
    "old_timestamp": "webhook-timestamp is more than five minutes from now: check the clock. Nothing was stored.",
    "bad_signature": "No v1 signature fits the body and the secret. Nothing was stored.",
    "not_safe": "The events could not be written to disk. Nothing was stored; send them again.",
    "disk_full": "The disk is nearly full. Nothing was stored; send again later.",
    "busy": "Too much is waiting. Nothing was stored; send again later.",
}


def problem(status: int, code: str) -> Answer:
    """An error as clients of the protocol expect it: {code, message}."""
    headers = {}
    if status in (429, 503):
        moment = int(time.time()) + RETRY_SECONDS
        headers = {"Retry-After": str(RETRY_SECONDS), "X-RateLimit-Reset": str(moment)}
    return Answer(status, {"code": code, "message": MESSAGES[code]}, headers)


Known = TypeVar("Known")


def unreadable(error: Unreadable) -> Answer:
    """What is wrong with a request as a whole."""
    if error.code == UNKNOWN_ENCODING:
        return replace(problem(415, error.code), headers={"Accept-Encoding": "gzip"})
    return problem(400, error.code)


class Keys(Generic[Known]):
    """What the keys of open sources stand for, read anew after some seconds, and at once where a process of this home says that
    something changed: a sender that was set up by a page meets what the page said, whichever worker takes its request."""

    def __init__(self, read: Callable[[], dict[str, Known]]) -> None:
        self._read = read
        self._known: dict[str, Known] = {}
        self._read_at = float("-inf")
        self._as_of = -1
        self._lock = threading.Lock()

    def cached(self, key: str) -> Known | None:
        """What a key stands for, as far as it is known without asking the database."""
        return self._known.get(key) if self._holds(KEY_SECONDS) else None

    def find(self, key: str) -> Known | None:
        """What a key stands for, or None."""
        found = self.cached(key)
        if found is not None or not key:
            return found
        with self._lock:
            if self._holds(MISS_SECONDS):
                return self._known.get(key)  # somebody has just looked, maybe while this one waited
            changes = _changes()  # before the look: what changes during it is looked at again
            self._known, self._read_at, self._as_of = self._read(), time.monotonic(), changes
        return self._known.get(key)

    def _holds(self, seconds: float) -> bool:
        return time.monotonic() - self._read_at < seconds and self._as_of == _changes()

    def forget(self) -> None:
        """Something changed, and is committed. Processes on other machines see it after KEY_SECONDS."""
        self._read_at = float("-inf")
        with suppress(OSError), _changed_file().open("ab") as file:
            file.write(b".")


def _changed_file() -> Path:
    path: Path = settings.BANSO_HOME / "events" / "keys.changed"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _changes() -> int:
    """How often keys changed: the length of a file that every change makes longer."""
    try:
        return os.stat(settings.BANSO_HOME / "events" / "keys.changed").st_size
    except OSError:
        return 0


@dataclass(frozen=True)
class Hook:
    """One webhook source: its signing keys with the moment until which each is taken (None: it stays), and its mapping."""

    source: int
    keys: tuple[tuple[bytes, datetime | None], ...]
    mapping: dict[str, str]


def _write_keys() -> dict[str, int]:
    from banso_web.collect.models import Source

    tracking = Source.objects.filter(closed_at=None, kind=Source.Kind.TRACKING)
    return dict(tracking.values_list("write_key", "pk"))


def _hooks() -> dict[str, Hook]:
    from banso_web.collect.models import Webhook

    found = {}
    for row in Webhook.objects.filter(source__closed_at=None).select_related("source"):
        signing = []
        for secret, until in ((row.secret, None), (row.old_secret, row.old_until)):
            with suppress(Sealed):  # sealed under another secret key: its page asks for a new one
                if secret:
                    signing.append((key_of(unsealed(secret, SIGNING)), until))
        found[row.source.write_key] = Hook(row.source_id, tuple(signing), row.mapping)
    return found


keys: Keys[int] = Keys(_write_keys)
hooks: Keys[Hook] = Keys(_hooks)


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
    """Why no more is taken now: "busy", "disk_full", or "" where there is room. Looked at once a second."""

    def __init__(self) -> None:
        self._looked = float("-inf")
        self._trouble = ""

    def trouble(self) -> str:
        if time.monotonic() - self._looked > 1.0:
            disk = shutil.disk_usage(folder())
            full = disk.free <= LEAST_FREE * disk.total
            self._trouble = "disk_full" if full else "busy" if waiting_bytes() >= MOST_WAITING else ""
            self._looked = time.monotonic()
        return self._trouble


def waiting_bytes() -> int:
    """How much lies in sealed logs."""
    total = 0
    for path in sealed_logs(folder()):
        with suppress(FileNotFoundError):  # taken in meanwhile
            total += path.stat().st_size
    return total


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
        return unreadable(error)
    source = keys.find(basic_key(headers.get("authorization", "")) or write_key(body))
    if source is None:
        return problem(401, "unknown_key")
    return _kept(source, path, body, received_at, uuid4().hex)


def take_webhook(key: str, raw: bytes, headers: dict[str, str], received_at: datetime) -> Answer | Taken:
    """Look at one request of a webhook (Standard Webhooks) and hand its events to the log. `headers`: lower-case names.

    The signature is over the bytes as they came, judged by this machine's own clock. The same webhook-id again gives the
    same messageIds, so it changes nothing. What is refused as a whole is not stored, only noted on the page of the source.
    """
    hook = hooks.find(key)
    if hook is None:
        return problem(404, "unknown_address")
    moment = clock.machine()
    signing = [each for each, until in hook.keys if until is None or moment < until]
    if code := refusal(signing, headers, raw, moment):
        _note(hook.source, code, received_at)
        return problem(401, code)
    name = headers["webhook-id"].strip()
    try:
        batch = batch_of(unpacked(raw, headers.get("content-encoding", "")), hook.mapping, name)
    except Unreadable as error:
        _note(hook.source, error.code, received_at)
        return unreadable(error)
    # One webhook-id, one request: what is rejected of it is kept once, however often it comes.
    request = hashlib.sha256(f"{hook.source}:{name}".encode()).hexdigest()[:32]
    return _kept(hook.source, "batch", batch, received_at, request)


_noted: dict[int, float] = {}


def _note(source: int, code: str, moment: datetime) -> None:
    from banso_web.collect.models import Webhook

    if time.monotonic() - _noted.get(source, float("-inf")) > NOTE_SECONDS:
        _noted[source] = time.monotonic()
        Webhook.objects.filter(source=source).update(refused_at=moment, refused_why=code)


def _kept(source: int, path: str, body: bytes, received_at: datetime, request: str) -> Answer | Taken:
    try:
        found = events_of(path, body, received_at, request)
    except Unreadable as error:
        return unreadable(error)
    try:
        trouble = room.trouble()
        if trouble:
            return problem(503 if trouble == "disk_full" else 429, trouble)
        safe = writers.get().append(packed(Envelope(source, path, request, micros(received_at)), body))
    except (OSError, NotSafe):  # the folder itself cannot be used
        return problem(503, "not_safe")
    return Taken(safe, told(found))


def told(found: Found) -> dict[str, Any]:
    """What the sender is told: clients ask only for the status, people read the rest."""
    rejected = [
        {"index": each.index, "messageId": each.message_id, "reason": each.reason, "field": each.field}
        for each in (() if isinstance(found, Usual) else found)
        if isinstance(each, Rejected)
    ]
    return {"success": True, "accepted": len(found) - len(rejected), "rejected": rejected}
