"""The newest events wherever they are on their way: still in a log, in the store, rejected, or sent a second time.

Cheap to ask again and again: of logs only the ends are read, of the store only the newest days, and `mark` says whether anything is new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from banso_web.collect import reads as collected
from banso_web.collect.envelope import day_of, micros, moment_of, opened
from banso_web.collect.frames import Frame, read_frames
from banso_web.collect.protocol import Event, Unreadable, events_of
from banso_web.collect.taking import folder as log_folder
from banso_web.core import clock
from banso_web.core.errors import NotVisible
from banso_web.core.personal import was_erased
from banso_web.warehouse.models import Duplicate, LogTaken
from banso_web.warehouse.port import Added, Events
from banso_web.warehouse.store import event_store

NEWEST = 100
#: Of each log so many bytes at its end are read, and of all together no more than this.
TAIL, MOST_READ = 256 * 1024, 1024 * 1024
#: Duplicates that are kept for looking at, and so many of one round.
KEPT_DUPLICATES, OF_A_ROUND = 1_000, 200
STORED = """SELECT source, kind, message_id, user_id, anonymous_id, group_id, name, feature, received_at, happened_at, local_day,
    properties, context
  FROM events WHERE local_day >= $1 AND local_day <= $2 AND ($3 = 0 OR source = $3) AND ($4 = '' OR kind = $4)
    AND ($5 = '' OR group_id = $5 OR user_id = $8 OR anonymous_id = $8) AND ($6 = '' OR contains(name, $6))
    AND ($7::TIMESTAMP IS NULL OR received_at = $7)
  ORDER BY received_at DESC, message_id"""
NEWEST_STORED = f"{STORED} LIMIT {NEWEST}"
FIRST_OF = """SELECT happened_at, properties, context FROM events WHERE source = $1 AND message_id = $2
  AND local_day >= $3 AND local_day <= $4 ORDER BY received_at LIMIT 1"""


class State(StrEnum):
    WAITING = "waiting"  # safe in a log, not yet in the store
    STORED = "stored"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Seen:
    """One event as it was seen. properties, context: JSON; "" where they are not known (a duplicate, a rejected event).

    body: a rejected event's own bytes. reason, field: why it was rejected.
    """

    state: State
    source: int
    kind: str
    message_id: str
    user_id: str
    anonymous_id: str
    group_id: str
    name: str
    feature: str
    received_at: datetime
    happened_at: datetime | None = None
    local_day: date | None = None
    properties: str = ""
    context: str = ""
    reason: str = ""
    field: str = ""
    body: str = ""

    @property
    def received(self) -> int:
        """Microseconds since 1970."""
        return micros(self.received_at)

    @property
    def digest(self) -> str:
        """What an address calls it by: nothing that a client put into an id comes into a server's log."""
        again = "again" if self.state == State.DUPLICATE else ""
        return hashlib.sha256(f"{again}:{self.message_id}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Wanted:
    """What is asked for. who: a group id, exactly, or a user or anonymous id where `people` may be looked for: what is found tells
    that the person is there. name: a part of the event's name; day: Japan's day it happened on, today and yesterday where it is None.
    """

    source: int | None = None
    kind: str = ""
    who: str = ""
    name: str = ""
    state: str = ""
    day: date | None = None
    people: bool = True

    def fits(self, one: Seen) -> bool:
        return (
            self.source in (None, one.source)
            and self.kind in ("", one.kind)
            and (
                self.who in ("", one.group_id)
                or (self.people and self.who in (one.user_id, one.anonymous_id))
            )
            and self.name in one.name
            and self.day in (None, one.local_day)
        )


def mark() -> str:
    """Changes when an event came or went on. Two small queries and the names of the logs."""
    logs = [(path.name, path.stat().st_size) for path in _logs()]
    newest = LogTaken.objects.order_by("-pk").values_list("pk", flat=True).first()
    return hashlib.sha256(repr((logs, newest, collected.newest_rejected())).encode()).hexdigest()[:16]


def newest(wanted: Wanted) -> list[Seen]:
    """The newest hundred, the latest first."""
    found: list[Seen] = []
    for state, read in (
        (State.WAITING, _waiting),
        (State.STORED, _stored),
        (State.REJECTED, _rejected),
        (State.DUPLICATE, _duplicates),
    ):
        if wanted.state in ("", state):
            found += read(wanted)
    # One that was taken in between the two looks stands in both: the store's is the later word.
    stored = {(one.source, one.received, one.message_id) for one in found if one.state == State.STORED}
    found = [
        one
        for one in found
        if one.state != State.WAITING or (one.source, one.received, one.message_id) not in stored
    ]
    return sorted(found, key=lambda one: one.received, reverse=True)[:NEWEST]


def find(source: int, received: int, digest: str, day: date | None) -> Seen:
    """One event by the parts of its address, wherever it is by now; 404 where it is nowhere."""
    try:
        moment = moment_of(received)
    except (ValueError, OverflowError):
        raise NotVisible from None
    if source >= 2**31:
        raise NotVisible
    for one in _everywhere(source, moment, day):
        if (one.received, one.digest) == (received, digest):
            return _original(one) if one.state == State.DUPLICATE else one
    raise NotVisible


def _everywhere(source: int, moment: datetime, day: date | None) -> Iterator[Seen]:
    """Events of a source, place by place, each place asked only when the one before did not have it."""
    yield from _stored(Wanted(source=source, day=day), moment)
    for read in (_waiting, _rejected, _duplicates):
        yield from read(Wanted(source=source))


def keep_duplicates(events: Events, added: Added) -> None:
    """Keep the latest of a round's duplicates for looking at, and forget the oldest. Inside the compactor's transaction."""
    made = [
        Duplicate(
            source=source,
            message_id=message_id,
            received_at=moment_of(int(events.received_at[place])),
            kind=events.kind[place],
            name=events.name[place][:200],
            user_id=events.user_id[place][:200],
            group_id=events.group_id[place][:200],
            day=day_of(int(events.local_day[place])),
        )
        for (source, message_id), place in zip(
            added.duplicates[-OF_A_ROUND:], added.places[-OF_A_ROUND:], strict=True
        )
    ]
    if made:
        Duplicate.objects.bulk_create(made)
        last = Duplicate.objects.order_by("-pk").values_list("pk", flat=True)[
            KEPT_DUPLICATES : KEPT_DUPLICATES + 1
        ]
        Duplicate.objects.filter(pk__lte=next(iter(last), 0)).delete()


def _logs() -> list[Path]:
    """Logs in use and sealed ones, the newest first."""
    paths = [path for path in log_folder().iterdir() if path.suffix in (".log", ".sealed")]
    return sorted((path for path in paths if path.exists()), reverse=True)


def _waiting(wanted: Wanted) -> list[Seen]:
    logs = _logs()
    names = [path.name for path in logs]
    taken = set(LogTaken.objects.filter(name__in=names).values_list("name", flat=True))
    found: list[Seen] = []
    read = 0
    for path in logs:
        if read >= MOST_READ:
            break
        if path.with_suffix(".sealed").name in taken:
            continue
        data = _tail(path)
        read += len(data)
        found += [one for one in _of_log(data) if wanted.fits(one)]
    return sorted(found, key=lambda one: one.received, reverse=True)[:NEWEST]


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            return file.read(TAIL)
    except FileNotFoundError:  # taken in meanwhile
        return b""


def _of_log(data: bytes) -> Iterator[Seen]:
    for found in read_frames(data):
        if not isinstance(found, Frame):
            continue
        head, body = opened(found.payload)
        try:
            events = list(events_of(head.path, body, head.received_at, head.request))
        except Unreadable:
            continue
        for event in events:
            if isinstance(event, Event) and not _erased(event.user_id, event.anonymous_id):
                yield Seen(
                    State.WAITING,
                    head.source,
                    event.kind,
                    event.message_id,
                    event.user_id,
                    event.anonymous_id,
                    event.group_id,
                    event.name,
                    str(event.properties.get("feature") or (event.name if event.kind == "track" else "")),
                    head.received_at,
                    event.at,
                    event.at.astimezone(clock.JST).date(),
                    msgspec.json.encode(event.properties).decode(),
                    msgspec.json.encode(event.context).decode(),
                )


def _erased(*ids: str) -> bool:
    return any(was_erased(code=one, email=one) for one in ids if one)


def _stored(wanted: Wanted, moment: datetime | None = None) -> list[Seen]:
    first = wanted.day or clock.today() - timedelta(days=1)
    last = wanted.day or date(9999, 1, 1)
    rows = event_store().query(
        STORED if moment else NEWEST_STORED,
        [
            first,
            last,
            wanted.source or 0,
            wanted.kind,
            wanted.who,
            wanted.name,
            moment.replace(tzinfo=None) if moment else None,
            wanted.who if wanted.people else None,
        ],
        first=first,
        last=last,
    )
    return [_row(list(row)) for row in rows]


def _row(row: list[Any]) -> Seen:
    told: list[Any] = [one.replace(tzinfo=UTC) if isinstance(one, datetime) else one for one in row]
    return Seen(State.STORED, *told)


def _rejected(wanted: Wanted) -> list[Seen]:
    _total, lines = collected.rejected(source_id=wanted.source, size=NEWEST)
    found = []
    for line in lines:
        item = _object(line.body)
        text = {
            key: str(item.get(key) or "")
            for key in ("type", "userId", "anonymousId", "groupId", "event", "name")
        }
        one = Seen(
            State.REJECTED,
            line.source_id,
            text["type"] or line.path,
            line.message_id,
            text["userId"],
            text["anonymousId"],
            text["groupId"],
            text["event"] or text["name"],
            "",
            line.received_at,
            reason=line.reason,
            field=line.field,
            body=line.body,
        )
        if replace(wanted, day=None).fits(one):
            found.append(one)
    return found


def _object(body: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _duplicates(wanted: Wanted) -> list[Seen]:
    rows = Duplicate.objects.order_by("-pk")[:KEPT_DUPLICATES]
    seen = (
        Seen(
            State.DUPLICATE,
            row.source,
            row.kind,
            row.message_id,
            row.user_id,
            "",
            row.group_id,
            row.name,
            "",
            row.received_at,
            local_day=row.day,
        )
        for row in rows
    )
    return [one for one in seen if wanted.fits(one)][:NEWEST]


def _original(one: Seen) -> Seen:
    """A duplicate with the contents of the event that came first, where that is still there."""
    assert one.local_day is not None
    rows = event_store().query(
        FIRST_OF,
        [one.source, one.message_id, one.local_day - timedelta(days=1), one.local_day + timedelta(days=1)],
        first=one.local_day - timedelta(days=1),
        last=one.local_day + timedelta(days=1),
    )
    if not rows:
        return one
    ((happened, properties, context),) = rows
    return replace(one, happened_at=happened.replace(tzinfo=UTC), properties=properties, context=context)
