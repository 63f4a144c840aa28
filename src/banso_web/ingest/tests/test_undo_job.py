"""Undoing a big import: in the worker with progress, killed anywhere and run again, the same as at once."""

from __future__ import annotations

from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.core.facts import counted, current_watermark
from banso_web.core.models import AuditRow, Entry
from banso_web.ingest import jobs, pace, stalled, undoing
from banso_web.ingest.models import ImportRun
from banso_web.ingest.reads import progress_of, state_key
from banso_web.ingest.tests.conftest import Bring
from banso_web.ingest.tests.pages import Pages
from banso_web.revenue.models import Movement

pytestmark = pytest.mark.django_db
ACCOUNTS = "account_id,name\nA1,丸一運輸\nA2,西川印刷\n"
FIRST = "movement_id,account_id,effective_on,mrr_delta\nM1,A1,2026-04-01,100\nM2,A2,2026-04-01,200\n"
SECOND = "movement_id,account_id,effective_on,mrr_delta\nM1,A1,2026-04-01,100\nM3,A2,2026-05-01,50\n"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def first(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> ImportRun:
    """Of two imports the first, which the second confirms in part (M1). Every undo belongs to the worker."""
    monkeypatch.setattr(undoing, "AT_ONCE", 0)
    run = bring(accounts=ACCOUNTS, movements=FIRST)
    bring(accounts=ACCOUNTS, movements=SECOND)
    return run


def ask(run: ImportRun) -> ImportRun:
    return jobs.undo(run, actor=None, reason="取り違え", accept=True)


def work(run: ImportRun) -> ImportRun:
    jobs.undo_import.call(run.pk, "ja")
    return ImportRun.objects.get(pk=run.pk)


def stands() -> list[str]:
    return sorted(counted(Movement, current_watermark()).values_list("code", flat=True))


def is_undone(run: ImportRun) -> None:
    """M1 was confirmed by the other import and stays; M2 is gone; nothing unseen is left behind."""
    assert (run.state, state_key(run), stands()) == ("undone", "undone", ["M1", "M3"])
    assert {"queued", "following", "restating"} & set(run.options) == set()
    assert not Entry.objects.filter(seq=None).exists() and pace.read(run) == (0, 0, 0.0)
    assert not Entry.objects.exclude(seq=None).filter(projected=False).exists()
    assert AuditRow.objects.filter(action="import.undo").count() == 1


def test_a_big_undo_is_a_job_and_figures_stand_until_it_ends(first: ImportRun) -> None:
    before = current_watermark()
    run = ask(first)
    assert (state_key(run), current_watermark(), stands()) == ("queued_undo", before, ["M1", "M2", "M3"])
    is_undone(work(run))
    assert jobs.undo_import.call(run.pk, "ja") == ""  # the job once more: nothing to do


def test_a_small_one_is_answered_at_once(bring: Bring) -> None:
    run = bring(accounts=ACCOUNTS, movements=FIRST)
    assert ask(run).state == "undone" and stands() == []


@pytest.mark.parametrize("where", ["restate", "publish", "project_entry"])
def test_killed_anywhere_it_goes_on_and_ends_the_same(
    first: ImportRun, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """While the other imports are read, in the moment of voiding, and while lists are brought in step."""
    run = ask(first)
    real = getattr(undoing, where)

    def dying(*given: Any, **named: Any) -> Any:
        if where == "restate":
            real(*given, **named)  # it has written unseen rows when the process ends
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(undoing, where, dying)
        with pytest.raises(Killed):
            work(run)
    run.refresh_from_db()
    assert state_key(run) == "undoing"
    assert stands() == (["M1", "M3"] if where == "project_entry" else ["M1", "M2", "M3"])
    pace.forget(run)
    run.options["queued"] |= {"began": 1.0, "at": 1.0}
    run.options["at"] = 1.0
    ImportRun.objects.filter(pk=run.pk).update(options=run.options, progress={})
    assert stalled.resume_stalled() == [run.pk]
    is_undone(work(run))


def test_how_far_it_is_stands_beside_the_transaction(
    first: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(first)
    seen = []
    write = pace.writer(run)

    def watched(_run: ImportRun) -> Any:
        def told(done: int, total: int) -> None:
            write(done, total)
            seen.append(progress_of(ImportRun.objects.get(pk=run.pk)))

        return told

    monkeypatch.setattr(pace, "writer", watched)
    work(run)
    # The other import: two rows of customers and two of movements.
    assert [(one.done, one.total) for one in seen] == [(0, 4), (4, 4)] and not seen[0].waiting


def test_one_that_cannot_be_undone_any_more_says_so_and_stands(
    first: ImportRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(first)
    broken = OSError("disk full")
    monkeypatch.setattr(undoing, "restate", lambda *_given: (_ for _ in ()).throw(broken))
    with pytest.raises(OSError, match="disk full"):
        jobs.undo_import.call(run.pk, "ja")
    run.refresh_from_db()
    assert (run.state, state_key(run), run.failure) == ("done", "done", "disk full")
    assert stands() == ["M1", "M2", "M3"]


def test_the_page_shows_the_undo_at_work(first: ImportRun, pages: Pages) -> None:
    url = f"/imports/{first.pk}/undo/"
    sent = pages.client.post(url, {"reason": "取り違え", "accept": "on"})
    assert (sent.status_code, sent["Location"]) == (302, f"/imports/{first.pk}/")
    page = pages.text("import_run", first.pk)
    assert "取り消し待ち" in page and "終わるまで、数字は今のままです" in page and "破棄する" not in page
    assert pages.client.get(url).status_code == 302
    work(first)
    assert "この取り込みの行は、今の数字に入っていません" in pages.text("import_run", first.pk)
    assert Account.objects.filter(live=True).count() == 2
