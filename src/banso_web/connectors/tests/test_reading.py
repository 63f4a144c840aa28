"""What is new in a table comes in, once each, wherever a read stops and whatever rows come late."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.collect import taking
from banso_web.collect.log import NotSafe
from banso_web.collect.models import RejectedEvent
from banso_web.connectors import position, reading
from banso_web.connectors.actions import next_due
from banso_web.connectors.jobs import enqueue_due, read_table
from banso_web.connectors.models import ReadRun, TableRead
from banso_web.connectors.problems import ReadFailed
from banso_web.connectors.reading import read
from banso_web.connectors.tests.conftest import Company
from banso_web.core import clock
from banso_web.core.errors import Conflict
from banso_web.core.facts import counted, current_watermark
from banso_web.core.models import Entry
from banso_web.usage.models import UsageDaily
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.models import SourceDay
from banso_web.warehouse.store import event_store

pytestmark = pytest.mark.django_db


def row(
    name: str, at: str | None, who: str | None = "u1", did: str = "申請", n: str | None = None
) -> tuple[Any, ...]:
    return (name, at, who, "A010", did, n, None, None)


def took_in(columns: str = "message_id") -> list[Any]:
    taking.writers.close()
    compact()
    rows = event_store().query(f"SELECT {columns} FROM events ORDER BY 1")
    return [one[0] if len(one) == 1 else one for one in rows]


def fresh(table: TableRead) -> TableRead:
    return TableRead.objects.select_related("source").get(pk=table.pk)


def test_new_rows_come_in_once(company: Company, table: TableRead, person: Any) -> None:
    company.add(row("e1", "2026-11-20 01:00Z", n="2.5"), row("e2", "2026-11-20 02:00Z"), row("e0", None))
    first = read(table, by=person("kanri"))
    assert (first.state, first.rows, first.without, first.problem) == ("done", 2, 1, {})
    assert fresh(table).position == {"type": "datetime", "value": "2026-11-20T02:00:00+00:00"}
    columns = "message_id, name, user_id, group_id, CAST(happened_at AS VARCHAR), properties, source"
    assert took_in(columns) == [
        ("e1", "申請", "u1", "A010", "2026-11-20 01:00:00", '{"n":2.5}', table.source_id),
        ("e2", "申請", "u1", "A010", "2026-11-20 02:00:00", "{}", table.source_id),
    ]
    company.add(
        row("e3", "2026-11-20 02:00Z"), row("e4", "2026-11-20 03:00Z")
    )  # e3: the same cursor value, later
    again = read(fresh(table))
    assert (again.rows, again.without) == (3, None)
    assert took_in() == ["e1", "e2", "e3", "e4"]
    assert SourceDay.objects.get().duplicates == 1
    assert read(fresh(table)).rows == 1  # nothing new: the last value alone
    assert took_in() == ["e1", "e2", "e3", "e4"]


def test_rows_that_come_late_are_found_in_the_overlap(company: Company, table: TableRead) -> None:
    table.overlap = 10
    table.save()
    company.add(row("e1", "2026-11-20 02:00Z"))
    read(table)
    company.add(row("late", "2026-11-20 01:55Z"), row("too late", "2026-11-20 01:49Z"))
    read(fresh(table))
    assert took_in() == ["e1", "late"]
    assert fresh(table).position == {"type": "datetime", "value": "2026-11-20T02:00:00+00:00"}


def test_rows_without_a_key_are_known_by_their_content(company: Company, table: TableRead) -> None:
    table.columns = {key: name for key, name in table.columns.items() if key != "message_id"}
    table.save()
    company.add(*[row("x", "2026-11-20 01:00Z")] * 3, row("x", "2026-11-20 01:00Z", who="u2"))
    read(table)
    TableRead.objects.update(position=None)  # from the start again
    company.add(row("x", "2026-11-20 01:00Z"))
    read(fresh(table))
    assert took_in("user_id") == ["u1"] * 4 + ["u2"]


def test_a_read_ends_with_a_whole_value_and_goes_on(
    company: Company, table: TableRead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(reading.MOST, "events", 3)
    monkeypatch.setattr(reading, "STEP", 2)
    company.add(
        *(row(f"a{at}", "2026-11-20 01:00Z") for at in range(5)),
        *(row(f"b{at}", f"2026-11-20 02:0{at}Z") for at in range(4)),
    )
    told = []
    for _time in range(4):
        run = read(fresh(table))
        told.append((run.rows, run.more))
    assert told == [(5, True), (8, True), (2, False), (1, False)]
    assert len(took_in()) == 9 and len(set(took_in())) == 9


def test_killed_in_the_middle_the_next_read_doubles_nothing(
    company: Company, table: TableRead, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    monkeypatch.setattr(reading, "STEP", 2)
    company.add(*(row(f"e{at}", f"2026-11-20 0{at}:00Z") for at in range(6)))
    move = reading._Read._move
    done = 0

    def dying(self: Any, rows: Any) -> None:
        nonlocal done
        done += 1
        if done == 2:
            raise Killed  # the rows are safe, the position has not moved
        move(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(reading._Read, "_move", dying)
        with pytest.raises(Killed):
            read(table)
    assert fresh(table).position == {"type": "datetime", "value": "2026-11-20T01:00:00+00:00"}
    assert read(fresh(table)).rows == 5
    assert took_in() == [f"e{at}" for at in range(6)]
    TableRead.objects.update(
        held_until=clock.machine() + timedelta(minutes=5)
    )  # a process that lives, or was just killed
    with pytest.raises(Conflict):
        read(fresh(table))
    TableRead.objects.update(held_until=clock.machine() - timedelta(seconds=1))
    ReadRun.objects.create(table=table, started_at=clock.now())
    read(fresh(table))
    assert [run.problem.get("code", "") for run in ReadRun.objects.order_by("pk")] == [
        "unexpected",
        "",
        "killed",
        "",
    ]


def test_a_row_from_the_future_does_not_hide_those_before_it(company: Company, table: TableRead) -> None:
    company.add(row("e1", "2026-11-20 01:00Z"), row("far", "2199-01-01 00:00Z"))
    assert read(table).rows == 2
    assert fresh(table).position == {
        "type": "datetime",
        "value": clock.now().astimezone(clock.JST).isoformat(),
    }
    soon = clock.now() + timedelta(minutes=1)
    company.add(row("e2", soon.isoformat()))
    assert read(fresh(table)).rows == 2
    assert took_in() == ["e1", "e2", "far"]


def test_many_rows_from_the_future_do_not_hide_those_behind_them(
    company: Company, table: TableRead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(reading.MOST, "events", 2)
    company.add(*(row(f"far{at}", f"2199-01-0{at}T00:00Z") for at in range(1, 6)))
    run = read(table)
    assert (run.rows, run.more) == (5, False)
    assert took_in() == [f"far{at}" for at in range(1, 6)]
    company.add(
        row("e1", "2026-11-20 01:00Z"), row("e2", "2026-11-20 02:00Z"), row("e3", "2026-11-20 03:00Z")
    )
    TableRead.objects.update(position=None)
    run = read(fresh(table))
    assert (run.rows, run.more) == (2, True)  # those of the past are still counted
    assert (read(fresh(table)).more, len(took_in())) == (False, 8)


def test_a_read_that_lost_its_hold_moves_nothing_and_lets_nobody_in(
    company: Company, table: TableRead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sleeps in the middle for longer than the hold lasts; another read begins, and holds the table."""
    monkeypatch.setattr(reading, "STEP", 2)
    company.add(*(row(f"e{at}", f"2026-11-20 0{at}:00Z") for at in range(6)))
    others, moved = clock.machine() + timedelta(minutes=20), reading._Read._move
    done = 0

    def slow(self: Any, rows: Any) -> None:
        nonlocal done
        done += 1
        if done == 2:
            TableRead.objects.update(held_until=others)
        moved(self, rows)

    monkeypatch.setattr(reading._Read, "_move", slow)
    run = read(table)
    assert (run.state, run.problem, done) == ("failed", {"code": "overtaken"}, 2)
    left = fresh(table)
    assert (left.held_until, left.position["value"]) == (others, "2026-11-20T01:00:00+00:00")
    TableRead.objects.update(held_until=None)
    assert read(fresh(table)).rows == 5 and took_in() == [f"e{at}" for at in range(6)]


