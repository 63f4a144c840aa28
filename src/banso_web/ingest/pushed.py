"""Rows that a program sends: one import of one canonical file, checked and written before the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from banso_web.ingest import actions
from banso_web.ingest.doubling import answer, open_question, refuse_unanswered
from banso_web.ingest.inputs import Input
from banso_web.ingest.models import ImportRun, RejectedRow
from banso_web.ingest.words import failure_text, fix_text, note_text, reason_text

if TYPE_CHECKING:
    from banso_web.members.models import Member


@dataclass(frozen=True)
class Reject:
    """A row that was not taken: its place from 1, the column, why, and how to mend it."""

    line: int
    column: str
    code: str
    reason: str
    fix: str


@dataclass(frozen=True)
class Pushed:
    """What became of the rows. `written` False: nothing was (a dry run, refused rows, or a failure told in `failure`)."""

    run: int
    written: bool
    published: int | None
    counts: Mapping[str, int]
    rejected: Sequence[Reject]
    notes: Sequence[str]
    failure: str


def push(
    kind: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    actor: Member | None,
    known: str = "now",
    accept_rejects: bool = False,
    dry_run: bool = False,
    doubling: str = "",
    label: str = "",
) -> Pushed:
    """Import rows of one kind as one entry. Nothing is written while rows are refused and nobody has accepted that.

    The run stands in the list of imports like any other and can be undone there; one that wrote nothing is dropped.
    """
    actions.require(actor)
    with TemporaryDirectory(prefix="banso-pushed-") as folder:
        path = Path(folder) / f"{kind}.jsonl"
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
        run = actions.start_run(
            [Input(kind, path, path.name)],
            actor=actor,
            label=label or f"API: {kind}",
            known=known,
            options={"pushed": True},
        )
    try:
        run = actions.check_run(run)
    except Exception as problem:
        actions.fail(run, problem)
        raise
    if run.state == ImportRun.State.FAILED:
        return _told(
            run, written=False, failure=" ".join(failure_text(note) for note in run.notes) or run.failure
        )
    if dry_run or (run.rejected.exists() and not accept_rejects):
        told = _told(run, written=False)
        actions.drop_run(run, actor=actor)
        return told
    answer(run, doubling)
    if open_question(run):  # refused with what would be counted twice; nothing waits
        actions.drop_run(run, actor=actor)
        refuse_unanswered(run, actor)
    run = actions.confirm_run(run, actor=actor, accept_rejects=accept_rejects)
    return _told(run, written=run.entry is not None)


def _told(run: ImportRun, *, written: bool, failure: str = "") -> Pushed:
    words = ("read", "new", "changed", "same", "rejected")
    counts = {word: sum(part.get(word, 0) for part in run.counts.values()) for word in words}
    return Pushed(
        run=run.pk,
        written=written,
        published=run.entry.seq if run.entry else None,
        counts=counts,
        rejected=[_reject(row) for row in run.rejected.order_by("row_number", "pk")],
        notes=[] if failure else [note_text(note) for note in run.notes],
        failure=failure,
    )


def _reject(row: RejectedRow) -> Reject:
    return Reject(
        row.row_number,
        row.column,
        row.code,
        reason_text(row.code, row.detail),
        fix_text(row.code, row.detail),
    )
