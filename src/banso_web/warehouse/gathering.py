"""From the bytes of logs to events as columns: decode, check, leave out who was erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from banso_web.collect.actions import RejectedRow
from banso_web.collect.envelope import DAY, Envelope, days_since, micros, opened
from banso_web.collect.frames import Damage, read_frames
from banso_web.collect.protocol import USES, Event, Found, Reason, Rejected, Unreadable, Usual, events_of
from banso_web.core.personal import erased_code, remembered, was_erased
from banso_web.warehouse.port import TYPES, Events, local_days

_encode = msgspec.json.Encoder().encode


class Gathered:
    """What some logs hold. accepted, rejected: {log name: events}; damaged: {log name: bytes that were no frames}."""

    def __init__(self) -> None:
        self.refused: list[RejectedRow] = []
        self.accepted: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.damaged: Counter[str] = Counter()
        self._columns: dict[str, list[Any]] = {name: [] for name in TYPES}
        self._heads: list[tuple[int, int, int]] = []  # source, moment of receipt, events

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
            if isinstance(events, Usual):
                self._add(events.columns(), head)
                self.accepted[path.name] += len(events)
                continue
            refused = [_refused(one, head) for one in events if isinstance(one, Rejected)]
            self._add(_columns([one for one in events if isinstance(one, Event)]), head)
            self.accepted[path.name] += len(events) - len(refused)
            self.rejected[path.name] += len(refused)
            self.refused += refused

    def events(self) -> Events:
        """The accepted events, in order."""
        self._forget()
        heads = np.array(self._heads, dtype=np.int64).reshape(-1, 3)
        moments = np.array(self._columns["happened_at"], dtype=np.int64)
        return Events.made(
            {
                **self._columns,
                "happened_at": moments,
                "local_day": local_days(moments),
                "source": np.repeat(heads[:, 0], heads[:, 2]),
                "received_at": np.repeat(heads[:, 1], heads[:, 2]),
            }
        )

    def _add(self, found: dict[str, list[Any]], head: Envelope) -> None:
        """Accepted events of one request. A list at a time: each is filled for hundreds of thousands of events."""
        self._heads.append((head.source, head.received, len(found["at"])))
        columns, kinds = self._columns, found["kind"]
        for name in ("message_id", "kind", "user_id", "anonymous_id", "group_id", "previous_id", "name"):
            columns[name] += found[name]
        columns["happened_at"] += found["at"]
        received_day = head.received // DAY
        columns["day"] += [received_day if day is None else day for day in found["client_day"]]
        columns["timed"] += [day is not None for day in found["client_day"]]
        given = [own if kind in USES else {} for kind, own in zip(kinds, found["properties"], strict=True)]
        words = {
            key: ["" if (word := each.get(key)) is None else _word(word) for each in given]
            for key in ("product", "department", "feature")
        }
        columns["product"] += words["product"]
        columns["department"] += words["department"]
        columns["feature"] += [
            word or (name if kind == "track" else "")
            for word, name, kind in zip(words["feature"], found["name"], kinds, strict=True)
        ]
        columns["properties"] += [_encode(one).decode() for one in found["properties"]]
        columns["context"] += [_encode(one).decode() for one in found["context"]]

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


def _columns(events: list[Event]) -> dict[str, list[Any]]:
    """As Usual has them."""
    columns = {name: [getattr(one, name) for one in events] for name in Event.__struct_fields__}
    columns["at"] = [micros(one.at) for one in events]
    columns["client_day"] = [None if one.client_day is None else days_since(one.client_day) for one in events]
    return columns


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
