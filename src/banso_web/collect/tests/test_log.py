"""Nothing that was acknowledged is lost: killed anywhere, on a disk that keeps only what was synced, or that fails."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banso_web.collect.frames import HEAD, LONGEST, Damage, Frame, frame, read_frames
from banso_web.collect.log import LogWriter, NotSafe, seal_abandoned, sealed_logs
from banso_web.collect.tests.faults import FailingDisk, LossyDisk

SRC = Path(__file__).resolve().parents[3]


def payloads(folder: Path) -> list[bytes]:
    return [
        found.payload
        for path in sealed_logs(folder)
        for found in read_frames(path.read_bytes())
        if isinstance(found, Frame)
    ]


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_what_was_framed_is_read_back(parts: list[bytes]) -> None:
    read = list(read_frames(b"".join(map(frame, parts))))
    assert [found.payload for found in read if isinstance(found, Frame)] == parts
    assert len(read) == len(parts)


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6), st.data())
def test_a_torn_end_costs_only_the_last_frame(parts: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(map(frame, parts))
    cut = data.draw(st.integers(len(whole) - len(frame(parts[-1])) + 1, len(whole) - 1))
    read = list(read_frames(whole[:cut]))
    assert [found.payload for found in read if isinstance(found, Frame)] == parts[:-1]
    assert isinstance(read[-1], Damage) and read[-1].torn


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=3, max_size=6), st.data())
def test_a_bad_page_costs_only_the_frames_on_it(parts: list[bytes], data: st.DataObject) -> None:
    frames = [frame(part) for part in parts]
    hit = data.draw(st.integers(0, len(parts) - 2))
    at = sum(map(len, frames[:hit])) + data.draw(st.integers(0, len(frames[hit]) - 1))
    whole = bytearray(b"".join(frames))
    whole[at] ^= 0xFF
    read = list(read_frames(bytes(whole)))
    assert [found.payload for found in read if isinstance(found, Frame)] == parts[:hit] + parts[hit + 1 :]
    damage = [found for found in read if isinstance(found, Damage)]
    assert [(found.offset, found.length, found.torn) for found in damage] == [
        (sum(map(len, frames[:hit])), len(frames[hit]), False)
    ]


def test_a_payload_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="most"):
        frame(b"x" * (LONGEST + 1))
    assert len(frame(b"")) == HEAD.size


def test_files_are_sealed_when_full_old_or_closed(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, rotate_bytes=100, rotate_seconds=60)
    for number in range(6):
        writer.append(b"x" * 60 + str(number).encode()).result(10)
    writer.append(b"last").result(10)
    writer.close()
    assert len(sealed_logs(tmp_path)) == 4  # two payloads of 73 bytes pass 100, and the last stands alone
    assert len(payloads(tmp_path)) == 7
    assert not list(tmp_path.glob("*.log"))
    with pytest.raises(NotSafe):
        writer.append(b"too late")


def test_a_file_in_use_is_left_alone_and_an_abandoned_one_is_sealed(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path, rotate_seconds=60)
    writer.append(b"one").result(10)
    assert seal_abandoned(tmp_path) == []
    (tmp_path / "0001-gone.log").write_bytes(frame(b"left behind"))
    assert [path.name for path in seal_abandoned(tmp_path)] == ["0001-gone.sealed"]
    writer.close()
    assert payloads(tmp_path) == [b"left behind", b"one"]


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("write", errno.ENOSPC),
        ("sync", errno.EIO),
        ("create", errno.EROFS),
        ("create", errno.ENOSPC),
    ],
)
def test_a_disk_that_fails_acknowledges_nothing_and_the_writer_goes_on(
    tmp_path: Path, operation: str, error: int
) -> None:
    disk = FailingDisk(operation, error=error)
    disk.broken = False
    writer = LogWriter(tmp_path, rotate_seconds=60, disk=disk)
    writer.append(b"before").result(10)
    if operation == "create":
        writer.close()
        writer = LogWriter(tmp_path, rotate_seconds=60, disk=disk)
    disk.broken = True
    with pytest.raises(NotSafe, match=os.strerror(error)):
        writer.append(b"during").result(10)
    disk.broken = False
    writer.append(b"after").result(10)
    writer.close()
    seal_abandoned(tmp_path)
    kept = payloads(tmp_path)
    assert kept.count(b"before") == kept.count(b"after") == 1
    # Not acknowledged, yet perhaps on the disk: the sender sends it again, and its messageId decides.
    assert kept.count(b"during") <= 1


def test_a_file_that_cannot_be_renamed_is_sealed_by_the_reader(tmp_path: Path) -> None:
    disk = FailingDisk("rename")
    disk.broken = False
    writer = LogWriter(tmp_path, rotate_seconds=60, disk=disk)
    writer.append(b"one").result(10)
    disk.broken = True
    writer.close()
    assert payloads(tmp_path) == []
    seal_abandoned(tmp_path)
    assert payloads(tmp_path) == [b"one"]


def test_the_lossy_disk_loses_what_was_not_synced(tmp_path: Path) -> None:
    """The layer of the kill tests can lose: without a sync half of the bytes are gone."""
    disk = LossyDisk()
    descriptor = disk.create(tmp_path / "file")
    disk.write(descriptor, b"0123456789")
    disk.close(descriptor)
    assert (tmp_path / "file").read_bytes() == b"01234"


def killed_once(folder: Path, seed: int, *manner: str) -> list[bytes]:
    """Start the loader, kill it at a random moment; the acknowledged payloads that do not lie on the disk exactly once."""
    pick = random.Random(seed)
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "banso_web.collect.tests.loader",
            str(folder),
            str(pick.randint(1, 8)),
            *manner,
        ],
        stdout=subprocess.PIPE,
        cwd=SRC,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )
    assert child.stdout is not None
    wanted = pick.randint(1, 1500)
    told = [line for line, _count in zip(child.stdout, range(wanted), strict=False)]
    child.send_signal(signal.SIGKILL)
    told += child.stdout.readlines()
    child.wait(10)
    acknowledged = [line.strip() for line in told if line.endswith(b"\n")]
    assert len(acknowledged) >= wanted
    seal_abandoned(folder)
    kept = Counter(payload.partition(b"|")[0] for payload in payloads(folder))
    return [name for name in acknowledged if kept[name] != 1] + [
        name for name, times in kept.items() if times > 1
    ]


@pytest.mark.parametrize("seed", range(20))
def test_killed_under_load_every_acknowledged_event_is_there_once(tmp_path: Path, seed: int) -> None:
    assert killed_once(tmp_path, seed) == []


def test_a_writer_that_acknowledges_too_early_is_caught(tmp_path: Path) -> None:
    assert killed_once(tmp_path, 5, "hasty") != []


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_killed_a_thousand_times(tmp_path: Path, part: int) -> None:
    for seed in range(1_000 + 100 * part, 1_100 + 100 * part):
        folder = tmp_path / str(seed)
        folder.mkdir()
        assert killed_once(folder, seed) == [], seed
