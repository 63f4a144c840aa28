"""A webhook from its page to the figures: the secret is seen once, what comes counts once, what is rejected waits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from banso_web.collect import taking
from banso_web.collect.models import RejectedEvent, Source, Webhook
from banso_web.collect.tests.test_webhooks import ORDER, PATHS, post, signed
from banso_web.desk.tests.conftest import Desk
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.store import event_store

pytestmark = pytest.mark.django_db
Desks = Callable[[str], Desk]
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


@pytest.fixture
def hook(events_home: Path, desk: Desks) -> tuple[Source, str]:
    taking.hooks.forget()
    made = desk("kanri").post("/settings/sources/", name="請求サービス", kind="webhook")
    (secret,) = SECRET.findall(made.content.decode())
    assert made.status_code == 200 and made["Cache-Control"].count("no-store") == 1
    return Source.objects.get(), secret


def took_in() -> None:
    taking.writers.close()
    compact()


def test_the_secret_is_shown_once(hook: tuple[Source, str], desk: Desks) -> None:
    source, secret = hook
    kanri, url = desk("kanri"), f"/settings/sources/{source.pk}/"
    page = kanri.text(url)
    assert f"http://testserver/v1/webhook/{source.write_key}" in page and not SECRET.search(page)
    renewed = kanri.post(url + "secret/")
    (second,) = SECRET.findall(renewed.content.decode())
    assert second != secret and not SECRET.search(kanri.text(url))
    assert "前のシークレットは" in kanri.text(url)
    for who in ("tanaka", "sato"):
        for deed in ("secret/", "mapping/"):
            assert desk(who).post(url + deed).status_code == 403
    assert kanri.get(url + "secret/").status_code == 405
    assert kanri.post("/settings/sources/999/secret/").status_code == 404


def test_a_replay_changes_nothing_and_the_rejected_wait(hook: tuple[Source, str], mender: Desk) -> None:
    source, secret = hook
    kanri, url = mender, f"/settings/sources/{source.pk}/mapping/"
    assert kanri.post(url, event="type").status_code == 422
    assert kanri.post(url, **PATHS).status_code == 302
    body = json.dumps(ORDER).encode()
    nobody = json.dumps({**ORDER, "data": {"shop": "A010"}}).encode()
    for _time in range(3):
        assert post(source, body, signed(secret, body)).json()["accepted"] == 1
        answer = post(source, nobody, signed(secret, nobody, "w2"))
        assert answer.json()["rejected"] == [{"index": 0, "messageId": "w2", "reason": "no_user_id_or_anonymous_id", "field": "userId"}]  # fmt: skip
        took_in()
    assert event_store().query("SELECT message_id, name, user_id, group_id, CAST(happened_at AS VARCHAR) FROM events") == [
        ("w1", "order.made", "7", "A010", "2025-11-24 16:00:00")
    ]  # fmt: skip
    row = RejectedEvent.objects.get()
    assert "userId も anonymousId もない" in kanri.text("/settings/sources/rejected/")
    mended = json.dumps({**json.loads(row.body), "userId": "7"})
    assert kanri.post(f"/settings/sources/rejected/{row.pk}/", body=mended).status_code == 302
    took_in()
    assert event_store().query("SELECT count(*) FROM events WHERE message_id = 'w2'") == [(1,)]


def test_the_page_tells_why_the_last_one_was_refused(hook: tuple[Source, str], desk: Desks) -> None:
    source, secret = hook
    taking._noted.clear()
    post(source, b"{}", signed(secret, b"[]"))
    assert "署名が合わない" in desk("kanri").text(f"/settings/sources/{source.pk}/")
    Webhook.objects.update(secret="sealed by another key")
    assert "新しいシークレットを作り" in desk("kanri").text(f"/settings/sources/{source.pk}/")
    desk("kanri").post(f"/settings/sources/{source.pk}/close/")
    assert (
        desk("kanri").post(f"/settings/sources/{source.pk}/secret/").status_code == 302
    )  # told, nothing changed
