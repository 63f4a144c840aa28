"""What every adapter writes in the relational transaction that makes events count: the logs they came from, the days they touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import IntegrityError

from banso_web.core import clock
from banso_web.warehouse.models import LogTaken, TouchedDay
from banso_web.warehouse.port import Added, AlreadyTaken, EventRow, Taking

#: (day, source, messageId); no day for an event without a time of its own.
Key = tuple[date | None, int, str]


def key_of(row: EventRow) -> Key:
    """By what an event is the same as another."""
    return row.day if row.timed else None, row.source, row.message_id


def sifted(rows: Iterable[EventRow], known: set[Key]) -> tuple[list[EventRow], list[tuple[int, str]]]:
    """The first row of each key that is not known, and (source, messageId) of the others."""
    seen, fresh, duplicates = set(known), [], []
    for row in rows:
        key = key_of(row)
        if key in seen:
            duplicates.append((row.source, row.message_id))
        else:
            seen.add(key)
            fresh.append(row)
    return fresh, duplicates


def take(fresh: Sequence[EventRow], added: Added, taking: Taking) -> None:
    """Mark the logs as in, the days as changed, and write what goes beside. Inside the adapter's transaction."""
    taken = {name for (name,) in LogTaken.objects.filter(name__in=taking.logs).values_list("name")}
    if taken:  # another process was quicker: its rows count, ours are swept
        raise AlreadyTaken(sorted(taken))
    touch({row.local_day for row in fresh})
    moment = clock.now()
    try:
        LogTaken.objects.bulk_create(
            LogTaken(
                name=name,
                taken_at=moment,
                accepted=taking.accepted.get(name, 0),
                duplicates=len(added.duplicates) if position == 0 else 0,
                rejected=taking.rejected.get(name, 0),
                damaged_bytes=taking.damaged.get(name, 0),
            )
            for position, name in enumerate(taking.logs)
        )
    except IntegrityError as quicker:
        raise AlreadyTaken(list(taking.logs)) from quicker
    if taking.beside is not None:
        taking.beside(added)


def touch(days: Iterable[date]) -> None:
    """Give these days the next running number. Inside a transaction."""
    listed = sorted(set(days))
    if not listed:
        return
    newest = TouchedDay.objects.order_by("-change").values_list("change", flat=True).first() or 0
    TouchedDay.objects.bulk_create(
        (TouchedDay(day=day, change=newest + 1) for day in listed),
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["change"],
    )
