"""What a periodic job is; the scheduler (operations) enqueues each one once a period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from banso_web.core import clock


@dataclass(frozen=True)
class Periodic:
    """A job with its period: `every` is "hour" or "day"; a daily one runs from `at_hour` JST on."""

    key: str
    enqueue: Callable[[], object]
    every: str = "day"
    at_hour: int = 5

    def period(self) -> str | None:
        """The name of the period that is due now, or None while it is too early."""
        moment = clock.now().astimezone(clock.JST)
        if self.every == "hour":
            return moment.strftime("%Y-%m-%dT%H")
        return moment.date().isoformat() if moment.hour >= self.at_hour else None
