"""What the port promises, of every adapter: each event once, whatever is sent again, in whatever order, and wherever it stops."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banso_web.collect import personal as rejected
from banso_web.collect.models import RejectedEvent, Source
from banso_web.collect.taking import folder as log_folder
from banso_web.core import clock, retention, settings_store
from banso_web.core.models import AuditRow
from banso_web.core.personal import Whom, erased_code, remember
from banso_web.members.models import Member
from banso_web.warehouse import compactor, embedded, manifest, personal
from banso_web.warehouse.compactor import compact, tidy
from banso_web.warehouse.models import EventSegment, Lease, LogTaken, SourceDay, TouchedDay
from banso_web.warehouse.port import Added, AlreadyTaken, Events, Taking
from banso_web.warehouse.reads import changes_of_days, newest_change
from banso_web.warehouse.retention import EVENTS
from banso_web.warehouse.shapes import count_days
from banso_web.warehouse.store import event_store
from banso_web.warehouse.tests.engines import EMBEDDED, engines
from banso_web.warehouse.tests.logs import NOW, event_row, ids, log, track

pytestmark = [pytest.mark.django_db(transaction=True), engines]


def test_events_arrive_with_their_text_and_their_days(engine: str, source: Source) -> None:
    event = track(
        "m1",
        "2026-11-20T15:30:00Z",
        context={"groupId": "A010"},
        properties={"product": "A", "department": "営業部", "feature": "一括申請", "髙": "﨑𠮷"},
    )
    log(source, [event])
    done = compact()
    assert (done.logs, done.accepted, done.duplicates, done.rejected) == (1, 1, 0, 0)
    (row,) = event_store().query(
        "SELECT group_id, department, feature, name, local_day, happened_at, properties FROM events"
    )
    assert row[:6] == (
        "A010",
        "営業部",
        "一括申請",
        "申請",
        date(2026, 11, 21),  # 00:30 in Japan
        datetime(2026, 11, 20, 15, 30),  # noqa: DTZ001 (UTC, as DuckDB gives it)
    )
    assert json.loads(row[6])["髙"] == "﨑𠮷"
    assert list(log_folder().iterdir()) == []


def test_a_resend_changes_nothing_and_is_counted(engine: str, source: Source) -> None:
    log(source, [track("m1"), track("m2")])
    compact()
    log(source, [track("m1")], [track("m3"), track("m3")], name="0002")
    done = compact()
    assert (done.accepted, done.duplicates) == (1, 2)
    assert ids() == ["m1", "m2", "m3"]
    counted = SourceDay.objects.get()
    assert (counted.accepted, counted.duplicates, counted.rejected) == (3, 2, 0)
    assert counted.day == date(2026, 11, 24)


def test_the_same_id_of_another_source_or_day_is_another_event(engine: str, source: Source) -> None:
    other = Source.objects.create(name="別", write_key="other", created_at=NOW)
    log(source, [track("m1"), track("m1", "2026-11-21T01:00:00Z")])
    log(other, [track("m1")], name="0002")
    assert compact().accepted == 3


def test_an_event_without_a_time_is_compared_over_35_days(engine: str, source: Source) -> None:
    log(source, [track("m1", None)], received=NOW - timedelta(days=34))
    compact()
    log(source, [track("m1", None)], name="0002")
    assert compact().duplicates == 1
    log(source, [track("m2", None)], name="0003", received=NOW - timedelta(days=36))
    compact()
    log(source, [track("m2", None)], name="0004")
    assert compact().accepted == 1


class Died(BaseException):
    """A kill at a named place."""


def steps(engine: str) -> list[tuple[Any, str, bool]]:
    """Where an add may be killed, in order: owner and name of a call, and whether it is over by then."""
    own: list[tuple[Any, str, bool]] = [(embedded, "_synced", False), (embedded, "sync_folder", False)]
    if engine != EMBEDDED:
        from banso_web.warehouse import clickhouse
        from banso_web.warehouse.clickhouse.server import Server

        own = [(clickhouse, "_begun", True), (Server, "insert", False), (Server, "insert", True)]
    return [
        *own,
        (manifest, "touch", False),
        (compactor, "keep_rejected", False),
        (compactor, "_count", False),
        (compactor, "_count", True),
        (Path, "unlink", False),
    ]


def kept(engine: str) -> int:
    """Rows that lie there, whether anybody reads them or not."""
    if engine == EMBEDDED:
        on_disk = {path.name for path in embedded.folder().iterdir()}
        live = EventSegment.objects.filter(retired_at=None)
        assert set(live.values_list("path", flat=True)) <= on_disk
        assert on_disk <= set(EventSegment.objects.values_list("path", flat=True))
        return sum(live.values_list("rows", flat=True))
    from banso_web.warehouse.clickhouse.server import TABLE, server

    ((rows,),) = server(django.BANSO_EVENTS_URL).ask(f"SELECT count() FROM {TABLE}")
    return int(rows)


def test_killed_at_any_step_each_event_is_there_once(
    engine: str, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected: list[str] = []
    for number, (owner, name, is_over) in enumerate(steps(engine)):
        names = [f"{number}-a", f"{number}-b"]
        log(source, [track(names[0]), track(names[1], None), {"type": "track"}], name=f"{number:04d}")
        real = getattr(owner, name)

        def die(*asked: Any, real: Any = real, is_over: bool = is_over, **more: Any) -> None:
            if is_over:
                real(*asked, **more)
            raise Died

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, die)
            with pytest.raises(Died):
                compact()
        assert ids() in (expected, expected + names), name  # all of it or nothing
        Lease.objects.update(until=None)  # the lease of a dead process runs out
        compact()
        expected += names
        assert ids() == expected, name
        assert TouchedDay.objects.get(day=date(2026, 11, 20)).change == number + 1
    count = len(steps(engine))
    assert RejectedEvent.objects.count() == count
    assert (SourceDay.objects.get().accepted, SourceDay.objects.get().duplicates) == (2 * count, 0)
    assert compact().logs == 0
    later = datetime.now(UTC) + timedelta(days=2)
    monkeypatch.setattr(clock, "machine", lambda: later)
    monkeypatch.setattr(clock, "now", lambda: later)
    tidy()
    monkeypatch.undo()
    assert ids() == expected
    assert kept(engine) == len(expected)


@pytest.mark.parametrize("until", [NOW + timedelta(days=400), None], ids=["holds it", "has let it go"])
def test_who_lost_the_lease_in_the_middle_writes_nothing(
    engine: str, source: Source, monkeypatch: pytest.MonkeyPatch, until: datetime | None
) -> None:
    """Also where the other is done by now: what it wrote was not there yet when this one looked for doubles."""
    log(source, [track("m1")])
    look = manifest.sifted

    def looks_and_sleeps(*asked: Any) -> Any:
        found = look(*asked)
        Lease.objects.filter(name="compactor").update(holder="elsewhere:1", until=until)
        return found

    monkeypatch.setattr(manifest, "sifted", looks_and_sleeps)
    assert compact().logs == 0
    Lease.objects.update(until=None)
    monkeypatch.undo()
    assert ids() == []
    assert compact().accepted == 1


def test_days_that_changed_get_a_new_number(engine: str, source: Source) -> None:
    log(source, [track("m1", "2026-11-20T01:00:00Z"), track("m2", "2026-11-21T01:00:00Z")])
    compact()
    log(source, [track("m3", "2026-11-20T02:00:00Z")], name="0002")
    compact()
    assert dict(TouchedDay.objects.values_list("day", "change")) == {
        date(2026, 11, 20): 2,
        date(2026, 11, 21): 1,
    }


def test_days_that_change_at_the_same_moment_get_different_numbers(engine: str) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    begun = threading.Event()

    def beside() -> None:
        begun.set()
        with transaction.atomic():
            manifest.touch([date(2026, 11, 21)])
        connection.close()

    with transaction.atomic():
        manifest.touch([date(2026, 11, 20)])
        other = threading.Thread(target=beside)
        other.start()
        begun.wait()
        other.join(0.2)  # where it does not wait for us, it is done by now
    other.join()
    assert sorted(TouchedDay.objects.values_list("change", flat=True)) == [1, 2]


def test_what_is_remembered_goes_with_what_is_removed_and_no_day_is_counted_anew(
    engine: str, source: Source
) -> None:
    log(source, [track("m1", userId="gone"), track("m2", "2026-11-21T01:00:00Z")])
    compact()
    store, days = event_store(), changes_of_days(date(1990, 1, 1), date(2027, 1, 1))
    numbers = [newest_change()]
    for remove in (lambda: store.erase(["gone"], "erased"), lambda: store.forget_before(date(2026, 11, 21))):
        assert remove() == 1
        numbers.append(newest_change())
        assert remove() == 0 and newest_change() == numbers[-1]
    assert numbers == sorted(set(numbers))
    assert changes_of_days(date(1990, 1, 1), date(2027, 1, 1)) == days
    assert count_days() == 3  # the day that stands for removals is read as any other


def test_one_person_is_erased_and_the_others_stay(engine: str, source: Source) -> None:
    address = "gone@example.jp"
    log(
        source,
        [
            track("m1", userId=address, properties={"note": "x"}),
            track("m2", userId="stays", anonymousId=address),
            track("m3", userId="stays", properties={"note": "stays"}),
            {"type": "identify", "userId": "u-7", "messageId": "m4", "traits": {"email": "Gone@Example.jp"}},
            track("m5", userId="u-7", properties={"note": "x"}),
            track("m6", userId="stays", properties={"note": "髙橋　花子さんへ"}),
            {"type": "track", "messageId": "m7", "event": "x", "properties": {"to": address}},
        ],
    )
    compact()
    names = frozenset({("髙橋", "花子")})
    whom = Whom(1, frozenset({"P1"}), (1,), names, frozenset({address}), frozenset(), frozenset())
    assert sorted({row["user_id"] for row in personal.find(whom)}) == [address, "stays", "u-7"]
    assert personal.erase(whom) == 5
    rows = event_store().query(
        "SELECT message_id, user_id, anonymous_id, properties FROM events WHERE kind = 'track' ORDER BY 1"
    )
    gone = erased_code("P1")
    assert rows == [
        ("m1", gone, "", "{}"),
        ("m2", "stays", gone, "{}"),
        ("m3", "stays", "", '{"note":"stays"}'),
        ("m5", gone, "", "{}"),
        ("m6", "stays", "", "{}"),
    ]
    assert kept(engine) == 6
    assert personal.erase(whom) == 0
    assert [row["reason"] for row in rejected.find(whom)] == ["no_user_id_or_anonymous_id"]
    assert rejected.erase(whom) == 1
    assert address not in RejectedEvent.objects.get().body


def test_who_was_erased_is_not_brought_back_by_a_log_that_waited(engine: str, source: Source) -> None:
    address = "gone@example.jp"
    log(source, [track("m1", userId=address, properties={"note": "x"}), track("m2", userId="stays")])
    Lease.objects.create(
        name="compactor", holder="elsewhere:1", until=datetime.now(UTC) + timedelta(seconds=60)
    )
    whom = Whom(1, frozenset({"P1"}), (1,), frozenset(), frozenset({address}), frozenset(), frozenset())
    remember(whom)
    assert personal.erase(whom) == 0  # the log is another process's and not in yet
    Lease.objects.update(until=None)
    compact()
    log(source, [track("m3", userId="P1", anonymousId=address.upper())], name="0002")
    compact()
    assert event_store().query("SELECT message_id, user_id, anonymous_id FROM events ORDER BY 1") == [
        ("m1", erased_code(address), ""),
        ("m2", "stays", ""),
        ("m3", erased_code("P1"), erased_code(address.upper())),
    ]
    assert event_store().query("SELECT properties FROM events WHERE message_id = 'm1'") == [("{}",)]


def test_old_events_go_and_the_rest_of_their_file_stays(engine: str, source: Source) -> None:
    log(source, [track("m1", "2026-11-19T16:00:00Z"), track("m2", "2026-11-19T10:00:00Z")])
    compact()
    assert event_store().forget_before(date(2026, 11, 20)) == 1
    assert ids() == ["m1"]
    assert event_store().forget_before(date(2026, 12, 1)) == 1
    assert ids() == []


def test_events_past_their_time_go_with_the_daily_run(
    engine: str, source: Source, person: Callable[[str], Member]
) -> None:
    log(
        source, [track("m1", "2026-11-13T14:00:00Z"), track("m2", "2026-11-13T16:00:00Z")]
    )  # 13th, 14th in Japan
    compact()

    def waiting() -> int:
        return {one.retained.key: one.waiting for one in retention.next_run()}["events"]

    assert (waiting(), retention.apply_all()["events"]) == (0, 0)  # for ever, where nobody chose
    settings_store.put(EVENTS, 10, actor=person("kanri"))
    assert (waiting(), ids()) == (1, ["m1", "m2"])
    assert (retention.apply_all()["events"], ids()) == (1, ["m2"])
    assert AuditRow.objects.get(action="retention.apply").new == {"events": 1}
    assert (waiting(), retention.apply_all()["events"]) == (0, 0)


def test_one_import_is_taken_out_also_when_that_is_killed(
    engine: str, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the moment that its days are touched nobody reads it, whatever still lies there."""
    later = NOW + timedelta(microseconds=1)
    log(source, [track("m1"), track("m2", "2026-11-21T01:00:00Z")])
    log(source, [track("m3"), track("m4")], name="0002", received=later)
    compact()
    TouchedDay.objects.all().delete()
    store = event_store()
    if engine != EMBEDDED:
        from banso_web.warehouse.clickhouse.server import Server

        def die(*_asked: Any) -> None:
            raise Died

        with monkeypatch.context() as patch:
            patch.setattr(Server, "tell", die)
            with pytest.raises(Died):
                store.forget_received(source.pk, NOW)
        assert (ids(), kept(engine)) == (["m3", "m4"], 4)
        assert (
            store.add(Events.of([event_row(source.pk, "m1", received_at=later)]), Taking(["again"])).accepted
            == 1
        )
        assert store.forget_received(source.pk, NOW) == 0
        assert (ids(), kept(engine)) == (["m1", "m3", "m4"], 3)
    else:
        assert store.forget_received(source.pk, NOW) == 2
        assert ids() == ["m3", "m4"]
    assert set(TouchedDay.objects.values_list("day", flat=True)) == {date(2026, 11, 20), date(2026, 11, 21)}
    assert store.forget_received(source.pk, NOW) == 0


