"""The tracking protocol over HTTP: answers, keys, limits, browsers of other sites."""

from __future__ import annotations

import asyncio
import base64
import errno
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from banso_web.collect import taking
from banso_web.collect.actions import close_source, open_source
from banso_web.collect.envelope import opened
from banso_web.collect.frames import Frame, read_frames
from banso_web.collect.log import LogWriter, seal_abandoned, sealed_logs
from banso_web.collect.models import Source
from banso_web.collect.tests.faults import FailingDisk
from banso_web.core.errors import Forbidden, Refused
from banso_web.core.models import AuditRow

BASIC = "Basic " + base64.b64encode(b"key-of-the-tests:").decode()
TRACK = {"event": "一括申請", "userId": "u1", "messageId": "m1"}


def post(path: str, body: Any, **headers: str) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return Client().post(f"/v1/{path}", data, content_type="application/json", **named)


def test_a_context_of_the_batch_is_no_deeper_than_an_event(source: Source) -> None:
    deep = json.loads('{"a":' * 300 + "1" + "}" * 300)
    answer = post("batch", {"context": deep, "batch": [{"type": "track", **TRACK}]}, authorization=BASIC)
    assert (answer.status_code, answer.json()["code"]) == (400, "nested_too_deep")


def logged(home: Path) -> list[bytes]:
    taking.writers.close()
    found = [
        frame for path in sealed_logs(home / "events" / "log") for frame in read_frames(path.read_bytes())
    ]
    return [opened(frame.payload)[1] for frame in found if isinstance(frame, Frame)]


def test_an_event_is_answered_when_its_bytes_are_safe(source: Source, events_home: Path) -> None:
    answer = post("track", TRACK, authorization=BASIC)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "accepted": 1, "rejected": []})
    assert [json.loads(body) for body in logged(events_home)] == [TRACK]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (TRACK, {"authorization": "Basic " + base64.b64encode(b"key-of-the-tests").decode()}),  # no colon
        ({**TRACK, "writeKey": "key-of-the-tests"}, {}),
        ({**TRACK, "writeKey": "key-of-the-tests"}, {"authorization": "Bearer some-token"}),
        (gzip.compress(json.dumps(TRACK).encode()), {"authorization": BASIC, "content_encoding": "gzip"}),
    ],
)
def test_the_ways_to_say_the_key(source: Source, body: Any, headers: dict[str, str]) -> None:
    assert post("track", body, **headers).status_code == 200


def test_unknown_keys_do_not_ask_the_database_each(source: Source) -> None:
    wrong = "Basic " + base64.b64encode(b"wrong:").decode()
    taking.keys.forget()
    with CaptureQueriesContext(connection) as asked:
        for _time in range(20):
            assert post("track", TRACK, authorization=wrong).status_code == 401
    assert len([one for one in asked if "collect_source" in one["sql"]]) == 1
    assert post("track", TRACK, authorization=BASIC).status_code == 200


