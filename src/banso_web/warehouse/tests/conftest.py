"""The source and the home of the collector's tests, and the engines."""

from banso_web.collect.tests.conftest import events_home, source
from banso_web.warehouse.tests.engines import engine

__all__ = ["engine", "events_home", "source"]