def test_a_query_says_which_days_it_needs(engine: str, source: Source) -> None:
    log(source, [track(f"m{day}", f"2026-11-{day:02d}T01:00:00Z") for day in range(1, 21)])
    compact()
    first, last = date(2026, 11, 3), date(2026, 11, 5)
    sql = "SELECT message_id FROM events WHERE local_day BETWEEN $1 AND $2 ORDER BY local_day"
    assert event_store().query(sql, [first, last], first=first, last=last) == [("m3",), ("m4",), ("m5",)]
    # One file (the client's UTC day) holds two of Japan's days: only those that were asked for are told.
    log(
        source,
        [track("early", "2026-10-05T01:00:00Z"), track("late", "2026-10-05T20:00:00Z")],
        name="0002",
    )
    compact()
    day, every = date(2026, 10, 5), "SELECT message_id FROM events ORDER BY 1"
    after = day + timedelta(days=1)
    assert event_store().query(every, first=day, last=day) == [("early",)]
    assert event_store().query(every, first=after, last=after) == [("late",)]
    assert event_store().query(every, last=after) == [("early",), ("late",)]


def test_text_comes_back_as_it_was_sent_and_is_found_by_it(engine: str, source: Source) -> None:
    strange = ["it's", 'a "b"', "back\\slash\\'", "100%s %(p1)s {p1:String}", "𠮷\n\t`", "$1 /* -- */ ;"]
    log(source, [track(f"m{place}", userId=text) for place, text in enumerate(strange)])
    compact()
    store = event_store()
    assert store.query("SELECT user_id FROM events ORDER BY message_id") == [(text,) for text in strange]
    for place, text in enumerate(strange):
        asked = (
            "SELECT message_id FROM events WHERE user_id = $1 OR user_id IN (SELECT unnest($2::VARCHAR[]))"
        )
        assert store.query(asked, [text, [text]]) == [(f"m{place}",)]


