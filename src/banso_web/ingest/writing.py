"""The second pass: accepted rows are written under an unpublished entry, then published at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction

from banso_web.core import audit
from banso_web.core.errors import Conflict
from banso_web.core.facts import current_watermark, hold_watermark, publish
from banso_web.core.facts.states import project_entry
from banso_web.core.imports import Context, Handler, Problem, Row, later
from banso_web.core.models import Entry
from banso_web.core.registry import registry
from banso_web.ingest.checking import CHUNK, WORDS, new_context, open_input
from banso_web.ingest.inputs import Input
from banso_web.ingest.models import ImportRun, RejectedRow

WRITE_CHUNK = min(CHUNK, 4_000)


class BooksChanged(Exception):
    """What was published since the check has made written rows wrong (`rows` of them); nothing was published."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"{rows} rows")
        self.rows = rows


def write(run: ImportRun, files: list[Input]) -> None:
    """Write what is not yet written of a run's files. Killed anywhere, it goes on where the last commit was."""
    assert run.entry is not None
    context = new_context(known=run.options.get("known", "now"), entry=run.entry)
    for one in files:
        _write_file(run, one, context)
    for step in later:
        _write_later(run, step.key, step.step, context)


def _write_file(run: ImportRun, one: Input, context: Context) -> None:
    done = run.progress.setdefault(one.place, {})
    if done.get("finished"):
        return
    context.repeats = bool(done.get("repeats", 1)) or done.get("written", 0) > 0
    table, binding = open_input(one)
    handler: Handler = registry.file_handlers[one.kind]()
    refused = set(run.rejected.filter(file=one.place).values_list("row_number", flat=True))
    accepted = _accepted(binding.rows(table), handler, refused, done.get("after", 0))
    for rows in _chunks(accepted):
        with transaction.atomic():
            _hold(run)
            for outcome in handler.write(rows, context):
                word = WORDS[outcome]
                done[word] = done.get(word, 0) + 1
            done["after"], done["written"] = rows[-1].number, done.get("written", 0) + len(rows)
            _keep(run)
    with transaction.atomic():
        _hold(run)
        handler.finish(context)
        done["finished"] = True
        _keep(run)


def _accepted(
    rows: Iterator[tuple[Any, Row | Problem]], handler: Handler, refused: set[int], after: int
) -> Iterator[Row]:
    """The rows still to be written; the handler is shown those that are not."""
    for _raw, row in rows:
        if not isinstance(row, Row):
            continue
        if row.number > after and row.number not in refused:
            yield row
        else:
            handler.passed(row)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    part: list[Row] = []
    for row in rows:
        part.append(row)
        if len(part) == WRITE_CHUNK:
            yield part
            part = []
    if part:
        yield part


def _write_later(run: ImportRun, key: str, step: Any, context: Context) -> None:
    done = run.progress.setdefault(f"later:{key}", {})
    while not done.get("finished"):
        with transaction.atomic():
            _hold(run)
            result = step(context, done.get("after", 0))
            if result is None:
                done["finished"] = True
            else:
                done["after"], wrote = result
                done["written"] = done.get("written", 0) + wrote
            _keep(run)


def _hold(run: ImportRun) -> None:
    """Refuse to write beside another process that writes the same run: its last commit is not ours."""
    stored = ImportRun.objects.select_for_update().get(pk=run.pk)
    if stored.state != ImportRun.State.WRITING or stored.progress.get("turn", 0) != run.progress.get(
        "turn", 0
    ):
        raise Conflict("another process works on this import", code="import_taken")
    run.progress["turn"] = run.progress.get("turn", 0) + 1


def _keep(run: ImportRun) -> None:
    run.progress["moved"] = time.time()
    ImportRun.objects.filter(pk=run.pk).update(progress=run.progress)


def handlers() -> list[Handler]:
    """One of each registered handler, references first (the order of registration follows the apps' order)."""
    return [make() for make in registry.file_handlers.values()]


def publish_run(run: ImportRun) -> None:
    """Give the entry its number with its audit row, then bring the current rows up to date. Safe to run again.

    Raises Conflict when the run was dropped meanwhile: what it wrote is being deleted. Raises BooksChanged when another
    entry, published since the check, has taken what rows of this one stand on.
    """
    assert run.entry is not None
    entry = run.entry
    while not _publish(run, entry):
        pass
    entry.refresh_from_db()
    for handler in handlers():
        handler.published(entry)
    project_entry(entry)
    for hook in registry.after_publish:
        hook(entry.pk)


def _publish(run: ImportRun, entry: Entry) -> bool:
    """Publish, unless somebody else published since the last look at doubled codes: then look again (False)."""
    mark = _settle(run)
    with transaction.atomic():
        state = ImportRun.objects.select_for_update().values_list("state", flat=True).get(pk=run.pk)
        if Entry.objects.exclude(seq=None).filter(pk=entry.pk).exists():
            return True
        if state != ImportRun.State.WRITING:
            raise Conflict("this import was dropped", code="import_taken")
        if hold_watermark() != mark:
            return False
        publish(entry)
        audit.record(
            "import.publish",
            actor=run.made_by,
            subject="import",
            subject_id=run.pk,
            label=run.file_name,
            new={"counts": run.counts},
            entry=entry,
        )
    return True


def _settle(run: ImportRun) -> int:
    """Entries published since this run began may hold the same codes: mark them before ours counts too.

    Gives the watermark up to which that is done; publishing holds the watermark and compares, so none slips between.
    """
    assert run.entry is not None
    mark = current_watermark()
    if mark != run.progress.get("watermark"):
        from banso_web.ingest.actions import files_of
        from banso_web.ingest.doubling import found_anew

        wrong = sum(handler.settle(run.entry) for handler in handlers())
        if wrong := wrong or found_anew(run, files_of(run)):
            raise BooksChanged(wrong)
        run.progress["watermark"] = mark
        _keep(run)
    return mark


def base_of(run: ImportRun, home: Path) -> Path:
    """The folder of the run's stored files."""
    return home / "files" / "imports" / run.stored_as


def refused_rows(run: ImportRun) -> int:
    return RejectedRow.objects.filter(run=run).count()
