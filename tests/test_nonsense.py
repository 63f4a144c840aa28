"""Nonsense in any address is told or left aside; it never breaks a page. (The API is tried against its own description.)"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

import pytest
from django.test import Client

from banso_web.conftest import person as person
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import company as company
from banso_web.members.models import Member, Role
from banso_web.members.permissions import PERMISSIONS
from tests.addresses import addresses
from tests.environment import SOAK
from tests.test_permissions import NEEDS, QUERIES
from tests.test_permissions import ids as ids

pytestmark = [pytest.mark.django_db, pytest.mark.property]  # `make soak` asks more

NUMBERS = ("-1", "\u00b2", "99999999999999999999999", "1e999", "NaN", "\x00")
DAYS = ("9999-12-31", "0001-01-01", "9999-99-99", "2190-01-01")
MOMENTS = ("0001-01-01T00:00", "9999-12-31T23:59:59-12:00")
# Read by every page or by one alone; sent together, because what one page does not read harms nobody.
TOGETHER = """watermark q segment touch renewal silent excluded state sort columns year seen since until id subject who
action via tab view side kind lang gross_margin discount"""
# What a page refuses at once when it cannot be read would hide the others.
ALONE = ("as_of", "known_at", "month", "owner", "team", "from", "part", "metric", "age", "by")


def places() -> list[str]:
    """Places of keyset lists that no list gave out."""
    made = [
        ["x"],
        [None],
        [{}],
        [1e999],
        [10**30],
        ["x", "x"],
        [None, None],
        [1e999, 1],
        [[], {}],
        [["x"], "y", "z"],
    ]
    return [urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in made] + [
        "%",
        urlsafe_b64encode(b"[" * 3000).decode(),
    ]


def queries(name: str) -> list[dict[str, str]]:
    """What the page of this name is asked: a third of all, another third for each page (`make soak` sends every one to every
    page): the whole takes minutes."""
    told = [dict.fromkeys(TOGETHER.split(), value) for value in (*NUMBERS, *DAYS, *MOMENTS)]
    alone = [{one: value} for one in ALONE for value in (*NUMBERS[1:3], DAYS[1], "9999-12")]
    alone += [{"after": place, "sort": "-mrr,name"} for place in places()]
    alone += [{"as_of": day} for day in ("1900-01-01", "2036-11-24")]  # the ends of what may be asked for
    alone += [{"before": place} for place in places()[:4]]
    turn = crc32(name.encode())
    return [query for at, query in enumerate(told + alone) if SOAK or (at + turn) % 3 == 0]


@pytest.mark.parametrize("need", [name for name in NEEDS if name != "own"] + ["logged in"])
def test_no_address_breaks_a_page(
    need: str, person: Callable[[str], Member], ids: Mapping[str, Any], company: object
) -> None:
    everything = Role.objects.create(
        key="all", name_ja="すべて", name_en="All", permissions=list(PERMISSIONS)
    )
    person("tanaka").roles.add(everything)
    client = Client(raise_request_exception=False)
    client.force_login(person("tanaka"))
    names = NEEDS.get(need, "search glossary styleguide settings_yearly home customer_edit").split()
    broken = []
    for one in addresses():
        if one.name not in names or one.name.startswith("api:"):
            continue
        path = one.path({**ids, "key": "organisation.name"})
        for query in queries(one.name):
            answer = client.get(path, {**QUERIES.get(one.name, {}), **query})
            if answer.status_code >= 500:
                broken.append((one.name, query))
    assert broken == []
