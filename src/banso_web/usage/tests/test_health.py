"""Data health: a source that is silent says nothing of a customer, a customer who stopped is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.collect.taking import keys
from banso_web.core import clock
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.reads.calendar import calendar
from banso_web.desk.tests.conftest import Desk
from banso_web.usage.actions import detect
from banso_web.usage.models import UsageAlert
from banso_web.usage.reads.health import chart, health_of, silent_sources
from banso_web.usage.tests.conftest import CASES, load
from banso_web.usage.tests.test_events import accounts, events, send, verdict
from banso_web.warehouse.models import EventShape, SourceDay
from banso_web.warehouse.shapes import count_days

__all__ = ["accounts"]
pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
SILENT = "2026-11-15T17:00"  # 11/16 02:00 in Japan
Desks = Callable[[str], Desk]


def asked_today() -> Asked:
    return Asked(as_of=DAY, today=DAY, watermark=current_watermark())


def of(*codes: str) -> list[dict[str, Any]]:
    return [event for event in events() if event["context"]["groupId"] in codes]


def before(moment: str, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in told if event["timestamp"] < moment]


@pytest.fixture
def second(source: Source) -> Source:
    made = Source.objects.create(name="分析基盤", write_key="second-key", created_at=clock.now())
    keys.forget()
    return made


def test_one_source_of_two_is_silent(accounts: dict[str, Account], source: Source, second: Source) -> None:
    """A010 sends through the living one and fell; A018 through the silent one is not judged; A020 sends through both."""
    send(before(SILENT, of("A018", "A020")))
    send([{**event, "messageId": "b" + event["messageId"]} for event in of("A010", "A020")], key="second-key")
    ran = detect(DAY, actor=None)
    assert {key for key, days in ran.missing.items() if days} == {str(source.pk)}
    assert verdict(accounts["A010"]).verdict == "drop"
    assert (verdict(accounts["A018"]).verdict, verdict(accounts["A018"]).reason) == ("suspended", "gap")
    assert verdict(accounts["A020"]).verdict == "suspended"
    assert [row.account.code for row in UsageAlert.objects.all()] == ["A010"]


def test_who_stopped_is_seen_while_another_source_is_silent(
    accounts: dict[str, Account], source: Source, second: Source
) -> None:
    send([{**event, "context": {"groupId": "A020"}} for event in before(SILENT, of("A018"))])
    # A018 shows that the second source lives.
    send([*before("2026-11-08T15:00", of("A010")), *of("A018")], key="second-key")
    detect(DAY, actor=None)
    stopped = verdict(accounts["A010"])
    assert (stopped.verdict, stopped.reason, stopped.evidence["change"]) == ("drop", "stopped", "-1")
    assert verdict(accounts["A020"]).verdict == "suspended"


def test_a_source_that_was_replaced_is_suggested_and_closed_with_its_day(
    accounts: dict[str, Account], source: Source, second: Source, desk: Desks
) -> None:
    """A010 and A018 moved to the second source, A020 did not: after the first is closed as of its end, A010 is judged again,
    and of A020 nothing is known as before."""
    send(before(SILENT, of("A010", "A018", "A020")))
    send(
        [
            {**event, "messageId": "b" + event["messageId"]}
            for event in of("A010", "A018")
            if event["timestamp"] >= SILENT
        ],
        key="second-key",
    )
    detect(DAY, actor=None)
    assert {verdict(accounts[code]).verdict for code in ("A010", "A018", "A020")} == {"suspended"}
    kanri, url = desk("kanri"), f"/settings/sources/{source.pk}/health/"
    SourceDay.objects.all().delete()  # all came in at once, today: its own days say when it sent
    count_days()
    page = kanri.text(url)
    assert "届いていた 3社 のうち 2社 の利用が、2026/11/17(火) からは" in re.sub(r"<[^>]+>", "", page)
    assert "置き換えた送信元のようです" not in kanri.text(f"/settings/sources/{second.pk}/health/")
    close = f"/settings/sources/{source.pk}/close/"
    assert kanri.post(close, ended_on="2026/11/25").status_code == 422  # tomorrow
    assert kanri.post(close, ended_on="2026/11/17").status_code == 302
    ran = detect(DAY, actor=None)
    assert ran.missing[str(source.pk)]  # what was silent stays told
    found = {code: verdict(accounts[code]) for code in ("A010", "A018", "A020")}
    assert (found["A010"].verdict, found["A010"].evidence["gaps"]) == ("drop", {})
    assert found["A018"].verdict != "suspended" and found["A020"].verdict == "suspended"
    # Known too late: from the 20th alone, and the silence before it is one again.
    assert kanri.post(close, ended_on="2026/11/20").status_code == 302
    detect(DAY, actor=None)
    assert verdict(accounts["A010"]).verdict == "suspended"


def test_a_late_file_suspends_only_who_stands_on_files(
    story: Callable[..., dict[str, Account]], source: Source, tmp_path: Path
) -> None:
    found = story(CASES, "usage_daily.csv")
    rows = (Path(__file__).parents[4] / "tests/data/stories/us5" / CASES / "usage_daily.csv").read_text(
        "utf-8"
    )
    head, *lines = rows.splitlines()
    column = head.split(",").index("day")
    early = [line for line in lines if line.split(",")[column] < "2026-11-16"]
    folder = tmp_path / "late"
    folder.mkdir()
    (folder / "usage_daily.csv").write_text("\n".join([head, *early]), "utf-8")
    load(folder)
    send(of("A010"))
    detect(DAY, actor=None)
    assert verdict(found["A010"]).verdict == "drop"
    assert verdict(found["A018"]).verdict == "suspended"
    asked = asked_today()
    assert [(one.id, one.name, one.since) for one in silent_sources(asked)] == [
        (None, "取り込んだファイル", date(2026, 11, 16))
    ]


def received(source: Source, *, until: date, since: date = date(2026, 9, 1)) -> None:
    days_off = calendar()
    SourceDay.objects.bulk_create(
        SourceDay(source=source.pk, day=day, accepted=100, last_received_at=clock.now())
        for day in (since + timedelta(days=n) for n in range((until - since).days + 1))
        if days_off.is_business_day(day)
    )


def test_who_manages_sources_hears_of_a_silent_one(source: Source, desk: Desks) -> None:
    received(source, until=date(2026, 11, 18))
    kanri = desk("kanri")
    home = kanri.text("/")
    assert "データの送信元が止まっています" in home
    assert "2026/11/19(木)</time> から" in home
    assert f"/settings/sources/{source.pk}/health/" in home
    listed = kanri.text("/settings/sources/")
    assert "届いていません" in listed and "2026/11/19(木)</time> から" in listed
    assert "送信元が止まっています" not in desk("sato").text("/")
    SourceDay.objects.create(source=source.pk, day=DAY, accepted=1, last_received_at=clock.now())
    assert "送信元が止まっています" not in kanri.text("/")
    assert "届いています" in kanri.text("/settings/sources/")


def test_a_closed_source_and_a_young_one_are_not_called_silent(source: Source, desk: Desks) -> None:
    received(source, until=date(2026, 11, 18), since=date(2026, 11, 4))
    kanri = desk("kanri")
    assert "判定できません" in kanri.text("/settings/sources/")
    assert "送信元が止まっています" not in kanri.text("/")
    SourceDay.objects.all().delete()
    received(source, until=date(2026, 11, 18))
    Source.objects.update(closed_at=clock.now())
    assert "送信元が止まっています" not in kanri.text("/")


def shapes(source: Source, *, without: date, low: date) -> None:
    days_off = calendar()
    for number in range(70):
        day = date(2026, 9, 15) + timedelta(days=number)
        if not days_off.is_business_day(day) or day == without:
            continue
        kind = "text" if day >= date(2026, 11, 18) else "number"
        EventShape.objects.create(
            source=source.pk,
            day=day,
            kind="track",
            name="一括申請",
            events=40 if day == low else 200,
            looked=20,
            types={"amount": {kind: 20}},
        )


def test_events_of_files_are_judged_by_their_own_days(source: Source) -> None:
    """Nothing is received from day to day: an import brings all of them at once."""
    shapes(source, without=date(2026, 11, 12), low=date(2026, 11, 19))
    EventShape.objects.filter(day__gte=date(2026, 11, 19)).delete()
    asked = asked_today()
    assert [(one.id, one.since) for one in silent_sources(asked)] == [(source.pk, date(2026, 11, 19))]


def test_the_page_of_a_source_lists_days_volumes_and_changes(source: Source, desk: Desks) -> None:
    shapes(source, without=date(2026, 11, 12), low=date(2026, 11, 19))
    page = desk("kanri").text(f"/settings/sources/{source.pk}/health/")
    assert "2026/11/12(木)" in page  # 欠測
    assert "2026/11/19(木)" in page and "少ない" in page
    assert "型が変わった項目" in page and "数値 → 文字" in page and "2026/11/18(水)" in page
    asked = asked_today()
    found = health_of(asked, source.pk)
    assert found.missing == (date(2026, 11, 12),)
    # Thursdays of the eight weeks before 11/19 without the missing 11/12: all 200.
    assert [(one.day, one.rows, one.usual) for one in found.anomalies] == [(date(2026, 11, 19), 40, 200.0)]
    picture = chart(found, "イベント")
    events_line, usual = picture["series"]
    place = picture["x"].index("11/12")
    assert (events_line["values"][place], events_line["states"][place]) == (None, "missing")
    assert usual["values"][picture["x"].index("11/19")] == 200.0
    assert "11/15" not in picture["x"]  # a Sunday, on which nothing is expected
    assert picture["annotations"] == [{"x": "11/19", "label": "いつもと違う量"}]


def test_only_who_manages_sources_sees_their_health(source: Source, desk: Desks) -> None:
    for url in (f"/settings/sources/{source.pk}/health/", "/settings/sources/file/health/"):
        assert desk("tanaka").get(url).status_code == 403
        assert desk("kanri").get(url).status_code == 200
    assert desk("kanri").get("/settings/sources/999/health/").status_code == 404


def test_the_list_asks_the_same_number_of_questions_for_many_sources(
    source: Source, desk: Desks, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        made = Source.objects.create(name=f"送信元{number}", write_key=f"k{number}", created_at=clock.now())
        SourceDay.objects.create(source=made.pk, day=DAY, accepted=1, last_received_at=clock.now())
    kanri = desk("kanri")
    kanri.text("/settings/sources/")
    with django_assert_max_num_queries(20):
        kanri.text("/settings/sources/")