def test_rows_that_break_a_rule_wait_with_their_reason(company: Company, table: TableRead) -> None:
    table.columns = {**EVENT_BY_LOCAL, "product": "=A"}
    table.cursor, table.zone = "at", "UTC"
    table.save()
    company.add(
        ("e1", "2026-11-20 01:00Z", "u1", "A010", "申請", None, None, "2026-11-20 10:00"),
        ("e2", "2026-11-20 01:00Z", None, "A010", "申請", None, None, "2026-11-20 10:00"),
        ("e3", "2026-11-20 01:00Z", "u1", "A010", "申請", None, None, None),
        ("e4", "2026-11-20 01:00Z", "u1", "A010", "", None, None, "2026-11-20 10:00"),
    )
    read(table)
    assert took_in("message_id, CAST(happened_at AS VARCHAR), product") == [
        ("e1", "2026-11-20 10:00:00", "A")
    ]
    read(fresh(table))  # the overlap shows them again
    taking.writers.close()
    compact()
    rejected = RejectedEvent.objects.order_by("message_id").values_list("message_id", "reason")
    assert list(rejected) == [
        ("e2", "no_user_id_or_anonymous_id"),
        ("e3", "unreadable_timestamp"),
        ("e4", "no_event_name"),
    ]


EVENT_BY_LOCAL = {
    "message_id": "id",
    "timestamp": "local_at",
    "user_id": "who",
    "account_id": "company",
    "event": "did",
}