def test_rejected_events_are_named_and_the_others_accepted(source: Source) -> None:
    batch = {"batch": [{"type": "track", **TRACK}, {"type": "track", "userId": "u", "messageId": "m2"}]}
    answer = post("batch", batch, authorization=BASIC)
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "accepted": 1,
        "rejected": [{"index": 1, "messageId": "m2", "reason": "no_event_name", "field": "event"}],
    }


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (TRACK, {}, 401, "unknown_key"),
        (TRACK, {"authorization": "Basic " + base64.b64encode(b"wrong:").decode()}, 401, "unknown_key"),
        (TRACK, {"authorization": "Basic ***"}, 401, "unknown_key"),
        (b"{", {"authorization": BASIC}, 400, "not_json"),
        (b"x" * 512_001, {"authorization": BASIC}, 400, "too_large"),
        (b"no gzip", {"authorization": BASIC, "content_encoding": "gzip"}, 400, "bad_gzip"),
        (TRACK, {"authorization": BASIC, "content_encoding": "br"}, 415, "unknown_encoding"),
        (TRACK, {"authorization": BASIC, "content_encoding": "gzip, gzip"}, 415, "unknown_encoding"),
    ],
)
def test_what_is_refused_as_a_whole(
    source: Source, events_home: Path, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    answer = post("track", body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "Nothing was stored" in answer.json()["message"]
    assert logged(events_home) == []


def test_other_addresses_and_methods(source: Source) -> None:
    assert Client().post("/v1/delete").status_code == 404
    assert Client().get("/v1/track").status_code == 405


def test_browsers_of_any_site_may_send(source: Source) -> None:
    preflight = Client().options("/v1/batch", HTTP_ORIGIN="https://shop.example.jp")
    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in preflight["Access-Control-Allow-Headers"]
    assert "POST" in preflight["Access-Control-Allow-Methods"]
    assert post("track", TRACK, authorization=BASIC)["Access-Control-Allow-Origin"] == "*"
    assert post("track", TRACK)["Access-Control-Allow-Origin"] == "*"  # the page may read why, too


def test_a_full_disk_is_told_and_nothing_is_acknowledged(
    source: Source, events_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = LogWriter(taking.folder(), disk=FailingDisk("sync", error=errno.ENOSPC))
    monkeypatch.setattr(taking.writers, "get", lambda: writer)
    answer = post("track", TRACK, authorization=BASIC)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_safe")
    assert answer["Retry-After"] == "30"
    writer.close()


@pytest.mark.parametrize(("operation", "error"), [("write", errno.ENOSPC), ("create", errno.EROFS)])
def test_a_disk_that_refuses_is_told_and_what_comes_later_is_kept(
    source: Source, events_home: Path, monkeypatch: pytest.MonkeyPatch, operation: str, error: int
) -> None:
    disk = FailingDisk(operation, error=error)
    writer = LogWriter(taking.folder(), disk=disk)
    monkeypatch.setattr(taking.writers, "get", lambda: writer)
    answer = post("track", TRACK, authorization=BASIC)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "not_safe", "30")
    disk.broken = False
    assert (
        post("track", TRACK, authorization=BASIC).status_code == 200
    )  # as every client does: it sends again
    writer.close()
    monkeypatch.undo()
    seal_abandoned(taking.folder())  # as the compactor does with a file that was given up
    assert [json.loads(body) for body in logged(events_home)] == [TRACK]


def test_a_folder_that_cannot_be_used_is_told(
    source: Source, events_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses() -> Path:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(taking, "folder", refuses)
    answer = post("track", TRACK, authorization=BASIC)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "not_safe", "30")


def test_before_the_disk_is_full_events_are_refused(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "LEAST_FREE", 1.1)
    answer = post("track", TRACK, authorization=BASIC)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "disk_full", "30")


async def collector(
    method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """One request to the collector's own port."""
    from banso_web.collect.asgi import application

    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    await application({"type": "http", "method": method, "path": path, "headers": named}, receive, send)
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, sent[1]["body"]


def test_the_collector_answers_alike(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are known, so that the loop asks no database."""
    assert taking.keys.find("key-of-the-tests") == source.pk
    body = json.dumps({"batch": [{"type": "track", **TRACK}, {"type": "track"}]}).encode()
    status, headers, told = asyncio.run(collector("POST", "/v1/import", body, authorization=BASIC))
    assert (status, json.loads(told)["accepted"], headers["access-control-allow-origin"]) == (200, 1, "*")
    status, headers, told = asyncio.run(collector("OPTIONS", "/v1/batch"))
    assert (status, told, headers["access-control-allow-methods"]) == (204, b"", "POST, OPTIONS")
    assert "Content-Encoding" in headers["access-control-allow-headers"]
    monkeypatch.setattr(taking, "MOST_WAITING", -1)
    taking.room._looked = float("-inf")
    status, headers, told = asyncio.run(collector("POST", "/v1/batch", body, authorization=BASIC))
    assert (status, json.loads(told)["code"], headers["retry-after"]) == (429, "busy", "30")
    assert "Retry-After" in headers["access-control-expose-headers"] and headers["x-ratelimit-reset"]


def test_too_much_waiting_asks_to_come_back(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "MOST_WAITING", -1)
    answer = post("track", TRACK, authorization=BASIC)
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    assert int(answer["X-RateLimit-Reset"]) > 0


def test_a_closed_source_is_refused_and_both_deeds_are_audited(person: Any, events_home: Path) -> None:
    admin = person("kanri")
    source = open_source(" 受発注クラウド ", actor=admin)
    assert post("track", {**TRACK, "writeKey": source.write_key}).status_code == 200
    close_source(source.pk, actor=admin)
    close_source(source.pk, actor=admin)
    assert post("track", {**TRACK, "writeKey": source.write_key}).status_code == 401
    rows = AuditRow.objects.filter(subject="source").order_by("pk")
    assert [(row.action, row.subject_label) for row in rows] == [
        ("source.new", "受発注クラウド"),
        ("source.close", "受発注クラウド"),
    ]
    assert source.write_key not in str(list(rows.values("new", "old")))


def test_only_who_may_opens_a_source(person: Any) -> None:
    with pytest.raises(Forbidden):
        open_source("x", actor=person("sato"))
    with pytest.raises(Refused):
        open_source("  ", actor=person("kanri"))
    open_source("一つ", actor=person("kanri"))
    with pytest.raises(Refused):
        open_source("一つ", actor=person("kanri"))
    assert Source.objects.count() == 1
