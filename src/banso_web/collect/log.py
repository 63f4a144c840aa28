"""The event log of one process: a request is acknowledged when its bytes are safe on disk, many requests with one sync.

Every writing process has files of its own, so writers never wait for each other. A file in use ends in `.log` and is locked by
its writer; a full, old or abandoned one is renamed to `.sealed`, and only sealed files are read.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from banso_web.collect.frames import frame

UNLOCKED, OPEN, SEALED, DAMAGED = ".new", ".log", ".sealed", ".damaged"
ROTATE_BYTES = 64 * 1024 * 1024
ROTATE_SECONDS = 5.0


class NotSafe(Exception):
    """The bytes are not safe on disk: nothing was acknowledged, the sender must send again."""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder safe: a file that was created or renamed there is found after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Disk:
    """What the log asks of the disk. Tests put one in its place that loses what was not synced, or fails."""

    def create(self, path: Path) -> int:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        sync_folder(path.parent)
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        os.fdatasync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        os.rename(old, new)
        sync_folder(new.parent)


class LogWriter:
    """Appends payloads from any number of threads; one thread of its own writes and syncs what has come together.

    After an error of the disk the file is given up and the next payload begins a new one: a sync that failed once says nothing
    about the bytes before it, so it is never tried again on the same file.
    """

    def __init__(
        self,
        folder: Path,
        *,
        rotate_bytes: int = ROTATE_BYTES,
        rotate_seconds: float = ROTATE_SECONDS,
        disk: Disk | None = None,
    ) -> None:
        self._folder = folder
        self._rotate_bytes = rotate_bytes
        self._rotate_seconds = rotate_seconds
        self._disk = disk or Disk()
        self._waiting: deque[tuple[bytes, Future[None]]] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._descriptor: int | None = None
        self._path: Path | None = None
        self._written = 0
        self._opened = 0.0
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    def append(self, payload: bytes) -> Future[None]:
        """Done when the payload is safe on disk; fails with NotSafe otherwise."""
        framed = frame(payload)
        future: Future[None] = Future()
        with self._wake:
            if self._closing:
                raise NotSafe("the log is closed")
            self._waiting.append((framed, future))
            self._wake.notify()
        return future

    def close(self, seconds: float = 10.0) -> None:
        """Write what waits, seal the file, end the thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._wake:
                if not self._waiting and not self._closing:
                    self._wake.wait(self._rotate_seconds if self._descriptor is None else self._left())
                batch = list(self._waiting)
                self._waiting.clear()
                closing = self._closing
            if batch:
                self._write(batch)
            if self._descriptor is not None and (
                closing or self._written >= self._rotate_bytes or self._left() <= 0
            ):
                self._seal()
            if closing and not batch:
                return

    def _left(self) -> float:
        return max(0.0, self._opened + self._rotate_seconds - time.monotonic())

    def _write(self, batch: list[tuple[bytes, Future[None]]]) -> None:
        data = b"".join(framed for framed, _future in batch)
        try:
            if self._descriptor is None:
                self._open()
            assert self._descriptor is not None
            self._disk.write(self._descriptor, data)
            self._disk.sync(self._descriptor)
        except OSError as error:
            self._give_up()
            for _framed, future in batch:
                future.set_exception(NotSafe(str(error)))
            return
        self._written += len(data)
        for _framed, future in batch:
            future.set_result(None)

    def _open(self) -> None:
        name = f"{time.time_ns():020d}-{os.getpid()}-{secrets.token_hex(4)}{OPEN}"
        path = self._folder / name
        # Named `.log` only once it is locked: a reader that can take the lock of a `.log` knows that its writer is gone.
        unlocked = path.with_suffix(UNLOCKED)
        self._descriptor = self._disk.create(unlocked)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._disk.rename(unlocked, path)
        self._path = path
        self._written, self._opened = 0, time.monotonic()

    def _seal(self) -> None:
        assert self._descriptor is not None and self._path is not None
        with suppress(OSError):  # what cannot be renamed is sealed by the reader, once the lock falls
            self._disk.rename(self._path, self._path.with_suffix(SEALED))
        self._give_up()

    def _give_up(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                self._disk.close(self._descriptor)
        self._descriptor = self._path = None


def write_sealed(folder: Path, name: str, payloads: Iterable[bytes], *, disk: Disk | None = None) -> None:
    """A sealed log with these payloads, safe on disk when this returns; under a name that is there already it does nothing.

    Raises NotSafe, with nothing left behind, where the disk does not take it.
    """
    machine, target = disk or Disk(), folder / f"{name}{SEALED}"
    if target.exists():
        return
    half = folder / f"{name}{UNLOCKED}"
    half.unlink(missing_ok=True)  # of a process that was killed here
    try:
        descriptor = machine.create(half)
        try:
            for payload in payloads:
                machine.write(descriptor, frame(payload))
            machine.sync(descriptor)
        finally:
            machine.close(descriptor)
        machine.rename(half, target)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise NotSafe(str(error)) from error


def seal_abandoned(folder: Path) -> list[Path]:
    """Seal files whose writer is gone (killed, or out of luck with the disk); those in use are left alone."""
    sealed = []
    for path in sorted(folder.glob(f"*{OPEN}")):
        try:
            descriptor = os.open(path, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        else:
            target = path.with_suffix(SEALED)
            with suppress(FileNotFoundError):  # another reader was quicker
                Disk().rename(path, target)
                sealed.append(target)
        finally:
            os.close(descriptor)
    return sealed


def sealed_logs(folder: Path) -> list[Path]:
    """Sealed files, oldest first."""
    return sorted(folder.glob(f"*{SEALED}"))
