"""Unknown users and groups, settled: the past follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from banso_web.accounts.actions import merging
from banso_web.accounts.actions.contacts import add_contact
from banso_web.accounts.counting import merges
from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.core import clock
from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.core.models import AuditRow
from banso_web.members.models import Member
from banso_web.usage.actions import detect, see
from banso_web.usage.actions.settling import About, Whose, settle, undo
from banso_web.usage.models import IdentityLink, SeenId, UsageAlert, UsageVerdict, UsageWeek
from banso_web.usage.reads.attributed import USED, event_parameters
from banso_web.usage.reads.identity import identity
from banso_web.usage.tests.test_events import DAY, accounts, events, send
from banso_web.warehouse.port import EventRow, Events, Taking
from banso_web.warehouse.store import event_store

__all__ = ["accounts"]
pytestmark = pytest.mark.django_db
People = Callable[[str], Member]
NUMBERS = count()
FIRST = date(2026, 9, 1)


def event(
    kind: str = "track",
    user: str = "",
    group: str = "",
    *,
    day: date = date(2026, 11, 2),
    hour: int = 3,
    **more: Any,
) -> EventRow:
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    given: dict[str, Any] = {
        "source": 1, "message_id": f"m{next(NUMBERS)}", "kind": kind, "user_id": user, "anonymous_id": "", "group_id": group,
        "previous_id": "", "name": "申請", "happened_at": at, "local_day": day, "day": day.replace(day=1), "timed": True,
        "received_at": at, "product": "A", "department": "", "feature": "", "properties": "{}", "context": "{}",
    }  # fmt: skip
    return EventRow(**(given | more))


def keep(*rows: EventRow) -> None:
    event_store().add(Events.of(rows), Taking([f"log-{next(NUMBERS)}"]))
    see()


def asked(known_at: datetime | None = None) -> Asked:
    return Asked(as_of=DAY, today=DAY, watermark=current_watermark(), known_at=known_at)


def used(ids: list[int] | None = None, known_at: datetime | None = None) -> dict[str, set[str]]:
    """{customer's id: the people who used}."""
    question = asked(known_at)
    given = event_parameters(question, FIRST, merges(question.watermark, known_at), ids)
    found: dict[str, set[str]] = {}
    for account, person in event_store().query(USED + "SELECT DISTINCT account, person FROM used", given):
        found.setdefault(account, set()).add(person)
    return found


def why(kind: str, key: str) -> str:
    found = identity(asked()).of[kind, 1, key]
    return (
        f"{found.basis}:{found.account}"
        if found.account is not None
        else f"{found.basis}?{'+'.join(found.among)}"
    )


@pytest.fixture
def customers(events_home: Path, person: People) -> dict[str, Account]:
    Source.objects.create(pk=1, name="勤怠クラウド", write_key="key", created_at=clock.now())
    return {
        code: Account.objects.create(code=code, name=code, sort_key=code, search_key=code, live=True)
        for code in ("A1", "A2")
    }


def test_the_story_under_unknown_groups_falls_once_they_are_settled(
    accounts: dict[str, Account], person: People
) -> None:
    """US-5 ① with the product's own tenant id: events of eleven weeks back count for 中央会計 from the settling on."""
    told = [{**one, "context": {"groupId": f"tenant-{one['context']['groupId']}"}} for one in events()]
    send(told)
    see()
    detect(DAY, actor=None)
    assert not UsageAlert.objects.exists() and not UsageVerdict.objects.exists()
    row = SeenId.objects.get(kind="group", key="tenant-A010")
    assert row.events == sum(one["context"]["groupId"] == "tenant-A010" for one in told)
    done = settle(
        [About("group", "tenant-A010", row.source)],
        Whose(accounts["A010"].pk),
        actor=person("tanaka"),
        reason="契約書で確認",
    )
    assert done.gained == (("A010", row.events),)
    detect(DAY, actor=None)
    fell = UsageVerdict.objects.get(account=accounts["A010"], until=None)
    assert (fell.verdict, Fraction(fell.evidence["change"])) == ("drop", Fraction("77.5") / 120 - 1)
    assert UsageVerdict.objects.count() == 1
    undo(done.links[0], actor=person("tanaka"), reason="別の会社だった")
    assert "A010" not in used() and identity(asked()).of["group", row.source, "tenant-A010"].account is None
    actions = (
        AuditRow.objects.filter(subject="identity")
        .order_by("pk")
        .values_list("action", "subject_label", "reason")
    )
    assert list(actions) == [
        ("identity.link", "tenant-A010", "契約書で確認"),
        ("identity.undo", "tenant-A010", "別の会社だった"),
    ]


def test_a_group_call_ties_the_users_other_events(customers: dict[str, Account]) -> None:
    keep(event("group", "u1", "A1", day=date(2026, 9, 3)), event(user="u1"), event(user="u2"))
    assert used() == {"A1": {"u1"}}
    assert why("user", "u1") == "group:A1"
    assert (used([customers["A1"].pk]), used([customers["A2"].pk])) == ({"A1": {"u1"}}, {})
    keep(event(user="u2", group="A2", day=date(2026, 9, 9)), event(user="u1", group="A2"))
    assert used() == {"A2": {"u1", "u2"}}, "u1 is in two by now, so only their own events with a group count"
    assert why("user", "u1") == "group?A1+A2"


def test_anonymous_then_known_counts_once(customers: dict[str, Account]) -> None:
    keep(
        event(anonymous_id="browser", group="A1", day=date(2026, 10, 5)),
        event(anonymous_id="browser", day=date(2026, 10, 6)),
    )
    assert used() == {"A1": {"browser"}}
    keep(
        event("identify", "u1", anonymous_id="browser", day=date(2026, 11, 2)),
        event(user="u1", group="A1"),
        event("alias", "new", previous_id="u1", day=date(2026, 11, 4)),
        event(user="new", group="A1", day=date(2026, 11, 5)),
    )
    assert used() == {"A1": {"new"}}
    assert (
        len(
            event_store().query(USED + "SELECT account FROM used", event_parameters(asked(), FIRST, {}, None))
        )
        == 4
    )


def test_a_shared_device_is_who_logs_in_next(customers: dict[str, Account]) -> None:
    day = date(2026, 11, 2)
    keep(
        event(anonymous_id="kiosk", group="A1", day=day, hour=1),
        event("identify", "u1", anonymous_id="kiosk", day=day, hour=2),
        event("identify", "u1", anonymous_id="kiosk", day=day, hour=3),
        event(anonymous_id="kiosk", group="A1", day=day, hour=4),
        event("identify", "u2", anonymous_id="kiosk", day=day, hour=5),
        event(anonymous_id="kiosk", group="A1", day=day, hour=6),
    )
    assert used() == {"A1": {"u1", "u2", "kiosk"}}


def test_who_belongs_by_contact_domain_and_rule(customers: dict[str, Account], person: People) -> None:
    tanaka = person("tanaka")
    for user, mail in (
        ("u1", "Hanako@Assist.example"),
        ("u2", "who@mail.nishi.example"),
        ("u3", "x@gmail.com"),
        ("nt-7", ""),
    ):
        keep(event("identify", user, properties=f'{{"email":"{mail}","plan":"pro"}}'), event(user=user))
    assert used() == {}
    add_contact(customers["A1"].pk, {"family_name": "山田", "email": "hanako@assist.example"}, actor=tanaka)
    assert used() == {"A1": {"u1"}} and why("user", "u1") == "contact:A1"
    done = settle([About("domain", "Nishi.example")], Whose(customers["A2"].pk), actor=tanaka)
    assert done.gained == (("A2", 1),) and why("user", "u2") == "domain:A2"
    settle([About("domain", "nishi.example")], Whose(customers["A1"].pk), actor=tanaka)
    assert why("user", "u2") == "domain?A1+A2" and used() == {"A1": {"u1"}}
    settle([About("rule", "NT-*", field="user_id")], Whose(customers["A2"].pk), actor=tanaka)
    assert used() == {"A1": {"u1"}, "A2": {"nt-7"}} and why("user", "nt-7") == "rule:A2"
    merging.decide(customers["A1"].pk, customers["A2"].pk, "same", actor=tanaka)
    assert used() == {"A1": {"u1", "u2", "nt-7"}}, "one company now, so its domain is nobody else's"


def test_put_aside_counts_for_nobody_with_a_group_or_without(
    customers: dict[str, Account], person: People
) -> None:
    keep(event(user="tester", group="A1"), event(user="u1", group="A1"), event(user="u9", group="lab"))
    settle(
        [About("user", "tester"), About("group", "lab", 1)],
        Whose(aside=True),
        actor=person("tanaka"),
        reason="社内",
    )
    assert used() == {"A1": {"u1"}}
    assert why("group", "lab") == "link:"


def test_a_number_known_before_the_settling_does_not_know_it(
    customers: dict[str, Account], person: People
) -> None:
    keep(event(user="u1", group="lab"))
    settle([About("group", "lab", 1)], Whose(customers["A1"].pk), actor=person("tanaka"))
    before = clock.now() - timedelta(minutes=1)
    assert (used(), used(known_at=before)) == ({"A1": {"u1"}}, {"lab": {"u1"}})
    keep(
        event("identify", "u2", anonymous_id="b", received_at=clock.now()),
        event(anonymous_id="b", group="A1"),
    )
    assert (used()["A1"], used(known_at=before)["A1"]) == ({"u1", "u2"}, {"b"})


def test_a_link_holds_on_its_days(customers: dict[str, Account], person: People) -> None:
    """A tenant that another customer took over on November 1st."""
    keep(
        event(user="u1", group="lab", day=date(2026, 10, 31)),
        event(user="u2", group="lab", day=date(2026, 11, 1)),
    )
    tanaka, moved = person("tanaka"), date(2026, 11, 1)
    settle([About("group", "lab")], Whose(customers["A1"].pk), actor=tanaka)
    settle([About("group", "lab")], Whose(customers["A2"].pk, since=moved), actor=tanaka)
    assert used() == {"A1": {"u1"}, "A2": {"u2"}}
    assert used([customers["A2"].pk]) == {"A2": {"u2"}}


def test_a_merged_customers_links_follow_and_only_touched_weeks_are_counted_again(
    customers: dict[str, Account], person: People
) -> None:
    tanaka = person("tanaka")
    keep(
        event(user="u1", group="lab", day=date(2026, 9, 8)),
        event(user="u9", day=date(2026, 11, 3)),
        event(user="u1", group="A1"),
    )
    detect(DAY, actor=None)
    made = dict(UsageWeek.objects.values_list("monday", "attribution"))
    settle([About("user", "u9", 1)], Whose(customers["A2"].pk), actor=tanaka)
    detect(DAY, actor=None)
    again = dict(UsageWeek.objects.values_list("monday", "attribution"))
    assert made.keys() == again.keys() and {day for day in made if made[day] != again[day]} == {
        date(2026, 11, 2)
    }
    merging.decide(customers["A1"].pk, customers["A2"].pk, "same", actor=tanaka)
    assert used() == {"A1": {"u1", "u9"}, "lab": {"u1"}}


def test_what_cannot_be_settled(customers: dict[str, Account], person: People) -> None:
    tanaka, whose = person("tanaka"), Whose(customers["A1"].pk)
    refused: list[tuple[About, Whose]] = [
        (About("domain", "gmail.com"), whose),
        (About("domain", "nishi"), whose),
        (About("rule", "**", field="email"), whose),
        (About("rule", "a*"), whose),
        (About("group", " "), whose),
        (About("tenant", "x"), whose),
        (About("group", "x" * 201), whose),
        (About("group", "x"), Whose(customers["A1"].pk, since=DAY, until=DAY)),
    ]
    for about, to in refused:
        with pytest.raises(Refused):
            settle([about], to, actor=tanaka)
    for to in (Whose(), replace(whose, aside=True)):
        with pytest.raises(Refused):
            settle([About("group", "x")], to, actor=tanaka)
    with pytest.raises(Refused):
        settle([], whose, actor=tanaka)
    with pytest.raises(NotVisible):
        settle([About("group", "x")], Whose(999_999), actor=tanaka)
    for who in ("sato", "kanri", "yamamoto"):
        with pytest.raises(Forbidden):
            settle([About("group", "x")], whose, actor=person(who))
    assert not IdentityLink.objects.exists() and not AuditRow.objects.filter(subject="identity").exists()


def test_late_events_and_a_second_look_change_only_what_they_touch(customers: dict[str, Account]) -> None:
    keep(event(user="u1", group="lab"), event(user="u1", group="lab", day=date(2026, 10, 6)))
    assert see() == 0
    row = SeenId.objects.get(kind="group")
    assert (row.events, row.first_day, row.last_day) == (2, date(2026, 10, 6), date(2026, 11, 2))
    keep(event(user="u2", group="lab", day=date(2026, 10, 5)))
    row.refresh_from_db()
    assert (row.events, row.first_day, sorted(row.weeks)) == (
        3,
        date(2026, 10, 5),
        ["2026-10-05", "2026-11-02"],
    )
