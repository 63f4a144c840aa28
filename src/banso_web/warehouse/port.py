"""What the event store promises, whatever engine keeps it. Every adapter passes `tests/test_contract.py`.

A SELECT over `events` is written once, in DuckDB's SQL; `tests/test_shapes.py` says what of it every adapter understands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

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


@dataclass(frozen=True)
class Added:
    """How many came in and which were there already (`source`, `message_id`)."""

    accepted: int
    duplicates: tuple[tuple[int, str], ...] = ()


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

    def add(self, rows: Sequence[EventRow], taking: Taking) -> Added:
        """Keep the rows whose (source, messageId) is new, and mark the logs as taken, all or nothing: nobody reads a row before.

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
