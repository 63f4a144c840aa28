"""Signed webhooks: whose they are, what becomes of their JSON, and that one sent again changes nothing."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from banso_web.collect import signature, taking
from banso_web.collect.actions import close_source, map_webhook, open_source, open_webhook, renew_secret
from banso_web.collect.models import Source, Webhook
from banso_web.collect.protocol import Unreadable
from banso_web.collect.signature import key_of, new_secret, refusal
from banso_web.collect.tests.test_requests import logged
from banso_web.collect.webhooks import batch_of
from banso_web.core import clock
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.models import AuditRow

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
BODY = b'{"test": 2432232314}'
THEN = datetime.fromtimestamp(1614265330, UTC)
ORDER = {"type": "order.made", "at": 1_764_000_000, "data": {"user": {"id": 7}, "shop": "A010", "plan": "S"}}
PATHS = {"event": "type", "user_id": "data.user.id", "account_id": "data.shop", "timestamp": "at", "properties": "data"}  # fmt: skip


def why(**changed: Any) -> str:
    secret, moment, body = (
        changed.pop("secret", SECRET),
        changed.pop("moment", THEN),
        changed.pop("body", BODY),
    )
    headers = {**VECTOR, **{f"webhook-{word}": value for word, value in changed.items()}}
    return refusal([key_of(secret)], headers, body, moment)


def test_the_vector_of_the_standard() -> None:
    assert why() == ""
    for secret in ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SECRET + "==", " " + SECRET):
        assert why(secret=secret) == ""
    short = base64.b64encode(b"a key of twenty bytes").decode()
    assert key_of("whsec_" + short.rstrip("=")) == key_of(short) == b"a key of twenty bytes"
    assert len(key_of(new_secret())) == 32
    for wrong in ("whsec_", "", "whsec_***"):
        with pytest.raises(ValueError):
            key_of(wrong)


def test_any_v1_signature_is_enough_and_unknown_versions_are_passed_over() -> None:
    good = VECTOR["webhook-signature"]
    for given in (f"v1,bm90IHRoaXM= {good}", f"v2,x {good} v1a,y", f"{good} v1,", f"v9 {good}"):
        assert why(signature=given) == ""
    for given in ("v1,bm90IHRoaXM=", good.replace("v1,", "v2,"), good.removeprefix("v1,"), "v1", "v1,ü"):
        assert why(signature=given) == "bad_signature"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"body": BODY + b" "}, "bad_signature"),
        ({"id": "msg_other"}, "bad_signature"),
        ({"secret": new_secret()}, "bad_signature"),
        ({"timestamp": "1614265331"}, "bad_signature"),
        ({"id": ""}, "unsigned"),
        ({"timestamp": ""}, "unsigned"),
        ({"signature": "  "}, "unsigned"),
        ({"timestamp": "1614265330.5"}, "bad_timestamp"),
        ({"timestamp": "-1614265330"}, "bad_timestamp"),
        ({"timestamp": "１６１４２６５３３０"}, "bad_timestamp"),
        ({"timestamp": "9" * 40}, "bad_timestamp"),
        ({"moment": THEN + timedelta(seconds=301)}, "old_timestamp"),
        ({"moment": THEN - timedelta(seconds=301)}, "old_timestamp"),
        ({"moment": THEN + timedelta(seconds=300)}, ""),
        ({"moment": THEN - timedelta(seconds=300)}, ""),
    ],
)
def test_what_is_refused(changed: dict[str, Any], code: str) -> None:
    assert why(**changed) == code


def events(body: Any, mapping: dict[str, str] | None = None, name: str = "w1") -> list[Any]:
    found = json.loads(batch_of(json.dumps(body).encode(), mapping or {}, name))
    return list(found["batch"])


def test_json_of_any_shape_becomes_an_event() -> None:
    assert events(ORDER, PATHS) == [
        {
            "type": "track",
            "event": "order.made",
            "userId": 7,
            "timestamp": "2025-11-24T16:00:00+00:00",
            "properties": {"user": {"id": 7}, "shop": "A010", "plan": "S"},
            "context": {"groupId": "A010"},
            "messageId": "w1",
        }
    ]
    (whole,) = events(ORDER, {"event": "=申込", "user_id": "data.user.id", "timestamp": "none.there"})
    assert (whole["event"], whole["properties"]) == ("申込", ORDER)
    assert "timestamp" not in whole and "context" not in whole
    listed = events([ORDER, 5], {**PATHS, "user_id": "data.tags.1"})
    assert [one["messageId"] if isinstance(one, dict) else one for one in listed] == ["w1-0", 5]
    assert "userId" not in listed[0]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (1_764_000_000_123, "2025-11-24T16:00:00.123000+00:00"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
        (True, True),  # no moment: the protocol says so
        (10**30, str(1e30)),
    ],
)
def test_moments_of_other_systems(given: Any, read: Any) -> None:
    (event,) = events({**ORDER, "at": given}, PATHS)
    assert event["timestamp"] == read or float(event["timestamp"]) == float(read)


def test_a_body_that_speaks_the_protocol_is_taken_as_it_is() -> None:
    one = {"type": "track", "event": "申請", "userId": "u1", "messageId": "own"}
    assert events(one) == [one]
    bare = {key: value for key, value in one.items() if key != "messageId"}
    assert [event["messageId"] for event in events({"batch": [one, bare]})] == ["own", "w1-1"]
    assert [event["messageId"] for event in events([bare, bare])] == ["w1-0", "w1-1"]
    (long,) = events(bare, name="x" * 500)
    assert len(long["messageId"]) == 64 and events(bare, name="x" * 500) == [long]
    for body in (b"{", b"", b"[" * 100_000, b"\xff"):
        with pytest.raises(Unreadable):
            batch_of(body, {}, "w1")
    assert json.loads(batch_of(b'{"a":"\\ud83d"}', {}, "w1"))["batch"][0]["a"] == "�"


# Over HTTP


@pytest.fixture
def hook(person: Any, events_home: Path) -> tuple[Source, str]:
    taking.hooks.forget()
    taking._noted.clear()
    return open_webhook("請求サービス", actor=person("kanri"))


def signed(secret: str, body: bytes, name: str = "w1", at: datetime | None = None) -> dict[str, str]:
    stamp = str(int((at or clock.machine()).timestamp()))
    content = f"{name}.{stamp}.".encode() + body
    digest = signature.hmac.digest(key_of(secret), content, "sha256")
    return {
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def post(source: Source, body: bytes, headers: dict[str, str], **more: str) -> Any:
    return Client().post(
        f"/v1/webhook/{source.write_key}", body, content_type="application/json", headers={**headers, **more}
    )


def test_a_signed_body_is_answered_when_it_is_safe(hook: tuple[Source, str], events_home: Path) -> None:
    source, secret = hook
    body = json.dumps({"type": "track", "event": "入金", "userId": "u1"}).encode()
    answer = post(source, body, signed(secret, body))
    assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1, "rejected": []})
    packed = gzip.compress(body)  # the signature is over the bytes as they came
    assert (
        post(source, packed, signed(secret, packed, "w2"), **{"content-encoding": "gzip"}).status_code == 200
    )
    (first, second) = (json.loads(body)["batch"][0] for body in logged(events_home))
    assert (first["messageId"], second["messageId"]) == ("w1", "w2")


def test_what_is_refused_leaves_nothing_and_is_noted(hook: tuple[Source, str], events_home: Path) -> None:
    source, secret = hook
    old = clock.machine() - timedelta(minutes=6)
    for headers, body, status, code in (
        (signed(new_secret(), b"{}"), b"{}", 401, "bad_signature"),
        (signed(secret, b"{}", at=old), b"{}", 401, "old_timestamp"),
        ({}, b"{}", 401, "unsigned"),
        (signed(secret, b"{"), b"{", 400, "not_json"),
        (signed(secret, b"x" * 512_001), b"x" * 512_001, 400, "too_large"),
    ):
        answer = post(source, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert "Nothing was stored" in answer.json()["message"]
    assert Client().post("/v1/webhook/unknown", b"{}", content_type="application/json").status_code == 404
    assert Client().get(f"/v1/webhook/{source.write_key}").status_code == 405
    assert logged(events_home) == []
    assert (
        Webhook.objects.get().refused_why == "bad_signature"
    )  # the first; the others came within the minute


def test_the_address_of_a_webhook_is_no_write_key(hook: tuple[Source, str], person: Any) -> None:
    """Who knows the address alone sends nothing: neither by it nor by the tracking addresses."""
    source, _secret = hook
    event = {"event": "x", "userId": "u1", "writeKey": source.write_key}
    assert Client().post("/v1/track", event, content_type="application/json").status_code == 401
    other = open_source("製品", actor=person("kanri"))
    assert post(other, b"{}", {}).status_code == 404


def test_a_new_secret_leaves_the_old_one_a_day(hook: tuple[Source, str], person: Any) -> None:
    source, first = hook
    second = renew_secret(source.pk, actor=person("kanri"))
    for secret in (first, second):
        assert post(source, b"{}", signed(secret, b"{}")).status_code == 200
    third = renew_secret(source.pk, actor=person("kanri"))
    assert [post(source, b"{}", signed(each, b"{}")).status_code for each in (first, second, third)] == [401, 200, 200]  # fmt: skip
    Webhook.objects.update(old_until=clock.machine() - timedelta(seconds=1))
    taking.hooks.forget()
    assert [post(source, b"{}", signed(each, b"{}")).status_code for each in (second, third)] == [401, 200]
    kept = Webhook.objects.get()
    told = str(list(AuditRow.objects.values("action", "old", "new", "subject_label")))
    for secret in (first, second, third):
        bare = secret.removeprefix("whsec_")
        assert bare not in kept.secret + kept.old_secret and bare not in told
    assert [row.action for row in AuditRow.objects.order_by("pk")] == ["source.new", "source.secret", "source.secret"]  # fmt: skip


def test_another_secret_key_of_the_home_refuses_all(hook: tuple[Source, str], settings: Any) -> None:
    source, secret = hook
    settings.SECRET_KEY = "another one"
    taking.hooks.forget()
    assert post(source, b"{}", signed(secret, b"{}")).json()["code"] == "bad_signature"


def test_deeds_and_their_limits(hook: tuple[Source, str], person: Any) -> None:
    source, secret = hook
    for deed in (
        lambda: open_webhook("x", actor=person("sato")),
        lambda: renew_secret(source.pk, actor=person("sato")),
        lambda: map_webhook(source.pk, PATHS, actor=person("sato")),
    ):
        with pytest.raises(Forbidden):
            deed()
    with pytest.raises(Refused):
        map_webhook(source.pk, {"event": "type"}, actor=person("kanri"))
    worker = taking.Keys(taking._hooks)  # another process of this home, which has just looked
    found = worker.find(source.write_key)
    assert found is not None and found.mapping == {} and worker.find("unknown") is None
    map_webhook(source.pk, {**PATHS, "other": "x"}, actor=person("kanri"))
    assert Webhook.objects.get().mapping == PATHS
    found = worker.find(source.write_key)
    assert found is not None and found.mapping == PATHS
    opened, _secret = open_webhook("もう1つ", actor=person("kanri"))
    assert worker.find(opened.write_key) is not None
    body = json.dumps(ORDER).encode()
    assert post(source, body, signed(secret, body)).json()["accepted"] == 1
    close_source(source.pk, actor=person("kanri"))
    assert worker.find(source.write_key) is None
    assert post(source, body, signed(secret, body)).status_code == 404
    with pytest.raises(Refused):
        renew_secret(source.pk, actor=person("kanri"))


@pytest.mark.django_db(transaction=True)
def test_the_collector_takes_webhooks_too(person: Any, events_home: Path) -> None:
    from banso_web.collect.asgi import application

    taking.hooks.forget()
    source, secret = open_webhook("請求サービス", actor=person("kanri"))
    body = json.dumps({"type": "track", "event": "入金", "userId": "u1"}).encode()

    async def ask(path: str, headers: dict[str, str]) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "path": path, "method": "POST", "headers": pairs}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await application(scope, receive, send)
        return sent

    path = f"/v1/webhook/{source.write_key}"
    assert asyncio.run(ask(path, signed(secret, body)))[0]["status"] == 200
    assert asyncio.run(ask(path, signed(new_secret(), body)))[0]["status"] == 401
    assert asyncio.run(ask("/v1/webhook/", {}))[0]["status"] == 404
    assert len(logged(events_home)) == 1
