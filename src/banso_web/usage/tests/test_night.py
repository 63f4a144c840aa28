"""The night over everybody: the quick look changes no verdict, and only weeks that changed are read again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from banso.periods import week_start
from banso.usage.screen import Screened
from banso_web.accounts.actions import merging
from banso_web.accounts.models import Account
from banso_web.accounts.reads.contracts import contract_seats, seats_between
from banso_web.core.facts import Asked, current_watermark
from banso_web.usage.actions import detect, judging
from banso_web.usage.models import UsageAlert, UsageDaily, UsageRun, UsageVerdict, UsageWeek
from banso_web.usage.tests.conftest import CASES, load
from banso_web.warehouse.embedded import EmbeddedStore
from banso_web.warehouse.port import EventRow, Events, Taking

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
FIRST = week_start(DAY) - timedelta(weeks=14)
ACCOUNTS = 60
NUMBERS = count()


def event(code: str, person: str, day: date, *, source: int = 1, **more: Any) -> EventRow:
    """Kept in one file a month: writing files is what takes time."""
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    given: dict[str, Any] = {
        "source": source, "message_id": f"{code}-{person}-{day}-{next(NUMBERS)}", "kind": "track", "user_id": person,
        "anonymous_id": "", "group_id": code, "previous_id": "", "name": "申請", "happened_at": at, "local_day": day,
        "day": day.replace(day=1), "timed": True, "received_at": at, "product": "A", "department": "営業部", "feature": "申請",
        "properties": "{}", "context": "{}",
    }  # fmt: skip
    return EventRow(**(given | more))


def keep(rows: list[EventRow]) -> None:
    EmbeddedStore().add(Events.of(rows), Taking([f"log-{next(NUMBERS)}"]))


def company(random: Random) -> list[EventRow]:
    """Accounts C00 … whose weekly users stay, fall to somewhere near the threshold, begin late or are few; two sources."""
    rows = []
    for number in range(ACCOUNTS):
        code = f"C{number:02d}"
        Account.objects.create(code=code, name=code, sort_key=code, search_key=code, live=True)
        level = random.choice([8, 10, 11, 20])
        begins = random.choice([0, 0, 0, 0, 3, 6, 14])
        fallen = random.choice([1, 1, 0.8, 0.71, 0.7, 0.6, 0])
        for week in range(begins, 15):
            users = round(level * (fallen if week >= 12 else 1)) + random.choice([0, 0, 0, 1, -1])
            day = FIRST + timedelta(weeks=week)
            source = 2 if number % 7 == 0 and week % 2 else 1
            rows += [event(code, f"u{person}", day, source=source) for person in range(users)]
    return rows


def said() -> dict[str, tuple[str, str, float | None]]:
    """Rows that hold; use that is as it was has none."""
    rows = UsageVerdict.objects.filter(until=None).exclude(verdict="steady", reason="")
    found = rows.values_list("account__code", "verdict", "reason", "change")
    return {code: (verdict, reason, change) for code, verdict, reason, change in found}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[date | None, date | None]]:
    """The days of every question to the event store."""
    real, seen = EmbeddedStore.query, []

    def query(self: EmbeddedStore, sql: str, parameters: Any = (), **days: Any) -> Any:
        seen.append((days.get("first"), days.get("last")))
        return real(self, sql, parameters, **days)

    monkeypatch.setattr(EmbeddedStore, "query", query)
    return seen


def test_the_quick_look_changes_no_verdict(
    events_home: Path, story: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    story(CASES)  # daily rows beside the events
    keep(company(Random(3)))
    ran = detect(DAY, actor=None)
    quick = said()
    assert {verdict for verdict, _reason, _change in quick.values()} == {"steady", "drop", "not_judged"}
    assert ran.verdicts["steady"] > ACCOUNTS / 4 and UsageVerdict.objects.count() == ran.written == len(quick)
    UsageAlert.objects.all().delete()
    UsageVerdict.objects.all().delete()

    def everybody(users: Any, *_args: Any, parts: int, **_named: Any) -> Screened:
        return Screened([None] * len(users), users[:, 0], users[:, 0], parts, 2)

    monkeypatch.setattr(judging, "screen", everybody)
    assert detect(DAY, actor=None).verdicts == ran.verdicts
    careful = said()
    assert careful.keys() == quick.keys()
    assert not UsageVerdict.objects.filter(evidence__quiet=True).exists()
    # What calls for nothing keeps no change but where the list of the small ones shows it.
    for code, (verdict, reason, change) in careful.items():
        shown = change if verdict == "drop" or reason in ("too_few", "seats") else quick[code][2]
        assert quick[code] == (verdict, reason, shown), code


def test_a_second_night_reads_only_the_running_week(events_home: Path, asked: list[Any]) -> None:
    keep(company(Random(4)))
    detect(DAY, actor=None)
    assert UsageWeek.objects.count() == 14 and UsageWeek.objects.filter(people=True).count() == 14
    before = said()
    asked.clear()
    detect(DAY, actor=None)
    assert said() == before
    assert {first for first, _last in asked} <= {FIRST, week_start(DAY)}  # FIRST: departments of who fell
    asked.clear()
    keep([event("C01", f"late{person}", date(2026, 10, 8)) for person in range(3)])
    asked.clear()
    detect(DAY, actor=None)
    assert {first for first, _last in asked} <= {FIRST, date(2026, 10, 5), week_start(DAY)}
    UsageWeek.objects.all().delete()
    kept = said()
    detect(DAY, actor=None)
    assert said() == kept  # what was kept is what is counted from the start


def old(code: str, first: date, weeks: int) -> list[EventRow]:
    days = [first + timedelta(weeks=week) for week in range(weeks)]
    return [event(code, "u1", first, local_day=day) for day in days]


def test_the_questions_do_not_grow_with_history(events_home: Path, asked: list[Any]) -> None:
    keep(company(Random(5)))
    keep(old("C01", date(2024, 1, 1), 100))
    detect(DAY, actor=None)
    asked.clear()
    detect(DAY, actor=None)
    few = len(asked)
    keep(old("C02", date(2020, 1, 1), 200))
    asked.clear()
    detect(DAY, actor=None)
    assert len(asked) == few


def test_a_merge_counts_every_week_anew(events_home: Path, person: Callable[[str], Any], story: Any) -> None:
    found = story(CASES, "usage_daily.csv")
    days = [FIRST + timedelta(weeks=week) for week in range(14)]
    rows = [event("A010", f"u{n}", day) for day in days for n in range(20)]
    keep(rows + [event("A018", f"v{n}", day) for day in days for n in range(5)])
    detect(DAY, actor=None)
    assert said()["A018"][:2] == ("not_judged", "too_few")
    merging.decide(found["A010"].pk, found["A018"].pk, "same", actor=person("tanaka"))
    detect(DAY, actor=None)
    row = UsageVerdict.objects.get(account=found["A010"], until=None)
    UsageVerdict.objects.filter(pk=row.pk).delete()
    UsageAlert.objects.create(account=found["A010"], kind="usage", raised_on=DAY, verdict=UsageVerdict.objects.create(
        account=found["A010"], day=date(2020, 1, 1), until=date(2020, 1, 2), made_at=row.made_at, verdict="drop",
        evidence={"change": "-1"}, digest=""), change=-1)  # fmt: skip
    detect(DAY, actor=None)  # an open alert: the weeks are kept with the verdict
    row = UsageVerdict.objects.get(account=found["A010"], until=None)
    assert {week["users"] for week in row.evidence["weeks"]} == {"25"}


def test_a_fall_within_a_department_after_late_events_is_told(events_home: Path, asked: list[Any]) -> None:
    """Rows that stand on recounted weeks read their departments again."""
    Account.objects.create(code="C00", name="C00", sort_key="C00", search_key="C00", live=True)
    days = [FIRST + timedelta(weeks=week) for week in range(14)]
    rows = [event("C00", f"u{n}", day) for day in days for n in range(20 if day < days[12] else 10)]
    keep(rows)
    detect(DAY, actor=None)
    (row,) = UsageVerdict.objects.filter(verdict="drop")
    assert [line["name"] for line in row.evidence["parts"]["departments"]] == ["営業部"]
    keep([event("C00", "u1", days[13], department="経理部")])  # a known user: the week's number stays
    detect(DAY, actor=None)
    row = UsageVerdict.objects.get(until=None)
    assert [line["name"] for line in row.evidence["parts"]["departments"]] == ["営業部", "経理部"]
    assert UsageRun.objects.count() == 2 and UsageDaily.objects.count() == 0


def test_contracts_that_stand_still_are_known_by_their_rows(events_home: Path, tmp_path: Path) -> None:
    """Nobody whose seats differ between the weeks is overlooked, and who has no contract in force is the same by both ways."""
    random, folder = Random(11), tmp_path / "contracts"
    folder.mkdir()
    lines = ["contract_id,account_id,product,seats,starts_on,ends_on,ended_on,auto_renew,valid_from"]
    for number in range(80):
        for contract in range(random.choice([1, 1, 2])):
            starts = random.choice(["2025-04-01", "2026-09-15", "2026-12-01"])
            ends = random.choice(["2027-03-31", "2026-10-04", "2026-11-23", "2026-11-30", "2026-07-31"])
            ended = random.choice(["", "", "2026-10-31"]) if ends > "2026-10-31" > starts else ""
            row = f"K{number}-{contract},C{number:02d},A,{random.choice(['', 20, 20, 20])},{starts},{max(starts, ends)},{ended},{random.choice([0, 1])}"
            lines.append(f"{row},{starts}")
            later = random.choice(["2026-10-01", "2026-05-01", "2026-11-25"])
            if random.random() < 0.7 and later > starts:
                lines.append(row.replace(",20,", ",10,") + f",{later}")
    (folder / "accounts.csv").write_text(
        "account_id,name\n" + "\n".join(f"C{n:02d},C{n:02d}" for n in range(80)), "utf-8"
    )
    (folder / "contracts.csv").write_text("\n".join(lines), "utf-8")
    load(folder)
    asked = Asked(as_of=DAY, today=DAY, watermark=current_watermark())
    sundays = [FIRST + timedelta(weeks=week, days=6) for week in range(14)]
    vary, out_of_force = seats_between(asked, sundays)
    careful = contract_seats(asked, [*sundays, DAY])
    assert out_of_force == {account for account, held in careful.items() if DAY not in held}
    differ = {
        account
        for account, held in careful.items()
        if len({held[day] for day in sundays if day in held} - {None}) > 1
    }
    assert differ <= vary and len(differ) > 5 and len(vary) < 60 and 5 < len(out_of_force) < 75


def test_a_customer_as_ever_has_its_weeks_on_its_page(
    events_home: Path, story: Callable[..., Any], desk: Callable[[str], Any]
) -> None:
    found = story(CASES, "usage_daily.csv")
    days = [FIRST + timedelta(weeks=week) for week in range(14)]
    keep([event("A020", f"u{n}", day) for day in days for n in range(20)])
    assert "判定は営業日の朝5時に計算します" in desk("takahashi").text(f"/customers/{found['A020'].pk}/")
    detect(DAY, actor=None)
    assert not UsageVerdict.objects.exists()
    page = desk("takahashi").text(f"/customers/{found['A020'].pk}/")
    assert "変化なし" in page and "基準 <strong>20.0</strong>" in page and "9/21, 9/22, 9/23" in page
    keep(
        [event("A020", f"v{n}", day) for day in days[:12] for n in range(20)]
    )  # late: it fell, which no night has seen yet
    page = desk("takahashi").text(f"/customers/{found['A020'].pk}/")
    assert "変化なし" not in page and "判定は営業日の朝5時に計算します" in page
