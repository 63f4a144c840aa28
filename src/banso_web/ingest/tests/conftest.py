"""Small files in, a run out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from banso_web.ingest import actions
from banso_web.ingest.inputs import inputs_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.tests.pages import Pages
from banso_web.members.models import Member

Bring = Callable[..., ImportRun]


@pytest.fixture
def bring(db: None, tmp_path: Path) -> Bring:
    """`bring(accounts="...", movements="...")` writes one CSV a keyword and imports the folder as one run."""
    made = 0

    def run(
        *, known: str = "now", accept: bool = True, confirm: bool = True, **files: str | bytes
    ) -> ImportRun:
        nonlocal made
        made += 1
        folder = tmp_path / f"run{made}"
        folder.mkdir()
        for name, text in files.items():
            content = text if isinstance(text, bytes) else text.encode()
            (folder / f"{name}.csv").write_bytes(content)
        taken, _ = inputs_of(folder)
        found = actions.check_run(actions.start_run(taken, actor=None, label=folder.name, known=known))
        if confirm and found.state == ImportRun.State.READY:
            found = actions.confirm_run(found, actor=None, accept_rejects=accept)
        return found

    return run


def counts(run: ImportRun, kind: str) -> tuple[int, int, int, int]:
    """(new, changed, same, rejected) of one canonical file of a run."""
    row = next(row for row in run.counts.values() if row["kind"] == kind)
    return row["new"], row["changed"], row["same"], row["rejected"]


def reasons(run: ImportRun) -> list[tuple[int, str]]:
    """(row number, reason code) of the refused rows."""
    return list(run.rejected.order_by("file", "row_number").values_list("row_number", "code"))


@pytest.fixture
def pages(db: None, person: Callable[[str], Member]) -> Pages:
    """田中 at the import pages."""
    return Pages(person)
