"""Clients as companies already have them, unmodified, against a running server: each event arrives once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from banso_web.collect.models import Source
from banso_web.collect.taking import writers
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.embedded import EmbeddedStore

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "髙橋 﨑子 𠮷①"


def send_all(client: Any) -> None:
    """What a product says of one user, by any of the Python clients: they share their calls."""
    client.identify(user_id="u-1", traits={"name": NAME, "email": "takahashi@example.jp"})
    client.group(user_id="u-1", group_id="A010", traits={"name": "東和物流"})
    for number in range(25):
        client.track(
            user_id="u-1",
            event="一括申請",
            properties={"department": "営業部", "number": number},
            context={"groupId": "A010"},
            message_id=f"track-{number}",
        )


def segment(url: str) -> None:
    from segment.analytics import Client

    errors: list[Any] = []
    client = Client("key-of-the-tests", host=url, gzip=True, on_error=lambda *told: errors.append(told))
    send_all(client)
    client.shutdown()
    assert errors == []


def rudder(url: str) -> None:
    from rudderstack.analytics.client import Client

    errors: list[Any] = []
    client = Client("key-of-the-tests", host=url, gzip=True, on_error=lambda *told: errors.append(told))
    send_all(client)
    client.flush()
    client.join()
    assert errors == []


@pytest.mark.parametrize("send", [segment, rudder])
def test_an_unmodified_client_arrives_once(source: Source, live_server: Any, send: Any) -> None:
    send(live_server.url)
    writers.close()
    assert compact().accepted == 27
    store = EmbeddedStore()
    kinds = store.query("SELECT kind, count(*) FROM events GROUP BY 1 ORDER BY 1")
    assert kinds == [("group", 1), ("identify", 1), ("track", 25)]
    ((traits, context),) = store.query("SELECT properties, context FROM events WHERE kind = 'identify'")
    told = json.loads(traits) or json.loads(context)["traits"]
    assert (told["name"], told["email"]) == (NAME, "takahashi@example.jp")
    ((group,),) = store.query("SELECT DISTINCT group_id FROM events WHERE kind <> 'identify'")
    assert group == "A010"
    departments = store.query("SELECT DISTINCT department, feature, user_id FROM events WHERE kind = 'track'")
    assert departments == [("営業部", "一括申請", "u-1")]
