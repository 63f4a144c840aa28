"""The source and the home of the collector's tests."""

from banso_web.collect.tests.conftest import events_home, source

__all__ = ["events_home", "source"]
