"""届いたイベント: every event wherever it is on its way, with what was made of it; people's data only for who may see it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from banso_web.collect.models import Source
from banso_web.collect.taking import writers
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.personal import Whom, remember
from banso_web.desk.tests.conftest import Desk, bring, company
from banso_web.usage.actions import see
from banso_web.usage.actions.settling import About, Whose, settle
from banso_web.usage.reads.attributed import USED, event_parameters
from banso_web.usage.reads.made import made_of
from banso_web.usage.tests.test_events import BASIC, send
from banso_web.warehouse import personal, recent
from banso_web.warehouse.models import Duplicate
from banso_web.warehouse.store import event_store

__all__ = ["bring", "company"]
pytestmark = pytest.mark.django_db
Desks = Callable[[str], Desk]
URL = "/settings/sources/events/"
NOW = "2026-11-24T00:00:00Z"  # 9 o'clock in Japan, when the tests' clock stands


def track(name: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "一括申請",
        "userId": "u-1",
        "messageId": name,
        "timestamp": NOW,
        "context": {"groupId": "A010"},
        "properties": {"address": "home@example.jp"},
        **more,
    }


def waiting(*events: dict[str, Any]) -> None:
    """Acknowledged and not yet taken in."""
    answer = Client().post("/v1/batch", json.dumps({"batch": events}), content_type="application/json", HTTP_AUTHORIZATION=BASIC)  # fmt: skip
    assert answer.status_code == 200


def states(wanted: recent.Wanted = recent.Wanted()) -> dict[str, list[str]]:  # noqa: B008
    found: dict[str, list[str]] = {}
    for one in recent.newest(wanted):
        found.setdefault(one.state, []).append(one.message_id)
    return {state: sorted(names) for state, names in found.items()}


@pytest.fixture
def everywhere(source: Source) -> Source:
    send(
        [
            track("m1"),
            track("m2", userId="u-2", event="承認"),
            {"type": "track", "userId": "u-3", "messageId": "bad"},
        ]
    )
    send([track("m1")])
    waiting(
        track("m4"),
        {"type": "group", "userId": "u-1", "groupId": "A010", "messageId": "g1", "timestamp": NOW},
    )
    return source


def test_an_event_stands_where_it_is_on_its_way(everywhere: Source) -> None:
    assert states() == {
        "waiting": ["g1", "m4"],
        "stored": ["m1", "m2"],
        "rejected": ["bad"],
        "duplicate": ["m1"],
    }
    before = recent.mark()
    assert recent.mark() == before
    send([])
    assert states()["stored"] == ["g1", "m1", "m2", "m4"]
    assert "waiting" not in states() and recent.mark() != before


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"state": "stored"}, ["m1", "m2"]),
        ({"kind": "group"}, ["g1"]),
        ({"who": "u-2"}, ["m2"]),
        ({"who": "u-3"}, ["bad"]),
        ({"name": "承"}, ["m2"]),
        ({"who": "A010", "kind": "group"}, ["g1"]),
        ({"source": 999}, []),
    ],
)
def test_events_are_chosen(everywhere: Source, wanted: dict[str, Any], expected: list[str]) -> None:
    found = recent.newest(recent.Wanted(**wanted))
    assert sorted(one.message_id for one in found) == expected


def test_a_past_day_is_asked_for(source: Source) -> None:
    send([track("old", timestamp="2026-10-01T01:00:00Z"), track("new")])
    assert states() == {"stored": ["new"]}
    assert states(recent.Wanted(day=date(2026, 10, 1))) == {"stored": ["old"]}


def one_of(name: str, state: str) -> str:
    (one,) = [one for one in recent.newest(recent.Wanted(state=state)) if one.message_id == name]
    day = f"?day={one.local_day}" if one.local_day else ""
    return f"{URL}{one.source}/{one.received}/{one.digest}/{day}"


def text_of(page: str) -> dict[str, Any]:
    found = re.search(r"<pre[^>]*><code>(.*?)</code>", page, re.S)
    assert found is not None
    told: dict[str, Any] = json.loads(html.unescape(found[1]))
    return told


def test_what_was_made_of_each(everywhere: Source, desk: Desks, company: Any) -> None:
    send([track("c1", context={"groupId": "A1"}), track("none", context={})])
    kanri = desk("kanri")
    for name, state, words in (
        ("c1", "stored", "利用に数えています"),
        ("m1", "stored", "この顧客IDの顧客はまだ登録されていません"),
        ("none", "stored", "groupId がなく"),
        ("g1", "stored", "track・page・screen だけ"),
        ("m1", "duplicate", "はじめのものだけを数えます"),
        ("bad", "rejected", "track に event(名前)がない"),
    ):
        page = kanri.text(one_of(name, state))
        assert words in page, (name, state)
    assert kanri.get(f"{URL}{everywhere.pk}/1/abc/").status_code == 404


def test_people_are_for_who_may_see_them(everywhere: Source, desk: Desks, person: Any) -> None:
    kanri = desk("kanri")
    page = kanri.text(URL)
    assert "一括申請" in page and "u-1" not in page and "閲覧権限なし" in page
    for who, found in (
        ("u-1", False),
        ("u-3", False),
        ("A010", True),
    ):  # an id that finds nothing tells nothing
        asked = kanri.client.post(URL, {"who": who}).content.decode()
        assert ("一括申請" in asked) is found, who
        assert ("当てはまるイベントはありません" in asked) is not found, who
    shown = kanri.text(one_of("m1", "stored"))
    assert "home@example.jp" not in shown and "u-1" not in shown
    assert text_of(shown)["properties"] == {"address": "…"}
    role = person("kanri").roles.first()
    role.permissions = [*role.permissions, "contact.view"]
    role.save()
    assert "u-1" in kanri.text(URL)
    assert "一括申請" in kanri.client.post(URL, {"who": "u-1"}).content.decode()
    assert text_of(kanri.text(one_of("m1", "stored")))["properties"] == {"address": "home@example.jp"}
    assert text_of(kanri.text(one_of("m1", "duplicate")))["properties"] == {"address": "home@example.jp"}
    assert desk("tanaka").get(URL).status_code == 403


def test_a_poll_is_answered_only_when_something_is_new(
    everywhere: Source, desk: Desks, django_assert_max_num_queries: Any
) -> None:
    client = desk("kanri").client

    def poll(**given: str) -> Any:
        return client.post(URL, given, headers={"HX-Request": "true"})

    first = poll().content.decode()
    mark = re.search(r'name="mark" value="(\w+)"', first)
    assert mark is not None and "<html" not in first and "every 3s" in first
    with django_assert_max_num_queries(8):
        assert poll(mark=mark[1]).status_code == 204
    waiting(track("m5"))
    assert poll(mark=mark[1]).status_code == 200
    paused = poll(paused="1").content.decode()
    assert "every 3s" not in paused and "再開する" in paused
    assert "当てはまるイベントはありません" in poll(who="nobody").content.decode()


def test_the_address_of_an_event_holds_nothing_a_client_wrote(source: Source, desk: Desks) -> None:
    waiting(track("signup-home@example.jp"))
    page = desk("kanri").text(URL)
    (href,) = set(re.findall(r'href="(/settings/sources/events/\d[^"]*)"', page))
    assert re.fullmatch(rf"{URL}{source.pk}/\d{{16}}/[0-9a-f]{{16}}/\?day=2026-11-24", href)
    assert desk("kanri").get(href).status_code == 200
    send([])
    assert desk("kanri").get(href).status_code == 200  # the same address once it is in the store


def test_who_was_erased_is_not_shown_from_a_log_or_among_duplicates(source: Source) -> None:
    send([track("m1", userId="P1")])
    send([track("m1", userId="P1")])
    assert Duplicate.objects.get().user_id == "P1"
    waiting(track("m2", userId="P1"))
    whom = Whom(1, frozenset({"P1"}), (1,), frozenset(), frozenset(), frozenset(), frozenset())
    remember(whom)
    assert states()["waiting" if "waiting" in states() else "stored"] == ["m1"]
    personal.erase(whom)
    assert not Duplicate.objects.exists()
    writers.close()


def test_only_the_newest_duplicates_are_kept(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "KEPT_DUPLICATES", 3)
    monkeypatch.setattr(recent, "OF_A_ROUND", 2)
    told = [track(f"m{number}") for number in range(4)]
    send(told)
    for _again in range(2):
        send(told)
    assert list(Duplicate.objects.order_by("pk").values_list("message_id", flat=True)) == ["m3", "m2", "m3"]


def test_what_is_said_of_an_event_is_what_the_relation_counts(
    source: Source, company: dict[str, Any], person: Any
) -> None:
    """A settled group and user, one put aside, one who was anonymous before the login, and nobody's."""
    tanaka = person("tanaka")
    send(
        [
            track("m1", context={"groupId": "lab"}, userId="u1"),
            track("m2", context={}, userId="u2"),
            track("m3", context={"groupId": "A3"}, userId="u3"),
            track("m4", context={"groupId": "A3"}, userId="", anonymousId="anon"),
            track("m5", context={}, userId="u9"),
            {
                "type": "alias",
                "userId": "u4",
                "previousId": "anon",
                "messageId": "a1",
                "timestamp": "2026-11-24T00:00:01Z",
            },
        ]
    )
    see()
    settle([About("group", "lab", source.pk)], Whose(company["A1"].pk), actor=tanaka)
    settle([About("user", "u2", source.pk)], Whose(company["A2"].pk), actor=tanaka)
    settle([About("user", "u3", source.pk)], Whose(aside=True), actor=tanaka)
    tomorrow = date(2026, 11, 25)
    asked = Asked(as_of=tomorrow, today=date(2026, 11, 24), watermark=current_watermark())
    given = event_parameters(asked, date(2026, 11, 1), {}, None)
    counted = set(event_store().query(USED + "SELECT account, person FROM used", given))
    told = [made_of(tanaka, one, asked) for one in recent.newest(recent.Wanted(state="stored", kind="track"))]
    assert {(made.code, made.person) for made in told if made.code} == counted
    assert counted == {("A1", "u1"), ("A2", "u2"), ("A3", "u4")}
    reasons = [made.why for made in told if not made.code]
    assert len(told) == 5 and len(reasons) == 2
    assert any("数えないと決めています" in why for why in reasons)
    assert any("どの顧客の人かも分からない" in why for why in reasons)
