"""What the frame does with an address or a form before any page sees it, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from banso_web.members.models import Member

pytestmark = pytest.mark.django_db


def test_a_nul_in_an_address_counts_as_not_typed() -> None:
    answer = Client().get("/login/?next=/cus%00tomers/")
    assert answer.status_code == 200
    assert answer.wsgi_request.GET["next"] == "/customers/"


def test_a_form_with_a_nul_is_refused(person: Callable[[str], Member]) -> None:
    client = Client()
    client.force_login(person("sato"))
    assert (
        client.post("/views/save/", {"page": "customers", "name": "a\x00b", "query": ""}).status_code == 400
    )


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00"])
def test_moments_at_the_ends_of_the_calendar_are_told(moment: str) -> None:
    answer = Client().get("/login/", {"known_at": moment})
    assert answer.status_code == 422 and moment in answer.content.decode()
    assert answer.wsgi_request.asked.known_at is None  # type: ignore[attr-defined]


def test_pages_of_who_is_logged_in_are_stored_nowhere(person: Callable[[str], Member]) -> None:
    client = Client()
    client.force_login(person("sato"))
    assert client.get("/glossary/")["Cache-Control"] == "private, no-store"
