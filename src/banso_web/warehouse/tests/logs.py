"""Sealed logs as a collector leaves them, and what of them is in the store."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from banso_web.collect.envelope import Envelope, micros, packed
from banso_web.collect.frames import frame
from banso_web.collect.models import Source
from banso_web.collect.taking import folder as log_folder
from banso_web.warehouse.port import EventRow
from banso_web.warehouse.store import event_store

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)


def track(name: str, at: str | None = "2026-11-20T01:00:00Z", **more: Any) -> dict[str, Any]:
    event = {"type": "track", "event": "申請", "userId": "u1", "messageId": name, **more}
    return event if at is None else {**event, "timestamp": at}


def log(source: Source, *batches: list[dict[str, Any]], name: str = "0001", received: datetime = NOW) -> Path:
    """A sealed log as a collector leaves it."""
    path = log_folder() / f"{name}.sealed"
    frames = []
    for number, batch in enumerate(batches):
        head = Envelope(source.pk, "batch", f"{name}-{number}", micros(received))
        frames.append(frame(packed(head, json.dumps({"batch": batch}).encode())))
    path.write_bytes(b"".join(frames))
    return path


def ids() -> list[str]:
    return [name for (name,) in event_store().query("SELECT message_id FROM events ORDER BY 1")]


def event_row(source: int, message_id: str, **more: Any) -> EventRow:
    """A row as the compactor makes it of `track(message_id)`."""
    at = datetime(2026, 11, 20, 1, tzinfo=UTC)
    told: dict[str, Any] = {
        **dict.fromkeys((field.name for field in fields(EventRow)), ""),
        "source": source, "message_id": message_id, "kind": "track", "user_id": "u1", "name": "申請", "happened_at": at,
        "local_day": at.date(), "day": at.date(), "timed": True, "received_at": NOW, "properties": "{}", "context": "{}",
    }  # fmt: skip
    return EventRow(**{**told, **more})
