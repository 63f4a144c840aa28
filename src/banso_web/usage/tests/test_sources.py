"""データの送信元: keys, what came, and the events that were not taken in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from banso_web.collect.models import RejectedEvent, Source
from banso_web.collect.taking import writers
from banso_web.core.models import AuditRow
from banso_web.desk.tests.conftest import Desk
from banso_web.usage.tests.test_events import send
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.embedded import EmbeddedStore

pytestmark = pytest.mark.django_db
Desks = Callable[[str], Desk]
GOOD = {
    "type": "track",
    "event": "一括申請",
    "userId": "u1",
    "messageId": "m1",
    "context": {"groupId": "A010"},
}
NAMELESS = {"type": "track", "userId": "u1", "messageId": "m2", "context": {"groupId": "A010"}}


def test_a_new_source_shows_its_key_once_and_for_all(events_home: Path, desk: Desks) -> None:
    kanri = desk("kanri")
    assert "送信元はまだありません" in kanri.text("/settings/sources/")
    answer = kanri.post("/settings/sources/", name="勤怠クラウド")
    made = Source.objects.get()
    assert answer.status_code == 302 and answer["Location"] == f"/settings/sources/{made.pk}/"
    page = kanri.text(f"/settings/sources/{made.pk}/")
    assert page.count(made.write_key) == 3 and 'host="http://testserver"' in page
    for name in ("", "勤怠クラウド", "あ" * 101):
        assert kanri.post("/settings/sources/", name=name).status_code == 422
    assert kanri.get("/settings/sources/999/").status_code == 404
    for who in ("tanaka", "sato", "yamamoto"):
        assert desk(who).get(f"/settings/sources/{made.pk}/").status_code == 403
        assert desk(who).post("/settings/sources/", name="別").status_code == 403
        assert desk(who).post(f"/settings/sources/{made.pk}/close/").status_code == 403
    assert kanri.post(f"/settings/sources/{made.pk}/close/").status_code == 302
    assert "閉じた" in kanri.text("/settings/sources/")
    assert list(
        AuditRow.objects.filter(subject="source").order_by("pk").values_list("action", flat=True)
    ) == ["source.new", "source.close"]


def test_counts_of_the_day_and_what_was_not_taken_in(source: Source, desk: Desks) -> None:
    send([GOOD, NAMELESS])
    send([GOOD])
    kanri = desk("kanri")
    page = kanri.text("/settings/sources/")
    assert "勤怠クラウド" in page and "2026/11/24(火) 09:00" in page
    cells = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<td class="num">(.*?)</td>', page)]
    assert cells == ["1", "1", "1", "0日"]  # accepted, duplicate, rejected; unusual days
    rejected = kanri.text("/settings/sources/rejected/")
    assert "track に event(名前)がない" in rejected and "m2" in rejected
    assert desk("tanaka").get("/settings/sources/rejected/").status_code == 403


def test_an_event_is_mended_and_taken_in_once(source: Source, desk: Desks) -> None:
    send([NAMELESS])
    row, kanri = RejectedEvent.objects.get(), desk("kanri")
    url = f"/settings/sources/rejected/{row.pk}/"
    assert '"m2"' in kanri.text(url)
    assert kanri.post(url, body=row.body).status_code == 422  # still without a name
    for body in (
        "",
        "{",
        "[]",
        '{"type": "track"}, {"type": "track"}',
        json.dumps(GOOD) + "," + json.dumps(GOOD),
    ):
        assert kanri.post(url, body=body).status_code == 422, body
    assert desk("tanaka").post(url, body=json.dumps(GOOD)).status_code == 403
    assert kanri.post(url, body=json.dumps({**NAMELESS, "event": "一括申請"})).status_code == 302
    assert kanri.post(url, body=json.dumps(GOOD)).status_code == 422  # somebody settled it already
    writers.close()
    assert compact().accepted == 1
    assert EmbeddedStore().query("SELECT message_id, name, group_id FROM events") == [
        ("m2", "一括申請", "A010")
    ]
    audit = AuditRow.objects.get(action="source.replayed")
    assert (audit.subject, audit.subject_id, audit.new) == ("source", source.pk, {"message_id": "m2", "reason": "no_event_name"})  # fmt: skip
    assert "受け付けなかったイベントはありません" in kanri.text("/settings/sources/rejected/")


def test_a_lone_event_keeps_its_kind(source: Source, desk: Desks) -> None:
    """An event of /v1/track says nowhere that it is a track: the address did."""
    from django.test import Client

    from banso_web.usage.tests.test_events import BASIC

    Client().post("/v1/track", json.dumps({"userId": "u1", "messageId": "m3"}), content_type="application/json", HTTP_AUTHORIZATION=BASIC)  # fmt: skip
    writers.close()
    compact()
    row = RejectedEvent.objects.get()
    assert row.path == "track"
    body = json.dumps({"userId": "u1", "messageId": "m3", "event": "閲覧"})
    assert desk("kanri").post(f"/settings/sources/rejected/{row.pk}/", body=body).status_code == 302
    writers.close()
    compact()
    assert EmbeddedStore().query("SELECT kind, name FROM events") == [("track", "閲覧")]


def test_an_event_is_put_aside(source: Source, desk: Desks) -> None:
    send([NAMELESS])
    row, kanri = RejectedEvent.objects.get(), desk("kanri")
    assert desk("tanaka").post(f"/settings/sources/rejected/{row.pk}/aside/").status_code == 403
    assert kanri.post(f"/settings/sources/rejected/{row.pk}/aside/").status_code == 302
    assert (
        kanri.post(f"/settings/sources/rejected/{row.pk}/aside/").status_code == 302
    )  # told, nothing changed
    assert AuditRow.objects.filter(action="source.aside").count() == 1
    row.refresh_from_db()
    assert (row.settled_how, json.loads(row.body)) == ("aside", NAMELESS)
    assert kanri.post("/settings/sources/rejected/999/aside/").status_code == 404
