"""A caller per person: `as_key("tanaka", "read")` is a client that sends an API key of that member."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from banso_web.core.shared_count import forget
from banso_web.members.actions import SCOPES, create_key
from banso_web.members.models import Member

V1 = "/api/v1"


class Api:
    """A Django test client that speaks JSON below /api/v1 with a key."""

    def __init__(self, text: str, language: str = "ja") -> None:
        self.text = text
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": f"Bearer {text}", "Accept-Language": language}

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(V1 + path, query, headers={**self.headers, **headers})

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        call = getattr(self.client, method)
        return call(V1 + path, body, content_type="application/json", headers={**self.headers, **named})

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("post", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.send("patch", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("delete", path, "", **headers)

    def upload(self, path: str, data: dict[str, Any], **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(V1 + path, data, headers={**self.headers, **named})


@pytest.fixture
def as_key(person: Callable[[str], Member]) -> Callable[..., Api]:
    def make(who: str, *scopes: str, language: str = "ja") -> Api:
        _key, text = create_key("test", scopes or SCOPES, actor=person(who))
        return Api(text, language)

    return make


@pytest.fixture(autouse=True)
def _fresh_minute() -> Iterator[None]:
    caches["local"].clear()
    forget()
    yield
    caches["local"].clear()
