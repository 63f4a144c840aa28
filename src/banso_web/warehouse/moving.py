"""`banso events move`: events of this home's files into the store that BANSO_EVENTS_URL names, or with `--from` back out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils.translation import gettext as _

from banso_web.core.errors import Refused
from banso_web.warehouse.compactor import LeaseLost, keep_lease, turn
from banso_web.warehouse.embedded import NAMES, EmbeddedStore, asking, folder, swap
from banso_web.warehouse.models import EventSegment
from banso_web.warehouse.port import Added, AlreadyTaken, EventRow, Events, Taking
from banso_web.warehouse.store import event_store

if TYPE_CHECKING:
    from banso_web.warehouse.clickhouse import ClickHouseStore

#: So many events are one add: memory does not grow with a day's file.
CHUNK = 50_000
DAYS = "SELECT day, count(*) FROM events GROUP BY day ORDER BY day"
PART = f"""SELECT {NAMES} FROM events WHERE day = $1
    AND (source > $2 OR (source = $2 AND (message_id > $3 OR (message_id = $3 AND timed > $4))))
  ORDER BY source, message_id, timed LIMIT $5"""


def move(told: Callable[[str, int], None]) -> int:
    """File by file; a file goes once all its events count there. Killed, it goes on where it was when it is run again; an event that
    is there already stays once. `told(file, events)` after each file. Refused where another process takes events in."""

    moved = 0
    with _alone():
        while segment := EventSegment.objects.filter(retired_at=None).order_by("pk").first():
            for place, rows in enumerate(_rows_of(segment)):
                with suppress(AlreadyTaken):  # by a move that was killed
                    event_store().add(rows, Taking([f"{segment.path}:{place}"], beside=_still_alone))
            if swap([segment], [], at_once=True):
                moved += segment.rows
                told(segment.path, segment.rows)
    return moved


def move_back(origin: ClickHouseStore, told: Callable[[str, int], None]) -> int:
    """Day by day out of ClickHouse into this home's files; a day goes there once all its events count here. Otherwise as `move`."""
    moved, home = 0, EmbeddedStore()
    with _alone():
        for day, events in origin.query(DAYS):
            for rows in _rows_on(origin, day):
                # An add compares events without a time over some weeks alone: what a killed move brought is known by its day.
                here = home.untimed_on(day, [row.message_id for row in rows if not row.timed])
                left = [row for row in rows if row.timed or (row.source, row.message_id) not in here]
                if left:
                    home.add(Events.of(left), Taking([f"moved-{uuid4().hex}"], beside=_still_alone))
            if not keep_lease():
                raise LeaseLost
            origin.forget_day(day)
            moved += events
            told(day.isoformat(), events)
        origin.leave()
    return moved


@contextmanager
def _alone() -> Iterator[None]:
    with turn() as mine:
        if not mine:
            raise Refused(
                _(
                    "別のプロセスがイベントを取り込んでいます。Banso を止め、2分待ってからもう一度実行してください。何も変えていません。"
                )
            )
        yield


def _still_alone(_added: Added) -> None:
    if not keep_lease():
        raise LeaseLost


def _rows_on(origin: ClickHouseStore, day: date) -> Iterator[list[EventRow]]:
    """The events of a UTC day in parts."""
    behind: tuple[Any, ...] = (-1, "", False)
    while found := origin.query(PART, [day, *behind, CHUNK]):
        rows = [EventRow(*map(_aware, row)) for row in found]
        yield rows
        behind = rows[-1].source, rows[-1].message_id, rows[-1].timed


def _rows_of(segment: EventSegment) -> Iterator[Events]:
    """The events of a file in parts, always in the same order."""
    with asking() as opened:
        found = opened.execute(f"SELECT {NAMES} FROM read_parquet($1)", [str(folder() / segment.path)])
        while part := found.fetchmany(CHUNK):
            yield Events.of(EventRow(*map(_aware, row)) for row in part)


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
