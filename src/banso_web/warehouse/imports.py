"""The canonical file `events`: checked by the protocol's own rules, and put into the store by the way of all events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from banso_web.collect.log import NotSafe
from banso_web.collect.protocol import LONGEST_ID, Event, Reason, Rejected
from banso_web.collect.reads import file_source
from banso_web.collect.rows import Naming, as_event, judged
from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.imports import Context, Outcome, Problem, Result, Row
from banso_web.core.imports.ids import Repeats
from banso_web.core.models import Entry
from banso_web.core.registry import registry
from banso_web.ingest.checking import FILE_STEP
from banso_web.ingest.runs import run_of
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.imported import KIND, MARK, send
from banso_web.warehouse.store import event_store

KNOWN = """SELECT message_id, kind, name, happened_at FROM events
  WHERE source = $1 AND message_id IN (SELECT unnest($2))"""
# What the protocol refuses, in the words of a file: (column, code, further words).
REASONS: dict[Reason, tuple[str, str, dict[str, Any]]] = {
    Reason.NO_IDENTITY: ("user_id", "no_person", {}),
    Reason.NO_EVENT_NAME: ("event", "required", {}),
    Reason.NO_GROUP: ("account_id", "required", {}),
    Reason.NO_PREVIOUS: ("previous_id", "required", {}),
    Reason.LONG_ID: ("message_id", "too_long", {"limit": LONGEST_ID}),
    Reason.BAD_TIME: ("timestamp", "date_out_of_range", {}),
    Reason.TOO_LARGE: ("properties", "event_too_large", {}),
    Reason.TOO_DEEP: ("properties", "event_too_deep", {}),
}


class EventsHandler:
    """Rows are only counted while a run is written: its events go into the log once it is published (`imported.send`)."""

    key = KIND
    identity = "message_id"

    def __init__(self) -> None:
        self._repeats = Repeats(self.identity)
        self._naming, self._file = Naming(MARK), 0
        self._looked = False

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]:
        if not self._looked:
            compact()  # what earlier imports have brought may still lie in the log; never inside a transaction
            self._looked = True
        results = self._results(rows)
        for row, (name, result) in zip(rows, results, strict=True):
            if not isinstance(result, Problem):
                self._repeats.add(row, name)
        return [result for _name, result in results]

    def close(self, context: Context) -> tuple[list[Problem], list[int]]:
        return self._repeats.found()

    def write(self, rows: Sequence[Row], context: Context) -> list[Outcome]:
        found = (result for _name, result in self._results(rows))
        return [Outcome.SAME if isinstance(result, Problem) else result for result in found]

    def passed(self, row: Row) -> None:
        self._naming.named(as_event(row.values, row.custom))

    def finish(self, context: Context) -> None:
        """Nothing: the log is written when the run is published."""

    def settle(self, entry: Entry) -> int:
        return 0  # an event that another import has brought meanwhile is the same event

    def published(self, entry: Entry) -> None:
        run = run_of(entry.pk, KIND)
        if run is None:
            return
        try:
            send(run)
        except NotSafe as problem:
            raise Refused(
                _(
                    "イベントをディスクに書けませんでした(%(why)s)。空きを作ってから、続きから再開してください。二重には数えません。"
                )
                % {"why": problem},
                code="not_safe",
            ) from None
        compact()

    def undone(self, entry: Entry) -> None:
        compact()  # takes them out
        compact()  # takes in what other imports state of the same

    def drop(self, entry: Entry) -> int:
        return 0

    def _results(self, rows: Sequence[Row]) -> list[tuple[str, Result]]:
        """(messageId, what the row does) of rows of one file."""
        if not rows:
            return []
        if (file := rows[0].number // FILE_STEP) != self._file:
            self._naming, self._file = Naming(MARK), file
        found = judged([self._naming.named(as_event(row.values, row.custom)) for row in rows], clock.now())
        known = self._known([one for one in found if isinstance(one, Event)])
        return [(one.message_id, _result(row, one, known)) for row, one in zip(rows, found, strict=True)]

    def _known(self, events: Sequence[Event]) -> dict[str, tuple[str, str, datetime]]:
        """What the store holds under these messageIds in their days."""
        source = file_source()
        if source is None or not events:
            return {}
        days = [event.at.astimezone(clock.JST).date() for event in events]
        stored = event_store().query(
            KNOWN,
            [source, [event.message_id for event in events]],
            first=min(days),
            last=max(days),
        )
        return {str(name): (kind, called, at) for name, kind, called, at in stored}


def _result(row: Row, found: Event | Rejected, known: dict[str, tuple[str, str, datetime]]) -> Result:
    if isinstance(found, Rejected):
        column, code, detail = REASONS[found.reason]
        return Problem(row.number, column, code, detail)
    stored = known.get(found.message_id)
    if stored is None:
        return Outcome.NEW
    if stored == (found.kind, found.name, found.at.replace(tzinfo=None)):
        return Outcome.SAME
    return Problem(row.number, "message_id", "event_differs")


registry.file_handlers[KIND] = EventsHandler
