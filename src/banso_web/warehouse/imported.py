"""Events that came as files: from a published import into the log, and out of the store when the import is undone.

All files are one source, so an event that stands in two of them is one event. The events of an import bear a moment of receipt
of their own, by which they are known again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from banso_web.collect.actions import file_source
from banso_web.collect.envelope import Envelope, micros, packed
from banso_web.collect.log import write_sealed
from banso_web.collect.rows import Naming, as_event, batches
from banso_web.collect.taking import folder
from banso_web.core import clock
from banso_web.core.imports import Row
from banso_web.core.personal import ERASED
from banso_web.ingest.runs import accepted_rows, published_since
from banso_web.warehouse.models import ImportedEvents
from banso_web.warehouse.port import EventStore

KIND, MARK = "events", "file"
#: A log is read as a whole: an import is written as several.
LOG_BYTES = 16 * 1024 * 1024
UNDONE = "undone"


def send(run: int) -> None:
    """Hand the events of a published run to the compactor, safe on disk when this returns. Run again, it changes nothing.

    Raises NotSafe; what was written before is named alike the next time, so it does not come twice.
    """
    mark = _mark(run)
    if mark.sent_at is None:
        _write(mark, f"import-{run}")
        ImportedEvents.objects.filter(pk=mark.pk).update(sent_at=clock.now())


def undone() -> frozenset[tuple[int, int]]:
    """(source, moment of receipt in microseconds) of undone imports: what of them still lies in a log is not taken in."""
    rows = ImportedEvents.objects.filter(run__state=UNDONE).values_list("source", "received_at")
    return frozenset((source, micros(moment)) for source, moment in rows)


def take_out(store: EventStore, keep_on: Callable[[], bool]) -> None:
    """Remove the events of undone imports. Under the compactor's lease (`keep_on` renews it): what it took in before is
    in the store, and what comes after it passes over. Events that stand in a later import as well come back from its file.
    """
    for mark in ImportedEvents.objects.filter(run__state=UNDONE, taken_out_at=None).order_by("pk"):
        store.forget_received(mark.source, mark.received_at)
        for other in published_since(KIND, mark.received_at):
            _write(_mark(other), f"import-{other}-after-{mark.run_id}")
            if not keep_on():
                return
        ImportedEvents.objects.filter(pk=mark.pk).update(taken_out_at=clock.now())


def events_of_file(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The events of one file, each with its messageId. Rows of somebody who was erased say nothing true any more."""
    naming = Naming(MARK)
    for row in rows:
        event = naming.named(as_event(row.values, row.custom))
        if ERASED not in str(event):
            yield event


def _mark(run: int) -> ImportedEvents:
    with transaction.atomic():
        found = ImportedEvents.objects.filter(run=run).first()
        if found is not None:
            return found
        latest = ImportedEvents.objects.aggregate(latest=Max("received_at"))["latest"]
        moment = clock.now()
        if latest is not None:
            moment = max(moment, latest + timedelta(microseconds=1))
        return ImportedEvents.objects.create(run_id=run, source=file_source(), received_at=moment)


def _write(mark: ImportedEvents, name: str) -> None:
    received = micros(mark.received_at)
    parts = _parts(_payloads(mark, name, received))
    for number, payloads in enumerate(parts):
        write_sealed(folder(), f"{received * 1000:020d}-{name}-{number:05d}", payloads)


def _payloads(mark: ImportedEvents, name: str, received: int) -> Iterator[bytes]:
    number = 0
    for rows in accepted_rows(mark.run_id, KIND):
        for body in batches(events_of_file(rows)):
            yield packed(Envelope(mark.source, "batch", f"{name}-{number}"[:40], received), body)
            number += 1


def _parts(payloads: Iterable[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for payload in payloads:
        part.append(payload)
        size += len(payload)
        if size >= LOG_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
