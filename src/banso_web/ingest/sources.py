"""What a run keeps of the files it came from: how long they are, and the source rows that a recipe could not use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from banso_web.ingest.actions import files_of, imports_home
from banso_web.ingest.models import ImportRun, RejectedRow

REFUSALS = "source_refusals.json"
_PIECE = 1 << 20


def lines_in(path: Path) -> int | None:
    """Line ends of a text file, None for a workbook or parquet file: how many rows lie ahead, nearly."""
    if path.suffix.lower() not in (".csv", ".tsv", ".txt", ".jsonl", ".ndjson"):
        return None
    with path.open("rb") as stream:
        return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(_PIECE), b""))


def count_lines(run: ImportRun) -> dict[str, int | None]:
    """Place of each file of the run → its lines."""
    return {one.place: lines_in(one.path) for one in files_of(run)}


def keep_refusals(folder: Path, refusals: list[dict[str, Any]]) -> None:
    """Rows of the source file that gave nothing, for `add_source_refusals` after the check."""
    (folder / REFUSALS).write_text(json.dumps(refusals, ensure_ascii=False, default=str), "utf-8")


def add_source_refusals(run: ImportRun) -> None:
    """List the source's own refused rows among the run's: nothing is left out silently. Safe to run after each check."""
    path = imports_home() / run.stored_as / REFUSALS
    if not run.options.get("recipe") or not path.exists():
        return
    rows = json.loads(path.read_text("utf-8"))
    files = {row["file"] for row in rows}
    RejectedRow.objects.filter(run=run, file__in=files).delete()
    RejectedRow.objects.bulk_create(
        (
            RejectedRow(
                run=run,
                file=row["file"],
                row_number=row["row"],
                column=row["column"][:200],
                code=row["code"][:60],
                detail=row["detail"],
                raw=row["raw"],
            )
            for row in rows
        ),
        batch_size=1_000,
    )
