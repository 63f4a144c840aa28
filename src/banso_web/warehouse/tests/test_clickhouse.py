"""ClickHouse's own affair: which batches count, a server that does not answer, what an operator is told, moving there."""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from banso_web.collect.models import Source
from banso_web.core import clock, settings_store
from banso_web.core.personal import Whom
from banso_web.members.models import Member
from banso_web.operations import doctor
from banso_web.operations.commands import backup
from banso_web.operations.doctor import State
from banso_web.warehouse import moving, personal
from banso_web.warehouse.commands import move_command
from banso_web.warehouse.compactor import compact, tidy
from banso_web.warehouse.embedded import COLUMNS, EmbeddedStore
from banso_web.warehouse.models import EventBatch, EventSegment, Lease, LogTaken, SourceDay
from banso_web.warehouse.port import AlreadyTaken, Events, StoreUnavailable, Taking
from banso_web.warehouse.retention import EVENTS
from banso_web.warehouse.store import clickhouse_at, event_store
from banso_web.warehouse.tests.engines import OVER_HTTP, needs_clickhouse
from banso_web.warehouse.tests.logs import event_row, ids, log, track

pytestmark = [
    pytest.mark.django_db(transaction=True),
    needs_clickhouse,
    pytest.mark.parametrize("engine", [OVER_HTTP], indirect=True),
]


def rows(settings: Any) -> int:
    """All that lie there, whether they count or not."""
    from banso_web.warehouse.clickhouse.server import TABLE, server

    ((found,),) = server(settings.BANSO_EVENTS_URL).ask(f"SELECT count() FROM {TABLE}")
    return int(found)


def half_way(source: Source, monkeypatch: pytest.MonkeyPatch, *names: str) -> int:
    """Rows of an add whose transaction never came; the number of their batch."""
    from banso_web.warehouse import manifest

    def die(*_asked: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "take", die)
        with pytest.raises(KeyboardInterrupt):
            event_store().add(Events.of([event_row(source.pk, name) for name in names]), Taking(["half"]))
    return EventBatch.objects.get(state=EventBatch.State.OPEN).number


