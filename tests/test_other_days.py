"""At another 基準日 a POST is refused, so no page offers a form for one: it says in one sentence that the day is for reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import company as company
from tests.addresses import addresses
from tests.test_permissions import QUERIES, People, client_of, ids, needs
from tests.test_permissions import person as person

__all__ = ["bring", "company", "ids", "person"]
pytestmark = pytest.mark.django_db
THEN = "2026-11-20"
MIXED = {
    "tanaka": ("matching", "profile", "usage_moves"),
    "kanri": ("profile", "member", "sources", "rejected", "personal_requests"),
}


def refused_forms(page: str, own: str) -> Iterator[str]:
    """Addresses of the page's forms that a POST at another day does not come to."""
    for tag in re.findall(r"<form\b[^>]*>", page):
        if not re.search(r'method="post"', tag):
            continue
        action = re.search(r'action="([^"]*)"', tag)
        path = urlsplit(unescape(action[1])).path if action else ""
        view: Any = resolve(path or own).func
        if view.__module__.startswith("banso_web.") and not getattr(view, "any_day", False):
            yield path or own


@pytest.mark.parametrize("who", ["tanaka", "kanri"])
def test_no_page_of_another_day_offers_a_form_that_would_be_refused(
    who: str, person: People, ids: dict[str, Any]
) -> None:
    client, table, offered = client_of(who, person), needs(), {}
    looked = 0
    for one in addresses():
        if table[one.name] in ("nothing", "closed", "everybody") or one.name.startswith(
            ("api:", "styleguide")
        ):
            continue
        path = one.path(
            {**ids, "key": "organisation.name" if one.name == "settings_history" else "nrr_monthly"}
        )
        answer = client.get(path, {**QUERIES.get(one.name, {}), "as_of": THEN})
        if answer.status_code != 200 or answer.streaming or "html" not in answer["Content-Type"]:
            continue
        looked += 1
        if one.name in MIXED[who]:
            assert answer.content.decode().count("data-not-today") == 1, one.name
        if found := sorted(set(refused_forms(answer.content.decode(), path))):
            offered[one.name] = found
    assert sorted(offered.items()) == [] and looked > 20
