"""Readers of the number pages, logged in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from banso_web.members.models import Member
from banso_web.revenue.tests import factories as make

Reader = Callable[[str], Client]


@pytest.fixture
def reader(person: Callable[[str], Member]) -> Reader:
    """`reader("tanaka")`: a client logged in as that person."""

    def logged_in(key: str) -> Client:
        member = person(key)
        session = SessionStore()
        session[SESSION_KEY] = str(member.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = member.get_session_auth_hash()
        session.save()
        client = Client(REMOTE_ADDR="127.0.0.1")
        client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
        return client

    return logged_in


@pytest.fixture
def october(db: None) -> dict[str, make.Account]:
    """US-1: forty customers, October 2026."""
    return make.story("us1")