def test_nobody_reads_a_batch_before_it_is_settled(
    engine: str, source: Source, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(source, [track("m1")])
    compact()
    half_way(source, monkeypatch, "m2")
    assert (ids(), rows(settings)) == (["m1"], 2)
    # One that begins after a reader looked is above its newest number, open or not.
    from banso_web.warehouse import clickhouse

    seen = clickhouse._visible()
    event_store().add(Events.of([event_row(source.pk, "m3")]), Taking(["log"]))
    monkeypatch.setattr(clickhouse, "_visible", lambda: seen)
    assert ids() == ["m1"]
    monkeypatch.undo()
    assert ids() == ["m1", "m3"]


def test_rows_of_a_dead_process_are_swept(
    engine: str, source: Source, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_way(source, monkeypatch, "m1")
    tidy()
    assert rows(settings) == 1  # it may still live
    later = datetime.now(UTC) + timedelta(days=2)
    monkeypatch.setattr(clock, "machine", lambda: later)
    tidy()
    assert (rows(settings), ids()) == (0, [])


def test_a_process_that_slept_for_days_writes_what_nobody_reads(
    engine: str, source: Source, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from banso_web.warehouse.clickhouse.server import Server

    insert, later = Server.insert, datetime.now(UTC) + timedelta(days=2)

    def sleeps(*asked: Any) -> None:
        monkeypatch.setattr(clock, "machine", lambda: later)
        tidy()
        insert(*asked)

    monkeypatch.setattr(Server, "insert", sleeps)
    with pytest.raises(AlreadyTaken):
        event_store().add(Events.of([event_row(source.pk, "m1")]), Taking(["late"]))
    assert (ids(), rows(settings)) == ([], 1)
    tidy()
    assert (ids(), rows(settings)) == ([], 0)


def test_settled_numbers_go_but_for_the_newest(engine: str, source: Source) -> None:
    for number in range(3):
        log(source, [track(f"m{number}")], name=f"{number:04d}")
        compact()
    tidy()
    assert EventBatch.objects.count() == 1
    assert ids() == ["m0", "m1", "m2"]


def test_an_insert_that_the_way_sends_twice_is_kept_once(
    engine: str, source: Source, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from banso_web.warehouse.clickhouse.server import Server

    insert = Server.insert
    monkeypatch.setattr(Server, "insert", lambda *asked: (insert(*asked), insert(*asked)))
    log(source, [track("m1"), track("m2", "2026-09-20T01:00:00Z")])
    assert compact().accepted == 2
    assert (ids(), rows(settings)) == (["m1", "m2"], 2)


def test_a_batch_that_is_not_whole_does_not_count(
    engine: str, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    from banso_web.warehouse.clickhouse.server import Server

    insert = Server.insert
    with monkeypatch.context() as patch:
        patch.setattr(Server, "insert", lambda server, columns, token: insert(server, [one[:1] for one in columns], token))  # fmt: skip
        log(source, [track("m1"), track("m2")])
        with pytest.raises(RuntimeError, match="1 of 2"):
            compact()
    assert (ids(), SourceDay.objects.count()) == ([], 0)
    Lease.objects.update(until=None)
    assert (compact().accepted, ids()) == (2, ["m1", "m2"])


def test_a_database_that_a_restore_put_back_loses_no_event_and_doubles_none(
    engine: str, source: Source
) -> None:
    log(source, [track("m1")])
    compact()
    before = list(EventBatch.objects.all())
    log(source, [track("m2")], name="0002")
    compact()
    EventBatch.objects.all().delete()
    EventBatch.objects.bulk_create(before)
    LogTaken.objects.filter(name="0002.sealed").delete()
    log(source, [track("m2"), track("m3")], name="0002")
    assert (compact().duplicates, ids()) == (1, ["m1", "m2", "m3"])


def test_a_server_that_does_not_answer_is_told_and_nothing_is_lost(
    engine: str, source: Source, settings: Any, client: Client, person: Callable[[str], Member]
) -> None:
    url, settings.BANSO_EVENTS_URL = settings.BANSO_EVENTS_URL, "http://name:secret@127.0.0.1:9/banso"
    path = log(source, [track("m1")])
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1:9/banso"):
        compact()
    assert path.exists()
    client.force_login(person("kanri"))
    settings_store.put(EVENTS, 10, actor=None)
    answer = client.get("/settings/retention/")
    assert answer.status_code == 503 and "127.0.0.1:9/banso" in answer.content.decode()
    found = doctor._events()
    assert (found.state, "secret" in found.mend) == (State.BROKEN, False)
    assert "BANSO_EVENTS_URL" in found.mend
    settings.BANSO_EVENTS_URL = url
    Lease.objects.update(until=None)
    assert (compact().accepted, ids()) == (1, ["m1"])
    assert (doctor._events().state, EventBatch.objects.count()) == (State.OK, 1)


@pytest.mark.parametrize("url", ["postgresql://host/name", "host:8123"])
def test_another_kind_of_address_is_refused(engine: str, source: Source, settings: Any, url: str) -> None:
    settings.BANSO_EVENTS_URL = url
    with pytest.raises(StoreUnavailable, match="clickhouse://"):
        event_store()


def test_missing_parts_are_named(engine: str, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "clickhouse_connect", None)
    for name in [one for one in sys.modules if one.startswith("banso_web.warehouse.clickhouse")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StoreUnavailable, match=r"banso\[clickhouse\]"):
        event_store()


def test_events_move_there_once_also_when_the_move_is_killed(
    engine: str, source: Source, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, settings.BANSO_EVENTS_URL = settings.BANSO_EVENTS_URL, ""
    sent = [track(f"m{number}", f"2026-11-{number + 1:02d}T01:00:00Z") for number in range(3)]
    log(source, [*sent, track("m3", None, properties={"髙": "﨑"}), track("m4")])
    compact()
    asked = "SELECT * FROM events ORDER BY message_id"
    before = EmbeddedStore().query(asked)
    settings.BANSO_EVENTS_URL = url
    assert doctor._events().state == State.WARNING
    whom = Whom(1, frozenset({"u1"}), (1,), frozenset(), frozenset(), frozenset(), frozenset())
    with pytest.raises(StoreUnavailable, match="banso events move"):
        personal.erase(whom)

    def die(*_asked: Any, **_more: Any) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, "swap", die)
        with pytest.raises(KeyboardInterrupt):
            moving.move(lambda _file, _events: None)
    monkeypatch.setattr(moving, "CHUNK", 1)
    Lease.objects.update(until=None)
    answer = CliRunner().invoke(move_command)
    assert (answer.exit_code, "5" in answer.output.splitlines()[-1]) == (0, True), answer.output
    assert event_store().query(asked) == before
    assert not EventSegment.objects.filter(retired_at=None).exists()
    assert list((settings.BANSO_HOME / "events" / "segments").iterdir()) == []
    assert doctor._events().state == State.OK
    settings.BANSO_EVENTS_URL = ""
    assert doctor._events().state == State.WARNING  # back at the files, its events are not seen
    assert CliRunner().invoke(move_command).exit_code == 1


def test_events_move_back_once_also_when_the_move_is_killed(
    engine: str, source: Source, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also an event without a time that is too old to be compared with new ones, and one that came again after the change."""
    from banso_web.warehouse.clickhouse import ClickHouseStore

    url, asked = settings.BANSO_EVENTS_URL, "SELECT * FROM events ORDER BY message_id"
    store = event_store()
    sent = [track(f"m{number}", f"2026-11-{number + 1:02d}T01:00:00Z") for number in range(3)]
    log(source, [*sent, track("m0", "2026-11-02T01:00:00Z"), track("m4", None, properties={"髙": "﨑"})])
    compact()
    old = datetime(2026, 9, 1, 3, tzinfo=UTC)
    store.add(Events.of([event_row(source.pk, "old", happened_at=old, local_day=old.date(), day=old.date(), timed=False, received_at=old)]), Taking(["old"]))  # fmt: skip
    before = store.query(asked)
    settings.BANSO_EVENTS_URL = ""
    log(source, [track("m1", "2026-11-02T01:00:00Z")], name="0009")
    compact()
    assert CliRunner().invoke(move_command, ["--from", "file:///tmp"]).exit_code == 1
    whom = Whom(1, frozenset({"u1"}), (1,), frozenset(), frozenset(), frozenset(), frozenset())
    with pytest.raises(StoreUnavailable, match="--from"):
        personal.erase(whom)

    def die(*_asked: Any, **_more: Any) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(moving, "CHUNK", 1)
    with monkeypatch.context() as patch:
        patch.setattr(ClickHouseStore, "forget_day", die)
        with pytest.raises(KeyboardInterrupt):
            moving.move_back(clickhouse_at(url), lambda _day, _events: None)
    assert [row[1] for row in event_store().query(asked)] == ["m1", "old"]
    Lease.objects.update(until=None)
    answer = CliRunner().invoke(move_command, ["--from", url])
    assert (answer.exit_code, "6" in answer.output.splitlines()[-1]) == (0, True), answer.output
    moved = event_store().query(asked)
    received = [name for name, _kind in COLUMNS].index("received_at")

    def told(rows: list[Any]) -> list[Any]:
        return [row[:received] + row[received + 1 :] for row in rows]

    assert told(moved) == told(before)  # m1 is the one that came here
    assert clickhouse_at(url).query("SELECT count(*) FROM events") == [(0,)]
    assert doctor._events().state == State.OK


def test_a_backup_says_what_is_not_in_it(engine: str, source: Source, settings: Any, tmp_path: Path) -> None:
    file = tmp_path / "copy.tar.gz"
    answer = CliRunner().invoke(backup, [str(file)])
    assert answer.exit_code == 0 and "ClickHouse" in answer.output.splitlines()[-1], answer.output
    with tarfile.open(file) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None and json.load(manifest)["events"].startswith("not in this archive")
