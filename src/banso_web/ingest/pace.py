"""How far an undo is. It reads inside one transaction that is taken back, so what it says stands in a file beside the run's."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from banso_web.ingest.actions import imports_home
from banso_web.ingest.models import ImportRun


def _place(run: ImportRun) -> Path:
    return imports_home() / run.stored_as / "undo.json"


def writer(run: ImportRun) -> Callable[[int, int], None]:
    """A function that keeps (rows read, rows to read) with the moment; a run whose folder is gone keeps nothing."""
    place = _place(run)

    def write(done: int, total: int) -> None:
        if place.parent.is_dir():
            partial = place.with_suffix(".partial")
            partial.write_text(json.dumps({"done": done, "total": total, "moved": time.time()}), "utf-8")
            partial.replace(place)

    return write


def read(run: ImportRun) -> tuple[int, int, float]:
    """(rows read, rows to read, when it last moved by the machine's own clock); zeros where nothing was kept."""
    try:
        kept = json.loads(_place(run).read_text("utf-8"))
    except (OSError, ValueError):
        return 0, 0, 0.0
    return int(kept["done"]), int(kept["total"]), float(kept["moved"])


def forget(run: ImportRun) -> None:
    """The undo is over, or begins anew."""
    _place(run).unlink(missing_ok=True)
