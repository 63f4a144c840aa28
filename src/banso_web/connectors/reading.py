"""One read of a table, from its position on: rows become safe first, then the position moves.

Killed between the two, the next read sends the same rows again under the same messageIds, and the compactor drops them. All rows
of one cursor value are read together, from the first of them, so events without an id of their own get the same names again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from banso_web.collect.envelope import Envelope, micros, packed
from banso_web.collect.log import NotSafe
from banso_web.collect.protocol import Rejected
from banso_web.collect.reads import kept_requests
from banso_web.collect.rows import Naming, batches, judged
from banso_web.collect.taking import room, writers
from banso_web.connectors import position, query
from banso_web.connectors.engines import Place, Reader, opened
from banso_web.connectors.hosts import secret_of
from banso_web.connectors.models import ReadRun, TableRead
from banso_web.connectors.problems import ReadFailed
from banso_web.connectors.rows import FIXED, Shape
from banso_web.core import clock
from banso_web.core.errors import Conflict
from banso_web.core.sealing import Unreadable, unsealed
from banso_web.ingest.pushed import push

if TYPE_CHECKING:
    from banso_web.members.models import Member

EVENTS, DAILY = "events", "usage_daily"
#: A read ends behind so many rows that are new to it, at the end of a cursor value; the next one goes on.
MOST = {EVENTS: 100_000, DAILY: 20_000}
STEP = 2_000
SAFE_SECONDS = 30
HOLD = timedelta(minutes=15)  # longer than a question may take
SEALED = "table"  # the purpose under which passwords are sealed
State = ReadRun.State


def place_of(table: TableRead) -> Place:
    """How the table is reached. ReadFailed where its password cannot be read."""
    try:
        kept = unsealed(table.secret, SEALED) if table.secret else ""
    except Unreadable:
        raise ReadFailed("secret_lost") from None
    secret = secret_of(kept, table.options.get("secret_env", ""))
    return Place(table.engine, table.options, secret, table.table)


def columns_of(place: Place) -> list[str]:
    """The table's columns: the connection is tried by it."""
    with opened(place) as reader:
        return reader.columns()


def read(table: TableRead, *, by: Member | None = None) -> ReadRun:
    """Read what is new and keep how it went. Conflict while another read of it is under way."""
    free = TableRead.objects.filter(Q(held_until=None) | Q(held_until__lt=clock.machine()), pk=table.pk)
    held = clock.machine() + HOLD
    if not free.update(held_until=held):
        raise Conflict("this table is being read")
    table.runs.filter(state=State.RUNNING).update(
        state=State.FAILED, finished_at=clock.now(), problem={"code": "killed"}
    )
    run = ReadRun.objects.create(table=table, started_at=clock.now(), by=by)
    one = _Read(table, run, held)
    try:
        one.go()
        run.state = State.DONE
    except ReadFailed as problem:
        run.state, run.problem = State.FAILED, problem.as_json()
    except BaseException:
        run.state, run.problem = State.FAILED, {"code": "unexpected"}
        raise
    finally:
        run.finished_at = clock.now()
        run.save()
        one.ours().update(held_until=None)
    return run


