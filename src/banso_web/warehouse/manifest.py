"""What every adapter writes in the relational transaction that makes events count: the logs they came from, the days they touch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import numpy as np
from django.db import IntegrityError

from banso_web.collect.envelope import day_of
from banso_web.core import clock
from banso_web.warehouse.models import Lease, LogTaken, TouchedDay
from banso_web.warehouse.port import Added, AlreadyTaken, Column, Events, Taking

#: Stands for removals: what was kept of their days still holds, what is remembered of events does not. ClickHouse's first day.
REMOVED = date(1900, 1, 1)
#: (day, source, messageId); no day for an event without a time of its own.
Key = tuple[date | None, int, str]


def key_days(events: Events) -> Column:
    """The `day` of each event's key; -1 for an event without a time of its own."""
    return np.where(events.timed, events.day, -1)


def together(*columns: Column) -> list[Column]:
    """The places of equal values, in ascending order; one array for each combination that occurs."""
    if not len(columns[0]):
        return []
    order = np.lexsort(columns)
    ends = np.zeros(len(order) - 1, dtype=bool)
    for column in columns:
        ends |= np.diff(column[order]) != 0
    return np.split(order, np.flatnonzero(ends) + 1)


def sifted(events: Events, known: set[Key]) -> Column:
    """A mask of the events that are new: the first of each key that is not known."""
    held: dict[tuple[date | None, int], list[str]] = defaultdict(list)
    for day, source, name in known:
        held[day, source].append(name)
    days = key_days(events)
    fresh = np.zeros(len(events), dtype=bool)
    for places in together(days, events.source):
        number = int(days[places[0]])
        backwards = places[::-1]  # so that the first of a name is what remains
        first = dict(zip(events.message_id[backwards].tolist(), backwards.tolist(), strict=True))
        for name in held[None if number < 0 else day_of(number), int(events.source[places[0]])]:
            first.pop(name, None)
        fresh[list(first.values())] = True
    return fresh


def take(fresh: Events, added: Added, taking: Taking) -> None:
    """Mark the logs as in, the days as changed, and write what goes beside. Inside the adapter's transaction."""
    taken = {name for (name,) in LogTaken.objects.filter(name__in=taking.logs).values_list("name")}
    if taken:  # another process was quicker: its rows count, ours are swept
        raise AlreadyTaken(sorted(taken))
    touch(map(day_of, np.unique(fresh.local_day).tolist()))
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
    Lease.objects.get_or_create(name="changes")
    Lease.objects.select_for_update().get(
        name="changes"
    )  # numbers are given and become known one after another
    newest = TouchedDay.objects.order_by("-change").values_list("change", flat=True).first() or 0
    TouchedDay.objects.bulk_create(
        (TouchedDay(day=day, change=newest + 1) for day in listed),
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["change"],
    )