def test_an_add_whose_logs_are_in_changes_nothing(engine: str, source: Source) -> None:
    log(source, [track("m1")])
    compact()
    LogTaken.objects.create(name="0002.sealed", taken_at=NOW, accepted=0, duplicates=0, rejected=0)
    row = event_row(source.pk, "m2")
    with pytest.raises(AlreadyTaken):
        event_store().add(Events.of([row]), Taking(["0002.sealed"]))
    assert ids() == ["m1"]
    assert event_store().add(Events.of([row, row]), Taking(["0003.sealed"])) == Added(1, ((source.pk, "m2"),))
    assert ids() == ["m1", "m2"]


def test_the_store_says_what_it_is(engine: str, source: Source) -> None:
    told = event_store().check()
    assert ("ClickHouse" in told) == (engine != EMBEDDED) == (not event_store().in_home)


sent = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, 20, 21])), max_size=6),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent)
def test_every_event_is_there_once_however_it_is_cut_and_sent_again(
    engine: str, source: Source, batches: list[list[tuple[int, int | None]]]
) -> None:
    event_store().forget_before(date(2100, 1, 1))
    LogTaken.objects.all().delete()
    expected = set()
    for number, batch in enumerate(batches):
        events = []
        for name, day in batch:
            at = None if day is None else f"2026-11-{day}T01:00:00Z"
            events.append(track(f"m{name}", at))
            expected.add((f"m{name}", day))
        log(source, events, name=f"{number:04d}")
        if number % 2:
            compact()
    compact()
    found = event_store().query("SELECT message_id, timed, local_day FROM events")
    kept = [(name, day.day if timed else None) for name, timed, day in found]
    assert len(kept) == len(set(kept))
    assert set(kept) == expected
