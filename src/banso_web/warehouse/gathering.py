"""From the bytes of logs to events as columns: decode, check, leave out who was erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from banso_web.collect.actions import RejectedRow
from banso_web.collect.envelope import Envelope, opened
from banso_web.collect.frames import Damage, read_frames
from banso_web.collect.protocol import Event, Found, Reason, Rejected, Unreadable, Usual, events_of
from banso_web.core.personal import erased_code, remembered, was_erased
from banso_web.warehouse.port import TYPES, Events, days_since, local_days

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_DAY = 86_400_000_000  # microseconds
_encode = msgspec.json.Encoder().encode


class Gathered:
    """What some logs hold. accepted, rejected: {log name: events}; damaged: {log name: bytes that were no frames}."""

    def __init__(self) -> None:
        self.refused: list[RejectedRow] = []
        self.accepted: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.damaged: Counter[str] = Counter()
        self._columns: dict[str, list[Any]] = {name: [] for name in TYPES}

    def read(self, path: Path, undone: Collection[tuple[int, int]]) -> None:
        """Add a log, but for requests whose (source, moment of receipt) was undone."""
        for found in read_frames(path.read_bytes()):
            if isinstance(found, Damage):
                self.damaged[path.name] += 0 if found.torn else found.length
                continue
            head, body = opened(found.payload)
            if (head.source, head.received) in undone:
                continue
            events = _events(head, body)
            refused = (
                [] if isinstance(events, Usual) else [one for one in events if isinstance(one, Rejected)]
            )
            self.refused += [_refused(one, head) for one in refused]
            self.rejected[path.name] += len(refused)
            self.accepted[path.name] += len(events) - len(refused)
            self._add([one for one in events if isinstance(one, Event)], head)

    def events(self) -> Events:
        """The accepted events, in order."""
        self._forget()
        moments = np.array(self._columns["happened_at"], dtype=np.int64)
        return Events.made({**self._columns, "local_day": local_days(moments)})

    def _add(self, events: list[Event], head: Envelope) -> None:
        """One list at a time: 18 of them are filled for hundreds of thousands of events."""
        columns = self._columns
        for name in ("message_id", "kind", "user_id", "anonymous_id", "group_id", "previous_id", "name"):
            columns[name] += [getattr(one, name) for one in events]
        columns["source"] += [head.source] * len(events)
        columns["received_at"] += [head.received] * len(events)
        columns["happened_at"] += [(one.at - _EPOCH) // _MICROSECOND for one in events]
        received_day = head.received // _DAY
        columns["day"] += [days_since(one.client_day) if one.client_day else received_day for one in events]
        columns["timed"] += [one.client_day is not None for one in events]
        given = [one.properties if one.kind in ("track", "page", "screen") else {} for one in events]
        for name in ("product", "department"):
            columns[name] += [_word(each.get(name)) for each in given]
        columns["feature"] += [
            _word(each.get("feature")) or (one.name if one.kind == "track" else "")
            for each, one in zip(given, events, strict=True)
        ]
        columns["properties"] += [_encode(one.properties).decode() for one in events]
        columns["context"] += [_encode(one.context).decode() for one in events]

    def _forget(self) -> None:
        """Who was erased stays erased: events under their id or address that still lay in a log then, or come later, lose the id
        and their contents. What other people's events say of them is not looked for here."""
        if not remembered():
            return
        columns, ids = self._columns, ("user_id", "anonymous_id", "previous_id")
        everybody = {one for name in ids for one in columns[name] if one}
        gone = {one: erased_code(one) for one in everybody if was_erased(code=one, email=one)}
        if not gone:
            return
        for place, theirs in enumerate(zip(*(columns[name] for name in ids), strict=True)):
            if not gone.keys().isdisjoint(theirs):
                columns["properties"][place] = columns["context"][place] = "{}"
        for name in ids:
            columns[name] = [gone.get(one, one) for one in columns[name]]


def _events(head: Envelope, body: bytes) -> Found:
    try:
        return events_of(head.path, body, head.received_at, head.request)
    except Unreadable as error:
        # It was acknowledged, by a version that read it: this one is stricter. Its log goes, so its body is kept here.
        return [Rejected(0, "", Reason.UNREADABLE, error.code, body)]


def _refused(event: Rejected, head: Envelope) -> RejectedRow:
    return RejectedRow(
        source=head.source,
        received_at=head.received_at,
        request=head.request,
        index=event.index,
        message_id=event.message_id,
        reason=event.reason,
        field=event.field,
        body=event.body.decode("utf-8", "replace").replace("\x00", ""),
        path=head.path,
    )


def _word(value: object) -> str:
    return str(value)[:200].replace("\x00", "") if isinstance(value, (str, int, float)) else ""
