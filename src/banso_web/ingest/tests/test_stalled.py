"""A run whose process was killed is seen as such on every load, and goes on by itself when Banso starts again."""

from __future__ import annotations

import time

from django_tasks_db.models import DBTaskResult

from banso_web.core.facts import open_entry
from banso_web.core.models import Entry
from banso_web.ingest.models import ImportRun
from banso_web.ingest.reads import STILL_AFTER
from banso_web.ingest.stalled import MOST, resume_stalled, stalled_runs
from banso_web.ingest.tests.conftest import Bring
from banso_web.ingest.tests.pages import Pages
from banso_web.operations.doctor import State as Health
from banso_web.operations.doctor import _imports

LONG = STILL_AFTER + 5


def cut_off(bring: Bring, ago: float = LONG) -> ImportRun:
    """A run that stands as a killed writer leaves it: begun, and nothing since."""
    run = bring(accounts="account_id,name\nA1,朝日\nA2,日の出\nA3,明星\n", confirm=False)
    moved = time.time() - ago
    run.state = ImportRun.State.WRITING
    run.options["queued"] = {"deed": "write", "at": moved - 9, "began": moved - 9, "accept_rejects": False}
    run.entry = open_entry(kind=Entry.Kind.IMPORT, label=run.file_name, actor=None)
    run.progress["moved"], run.options["at"] = moved, moved
    run.save()
    return run


def test_a_stalled_run_is_told_on_every_load_with_its_button_and_no_time_left(
    pages: Pages, bring: Bring
) -> None:
    run = cut_off(bring)
    for _load in range(2):
        text = pages.text("import_run", run.pk)
        assert "止まっています" in text and "続きから再開する" in text and "あと約" not in text
    assert "止まっています" in pages.text("imports")
    assert "Stalled" in pages.text("imports", lang="en")
    found = _imports()
    assert (found.state, f"#{run.pk}" in found.found) == (Health.WARNING, True)
    assert f"--resume {run.pk}" in found.mend


def test_a_run_that_moves_is_not_stalled(pages: Pages, bring: Bring) -> None:
    run = cut_off(bring, ago=1)
    assert "続きから再開する" not in pages.text("import_run", run.pk)
    assert stalled_runs() == [] and resume_stalled() == [] and _imports().state == Health.OK


def test_the_scheduler_takes_up_what_was_cut_off_and_it_is_published(pages: Pages, bring: Bring) -> None:
    run = cut_off(bring)
    assert resume_stalled() == [run.pk]
    task = DBTaskResult.objects.get()
    assert task.task_path.endswith("write_import") and resume_stalled() == []  # it waits in the queue now
    run.refresh_from_db()
    run = pages.work(run)
    assert run.state == "done" and run.entry is not None and run.entry.seq


def test_what_failed_or_was_taken_up_often_waits_for_a_person(bring: Bring) -> None:
    run = cut_off(bring)
    ImportRun.objects.filter(pk=run.pk).update(failure="disk full")
    assert resume_stalled() == []
    run.options["taken_up"] = MOST
    ImportRun.objects.filter(pk=run.pk).update(failure="", options=run.options)
    assert resume_stalled() == [] and [one.pk for one in stalled_runs()] == [run.pk]
