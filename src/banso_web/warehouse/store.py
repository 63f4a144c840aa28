"""The event store of this installation: callers know its promises (`port`), not its engine."""

from __future__ import annotations

from banso_web.warehouse.embedded import EmbeddedStore
from banso_web.warehouse.port import EventStore


def event_store() -> EventStore:
    """The store that the settings name."""
    return EmbeddedStore()
