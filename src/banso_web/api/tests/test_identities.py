"""Unknown users and groups through the API: read, settled, undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from banso_web.collect.models import Source
from banso_web.collect.tests.conftest import events_home
from banso_web.core import clock
from banso_web.desk.tests.conftest import bring, company
from banso_web.usage.tests.test_identity import event, keep, used

from .conftest import Api

__all__ = ["bring", "company", "events_home"]
pytestmark = pytest.mark.django_db(transaction=True)
Caller = Callable[..., Api]


def test_read_settle_undo(events_home: Path, company: object, as_key: Caller) -> None:
    Source.objects.create(pk=1, name="勤怠クラウド", write_key="key", created_at=clock.now())
    keep(
        event("group", "u1", "ws-1", properties='{"name":"西川印刷"}'),
        event("track", "u1", "ws-1"),
        event("track", "u8"),
    )
    tanaka = as_key("tanaka")
    (group,) = tanaka.get("/identity/unknown").json()["items"]
    assert (group["key"], group["events"], group["account_id"], group["basis"]) == ("ws-1", 1, None, None)
    assert group["suggestions"] == [{"account_id": "A3", "name": "西川印刷", "reasons": ["like_name"]}]
    done = tanaka.post(
        "/identity/links",
        {"kind": "group", "key": "ws-1", "source": 1, "account_id": "A3", "reason": "契約書"},
    )
    assert done.status_code == 201, done.content.decode()
    assert done.json()["gained"] == [{"account_id": "A3", "events": 1}] and used() == {"A3": {"u1"}}
    made = tanaka.post("/identity/links", {"kind": "user", "key": "u8", "contact_id": "C3"})
    assert made.json()["gained"] == [{"account_id": "A3", "events": 1}]
    links = tanaka.get("/identity/links").json()["items"]
    assert [(one["key"], one["account_id"], one["reason"]) for one in links] == [
        ("u8", "A3", ""),
        ("ws-1", "A3", "契約書"),
    ]
    (known,) = tanaka.get("/identity/unknown?list=known&q=u8").json()["items"]
    assert (known["account_id"], known["basis"]) == ("A3", "link")
    back = tanaka.post(f"/identity/links/{links[1]['id']}/undo", {"reason": "別の会社"})
    assert (back.status_code, back.json()["lost"], "A3" in used()) == (200, 1, True)
    assert used() == {"A3": {"u8"}, "ws-1": {"u1"}}


def test_what_it_refuses(events_home: Path, company: object, as_key: Caller) -> None:
    tanaka = as_key("tanaka")
    for body in (
        {"kind": "group", "key": "x"},
        {"kind": "group", "key": "x", "account_id": "A1", "aside": True},
        {"kind": "domain", "key": "gmail.com", "account_id": "A1"},
        {"kind": "group", "key": "x", "contact_id": "C1"},
    ):
        assert tanaka.post("/identity/links", body).status_code == 422, body
    assert (
        tanaka.post("/identity/links", {"kind": "group", "key": "x", "account_id": "no"}).status_code == 404
    )
    assert tanaka.post("/identity/links/9/undo", {}).status_code == 404
    assert as_key("sato").get("/identity/unknown").status_code == 403
    assert (
        as_key("sato").post("/identity/links", {"kind": "group", "key": "x", "account_id": "A1"}).status_code
        == 403
    )
