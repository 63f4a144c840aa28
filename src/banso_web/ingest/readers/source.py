"""The bytes of a file, from a path or from memory, that can be opened again and again."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from banso_web.ingest.readers.problems import Limits, ReadProblem


@dataclass(frozen=True, slots=True)
class Source:
    """A path on disk, or bytes."""

    origin: Path | bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.origin) if isinstance(self.origin, bytes) else self.origin.stat().st_size

    def open(self) -> BinaryIO:
        """A fresh stream at the first byte; the caller closes it."""
        return io.BytesIO(self.origin) if isinstance(self.origin, bytes) else self.origin.open("rb")

    def check(self, limits: Limits) -> None:
        """Raises ReadProblem ``empty_file`` or ``file_too_large``."""
        if self.size == 0:
            raise ReadProblem("empty_file")
        if self.size > limits.file_bytes:
            raise ReadProblem("file_too_large", size=self.size, limit=limits.file_bytes)
