"""The canonical file `events`: checked row by row, each event once, out again when the import is undone."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from banso_web.collect import log
from banso_web.collect.models import Source
from banso_web.collect.tests.conftest import events_home
from banso_web.collect.tests.faults import FailingDisk
from banso_web.core.errors import Refused
from banso_web.core.facts import current_watermark
from banso_web.core.personal import Whom, erased_code, remember
from banso_web.ingest import actions, undoing, writing
from banso_web.ingest.inputs import Input, inputs_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.pushed import push
from banso_web.ingest.tests.conftest import counts, pages, reasons
from banso_web.ingest.tests.pages import Pages
from banso_web.warehouse import compactor, imported
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.models import ImportedEvents, LogTaken, TouchedDay
from banso_web.warehouse.store import event_store
from banso_web.warehouse.tests.engines import both

__all__ = ["events_home", "pages"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("engine"), both]
HEAD = "イベントID,発生日時,顧客ID,利用者ID,イベント名,部署,機能,端末\n"
ROWS = (
    "e1,2026-11-20 10:00,A010,u1,申請,営業部,一括申請,iPhone\n"
    "e2,2026-11-20T23:30:00Z,A010,u2,承認,,,\n"
    "e3,2026/11/19,A018,007,申請,,,\n"
)
Take = Callable[..., ImportRun]


@pytest.fixture
def take(tmp_path: Path) -> Take:
    """`take("…", name="events.csv")` imports one file."""
    made = 0

    def run(
        content: str | bytes, *, name: str = "events.csv", accept: bool = True, confirm: bool = True
    ) -> ImportRun:
        nonlocal made
        made += 1
        folder = tmp_path / f"in{made}"
        folder.mkdir()
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        found = actions.check_run(actions.start_run(inputs_of(folder)[0], actor=None, label=folder.name))
        if confirm and found.state == ImportRun.State.READY:
            found = actions.confirm_run(found, actor=None, accept_rejects=accept)
        return found

    return run


def stored(columns: str = "message_id") -> list[Any]:
    rows = event_store().query(f"SELECT {columns} FROM events ORDER BY 1")
    return [row[0] if len(row) == 1 else row for row in rows]


def test_rows_become_events(take: Take) -> None:
    run = take(HEAD + ROWS)
    assert (run.state, counts(run, "events")) == ("done", (3, 0, 0, 0))
    columns = "message_id, name, user_id, group_id, CAST(happened_at AS VARCHAR), CAST(local_day AS VARCHAR), department, feature"
    assert stored(columns) == [
        ("e1", "申請", "u1", "A010", "2026-11-20 01:00:00", "2026-11-20", "営業部", "一括申請"),
        ("e2", "承認", "u2", "A010", "2026-11-20 23:30:00", "2026-11-21", "", "承認"),
        ("e3", "申請", "007", "A018", "2026-11-18 15:00:00", "2026-11-19", "", "申請"),
    ]
    assert json.loads(stored("message_id, properties")[0][1]) == {"端末": "iPhone", "department": "営業部", "feature": "一括申請"}  # fmt: skip
    assert Source.objects.get().kind == "file"
    assert stored("DISTINCT received_at")[0].isoformat() == ImportedEvents.objects.get().received_at.isoformat().removesuffix("+00:00")  # fmt: skip


def test_the_same_file_again_changes_nothing(take: Take) -> None:
    nameless = HEAD + (",2026-11-20 10:00,A010,u1,申請,,,\n" * 3) + ",2026-11-20 10:00,A010,u2,申請,,,\n"
    assert counts(take(nameless), "events") == (4, 0, 0, 0)  # three times the same: three events
    before = current_watermark()
    again = take(nameless)
    assert (counts(again, "events"), again.entry, current_watermark()) == ((0, 0, 4, 0), None, before)
    longer = take(nameless + ",2026-11-20 10:00,A010,u1,申請,,,\n")
    assert counts(longer, "events") == (1, 0, 4, 0)
    assert len(stored()) == len(set(stored())) == 5


def test_every_refused_row_says_why(take: Take) -> None:
    head = "message_id,type,timestamp,account_id,user_id,previous_id,event,properties\n"
    bad = (
        "b1,,,A010,u1,,申請,\n"
        "b2,,2026-13-01,A010,u1,,申請,\n"
        "b3,,2026-11-20,A010,,,申請,\n"
        "b4,,2026-11-20,A010,u1,,,\n"
        "b5,alias,2026-11-20,,u1,,,\n"
        "b6,group,2026-11-20,,u1,,,\n"
        "b7,click,2026-11-20,A010,u1,,申請,\n"
        "b8,,2026-11-20,A010,u1,,申請,[1]\n"
        "b9,,1960-01-01,A010,u1,,申請,\n"
        f"{'x' * 101},,2026-11-20,A010,u1,,申請,\n"
        f'b11,,2026-11-20,A010,u1,,申請,"{{""a"": ""{"x" * 33_000}""}}"\n'
        "g1,,2026-11-20,A010,u1,,申請,\n"
        "g1,,2026-11-20,A010,u1,,承認,\n"
        "g1,,2026-11-20,A010,u1,,申請,\n"
    )
    run = take(head + bad, confirm=False)
    assert reasons(run) == [
        (2, "required"), (3, "date_impossible_day"), (4, "no_person"), (5, "required"), (6, "required"), (7, "required"),
        (8, "not_in_list"), (9, "not_an_object"), (10, "date_out_of_range"), (11, "too_long"), (12, "event_too_large"),
        (14, "duplicate_id"),
    ]  # fmt: skip
    assert counts(run, "events") == (1, 0, 1, 12)
    with pytest.raises(Refused):
        actions.confirm_run(run, actor=None)
    assert stored() == []
    actions.confirm_run(run, actor=None, accept_rejects=True)
    assert stored() == ["g1"]
    other = take(head + "g1,,2026-11-20,A010,u1,,削除,\n")
    assert reasons(other) == [(2, "event_differs")]


def test_segments_own_lines_with_what_is_nested_in_them(take: Take) -> None:
    lines = [
        {"type": "track", "event": "申請", "userId": "u1", "messageId": "m1", "timestamp": "2026-11-20T01:00:00.123Z",
         "context": {"groupId": "A010", "ip": "::1"}, "properties": {"product": "A", "n": 1.5, "髙": ["﨑"]}, "integrations": {}},
        {"type": "identify", "userId": "u1", "messageId": "m2", "timestamp": "2026-11-20T01:00:00Z", "traits": {"plan": "S"}},
        {"type": "group", "userId": "u1", "groupId": "A010", "messageId": "m3", "timestamp": "2026-11-20T01:00:00Z"},
        {"type": "page", "name": "一覧", "userId": "u1", "messageId": "m4", "timestamp": "2026-11-20T01:00:00Z"},
    ]  # fmt: skip
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    run = take(text, name="events.jsonl")
    assert (reasons(run), counts(run, "events")) == ([], (4, 0, 0, 0))
    columns = "message_id, kind, name, group_id, product, properties, context"
    first, second, third, fourth = stored(columns)
    assert first[:5] == ("m1", "track", "申請", "A010", "A")
    assert json.loads(first[5]) == {"product": "A", "n": 1.5, "髙": ["﨑"]}
    assert json.loads(first[6]) == {"groupId": "A010", "ip": "::1"}
    assert (second[1], json.loads(second[5])) == ("identify", {"plan": "S"})
    assert third[1:4] == ("group", "", "A010") and fourth[1:3] == ("page", "一覧")


def test_a_workbook_and_a_tsv(take: Take, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (HEAD + ROWS).splitlines():
        sheet.append(line.split(","))
    book.save(tmp_path / "book.xlsx")
    assert counts(take((tmp_path / "book.xlsx").read_bytes(), name="利用イベント.xlsx"), "events") == (
        3,
        0,
        0,
        0,
    )
    again = take((HEAD + ROWS).replace(",", "\t"), name="events.tsv")
    assert counts(again, "events") == (0, 0, 3, 0)
    assert len(stored()) == 3


def test_a_file_without_a_time_is_refused_whole(take: Take) -> None:
    run = take("顧客ID,利用者ID,イベント名\nA010,u1,申請\n")
    assert (run.state, run.notes[0]["keys"]) == ("failed", ["timestamp"])
    assert stored() == []


def test_undoing_takes_its_events_out_and_leaves_what_others_state(take: Take) -> None:
    first = take(HEAD + ROWS)
    second = take(HEAD + ROWS.splitlines()[2] + "\ne9,2026-11-20 10:00,A010,u9,申請,,,\n")
    same = take(HEAD + ROWS.splitlines()[0] + "\n")
    assert (counts(second, "events"), counts(same, "events"), same.entry) == (
        (1, 0, 1, 0),
        (0, 0, 1, 0),
        None,
    )
    TouchedDay.objects.all().delete()
    undoing.undo_run(first, actor=None, reason="別の会社のもの")
    assert stored() == ["e1", "e3", "e9"]  # e2 stood in the undone file alone
    assert [str(row.day) for row in TouchedDay.objects.order_by("day")] == [
        "2026-11-19",
        "2026-11-20",
        "2026-11-21",
    ]
    undoing.undo_run(second, actor=None, reason="これも")
    assert stored() == ["e1"]
    assert counts(take(HEAD + ROWS), "events") == (2, 0, 1, 0)
    assert stored() == ["e1", "e2", "e3"]
    assert not list(log.sealed_logs(imported.folder()))


def test_an_undone_import_that_lies_in_the_log_does_not_come_in(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the compactor meanwhile."""
    with monkeypatch.context() as patch:
        patch.setattr(compactor, "_hold_lease", lambda: False)
        run = take(HEAD + ROWS)
        assert stored() == [] and len(log.sealed_logs(imported.folder())) == 1
        undoing.undo_run(run, actor=None, reason="すぐ")
        assert ImportedEvents.objects.get().taken_out_at is None
    compact()
    assert stored() == [] and ImportedEvents.objects.get().taken_out_at is not None


