"""What a number is asked for: the day, what was known, and up to which watermark."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Asked:
    """The time part of every question.

    `as_of`: what was so at the end of that day. `known_at`: only facts with `recorded_at` up to it (None: all that is
    known now). `watermark`: entries up to this number. `today` is the reader's today, so `is_today` tells whether
    current rows may answer.
    """

    as_of: date
    today: date
    watermark: int
    known_at: datetime | None = None
    pinned: bool = False  # the watermark was given, not the latest

    @property
    def is_today(self) -> bool:
        return self.as_of == self.today and self.known_at is None and not self.pinned

    @property
    def key(self) -> str:
        """A cache key: the same key has the same answer for ever."""
        return f"{self.as_of}|{self.known_at.isoformat() if self.known_at else ''}|{self.watermark}"
