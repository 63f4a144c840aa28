"""A disk that keeps only what was synced, and that can refuse."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from banso_web.collect.log import Disk


class LossyDisk(Disk):
    """What is written waits in memory until it is synced: a process that dies leaves only synced bytes, as a power cut would.

    Of the unsynced bytes a power cut may keep any part; `torn` of them are written when the file is given up.
    """

    def __init__(self) -> None:
        self._unsynced: dict[int, bytes] = {}

    def write(self, descriptor: int, data: bytes) -> None:
        # Half goes down early, as the kernel may do with any page: the tail of the file is torn when the process dies now.
        half = len(data) // 2
        super().write(descriptor, data[:half])
        self._unsynced[descriptor] = self._unsynced.get(descriptor, b"") + data[half:]

    def sync(self, descriptor: int) -> None:
        super().write(descriptor, self._unsynced.pop(descriptor, b""))
        super().sync(descriptor)

    def close(self, descriptor: int) -> None:
        self._unsynced.pop(descriptor, None)
        super().close(descriptor)


class FailingDisk(Disk):
    """Fails with `error` in the named operations while `broken`."""

    def __init__(self, *operations: str, error: int = errno.EIO) -> None:
        self.operations, self.error, self.broken = set(operations), error, True

    def _maybe(self, operation: str) -> None:
        if self.broken and operation in self.operations:
            raise OSError(self.error, os.strerror(self.error))

    def create(self, path: Path) -> int:
        self._maybe("create")
        return super().create(path)

    def write(self, descriptor: int, data: bytes) -> None:
        if self.broken and "write" in self.operations:
            super().write(descriptor, data[: len(data) // 3])  # a full disk takes a part
        self._maybe("write")
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._maybe("sync")
        super().sync(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        self._maybe("rename")
        super().rename(old, new)