class Killed(BaseException):
    """Nothing catches it, like a signal."""


@pytest.mark.parametrize("place", ["written", "published", "half sent", "sent"])
def test_killed_anywhere_it_goes_on_and_doubles_nothing(
    take: Take, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "WRITE_CHUNK", 3)
    monkeypatch.setattr(imported, "LOG_BYTES", 1)
    monkeypatch.setattr("banso_web.collect.rows.BATCH", 4)
    rows = HEAD + "".join(f",2026-11-20 10:00,A010,u{at % 3},申請,,,\n" for at in range(10))
    run = take(rows, confirm=False)
    sealed = imported.write_sealed
    done = 0

    def dying(*given: Any) -> None:
        nonlocal done
        if place == "half sent" and done == 2:
            raise Killed
        done += 1
        sealed(*given)

    def die(*_given: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(imported, "write_sealed", dying)
        if place == "written":
            from banso_web.warehouse.imports import EventsHandler

            patch.setattr(EventsHandler, "finish", die)
        if place == "published":
            patch.setattr("banso_web.warehouse.imports.send", die)
        if place == "sent":
            patch.setattr("banso_web.warehouse.imports.compact", die)
        with pytest.raises(Killed):
            actions.confirm_run(run, actor=None)
    compact()  # a compactor of another process goes on by itself
    run = actions.resume_run(ImportRun.objects.get(pk=run.pk), actor=None)
    compact()
    assert (run.state, counts(run, "events")) == ("done", (10, 0, 0, 0))
    assert len(stored()) == len(set(stored())) == 10
    assert event_store().query("SELECT user_id, count(*) FROM events GROUP BY 1 ORDER BY 1") == [("u0", 4), ("u1", 3), ("u2", 3)]  # fmt: skip
    assert sum(LogTaken.objects.values_list("duplicates", flat=True)) == 0


def test_a_full_disk_is_told_and_the_run_goes_on_later(take: Take, monkeypatch: pytest.MonkeyPatch) -> None:
    run = take(HEAD + ROWS, confirm=False)
    with monkeypatch.context() as patch:
        patch.setattr(log, "Disk", lambda: FailingDisk("sync", error=errno.ENOSPC))
        with pytest.raises(Refused, match="続きから再開"):
            actions.confirm_run(run, actor=None)
    assert list(imported.folder().iterdir()) == []
    assert actions.resume_run(ImportRun.objects.get(pk=run.pk), actor=None).state == "done"
    assert stored() == ["e1", "e2", "e3"]


def test_files_of_one_run_that_hold_the_same_event(tmp_path: Path) -> None:
    for name, rows in (("events_2026-10.csv", ROWS), ("events_2026-11.csv", ROWS.splitlines()[0] + "\n")):
        (tmp_path / name).write_text(HEAD + rows, "utf-8")
    files = [Input("events", tmp_path / name, name) for name in ("events_2026-10.csv", "events_2026-11.csv")]
    run = actions.check_run(actions.start_run(files, actor=None, label="two"))
    assert [(row["new"], row["same"]) for row in run.counts.values()] == [(3, 0), (0, 1)]
    actions.confirm_run(run, actor=None)
    assert stored() == ["e1", "e2", "e3"]


def test_rows_by_the_api_and_moments_that_are_alike(person: Any) -> None:
    """In a home whose clock stands still two imports are still told apart."""
    row = {"timestamp": "2026-11-20T01:00:00Z", "user_id": "u1", "event": "申請", "properties": {"n": 1}}
    made = [push("events", [{**row, "message_id": name}], actor=person("tanaka")) for name in ("a", "b")]
    assert [one.counts["new"] for one in made] == [1, 1]
    first, second = ImportedEvents.objects.order_by("pk")
    assert first.received_at != second.received_at
    undoing.undo_run(ImportRun.objects.get(pk=made[0].run), actor=None, reason="試し")
    assert stored() == ["b"]


def test_a_dry_run_writes_nothing(take: Take) -> None:
    run = take(HEAD + ROWS, confirm=False)
    assert counts(run, "events") == (3, 0, 0, 0)
    actions.drop_run(run, actor=None)
    assert take("account_id,name\nA010,中央会計\n", name="accounts.csv").state == "done"  # no file of events
    assert not Source.objects.exists() and not ImportedEvents.objects.exists() and stored() == []


def test_who_was_erased_does_not_come_back_from_the_kept_files(take: Take) -> None:
    from banso_web.ingest.personal import erase_files
    from banso_web.warehouse import personal

    mine = (
        HEAD.replace("イベントID,", "")
        + "2026-11-20 10:00,A010,hanako@example.jp,申請,,,\n2026-11-20 11:00,A010,u2,申請,,,\n"
    )
    first, _second = take(mine), take(mine + "2026-11-20 12:00,A010,hanako@example.jp,申請,,,\n")
    whom = Whom(
        1, frozenset({"P1"}), (), frozenset(), frozenset({"hanako@example.jp"}), frozenset(), frozenset()
    )
    remember(whom)
    assert personal.erase(whom) == 2
    assert erase_files(whom) == 2
    undoing.undo_run(first, actor=None, reason="試し")
    assert stored("user_id") == [
        erased_code("P1"),
        "u2",
    ]  # the second file's own event, and what it says of u2


def test_from_the_page_with_the_companys_own_words(pages: Pages) -> None:
    text = "操作日時,顧客コード,ユーザーID,操作名,端末\n2026/11/20 10:00,A010,u1,申請,iPhone\n2026/11/20 11:00,A010,,申請,\n"
    run = pages.upload(("操作ログ.csv", text))
    assert "利用イベント" in pages.text("import_files", run.pk)
    pages.choose(run, **{"f0-kind": "events"})
    pages.save_columns(run)
    run.refresh_from_db()
    run = pages.work(run)
    shown = pages.text("import_run", run.pk)
    assert (
        "利用者IDも匿名IDもありません" in shown
        and "誰の操作か分からないと" in shown
        and "ユーザーID" in shown
    )
    run = pages.confirm(run, accept="1")
    assert run.state == "done" and stored("name, user_id, group_id") == [("申請", "u1", "A010")]
    response = pages.client.post(f"/imports/{run.pk}/undo/", {"reason": "試し", "accept": "on"})
    assert response.status_code == 302 and stored() == []
