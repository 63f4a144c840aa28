"""What the compactor does beside the store: rejected events, damage, the lease, the pause of a backup."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from banso_web.collect.envelope import Envelope, micros, packed
from banso_web.collect.frames import frame
from banso_web.collect.models import RejectedEvent, Source
from banso_web.collect.taking import folder as log_folder
from banso_web.warehouse import compactor
from banso_web.warehouse.compactor import compact, tidy
from banso_web.warehouse.models import Lease, LogTaken
from banso_web.warehouse.tests.logs import NOW, ids, log, track

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_another_process_that_holds_the_lease_is_left_in_peace(source: Source) -> None:
    log(source, [track("m1")])
    Lease.objects.create(
        name="compactor", holder="elsewhere:1", until=datetime.now(UTC) + timedelta(seconds=60)
    )
    assert compact().logs == 0
    Lease.objects.update(until=datetime.now(UTC) - timedelta(seconds=1))
    assert compact().logs == 1


def test_a_pause_holds_the_compactor_and_the_sweeper(source: Source) -> None:
    log(source, [track("m1")])
    with compactor.compacting_paused():
        assert compact().logs == 0
        tidy()
    assert compact().logs == 1


def test_memory_does_not_grow_with_what_waits(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python holds at its highest: four logs of a megabyte, then sixteen, a log a round."""
    monkeypatch.setattr(compactor, "ROUND_BYTES", 1_000_000)
    highest = []
    for first, logs in ((0, 4), (4, 16)):
        for number in range(first, first + logs):
            events = [track(f"m{number}-{place}", properties={"note": "x" * 800}) for place in range(1_000)]
            log(source, events, name=f"{number:04d}")
        tracemalloc.start()
        assert compact().accepted == 1_000 * logs
        highest.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert highest[1] < 1.2 * highest[0], highest
