"""Full disks, bad pages, clocks that go back: a clear word, nothing acknowledged lost, and the way back as the documents say it.

The disk under the log itself: `collect/tests/test_log.py` and `test_requests.py`.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from django.test import Client

from banso_web.collect import log as event_log
from banso_web.collect.frames import frame
from banso_web.collect.log import LogWriter
from banso_web.collect.models import Source
from banso_web.collect.taking import folder as log_folder
from banso_web.collect.taking import writers
from banso_web.collect.tests.test_requests import BASIC
from banso_web.core.models import AuditRow
from banso_web.core.personal import Whom
from banso_web.desk.tests.conftest import desk
from banso_web.operations import doctor
from banso_web.operations.doctor import State
from banso_web.warehouse import embedded, personal
from banso_web.warehouse.commands import events_group
from banso_web.warehouse.compactor import compact, damaged_logs
from banso_web.warehouse.embedded import EmbeddedStore
from banso_web.warehouse.models import EventSegment, Lease, LogTaken, TouchedDay
from banso_web.warehouse.port import StoreUnavailable
from banso_web.warehouse.soundness import broken_files
from banso_web.warehouse.tests.logs import ids, log, track

__all__ = ["desk"]
pytestmark = pytest.mark.django_db
Desks = Callable[[str], Any]


def spoil(path: Path, at: int) -> int:
    """Flip one byte; gives what it was."""
    data = bytearray(path.read_bytes())
    was = data[at]
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))
    return was


def test_a_corrupt_last_page_stays_aside_and_comes_back_once_it_is_mended(source: Source) -> None:
    path = log(source, [track("m1")], [track("m2")], [track("m3")])
    size = path.stat().st_size
    spoil(path, size - 10)
    done = compact()
    assert ids() == ["m1", "m2"]
    assert done.damaged_bytes == LogTaken.objects.get().damaged_bytes == size // 3
    (kept,) = damaged_logs()
    found = doctor._event_logs()
    assert (found.state, "events-do-not-come-in.md" in found.mend) == (State.WARNING, True)
    assert str(size // 3) in found.found
    # The way back: the page is mended, and the log is given back under a name of its own.
    spoil(kept, size - 10)
    kept.rename(kept.with_name("again-" + kept.stem + ".sealed"))
    done = compact()
    assert (done.accepted, done.duplicates, ids()) == (1, 2, ["m1", "m2", "m3"])
    assert doctor._event_logs().state == State.OK


def test_a_write_that_never_finished_is_no_damage(source: Source) -> None:
    path = log(source, [track("m1")], [track("m2")])
    path.write_bytes(path.read_bytes()[:-10])
    assert compact().damaged_bytes == 0
    assert (ids(), damaged_logs()) == (["m1"], [])


def test_a_page_of_zeros_at_the_end_is_damage(source: Source) -> None:
    path = log(source, [track("m1")])
    path.write_bytes(path.read_bytes() + bytes(4096))
    assert compact().damaged_bytes == 4096
    assert ids() == ["m1"] and len(damaged_logs()) == 1


def test_a_log_that_was_set_aside_goes_with_the_person_it_names(source: Source) -> None:
    path = log(source, [track("m1", userId="Gone@example.jp")], [track("m2")])
    spoil(path, path.stat().st_size - 10)
    compact()
    other = Whom(
        2, frozenset({"P2"}), (1,), frozenset(), frozenset({"stays@example.jp"}), frozenset(), frozenset()
    )
    personal.erase(other)
    assert len(damaged_logs()) == 1
    gone = Whom(
        1, frozenset({"P1"}), (1,), frozenset(), frozenset({"gone@example.jp"}), frozenset(), frozenset()
    )
    personal.erase(gone)
    assert damaged_logs() == []


@pytest.mark.parametrize("place", ["fsync", "write"])
def test_a_disk_that_is_full_under_the_store_keeps_the_logs(
    source: Source, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    log(source, [track("m1")])

    def full(*_given: Any) -> None:
        if place == "write":
            raise duckdb.IOException("IO Error: Could not write: No space left on device")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(embedded, "_synced", full)
        expected = StoreUnavailable if place == "write" else OSError
        with pytest.raises(expected):
            compact()
    assert len(list(log_folder().iterdir())) == 1 and ids() == []
    assert compact().accepted == 1
    assert ids() == ["m1"]


def test_logs_that_nobody_takes_in_are_named(source: Source) -> None:
    path = log(source, [track("m1")])
    assert doctor._event_logs().state == State.OK
    os.utime(path, (0, 0))
    found = doctor._event_logs()
    assert found.state == State.BROKEN and "banso compact" in found.mend
    compact()
    assert doctor._event_logs().state == State.OK


def test_a_nearly_full_disk_is_named(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("banso_web.collect.taking.LEAST_FREE", 1.1)
    assert doctor._event_logs().state == State.BROKEN


@pytest.fixture
def broken(source: Source) -> tuple[Path, bytes]:
    """A store of two days, the file of the first cut in the middle; what it was."""
    log(source, [track("m1"), track("m2", "2026-11-23T01:00:00Z")])
    compact()
    path = embedded.folder() / EventSegment.objects.get(day=date(2026, 11, 20)).path
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path, data


def send(name: str) -> int:
    body = json.dumps({"batch": [track(name, "2026-11-20T05:00:00Z")]})
    answer = Client().post("/v1/batch", body, content_type="application/json", HTTP_AUTHORIZATION=BASIC)
    writers.close()
    return answer.status_code


def test_a_corrupt_file_is_named_and_events_are_still_taken(broken: tuple[Path, bytes], desk: Desks) -> None:
    path, data = broken
    with pytest.raises(StoreUnavailable, match=path.name):
        EmbeddedStore().query("SELECT count(*) FROM events")
    found = doctor._events()
    assert found.state == State.BROKEN and path.name in found.mend
    page = desk("kanri").post("/settings/sources/events/", day="2026-11-20")
    assert page.status_code == 503 and path.name in page.content.decode()
    assert send("m3") == 200
    with pytest.raises(StoreUnavailable):
        compact()
    # The way back: the file from a backup.
    path.write_bytes(data)
    assert doctor._events().state == State.OK
    assert compact().accepted == 1
    assert ids() == ["m1", "m2", "m3"]


def test_a_corrupt_file_without_a_backup_is_set_aside(broken: tuple[Path, bytes], events_home: Path) -> None:
    path, _data = broken
    assert send("m3") == 200
    change = TouchedDay.objects.get(day=date(2026, 11, 20)).change
    ran = CliRunner().invoke(events_group, ["set-aside", path.name])
    assert ran.exit_code == 0 and path.name in ran.output
    assert (events_home / "events" / "damaged" / path.name).exists()
    assert compact().accepted == 1
    assert ids() == ["m2", "m3"]
    assert TouchedDay.objects.get(day=date(2026, 11, 20)).change > change
    assert AuditRow.objects.get(action="events.set_aside").new == {"events": 1}
    again = CliRunner().invoke(events_group, ["set-aside", path.name])
    assert again.exit_code == 1


def test_one_bad_byte_is_found_and_a_sound_file_is_not_set_aside(source: Source) -> None:
    log(source, [track("m1")])
    compact()
    name = EventSegment.objects.get().path
    assert CliRunner().invoke(events_group, ["set-aside", name]).exit_code == 1
    spoil(embedded.folder() / name, 60)
    assert [one.path for one in broken_files(embedded.folder())] == [name]
    (embedded.folder() / name).unlink()
    assert [one.path for one in broken_files(embedded.folder(), read=0)] == [name]


def test_a_lease_from_before_the_clock_went_back_holds_nobody_up(source: Source) -> None:
    log(source, [track("m1")])
    Lease.objects.create(name="compactor", holder="gone:1", until=datetime.now(UTC) + timedelta(days=30))
    assert compact().accepted == 1


def test_logs_of_a_clock_that_goes_back_are_all_taken_in(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([2_000_000_000, 1_000_000_000, 1_000_000_000])
    monkeypatch.setattr(event_log.time, "time_ns", lambda: next(times))
    whole = [log(source, [track(f"m{number}")], name=f"{number:04d}").read_bytes() for number in range(3)]
    for path in list(log_folder().iterdir()):
        path.unlink()
    writer = LogWriter(log_folder(), rotate_bytes=1)
    for data in whole:
        writer.append(data[len(frame(b"")) :]).result(10)
    writer.close()
    assert compact().accepted == 3
    assert ids() == ["m0", "m1", "m2"]
