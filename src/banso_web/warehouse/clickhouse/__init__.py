"""The distributed event store: one table in ClickHouse, and in the relational database which of its batches count.

The rows of one add bear one number. It stands in the relational database, as open, before the first row is sent; the transaction
that marks the logs as taken settles it. Readers see the rows of numbers given out before they began, but for those that are not
settled: a kill before the transaction leaves rows that nobody reads and a log for the next round, a kill after it a log that is
known to be in. docs/decisions/0010-events-in-clickhouse.md says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from banso_web.collect.envelope import day_of, micros
from banso_web.core import clock
from banso_web.warehouse import manifest
from banso_web.warehouse.clickhouse.dialect import events_of, translated
from banso_web.warehouse.clickhouse.server import COLUMNS, TABLE, Server, server
from banso_web.warehouse.models import EventBatch, Lease, TakenOut
from banso_web.warehouse.port import UNTIMED_DAYS, Added, AlreadyTaken, Events, Taking

#: A batch that is open for so long belongs to a dead process.
GIVEN_UP = timedelta(days=1)
_KNOWN = """SELECT DISTINCT day, source, message_id FROM events
  WHERE timed = $4 AND day >= $2 AND day <= $3 AND message_id IN (SELECT unnest($1::VARCHAR[]))"""
_OWN = " OR ".join(
    f"has(CAST(%(ids)s AS Array(String)), {name})" for name in ("user_id", "anonymous_id", "previous_id")
)
_NAMED = """arrayExists(text -> position(lowerUTF8(properties), text) > 0 OR position(lowerUTF8(context), text) > 0,
  CAST(%(mentions)s AS Array(String)))"""
_ERASED = ", ".join(
    [
        *(
            f"{name} = if(has(CAST(%(ids)s AS Array(String)), {name}), %(replacement)s, {name})"
            for name in ("user_id", "anonymous_id", "previous_id")
        ),
        "properties = '{}'",
        "context = '{}'",
    ]
)
State = EventBatch.State


class ClickHouseStore:
    """See the head of the module."""

    in_home = False

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def _server(self) -> Server:
        return server(self._url)

    def add(self, events: Events, taking: Taking) -> Added:
        is_new = manifest.sifted(events, self._known(events))
        fresh, added = events.part(is_new), Added.told(events, is_new)
        number = self._written(fresh) if len(fresh) else None
        with transaction.atomic():
            if number is not None and not _open(number).update(state=State.SETTLED):
                raise AlreadyTaken(list(taking.logs))  # it slept for a day: its rows are swept
            manifest.take(fresh, added, taking)
        return added

    def _known(self, events: Events) -> set[manifest.Key]:
        """The keys among these that are there already, also where a restored database has not heard of their batch."""
        found: set[manifest.Key] = set()
        for timed in (True, False):
            which = events.timed == timed
            days = events.day[which]
            if not len(days):
                continue
            first, last = day_of(int(days.min())), day_of(int(days.max()))
            if not timed:
                first, last = clock.today() - timedelta(days=UNTIMED_DAYS), date.max
            names = sorted(set(events.message_id[which].tolist()))
            sql, values = translated(_KNOWN, [names, first, last, timed])
            held = self._server.ask(events_of(sql, _settled()), values)
            found |= {(day if timed else None, source, name) for day, source, name in held}
        return found

    def _written(self, events: Events) -> int:
        """The number of the open batch that now holds exactly these events."""
        number = _begun()
        columns = [
            [number] * len(events) if name == "batch" else getattr(events, name).tolist() for name in COLUMNS
        ]
        self._server.insert(columns, str(number))
        ((held,),) = self._server.ask(f"SELECT count() FROM {TABLE} WHERE batch = {number}")
        if held != len(events):
            raise RuntimeError(
                f"ClickHouse holds {held} of {len(events)} events of a batch: none of them counts, their logs stay and are tried again"
            )
        return number

    def query(
        self, sql: str, parameters: Sequence[Any] = (), *, first: date | None = None, last: date | None = None
    ) -> list[tuple[Any, ...]]:
        seen = _visible()
        if first is not None:
            seen += f" AND local_day >= toDate32('{first}')"
        if last is not None:
            seen += f" AND local_day <= toDate32('{last}')"
        text, values = translated(sql, parameters)
        return self._server.ask(events_of(text, seen), values)

    def erase(self, people: Iterable[str], replacement: str, mentions: Sequence[str] = ()) -> int:
        values = {
            "ids": sorted(set(people) - {"", replacement}),
            "mentions": list(mentions),
            "replacement": replacement,
        }
        return self._changed(f"UPDATE {_ERASED} WHERE", f"({_OWN} OR {_NAMED})", values)

    def forget_received(self, source: int, moment: datetime) -> int:
        which = _received(source, moment)
        days = self._server.ask(
            f"SELECT local_day, count() FROM {TABLE} WHERE {which} AND {_visible()} GROUP BY local_day"
        )
        with transaction.atomic():  # from here on nobody reads them
            TakenOut.objects.get_or_create(source=source, received_at=moment)
            manifest.touch(day for day, _count in days)
        self._server.tell(f"ALTER TABLE {TABLE} DELETE WHERE {which}")
        TakenOut.objects.filter(source=source, received_at=moment).delete()
        return sum(count for _day, count in days)

    def forget_before(self, day: date) -> int:
        return self._changed("DELETE WHERE", f"local_day < toDate32('{day}')", {})

    def forget_day(self, day: date) -> int:
        """Remove everything of a UTC day, as messageIds are looked up in it; how many."""
        return self._changed("DELETE WHERE", f"day = toDate32('{day}')", {})

    def _changed(self, how: str, which: str, values: dict[str, Any]) -> int:
        """Change rows in every batch, settled or not; how many of them counted."""
        ((all_of_them, counted),) = self._server.ask(
            f"SELECT count(), countIf({_visible()}) FROM {TABLE} WHERE {which}", values
        )
        if all_of_them:
            self._server.tell(f"ALTER TABLE {TABLE} {how} {which}", values)
        if counted:
            with transaction.atomic():
                manifest.touch([manifest.REMOVED])
        return int(counted)

    def tidy(self) -> None:
        """Remove the rows of batches that nobody will settle. Their numbers stay: a late row under one of them is not read either."""
        EventBatch.objects.filter(state=State.OPEN, begun_at__lt=clock.machine() - GIVEN_UP).update(
            state=State.GIVEN_UP
        )
        gone = EventBatch.objects.filter(state=State.GIVEN_UP).values_list("number", flat=True)
        if listed := ", ".join(map(str, gone)):
            self._changed("DELETE WHERE", f"batch IN ({listed})", {})
        EventBatch.objects.filter(state=State.SETTLED, number__lt=_newest()).delete()

    def leave(self) -> None:
        """Its events are elsewhere now. Numbers that were never settled stay: a late row under one of them is never read."""
        EventBatch.objects.filter(state=State.SETTLED).delete()

    def check(self) -> str:
        ((version,),) = self._server.ask("SELECT version()")
        return f"ClickHouse {version} ({self._server.where})"


def _open(number: int) -> Any:
    return EventBatch.objects.filter(number=number, state=State.OPEN)


def _newest() -> int:
    return int(EventBatch.objects.aggregate(newest=Max("number"))["newest"] or 0)


def _begun() -> int:
    """A new batch, open. Its number is above all others, and by the machine's clock, so that it is above those of a database that
    a restore has put away, too."""
    # durable: it must stand before a row is sent
    with transaction.atomic(durable=True):
        Lease.objects.get_or_create(name="batches")
        Lease.objects.select_for_update().get(name="batches")  # numbers become known in their order
        number = max(_newest() + 1, micros(clock.machine()))
        EventBatch.objects.create(number=number, begun_at=clock.machine())
    return number


def _received(source: int, moment: datetime) -> str:
    at = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return f"source = {source} AND received_at = toDateTime64('{at}', 6, 'UTC')"


def _settled() -> str:
    """The condition of rows whose batch nobody knows to be unsettled, and that are not being taken out."""
    unsettled = EventBatch.objects.exclude(state=State.SETTLED).values_list("number", flat=True)
    told = [f"batch NOT IN ({', '.join(map(str, unsettled)) or 0})"]
    taken_out = TakenOut.objects.values_list("source", "received_at")
    return " AND ".join([*told, *(f"NOT ({_received(*one)})" for one in taken_out)])


def _visible() -> str:
    """The condition of rows that count now: first the newest number, then what is not settled; a batch between is above it."""
    newest = _newest()
    return f"batch <= {newest} AND {_settled()}"
