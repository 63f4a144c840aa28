"""What the pages show of a table and its reads. Whoever asks has shown the right to manage sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from banso_web.connectors.models import ReadRun, TableRead
from banso_web.connectors.query import MOST_COUNTED
from banso_web.connectors.words import ENGINES, EVERY, STATES, TARGETS, problem_text
from banso_web.core import clock
from banso_web.core.errors import NotVisible

TONES = {"running": "watch", "done": "good", "failed": "risk"}
SHOWN = 20


@dataclass(frozen=True)
class RunLine:
    """One read. `without`: rows with an empty cursor, as text; "" where nobody counted or none was there."""

    state: str
    word: Any
    tone: str
    started_at: datetime
    by: str
    rows: int
    without: str
    more: bool
    import_run: int | None
    problem: str


@dataclass(frozen=True)
class TableRow:
    """One table with its latest reads, the newest first. `has_secret`: a password is kept."""

    target: str
    target_word: Any
    engine: str
    engine_word: Any
    every_word: Any
    options: dict[str, str]
    table: str
    has_secret: bool
    found: Sequence[str]
    columns: dict[str, str]
    further: Sequence[str]
    cursor: str
    overlap: int
    zone: str
    every: int
    position: str
    due_at: datetime | None
    reading: bool
    runs: Sequence[RunLine]


def table(source_id: int) -> TableRow:
    """The table of a source, or 404."""
    row = TableRead.objects.filter(source=source_id).first()
    if row is None:
        raise NotVisible
    runs = [_run(run) for run in row.runs.select_related("by").order_by("-pk")[:SHOWN]]
    return TableRow(
        target=row.target,
        target_word=TARGETS[row.target],
        engine=row.engine,
        engine_word=ENGINES[row.engine],
        every_word=EVERY[row.every],
        options=row.options,
        table=row.table,
        has_secret=bool(row.secret),
        found=row.found,
        columns=row.columns,
        further=row.further,
        cursor=row.cursor,
        overlap=row.overlap,
        zone=row.zone,
        every=row.every,
        position=row.position["value"] if row.position else "",
        due_at=row.due_at,
        reading=row.held_until is not None and row.held_until > clock.machine(),
        runs=runs,
    )


def _run(run: ReadRun) -> RunLine:
    without = run.without or 0
    return RunLine(
        state=run.state,
        word=STATES[run.state],
        tone=TONES[run.state],
        started_at=run.started_at,
        by=run.by.name if run.by else "",
        rows=run.rows,
        without=f"{MOST_COUNTED:,}+" if without > MOST_COUNTED else f"{without:,}" if without else "",
        more=run.more,
        import_run=run.import_run,
        problem=problem_text(run.problem),
    )
