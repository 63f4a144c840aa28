"""Cut off anywhere, an import goes on where it was or leaves nothing; two imports at once do not double a row."""

from __future__ import annotations

from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.core.errors import Conflict, Forbidden, Refused
from banso_web.core.facts import counted, current_watermark, open_entry, publish, void
from banso_web.core.models import AuditRow, Entry
from banso_web.ingest import actions, undoing, writing
from banso_web.ingest.models import ImportRun
from banso_web.ingest.tests.conftest import Bring, counts
from banso_web.revenue.imports import MovementsHandler
from banso_web.revenue.models import Movement

HEAD = "movement_id,account_id,contract_id,effective_on,mrr_delta\n"
ROWS = HEAD + "".join(f"M{at},A{at % 3},C{at % 4},2026-04-01,{at + 1}\n" for at in range(10))


class Killed(BaseException):
    """Nothing catches it, like a signal."""


def cut_off(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """The process dies while it writes the chunk after so many."""
    monkeypatch.setattr(writing, "WRITE_CHUNK", 3)
    write = MovementsHandler.write
    done = 0

    def dying(self: MovementsHandler, rows: Any, context: Any) -> Any:
        nonlocal done
        result = write(self, rows, context)
        if done == after:
            raise Killed
        done += 1
        return result

    monkeypatch.setattr(MovementsHandler, "write", dying)


def movements() -> int:
    return counted(Movement, current_watermark()).count()


def begun(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> ImportRun:
    """A run that died in its third chunk."""
    run = bring(movements=ROWS, confirm=False)
    with monkeypatch.context() as patch:
        cut_off(patch, after=2)
        with pytest.raises(Killed):
            actions.confirm_run(run, actor=None)
    return ImportRun.objects.get(pk=run.pk)


def test_a_cut_off_import_is_invisible_and_is_resumed_exactly(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(bring, monkeypatch)
    assert (run.state, Movement.objects.count(), movements(), current_watermark()) == ("writing", 6, 0, 0)
    assert not Account.objects.filter(live=True).exists()
    monkeypatch.setattr(writing, "WRITE_CHUNK", 3)
    run = actions.resume_run(run, actor=None)
    assert (run.state, Movement.objects.count(), movements(), current_watermark()) == ("done", 10, 10, 1)
    assert counts(run, "movements") == (10, 0, 0, 0)
    assert Movement.objects.values("code").distinct().count() == 10
    assert Account.objects.filter(live=True, incomplete=True).count() == 3
    assert bring(movements=ROWS).entry is None


def test_a_cut_off_import_is_dropped_without_a_trace(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begun(bring, monkeypatch)
    actions.drop_run(run, actor=None)
    assert not Movement.objects.exists() and not Account.objects.exists()
    with pytest.raises(Refused, match="中断されていません"):
        actions.resume_run(ImportRun.objects.get(pk=run.pk), actor=None)
    assert counts(bring(movements=ROWS), "movements") == (10, 0, 0, 0)


def test_killed_between_publishing_and_the_lists(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    run = bring(movements=ROWS, confirm=False)

    def dying(entry: Entry) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(writing, "project_entry", dying)
        with pytest.raises(Killed):
            actions.confirm_run(run, actor=None)
    run = ImportRun.objects.get(pk=run.pk)
    assert movements() == 10 and not Account.objects.filter(live=True).exists()  # numbers stand, lists follow
    actions.resume_run(run, actor=None)
    assert Account.objects.filter(live=True).count() == 3 and current_watermark() == 1
    assert AuditRow.objects.filter(action="import.publish").count() == 1


def test_two_processes_never_write_the_same_run(bring: Bring, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begun(bring, monkeypatch)
    other = ImportRun.objects.get(pk=run.pk)
    writing._hold(run)  # the first process commits a chunk
    writing._keep(run)
    with pytest.raises(Conflict):
        writing.write(other, actions.files_of(other))
    assert Movement.objects.count() == 6
    actions.resume_run(run, actor=None)
    with pytest.raises(Refused, match="中断されていません"):
        actions.resume_run(other, actor=None)
    assert Movement.objects.count() == 10


def test_an_import_published_meanwhile_does_not_double_rows(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = begun(bring, monkeypatch)
    quick = bring(movements=ROWS.replace("M0,A0,C0,2026-04-01,1\n", "M0,A0,C0,2026-04-01,7\n"))
    assert counts(quick, "movements") == (10, 0, 0, 0)
    actions.resume_run(slow, actor=None)
    assert movements() == 10
    standing = dict(counted(Movement, current_watermark()).values_list("code", "delta_units"))
    assert standing["M0"] == 10_000 and standing["M9"] == 100_000


def test_only_who_may_import_imports(bring: Bring, person: Any) -> None:
    run = bring(movements=ROWS, confirm=False)
    for deed in (actions.confirm_run, actions.resume_run, actions.drop_run):
        with pytest.raises(Forbidden):
            deed(run, actor=person("sato"))
    actions.confirm_run(run, actor=person("tanaka"))
    row = AuditRow.objects.get(action="import.publish")
    assert row.entry is not None and row.new["counts"]["movements.csv"]["new"] == 10
    assert Entry.objects.get().seq == 1 and open_entry(kind="import").seq is None


def test_undo_names_what_stands_on_it_first(bring: Bring) -> None:
    first = bring(movements=HEAD + "M1,A1,C1,2026-04-01,100\n")
    bring(movements=HEAD + "M1,A1,C1,2026-04-01,120\n", accounts="account_id,name\nA1,丸一運輸\n")
    with pytest.raises(Refused) as refused:
        undoing.undo_run(first, actor=None, reason="x")
    assert "後からの変更が 1 件" in refused.value.message and "後からの訂正が 1 件" in refused.value.message
    assert ImportRun.objects.get(pk=first.pk).state == "done"
    undoing.undo_run(first, actor=None, reason="x", accept=True)
    assert dict(counted(Movement, current_watermark()).values_list("code", "delta_units")) == {
        "M1": 1_200_000
    }


def test_an_import_published_right_before_ours_does_not_double_rows(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = begun(bring, monkeypatch)
    look = writing._settle
    beside: list[ImportRun] = []

    def looked(*arguments: Any) -> Any:
        found = look(*arguments)
        if not beside:  # somebody publishes between our last look and our publishing
            beside.append(slow)
            bring(movements=ROWS.replace("M0,A0,C0,2026-04-01,1\n", "M0,A0,C0,2026-04-01,7\n"))
        return found

    monkeypatch.setattr(writing, "_settle", looked)
    actions.resume_run(slow, actor=None)
    assert movements() == 10


def test_a_run_dropped_while_it_is_written_is_never_published(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(bring, monkeypatch)
    look = writing._settle

    def looked(*arguments: Any) -> Any:
        found = look(*arguments)
        actions.drop_run(ImportRun.objects.get(pk=run.pk), actor=None)
        return found

    monkeypatch.setattr(writing, "_settle", looked)
    with pytest.raises(Conflict):
        actions.resume_run(run, actor=None)
    assert (ImportRun.objects.get(pk=run.pk).state, current_watermark()) == ("dropped", 0)
    assert not Movement.objects.exists()


def test_a_published_run_is_not_dropped_by_somebody_who_saw_it_before(
    bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(bring, monkeypatch)
    seen_before = ImportRun.objects.select_related("entry").get(pk=run.pk)
    actions.resume_run(run, actor=None)
    with pytest.raises(Refused):
        actions.drop_run(seen_before, actor=None)
    assert (ImportRun.objects.get(pk=run.pk).state, movements()) == ("done", 10)


def test_publishing_or_voiding_twice_leaves_the_watermark(db: None) -> None:
    entry = publish(open_entry(kind=Entry.Kind.ACTION))
    publish(Entry.objects.get(pk=entry.pk))
    assert (current_watermark(), entry.seq) == (1, 1)
    void(entry, actor=None, reason="x")
    void(Entry.objects.get(pk=entry.pk), actor=None, reason="x")
    assert current_watermark() == 2


def test_an_end_that_lost_its_ground_between_check_and_publishing_is_not_published(bring: Bring) -> None:
    start = bring(movements=HEAD + "M1,A1,C1,2026-04-01,100\n")
    late = bring(movements=HEAD + "M2,A1,C1,2026-10-31,-100\nM3,A2,C2,2026-10-01,5\n", confirm=False)
    assert counts(late, "movements") == (2, 0, 0, 0)
    undoing.undo_run(start, actor=None, reason="wrong file")  # another person, while this one waits
    mark = current_watermark()
    late = actions.confirm_run(late, actor=None)
    assert (late.state, late.entry, current_watermark()) == ("ready", None, mark)
    assert not counted(Movement, mark).exists() and not Movement.objects.filter(code="M2").exists()
    assert [(row.row_number, row.code) for row in late.rejected.all()] == [(2, "nothing_to_end")]
    assert late.notes[0] == {"code": "books_changed", "count": 1}
    late = actions.confirm_run(late, actor=None, accept_rejects=True)
    assert (late.state, list(counted(Movement, current_watermark()).values_list("code", flat=True))) == (
        "done",
        ["M3"],
    )