def test_a_column_that_vanished_and_a_cursor_without_order(company: Company, table: TableRead) -> None:
    company.add(row("e1", "2026-11-20 01:00Z"))
    table.columns = {**table.columns, "feature": "renamed"}
    run = read(table)
    assert (run.state, run.problem) == ("failed", {"code": "no_column", "columns": "renamed"})
    assert fresh(table).position is None and took_in() == []
    for value in (True, b"x", ["a"], None):
        with pytest.raises(ReadFailed, match="bad_cursor"):
            position.kept(value)


def test_a_full_disk_moves_nothing(
    company: Company, table: TableRead, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.add(row("e1", "2026-11-20 01:00Z"))

    class Full:
        def append(self, _payload: bytes) -> Any:
            from concurrent.futures import Future

            future: Future[None] = Future()
            future.set_exception(NotSafe("full"))
            return future

    with monkeypatch.context() as patch:
        patch.setattr(taking.writers, "get", Full)
        assert read(table).problem == {"code": "not_safe"}
    assert fresh(table).position is None
    assert read(fresh(table)).state == "done" and took_in() == ["e1"]


@pytest.mark.parametrize(
    ("value", "overlap", "start"),
    [
        (datetime(2026, 11, 20, 1, 0), 30, datetime(2026, 11, 20, 0, 30)),  # noqa: DTZ001 (a column without offset)
        (datetime(2026, 11, 20, 1, 0, tzinfo=UTC), 0, datetime(2026, 11, 20, 1, 0, tzinfo=UTC)),
        (datetime(2026, 11, 20).date(), 2, datetime(2026, 11, 18).date()),  # noqa: DTZ001
        (100, 10, 90),
        ("0042", 10, "0042"),
    ],
)
def test_positions_keep_their_type(value: Any, overlap: int, start: Any) -> None:
    assert position.restored(json.loads(json.dumps(position.kept(value)))) == value
    assert position.back(value, overlap) == start


def test_daily_use_becomes_an_import(company: Company, table: TableRead) -> None:
    table.target = "usage_daily"
    table.columns = {"account_id": "company", "day": "day", "feature": "did", "users": "n", "product": "=A"}
    table.further, table.cursor = [], "at"
    table.save()
    company.add(
        ("1", "2026-11-20 01:00Z", None, "A010", "申請", "12", "2026-11-19", None),
        ("2", "2026-11-20 01:00Z", None, "A010", "承認", "1.5", "2026-11-19", None),
    )
    run = read(table)
    assert (run.state, run.rows, fresh(table).position is not None) == ("done", 2, True)
    facts = counted(UsageDaily, current_watermark())
    assert [(fact.account.code, fact.feature, fact.users, fact.product, str(fact.day)) for fact in facts] == [("A010", "申請", 12, "A", "2026-11-19")]  # fmt: skip
    assert Account.objects.get(code="A010").name == "A010"
    from banso_web.ingest.models import ImportRun

    imported = ImportRun.objects.get(pk=run.import_run)
    assert imported.file_name == "操作ログ: usage_daily" and imported.made_by is None
    assert [(row.row_number, row.code) for row in imported.rejected.all()] == [(2, "not_whole")]
    entries = Entry.objects.exclude(seq=None).count()
    read(fresh(table))
    assert Entry.objects.exclude(seq=None).count() == entries  # the same again: nothing was written
    assert ImportRun.objects.count() == 1 and ReadRun.objects.order_by("pk").last().import_run is None
    company.add(("3", "2026-11-20 01:00Z", None, "A010", "閲覧", "3", "2026-11-19", None))
    read(fresh(table))
    assert counted(UsageDaily, current_watermark()).count() == 2 and ImportRun.objects.count() == 2


# When


def test_reads_are_queued_when_they_are_due_once_each(
    company: Company, table: TableRead, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[int] = []
    monkeypatch.setattr(type(read_table), "enqueue", lambda _self, table_id, *_more: queued.append(table_id))
    assert enqueue_due() == 0
    TableRead.objects.update(every=60, due_at=clock.machine() - timedelta(minutes=1))
    assert (enqueue_due(), enqueue_due(), queued) == (1, 0, [table.pk])
    later = fresh(table).due_at
    assert later is not None and later > clock.machine() + timedelta(minutes=59)
    table.source.closed_at = clock.now()
    table.source.save()
    TableRead.objects.update(due_at=clock.machine() - timedelta(minutes=1))
    assert enqueue_due() == 0 and read_table.call(table.pk) == 0


def test_daily_reads_are_at_four(monkeypatch: pytest.MonkeyPatch) -> None:
    at: Callable[[str], Any] = datetime.fromisoformat
    assert next_due(1440, at("2026-11-20T18:59:00+00:00")) == at("2026-11-21T04:00:00+09:00")
    assert next_due(1440, at("2026-11-20T19:00:00+00:00")) == at("2026-11-22T04:00:00+09:00")
    assert next_due(5, at("2026-11-20T19:00:00+00:00")) == at("2026-11-20T19:05:00+00:00")
    assert next_due(0, at("2026-11-20T19:00:00+00:00")) is None