class _Read:
    def __init__(self, table: TableRead, run: ReadRun, held: datetime) -> None:
        self.table, self.run, self.held = table, run, held
        self.start = position.restored(table.position)
        self.at = -1
        self.fresh = 0

    def ours(self) -> QuerySet[TableRead]:
        """The table while the hold on it is this read's: another read that began after it ran out wrote its own."""
        return TableRead.objects.filter(pk=self.table.pk, held_until=self.held)

    def go(self) -> None:
        table = self.table
        columns = [name for name in table.columns.values() if not name.startswith(FIXED)]
        names = list(dict.fromkeys([*columns, *table.further, table.cursor]))
        self.at = names.index(table.cursor)
        shape = Shape(names, table.columns, table.further, table.zone)
        with opened(place_of(table)) as reader:
            there = reader.columns()
            if missing := [name for name in names if name not in there]:
                raise ReadFailed("no_column", columns=", ".join(missing))
            if self.run.by is not None:
                self._count_without(reader)
            rows = self._rows(reader, names)
            if table.target == EVENTS:
                self._take_events(rows, shape)
                return
            daily = list(rows)
        self._take_daily(daily, shape)

    def _rows(self, reader: Reader, names: Sequence[str]) -> Iterator[Sequence[Any]]:
        """Rows in the order of the cursor, to the end or behind the first whole value that fills the read."""
        start = None if self.start is None else position.back(self.start, self.table.overlap)
        mark = "" if start is None else reader.mark
        asked = query.reading(reader.table, names, self.table.cursor, mark)
        last, now = None, clock.now()
        for row in reader.fetch(asked, [] if start is None else [start]):
            value = row[self.at]
            if self.fresh >= MOST[self.table.target] and value != last:
                self.run.more = True
                return
            # the position does not pass rows of the future: counted, they would end every read before the ones behind them
            is_ahead = position.not_ahead(value, now, self.table.zone) != value
            self.fresh += position.beyond(value, self.start) and not is_ahead
            last = value
            yield row

    def _take_events(self, rows: Iterable[Sequence[Any]], shape: Shape) -> None:
        naming, last = Naming("table"), None
        rows = iter(rows)
        while part := list(islice(rows, STEP)):
            if room.trouble():
                raise ReadFailed("no_room")
            events = []
            for row in part:
                if row[self.at] != last:
                    naming, last = Naming("table"), row[self.at]
                events.append(naming.named(shape.event(row)))
            self._log(events)
            self._move(part)

    def _log(self, events: Sequence[dict[str, Any]]) -> None:
        """Hand the events to the log. One that breaks a rule goes by itself, under a request of its content: the overlap shows
        it on every read, and it is kept once."""
        moment = clock.now()
        good: list[dict[str, Any]] = []
        bad: dict[str, dict[str, Any]] = {}
        for event, found in zip(events, judged(events, moment), strict=True):
            if isinstance(found, Rejected):
                content = f"{self.table.source_id}:{json.dumps(event, sort_keys=True)}"
                bad[hashlib.sha256(content.encode()).hexdigest()[:40]] = event
            else:
                good.append(event)
        known = kept_requests(list(bad))
        requests = [
            (f"table-{self.run.pk}-{self.run.rows}-{at}", body) for at, body in enumerate(batches(good))
        ]
        requests += [(name, next(batches([event]))) for name, event in bad.items() if name not in known]
        heads = (
            packed(Envelope(self.table.source_id, "batch", name, micros(moment)), body)
            for name, body in requests
        )
        try:
            for one in [writers.get().append(payload) for payload in heads]:
                one.result(SAFE_SECONDS)
        except (OSError, NotSafe):  # TimeoutError is an OSError
            raise ReadFailed("not_safe") from None

    def _take_daily(self, rows: Sequence[Sequence[Any]], shape: Shape) -> None:
        daily = [shape.daily(row) for row in rows]
        digest = hashlib.sha256(json.dumps(daily, sort_keys=True).encode()).hexdigest()
        if not rows or (self.table.position or {}).get("digest") == digest:
            self.run.rows = len(rows)
            return  # the overlap alone, as it was read before: no import says so again
        told = push(
            DAILY,
            daily,
            actor=None,
            accept_rejects=True,
            label=f"{self.table.source.name}: {DAILY}",
        )
        self.run.import_run = told.run
        if told.failure:
            raise ReadFailed("import_failed", text=told.failure)
        self._move(rows, digest=digest)

    def _move(self, rows: Sequence[Sequence[Any]], **beside: str) -> None:
        """The rows are safe: the next read begins behind them. Our hold is renewed. ReadFailed, with nothing moved, where it was
        lost: the read that has it now comes to these rows too."""
        latest = position.not_ahead(rows[-1][self.at], clock.now(), self.table.zone)
        if self.start is not None and not position.beyond(latest, self.start):
            latest = self.start
        self.run.rows += len(rows)
        renewed = clock.machine() + HOLD
        if not self.ours().update(position={**position.kept(latest), **beside}, held_until=renewed):
            raise ReadFailed("overtaken")
        self.held = renewed
        ReadRun.objects.filter(pk=self.run.pk).update(rows=self.run.rows)

    def _count_without(self, reader: Reader) -> None:
        (row,) = reader.fetch(query.without_cursor(reader.table, self.table.cursor))
        self.run.without = int(row[0])
