"""The same story told by events: through the tracking address, the log and the compactor."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.collect.taking import writers
from banso_web.usage.actions import detect
from banso_web.usage.models import UsageAlert, UsageVerdict
from banso_web.usage.tests.conftest import CASES, STORY, load
from banso_web.warehouse.compactor import compact

pytestmark = pytest.mark.django_db
Story = Callable[..., dict[str, Account]]
DAY = date(2026, 11, 24)
BASIC = "Basic " + base64.b64encode(b"key-of-the-tests:").decode()
EVENTS = STORY / "as_events" / CASES / "events.jsonl"
# 中央会計's seats, 150 until 11/8: the files of daily use carry them, events do not.
SEATS = """contract_id,account_id,product,plan,seats,starts_on,ends_on,valid_from
C010,A010,A,S,150,2026-03-01,2027-02-28,2026-03-01
C020,A020,A,S,10,2024-10-01,2027-09-30,2024-10-01
C018,A018,A,S,150,2024-09-01,2027-09-30,2024-09-01
C018,A018,A,S,90,2024-09-01,2027-09-30,2026-11-09
"""


def send(lines: list[Any], *, path: str = "batch", key: str = "key-of-the-tests") -> None:
    """As a client sends: batches of 500, each acknowledged; then what the compactor does."""
    for start in range(0, len(lines), 500):
        answer = Client().post(
            f"/v1/{path}",
            json.dumps({"batch": lines[start : start + 500]}),
            content_type="application/json",
            HTTP_AUTHORIZATION="Basic " + base64.b64encode(f"{key}:".encode()).decode(),
        )
        assert answer.status_code == 200
    writers.close()
    compact()


def events() -> list[dict[str, Any]]:
    return [json.loads(line) for line in EVENTS.read_text("utf-8").splitlines()]


@pytest.fixture
def accounts(story: Story, source: Source, tmp_path: Path) -> dict[str, Account]:
    found = story(CASES, "usage_daily.csv", "contracts.csv")
    folder = tmp_path / "seats"
    folder.mkdir()
    (folder / "contracts.csv").write_text(SEATS, "utf-8")
    load(folder)
    return found


def verdict(account: Account) -> UsageVerdict:
    return UsageVerdict.objects.get(account=account, until=None)


def test_events_give_the_stated_verdicts(accounts: dict[str, Account]) -> None:
    send(events())
    ran = detect(DAY, actor=None)
    fell = verdict(accounts["A010"])
    told = fell.evidence
    # Weekly distinct users themselves: median 120, mean (84 + 71) ÷ 2 = 77.5, −35.4 %.
    assert (told["form"], told["baseline"], told["recent"]) == ("events", "120", "155/2")
    assert Fraction(told["change"]) == Fraction("77.5") / 120 - 1 and fell.verdict == "drop"
    assert [week["users"] for week in told["weeks"]] == ["120", "118", "122", "119", "121", "117", "120", "123", "84", "71"]  # fmt: skip
    departments = {line["name"] for line in told["parts"]["departments"]}
    assert departments == {"営業部", "物流部", "管理部"}
    seats = verdict(accounts["A018"])
    assert Fraction(seats.evidence["change"]) == Fraction("77.5") / 90 / Fraction(120, 150) - 1  # +7.6 %
    assert (seats.verdict, seats.reason, seats.evidence["seats_change"]) == ("steady", "seats", "-2/5")
    assert seats.evidence["seats_from"] == "contract"
    assert verdict(accounts["A020"]).reason == "too_few"
    assert (ran.judged, UsageAlert.objects.filter(kind="usage").count()) == (3, 1)
    send(events())  # sent again: duplicates change nothing
    assert detect(DAY, actor=None).written == 0


def test_the_same_events_as_a_file_say_the_same(story: Story, events_home: Path) -> None:
    found = story(CASES, "usage_daily.csv", "contracts.csv")
    folder = events_home / "as-events"
    folder.mkdir()
    (folder / "events.jsonl").write_bytes(EVENTS.read_bytes())
    (folder / "contracts.csv").write_text(SEATS, "utf-8")
    load(folder)
    detect(DAY, actor=None)
    fell = verdict(found["A010"])
    assert (fell.verdict, fell.evidence["recent"], Fraction(fell.evidence["change"])) == ("drop", "155/2", Fraction("77.5") / 120 - 1)  # fmt: skip
    assert (verdict(found["A018"]).reason, verdict(found["A020"]).reason) == ("seats", "too_few")


def test_a_silent_source_suspends_and_late_events_resume(
    accounts: dict[str, Account], source: Source
) -> None:
    told = events()
    early = [event for event in told if event["timestamp"] < "2026-11-15T17:00"]  # 11/16 02:00 in Japan
    send(early)
    ran = detect(DAY, actor=None)
    assert set(ran.verdicts) == {"suspended"}
    # Somebody worked until 01:58 of the 16th, so that day is not one without a row.
    assert ran.missing[str(source.pk)] == tuple(date(2026, 11, day) for day in (17, 18, 19, 20))
    assert not UsageAlert.objects.exists()
    send(told)
    detect(DAY, actor=None)
    assert [(row.account.code, row.kind) for row in UsageAlert.objects.order_by("account__code")] == [("A010", "usage"), ("A018", "seats")]  # fmt: skip


def test_a_living_source_and_a_customer_who_stopped(accounts: dict[str, Account]) -> None:
    """途絶 is not 欠測: the others' events show that the source lives."""
    told = [
        event
        for event in events()
        if event["context"]["groupId"] != "A010" or event["timestamp"] < "2026-11-08T15:00"
    ]
    send(told)
    detect(DAY, actor=None)
    row = verdict(accounts["A010"])
    assert (row.verdict, row.reason, row.evidence["change"]) == ("drop", "stopped", "-1")


def test_events_win_where_both_are_there(story: Story, source: Source) -> None:
    found = story(CASES)
    send([event for event in events() if event["context"]["groupId"] == "A010"])
    detect(DAY, actor=None)
    assert verdict(found["A010"]).evidence["form"] == "events"
    assert verdict(found["A018"]).evidence["form"] == "daily"


def test_events_of_a_merged_customer_count_once(accounts: dict[str, Account], person: Any) -> None:
    from banso_web.accounts.actions import merging

    told = events()
    twins = [
        {**event, "messageId": "twin-" + event["messageId"], "context": {"groupId": "A020"}}
        for event in told
        if event["context"]["groupId"] == "A010"
    ]
    send([event for event in told if event["context"]["groupId"] == "A010"] + twins)
    merging.decide(accounts["A010"].pk, accounts["A020"].pk, "same", actor=person("tanaka"))
    detect(DAY, actor=None)
    row = verdict(accounts["A010"])
    # The same people under both ids are the same people; the seats of both contracts add up.
    assert [week["users"] for week in row.evidence["weeks"]][-3:] == ["123", "84", "71"]
    assert [week["seats"] for week in row.evidence["weeks"]][-1] == 160
    assert not UsageVerdict.objects.filter(account=accounts["A020"]).exists()
