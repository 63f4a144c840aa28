"""Browsers of named people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import caches
from django.test import Client

from banso_web.members.models import Member

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _fresh_limits(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rate limits of one test are no business of the next. They stand in the database, so only tests with one."""
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        caches["default"].clear()
    yield


@pytest.fixture
def browser(person: Callable[[str], Member]) -> Callable[[str], Client]:
    """`browser("sato")` is a client in which that person is logged in by password."""

    def make(key: str) -> Client:
        person(key)
        client = Client()
        answer = client.post("/login/", {"login": f"{key}@example.jp", "password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()[:2000]
        return client

    return make
