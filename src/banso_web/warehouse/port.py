"""What the event store promises, whatever engine keeps it. Every adapter passes `tests/test_contract.py`.

A SELECT over `events` is written once, in DuckDB's SQL; `tests/test_shapes.py` says what of it every adapter understands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from banso_web.collect.envelope import DAY, days_since, micros
from banso_web.core.errors import Unavailable

#: An event without a time of its own is compared with such events of so many days.
UNTIMED_DAYS = 35


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as it is kept. `day`: see EventSegment; `timed`: the sender gave the time."""

    source: int
    message_id: str
    kind: str
    user_id: str
    anonymous_id: str
    group_id: str
    previous_id: str
    name: str
    happened_at: datetime
    local_day: date
    day: date
    timed: bool
    received_at: datetime
    product: str
    department: str
    feature: str
    properties: str  # JSON
    context: str  # JSON


Column = NDArray[Any]


def local_days(moments: Column) -> Column:
    """Japan's days of these moments: since before 1970 its clock has stood 9 hours ahead."""
    return (moments + 9 * 3_600_000_000) // DAY


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """Events as columns of one length: EventRow, for many events at once. Nobody changes a column.

    source: int32; texts: object, each a str; moments: int64, microseconds since 1970 in UTC; days: int32, days since 1970;
    timed: bool.
    """

    source: Column
    message_id: Column
    kind: Column
    user_id: Column
    anonymous_id: Column
    group_id: Column
    previous_id: Column
    name: Column
    happened_at: Column
    local_day: Column
    day: Column
    timed: Column
    received_at: Column
    product: Column
    department: Column
    feature: Column
    properties: Column
    context: Column

    @classmethod
    def of(cls, rows: Iterable[EventRow]) -> Self:
        """The rows, in their order."""
        listed = list(rows)
        return cls.made({name: [_plain(getattr(row, name)) for row in listed] for name in TYPES})

    @classmethod
    def made(cls, columns: Mapping[str, Any]) -> Self:
        """From lists that hold what the columns hold."""
        return cls(**{name: np.array(columns[name], dtype=kind) for name, kind in TYPES.items()})

    def __len__(self) -> int:
        return len(self.source)

    def part(self, which: Column) -> Self:
        """The events at these places, or where a mask is true."""
        return type(self)(**{name: getattr(self, name)[which] for name in TYPES})


_NUMBERS: dict[str, type[np.generic]] = {
    "source": np.int32,
    "happened_at": np.int64,
    "local_day": np.int32,
    "day": np.int32,
    "timed": np.bool_,
    "received_at": np.int64,
}
TYPES: dict[str, type[np.generic]] = {one.name: _NUMBERS.get(one.name, np.object_) for one in fields(Events)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return micros(value)
    return days_since(value) if isinstance(value, date) else value


@dataclass(frozen=True)
class Added:
    """How many came in and which were there already (`source`, `message_id`), with their places in what was given."""

    accepted: int
    duplicates: tuple[tuple[int, str], ...] = ()
    places: tuple[int, ...] = field(default=(), compare=False)

    @classmethod
    def told(cls, events: Events, fresh: Column) -> Self:
        """`fresh`: a mask of those that came in."""
        places = np.flatnonzero(~fresh)
        names = zip(events.source[places].tolist(), events.message_id[places].tolist(), strict=True)
        return cls(len(events) - len(places), tuple(names), tuple(places.tolist()))


@dataclass(frozen=True)
class Taking:
    """What one add stands on: the logs it empties, and what else is written in the same transaction.

    rejected, accepted: {log name: events}; damaged: {log name: bytes that were no frames}. `beside` writes and checks in the same
    transaction; what it raises undoes the whole.
    """

    logs: Sequence[str]
    rejected: Mapping[str, int] = field(default_factory=dict)
    damaged: Mapping[str, int] = field(default_factory=dict)
    accepted: Mapping[str, int] = field(default_factory=dict)
    beside: Callable[[Added], None] | None = None


class AlreadyTaken(Exception):
    """Another process took these logs in at the same moment."""


class StoreUnavailable(Unavailable):
    """The store cannot be asked now. Nothing is lost: what is acknowledged waits in the logs."""


class EventStore(Protocol):
    """Events, each once. All days are Japan's unless a method says otherwise.

    Whoever adds holds the compactor's lease and proves it in `Taking.beside`. Every method may raise StoreUnavailable.
    """

    #: Its events lie in the home, and so in a backup.
    in_home: bool

    def add(self, events: Events, taking: Taking) -> Added:
        """Keep the events whose (source, messageId) is new, and mark the logs as taken, all or nothing: nobody reads one before.

        The same within the UTC day of the client's own time; an event without a time is compared over UNTIMED_DAYS. Raises
        AlreadyTaken, with nothing changed, where one of the logs is in. Killed anywhere, the next add of the logs sets it right.
        """

    def query(
        self, sql: str, parameters: Sequence[Any] = (), *, first: date | None = None, last: date | None = None
    ) -> list[tuple[Any, ...]]:
        """Rows of a SELECT over the table `events`; `first` and `last` say which days it can need.

        `$1`, `$2` … stand for the parameters: text, numbers, days, moments in UTC without a zone, lists of them, None.
        """

    def erase(self, people: Iterable[str], replacement: str, mentions: Sequence[str] = ()) -> int:
        """Put `replacement` for these user and anonymous ids and empty their events' contents, and the contents of events that
        hold one of `mentions` (in small letters); how many events changed. Safe to run twice."""

    def forget_received(self, source: int, moment: datetime) -> int:
        """Remove the events of a source that were received at this very moment (one import); how many. Safe to run twice."""

    def forget_before(self, day: date) -> int:
        """Remove events whose local day lies before; how many."""

    def tidy(self) -> None:
        """Put in order what adds have left and remove what kills have left. Under the compactor's lease; safe to be killed."""

    def check(self) -> str:
        """What keeps the events and answers now, in a few words."""
