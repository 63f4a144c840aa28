"""`banso events move`: events of this home's files into the store that BANSO_EVENTS_URL names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from banso_web.core.errors import Refused
from banso_web.warehouse.compactor import LeaseLost, keep_lease, turn
from banso_web.warehouse.embedded import NAMES, asking, folder, swap
from banso_web.warehouse.models import EventSegment
from banso_web.warehouse.port import Added, AlreadyTaken, EventRow, Events, Taking
from banso_web.warehouse.store import event_store

#: So many events are one add: memory does not grow with a day's file.
CHUNK = 50_000


def move(told: Callable[[str, int], None]) -> int:
    """File by file; a file goes once all its events count there. Killed, it goes on where it was when it is run again; an event that
    is there already stays once. `told(file, events)` after each file. Refused where another process takes events in."""

    def beside(_added: Added) -> None:
        if not keep_lease():
            raise LeaseLost

    moved = 0
    with turn() as mine:
        if not mine:
            raise Refused(
                _(
                    "別のプロセスがイベントを取り込んでいます。Banso を止め、2分待ってからもう一度実行してください。何も変えていません。"
                )
            )
        while segment := EventSegment.objects.filter(retired_at=None).order_by("pk").first():
            for place, rows in enumerate(_rows_of(segment)):
                with suppress(AlreadyTaken):  # by a move that was killed
                    event_store().add(rows, Taking([f"{segment.path}:{place}"], beside=beside))
            if swap([segment], [], at_once=True):
                moved += segment.rows
                told(segment.path, segment.rows)
    return moved


def _rows_of(segment: EventSegment) -> Iterator[Events]:
    """The events of a file in parts, always in the same order."""
    with asking() as opened:
        found = opened.execute(f"SELECT {NAMES} FROM read_parquet($1)", [str(folder() / segment.path)])
        while part := found.fetchmany(CHUNK):
            yield Events.of(EventRow(*map(_aware, row)) for row in part)


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
