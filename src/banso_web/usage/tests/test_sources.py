"""データの送信元: keys, what came, and the events that were not taken in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from banso_web.collect import personal
from banso_web.collect.models import RejectedEvent, Source
from banso_web.collect.reads import legible
from banso_web.collect.taking import writers
from banso_web.core.models import AuditRow
from banso_web.core.personal import Whom
from banso_web.desk.tests.conftest import Desk
from banso_web.usage.tests.test_events import send
from banso_web.warehouse.compactor import compact
from banso_web.warehouse.store import event_store

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
    cells = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<td class="num"[^>]*>(.*?)</td>', page)]
    assert cells == ["1", "1", "1", "0日"]  # accepted, duplicate, rejected; unusual days
    rejected = kanri.text("/settings/sources/rejected/")
    assert "track に event(名前)がない" in rejected and "m2" in rejected
    assert desk("tanaka").get("/settings/sources/rejected/").status_code == 403


def test_what_an_event_holds_is_for_who_sees_people(source: Source, desk: Desks) -> None:
    send([{**NAMELESS, "userId": "hanako@example.jp"}])
    row, kanri = RejectedEvent.objects.get(), desk("kanri")
    url = f"/settings/sources/rejected/{row.pk}/"
    assert kanri.get("/settings/sources/rejected/csv/").status_code == 403  # no right to export
    role = kanri.member.roles.get()
    role.permissions = [*role.permissions, "export.run"]
    role.save()
    for page in ("/settings/sources/rejected/", url, "/settings/sources/rejected/csv/"):
        text = kanri.text(page)
        assert "閲覧権限なし" in text and "hanako" not in text, page
    assert kanri.post(url, body=json.dumps(GOOD)).status_code == 403
    row.refresh_from_db()
    assert row.settled_at is None


def test_a_deep_event_stands_in_no_bodys_way(source: Source) -> None:
    deep = json.loads('{"a":' * 600 + "1" + "}" * 600)
    send(
        [
            {
                **GOOD,
                "messageId": "deep",
                "userId": "hanako@example.jp",
                "properties": {"x": deep, "hanako@example.jp": 1},
            }
        ]
    )
    row = RejectedEvent.objects.get()
    assert row.reason == "nested_too_deep" and "hanako" in row.body
    nothing: frozenset[Any] = frozenset()
    whom = Whom(0, nothing, (), nothing, frozenset({"hanako@example.jp"}), nothing, nothing)
    assert len(personal.find(whom)) == 1
    assert personal.erase(whom) == 1
    row.refresh_from_db()
    assert "hanako" not in row.body


def test_an_address_with_impossible_numbers_is_nowhere(source: Source, desk: Desks) -> None:
    for address in (f"{source.pk}/{10**20}", f"{source.pk}/{10**18}", f"{10**20}/1"):
        assert desk("kanri").get(f"/settings/sources/events/{address}/abcd/").status_code == 404


def test_escaped_letters_are_shown_as_letters(source: Source, mender: Desk) -> None:
    send(
        [{**NAMELESS, "properties": {"画面": '申請"\n😀'}}]
    )  # as most libraries write it: in ASCII with escapes
    (row,) = RejectedEvent.objects.all()
    assert "\\u753b\\u9762" in row.body
    page = unescape(mender.text(f"/settings/sources/rejected/{row.pk}/"))
    assert r'{"画面": "申請\"\n😀"}' in page
    for text in (row.body, r'"\\u3042 \u0022 \u3042\u000a \ud83d"'):
        assert json.loads(legible(text)) == json.loads(text)
    assert legible(r'"\\u3042 \u0022 \u3042\u000a \ud83d"') == r'"\\u3042 \u0022 あ\u000a \ud83d"'


def test_half_a_character_typed_in_is_mended(source: Source, mender: Desk) -> None:
    send([NAMELESS])
    row = RejectedEvent.objects.get()
    body = '{"type": "track", "event": "\\ud800", "userId": "a", "messageId": "m2"}'
    assert mender.post(f"/settings/sources/rejected/{row.pk}/", body=body).status_code == 302


def test_an_event_is_mended_and_taken_in_once(source: Source, desk: Desks, mender: Desk) -> None:
    send([NAMELESS])
    row, kanri = RejectedEvent.objects.get(), mender
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
    assert event_store().query("SELECT message_id, name, group_id FROM events") == [
        ("m2", "一括申請", "A010")
    ]
    audit = AuditRow.objects.get(action="source.replayed")
    assert (audit.subject, audit.subject_id, audit.new) == ("source", source.pk, {"message_id": "m2", "reason": "no_event_name"})  # fmt: skip
    assert "受け付けなかったイベントはありません" in kanri.text("/settings/sources/rejected/")


def test_a_lone_event_keeps_its_kind(source: Source, mender: Desk) -> None:
    """An event of /v1/track says nowhere that it is a track: the address did."""
    from django.test import Client

    from banso_web.usage.tests.test_events import BASIC

    Client().post("/v1/track", json.dumps({"userId": "u1", "messageId": "m3"}), content_type="application/json", HTTP_AUTHORIZATION=BASIC)  # fmt: skip
    writers.close()
    compact()
    row = RejectedEvent.objects.get()
    assert row.path == "track"
    body = json.dumps({"userId": "u1", "messageId": "m3", "event": "閲覧"})
    assert mender.post(f"/settings/sources/rejected/{row.pk}/", body=body).status_code == 302
    writers.close()
    compact()
    assert event_store().query("SELECT kind, name FROM events") == [("track", "閲覧")]


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


def misspelt(number: int, **more: Any) -> dict[str, Any]:
    """As a product sends that calls its users user_id, after a restart of a library that says when it sent each event."""
    return {
        "type": "track",
        "event": "一括申請",
        "user_id": f"u{number}",
        "messageId": f"s{number}",
        "timestamp": "2026-11-20T01:00:00Z",
        "sentAt": "2026-11-20T01:00:01Z",
        "context": {"groupId": "A010"},
        **more,
    }


def test_many_are_taken_in_with_one_key_put_right(source: Source, desk: Desks) -> None:
    send([misspelt(1), misspelt(2), {"type": "track", "event": "x", "messageId": "nobody"}, NAMELESS])
    kanri = desk("kanri")
    reason = "no_user_id_or_anonymous_id"
    page = kanri.text("/settings/sources/rejected/", reason=reason)
    assert "まとめて受け付ける" in page and ">s1<" in page and ">m2<" not in page
    url = "/settings/sources/rejected/all/"
    assert desk("tanaka").post(url, reason=reason).status_code == 403
    asked = {"reason": reason, "source": str(source.pk), "deed": "replay"}
    for wrong in (
        {"key": "user_id"},
        {"word": "userId"},
        {"key": "user_id", "word": "secret"},
        {"reason": ""},
    ):
        assert kanri.post(url, **{**asked, **wrong}).status_code == 302
    assert RejectedEvent.objects.filter(settled_at=None).count() == 4
    kanri.post(url, **asked, key="user_id", word="userId")
    writers.close()
    assert compact().accepted == 2
    rows = event_store().query("SELECT message_id, user_id, happened_at::VARCHAR FROM events ORDER BY 1")
    assert rows == [("s1", "u1", "2026-11-20 01:00:00"), ("s2", "u2", "2026-11-20 01:00:00")]
    left = RejectedEvent.objects.filter(settled_at=None).values_list("message_id", flat=True)
    assert set(left) == {"nobody", "m2"}
    audit = AuditRow.objects.get(action="source.replayed")
    assert (audit.subject_id, audit.new) == (source.pk, {"reason": reason, "events": 2})
    send([misspelt(1, userId="u1")])  # the product is mended and sends again
    assert event_store().query("SELECT count(*) FROM events") == [(2,)]


def test_many_are_put_aside(source: Source, desk: Desks) -> None:
    send([NAMELESS, {**NAMELESS, "messageId": "m3"}, misspelt(1)])
    desk("kanri").post("/settings/sources/rejected/all/", reason="no_event_name", deed="aside")
    assert dict(RejectedEvent.objects.values_list("message_id", "settled_how")) == {"m2": "aside", "m3": "aside", "s1": ""}  # fmt: skip
    assert AuditRow.objects.get(action="source.aside").new == {"reason": "no_event_name", "events": 2}


def test_an_event_without_a_time_is_of_its_receipt_when_it_is_taken_in_later(
    source: Source, mender: Desk, morning: Callable[[date], None]
) -> None:
    send([NAMELESS])
    morning(date(2026, 12, 1))
    row = RejectedEvent.objects.get()
    body = json.dumps({**NAMELESS, "event": "一括申請"})
    assert mender.post(f"/settings/sources/rejected/{row.pk}/", body=body).status_code == 302
    writers.close()
    compact()
    assert event_store().query("SELECT local_day, received_at::DATE FROM events") == [
        (date(2026, 11, 24), date(2026, 12, 1))
    ]


def test_rejected_events_leave_as_a_file(source: Source, desk: Desks, mender: Desk) -> None:
    send([NAMELESS, {"type": "track", "event": "x", "messageId": "=1+1"}])
    kanri = mender
    text = kanri.text("/settings/sources/rejected/csv/", reason="no_event_name", source=source.pk)
    lines = text.splitlines()
    assert len(lines) == 2 and "m2" in lines[1] and "track に event(名前)がない" in lines[1]
    assert ",'=1+1," in kanri.text("/settings/sources/rejected/csv/")  # no formula reaches a spreadsheet
    exports = AuditRow.objects.filter(action="source.export").order_by("pk")
    assert [row.new["events"] for row in exports] == [1, 2]
    assert desk("tanaka").get("/settings/sources/rejected/csv/").status_code == 403
