"""From the log to the store: every event once, whatever is sent again, in whatever order, and wherever it stops."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banso_web.collect import personal as rejected
from banso_web.collect.envelope import Envelope, micros, packed
from banso_web.collect.frames import frame
from banso_web.collect.models import RejectedEvent, Source
from banso_web.collect.taking import folder as log_folder
from banso_web.core.personal import Whom, erased_code, remember
from banso_web.warehouse import compactor, embedded, personal
from banso_web.warehouse.compactor import compact, tidy
from banso_web.warehouse.embedded import EmbeddedStore, sweep
from banso_web.warehouse.models import EventSegment, Lease, LogTaken, SourceDay, TouchedDay

NOW = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


def track(name: str, at: str | None = "2026-11-20T01:00:00Z", **more: Any) -> dict[str, Any]:
    event = {"type": "track", "event": "申請", "userId": "u1", "messageId": name, **more}
    return event if at is None else {**event, "timestamp": at}


def log(source: Source, *batches: list[dict[str, Any]], name: str = "0001", received: datetime = NOW) -> Path:
    """A sealed log as a collector leaves it."""
    path = log_folder() / f"{name}.sealed"
    frames = []
    for number, batch in enumerate(batches):
        head = Envelope(source.pk, "batch", f"{name}-{number}", micros(received))
        frames.append(frame(packed(head, json.dumps({"batch": batch}).encode())))
    path.write_bytes(b"".join(frames))
    return path


def ids() -> list[str]:
    return [name for (name,) in EmbeddedStore().query("SELECT message_id FROM events ORDER BY 1")]


def test_events_arrive_with_their_text_and_their_days(source: Source) -> None:
    event = track(
        "m1",
        "2026-11-20T15:30:00Z",
        context={"groupId": "A010"},
        properties={"product": "A", "department": "営業部", "feature": "一括申請", "髙": "﨑𠮷"},
    )
    log(source, [event])
    done = compact()
    assert (done.logs, done.accepted, done.duplicates, done.rejected) == (1, 1, 0, 0)
    (row,) = EmbeddedStore().query(
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


def test_a_resend_changes_nothing_and_is_counted(source: Source) -> None:
    log(source, [track("m1"), track("m2")])
    compact()
    log(source, [track("m1")], [track("m3"), track("m3")], name="0002")
    done = compact()
    assert (done.accepted, done.duplicates) == (1, 2)
    assert ids() == ["m1", "m2", "m3"]
    counted = SourceDay.objects.get()
    assert (counted.accepted, counted.duplicates, counted.rejected) == (3, 2, 0)
    assert counted.day == date(2026, 11, 24)


def test_the_same_id_of_another_source_or_day_is_another_event(source: Source) -> None:
    other = Source.objects.create(name="別", write_key="other", created_at=NOW)
    log(source, [track("m1"), track("m1", "2026-11-21T01:00:00Z")])
    log(other, [track("m1")], name="0002")
    assert compact().accepted == 3


def test_an_event_without_a_time_is_compared_over_35_days(source: Source) -> None:
    log(source, [track("m1", None)], received=NOW - timedelta(days=34))
    compact()
    log(source, [track("m1", None)], name="0002")
    assert compact().duplicates == 1
    log(source, [track("m2", None)], name="0003", received=NOW - timedelta(days=36))
    compact()
    log(source, [track("m2", None)], name="0004")
    assert compact().accepted == 1


def test_rejected_events_are_kept_with_their_own_bytes(source: Source) -> None:
    log(source, [track("m1"), {"type": "track", "userId": "u", "messageId": "bad"}])
    done = compact()
    assert (done.accepted, done.rejected) == (1, 1)
    kept = RejectedEvent.objects.get()
    assert (kept.reason, kept.field, kept.message_id, kept.index) == ("no_event_name", "event", "bad", 1)
    assert json.loads(kept.body) == {"type": "track", "userId": "u", "messageId": "bad"}


def test_a_request_that_this_version_cannot_read_is_kept(source: Source) -> None:
    """It was acknowledged: its log goes once it is in, and its bytes stay among the rejected events."""
    head, body = (
        Envelope(source.pk, "batch", "older", micros(NOW)),
        b'{"batch": {"m1": "as it was taken once"}}',
    )
    (log_folder() / "0001.sealed").write_bytes(frame(packed(head, body)))
    done = compact()
    assert (done.accepted, done.rejected) == (0, 1)
    kept = RejectedEvent.objects.get()
    assert (kept.reason, kept.field, kept.request) == ("unreadable", "not_json", "older")
    assert kept.body.encode() == body
    assert list(log_folder().iterdir()) == []


def test_damage_costs_only_its_frames_and_is_counted(source: Source) -> None:
    path = log(source, [track("m1")], [track("m2")], [track("m3")])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data) + b"BNS1torn")
    done = compact()
    assert ids() == ["m1", "m3"]
    assert done.damaged_bytes == len(data) // 3
    assert LogTaken.objects.get().damaged_bytes == len(data) // 3  # the torn end was never acknowledged


class Died(BaseException):
    """A kill at a named place."""


PLACES = [
    (embedded, "_synced"),
    (embedded, "sync_folder"),
    (compactor, "keep_rejected"),
    (compactor, "_count"),
    (embedded, "touch"),
    (Path, "unlink"),
]


@pytest.mark.parametrize(("owner", "name"), PLACES, ids=[name for _owner, name in PLACES])
def test_killed_at_any_step_each_event_is_there_once(
    source: Source, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    log(source, [track("m1"), track("m2", "2026-11-22T00:00:00Z"), {"type": "track"}])

    def die(*_args: Any, **_more: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, die)
        with pytest.raises(Died):
            compact()
    Lease.objects.update(until=None)  # the lease of a dead process runs out
    compact()
    assert ids() == ["m1", "m2"]
    assert RejectedEvent.objects.count() == 1
    assert SourceDay.objects.get().accepted == 2
    compact()
    sweep(datetime.now(UTC) + timedelta(hours=1))
    on_disk = {path.name for path in embedded.folder().iterdir()}
    assert on_disk == set(EventSegment.objects.values_list("path", flat=True))
    assert ids() == ["m1", "m2"]


def test_another_process_that_holds_the_lease_is_left_in_peace(source: Source) -> None:
    log(source, [track("m1")])
    Lease.objects.create(
        name="compactor", holder="elsewhere:1", until=datetime.now(UTC) + timedelta(seconds=60)
    )
    assert compact().logs == 0
    Lease.objects.update(until=datetime.now(UTC) - timedelta(seconds=1))
    assert compact().logs == 1


@pytest.mark.parametrize("until", [NOW + timedelta(days=400), None], ids=["holds it", "has let it go"])
def test_who_lost_the_lease_in_the_middle_writes_nothing(
    source: Source, monkeypatch: pytest.MonkeyPatch, until: datetime | None
) -> None:
    """Also where the other is done by now: what it wrote was not there yet when this one looked for doubles."""
    log(source, [track("m1")])
    look = EmbeddedStore._new

    def looks_and_sleeps(store: EmbeddedStore, rows: Any) -> Any:
        found = look(store, rows)
        Lease.objects.update(holder="elsewhere:1", until=until)
        return found

    monkeypatch.setattr(EmbeddedStore, "_new", looks_and_sleeps)
    assert compact().logs == 0
    Lease.objects.update(until=None)
    monkeypatch.undo()
    assert ids() == []
    assert compact().accepted == 1


def test_days_that_changed_get_a_new_number(source: Source) -> None:
    log(source, [track("m1", "2026-11-20T01:00:00Z"), track("m2", "2026-11-21T01:00:00Z")])
    compact()
    log(source, [track("m3", "2026-11-20T02:00:00Z")], name="0002")
    compact()
    assert dict(TouchedDay.objects.values_list("day", "change")) == {
        date(2026, 11, 20): 2,
        date(2026, 11, 21): 1,
    }


def test_closed_days_become_one_file_with_the_same_events(source: Source) -> None:
    for number in range(5):
        log(source, [track(f"m{number}"), track(f"n{number}", "2026-11-24T00:00:00Z")], name=f"{number:04d}")
        compact()
    before = ids()
    tidy()
    live = EventSegment.objects.filter(retired_at=None)
    assert live.filter(day=date(2026, 11, 20)).count() == 1
    assert live.filter(day=date(2026, 11, 24)).count() == 5  # today is not closed
    assert ids() == before
    log(source, [track("m1")], name="9999")
    assert compact().duplicates == 1


def test_one_person_is_erased_and_the_others_stay(source: Source) -> None:
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
    old = list(EventSegment.objects.values_list("path", flat=True))
    names = frozenset({("髙橋", "花子")})
    whom = Whom(1, frozenset({"P1"}), (1,), names, frozenset({address}), frozenset(), frozenset())
    assert sorted({row["user_id"] for row in personal.find(whom)}) == [address, "stays", "u-7"]
    assert personal.erase(whom) == 5
    rows = EmbeddedStore().query(
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
    assert not any((embedded.folder() / path).exists() for path in old)
    assert personal.erase(whom) == 0
    assert [row["reason"] for row in rejected.find(whom)] == ["no_user_id_or_anonymous_id"]
    assert rejected.erase(whom) == 1
    assert address not in RejectedEvent.objects.get().body


def test_who_was_erased_is_not_brought_back_by_a_log_that_waited(source: Source) -> None:
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
    assert EmbeddedStore().query("SELECT message_id, user_id, anonymous_id FROM events ORDER BY 1") == [
        ("m1", erased_code(address), ""),
        ("m2", "stays", ""),
        ("m3", erased_code("P1"), erased_code(address.upper())),
    ]
    assert EmbeddedStore().query("SELECT properties FROM events WHERE message_id = 'm1'") == [("{}",)]


def test_a_merge_brings_back_nothing_that_was_erased_meanwhile(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        log(source, [track(f"m{number}", userId="gone")], name=f"{number:04d}")
        compact()
    copy, started = embedded._copied, []

    def a_person_goes(*asked: Any) -> EventSegment:
        made = copy(*asked)
        if not started:
            started.append(True)
            assert EmbeddedStore().erase(["gone"], "erased") == 2
        return made

    monkeypatch.setattr(embedded, "_copied", a_person_goes)
    assert not embedded.merge(date(2026, 11, 20), least=2)
    kept = EmbeddedStore().query("SELECT message_id, user_id FROM events ORDER BY 1")
    assert kept == [("m0", "erased"), ("m1", "erased")]
    assert len(list(embedded.folder().iterdir())) == 2
    assert embedded.merge(date(2026, 11, 20), least=2)
    assert EmbeddedStore().query("SELECT message_id, user_id FROM events ORDER BY 1") == kept


def test_an_erasure_finds_a_file_that_was_merged_meanwhile(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        log(source, [track(f"m{number}", userId="gone")], name=f"{number:04d}")
        compact()
    copy, started = embedded._copied, []

    def a_day_is_merged(*asked: Any) -> EventSegment:
        made = copy(*asked)
        if not started:
            started.append(True)
            assert embedded.merge(date(2026, 11, 20), least=2)
        return made

    monkeypatch.setattr(embedded, "_copied", a_day_is_merged)
    assert EmbeddedStore().erase(["gone"], "erased") == 2
    assert EmbeddedStore().query("SELECT message_id, user_id FROM events ORDER BY 1") == [
        ("m0", "erased"),
        ("m1", "erased"),
    ]


def test_an_erasure_takes_the_files_that_a_merge_had_just_replaced(source: Source) -> None:
    for number in range(2):
        log(source, [track(f"m{number}", userId="gone")], name=f"{number:04d}")
        compact()
    assert embedded.merge(date(2026, 11, 20), least=2)
    assert len(list(embedded.folder().iterdir())) == 3  # the two replaced files wait for late readers
    assert EmbeddedStore().erase(["gone"], "erased") == 2
    (left,) = embedded.folder().iterdir()
    assert left.name == EventSegment.objects.get(retired_at=None).path
    assert sweep() == 0


def test_old_events_go_and_the_rest_of_their_file_stays(source: Source) -> None:
    log(source, [track("m1", "2026-11-19T16:00:00Z"), track("m2", "2026-11-19T10:00:00Z")])
    compact()
    assert EmbeddedStore().forget_before(date(2026, 11, 20)) == 1
    assert ids() == ["m1"]
    assert EmbeddedStore().forget_before(date(2026, 12, 1)) == 1
    assert ids() == []


def test_a_query_reads_only_the_files_of_its_days(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    log(source, [track(f"m{day}", f"2026-11-{day:02d}T01:00:00Z") for day in range(1, 21)])
    compact()
    read: list[int] = []
    view = embedded._view
    monkeypatch.setattr(
        embedded, "_view", lambda opened, paths: (read.append(len(paths)), view(opened, paths))[1]
    )
    found = EmbeddedStore().query(
        "SELECT count(*) FROM events WHERE local_day BETWEEN $1 AND $2",
        [date(2026, 11, 3), date(2026, 11, 4)],
        first=date(2026, 11, 3),
        last=date(2026, 11, 4),
    )
    assert (found, read) == ([(2,)], [2])


sent = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from([None, 20, 21])), max_size=6),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent)
def test_every_event_is_there_once_however_it_is_cut_and_sent_again(
    source: Source, batches: list[list[tuple[int, int | None]]]
) -> None:
    EmbeddedStore().forget_before(date(2100, 1, 1))
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
    found = EmbeddedStore().query("SELECT message_id, timed, local_day FROM events")
    kept = [(name, day.day if timed else None) for name, timed, day in found]
    assert len(kept) == len(set(kept))
    assert set(kept) == expected


def test_a_pause_holds_the_compactor_and_the_sweeper(source: Source) -> None:
    log(source, [track("m1")])
    with compactor.compacting_paused():
        assert compact().logs == 0
        tidy()
    assert compact().logs == 1
