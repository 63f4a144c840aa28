"""US-5: the five cases through import and job, to the printed verdicts and percentages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from banso_web.accounts.models import Account
from banso_web.core.models import Closure
from banso_web.usage.actions import detect, detecting
from banso_web.usage.jobs import detect_today
from banso_web.usage.models import UsageAlert, UsageRun, UsageVerdict
from banso_web.usage.tests.conftest import CASES, STORY, load

pytestmark = pytest.mark.django_db
Story = Callable[..., dict[str, Account]]
DAY = date(2026, 11, 24)


def verdict(account: Account) -> UsageVerdict:
    """The one that holds now."""
    return UsageVerdict.objects.get(account=account, until=None)


def exact(row: UsageVerdict, key: str = "change") -> Fraction:
    return Fraction(row.evidence[key])


def alerts() -> list[tuple[str, str, float]]:
    rows = UsageAlert.objects.filter(state="open").order_by("account__code", "kind")
    return [(code, kind, round(change, 4)) for code, kind, change in rows.values_list("account__code", "kind", "change")]  # fmt: skip


def test_cases_one_two_and_five_in_the_batch_of_the_morning(story: Story) -> None:
    accounts = story(CASES)
    assert detect_today.func() == 3
    fell = verdict(accounts["A010"])
    # Daily users are a fifth of the weekly ones in these files: median 120 ÷ 5 = 24, mean 77.5 ÷ 5 = 15.5.
    assert (fell.verdict, fell.reason, fell.day) == ("drop", "", DAY)
    assert (exact(fell, "baseline"), exact(fell, "recent"), exact(fell)) == (
        24,
        Fraction(31, 2),
        Fraction(-17, 48),
    )
    assert [week["monday"] for week in fell.evidence["skipped"]] == ["2026-09-21"]
    assert fell.evidence["skipped"][0]["days"] == ["2026-09-21", "2026-09-22", "2026-09-23"]
    assert [week["part"] for week in fell.evidence["weeks"]] == ["before"] * 8 + ["latest"] * 2
    departments = {line["name"]: Fraction(line["change"]) for line in fell.evidence["parts"]["departments"]}
    features = {line["name"]: Fraction(line["change"]) for line in fell.evidence["parts"]["features"]}
    assert departments["営業部"] == Fraction(-62, 100) and features["一括申請"] == Fraction(-80, 100)
    seats = verdict(accounts["A018"])
    # 120 ÷ 150 = 0.8 → 77.5 ÷ 90 = 0.8611…: +7.6 %; seats 150 → 90 is −40 %.
    assert (seats.verdict, seats.reason) == ("steady", "seats")
    assert exact(seats) == Fraction(155, 180) / Fraction(4, 5) - 1
    assert exact(seats, "seats_change") == Fraction(-2, 5)
    small = verdict(accounts["A020"])
    assert (small.verdict, small.reason) == ("not_judged", "too_few")
    assert alerts() == [("A010", "usage", -0.3542), ("A018", "seats", -0.4)]


def test_case_three_suspends_everybody_and_resumes_after_the_backfill(story: Story) -> None:
    accounts = story("case_3_gap")
    ran = detect(DAY, actor=None)
    assert ran.missing["file"] == tuple(
        date(2026, 11, day) for day in (16, 17, 18, 19, 20)
    )  # 23 is a holiday
    assert {row.verdict for row in UsageVerdict.objects.all()} == {"suspended"}
    assert alerts() == []
    load(STORY / "case_3_backfill", known="now")
    again = detect(DAY, actor=None)
    assert (again.written, again.raised) == (3, 2)
    assert exact(verdict(accounts["A010"])) == Fraction(-17, 48)
    assert alerts() == [("A010", "usage", -0.3542), ("A018", "seats", -0.4)]
    first = UsageVerdict.objects.get(account=accounts["A010"], turn=0)
    assert (first.verdict, first.day, first.until) == ("suspended", DAY, DAY)  # what was said stays readable


def test_case_four_is_a_holiday_week_and_no_alert(story: Story, morning: Callable[[date], None]) -> None:
    day = date(2027, 1, 12)
    morning(day)
    for offset in range(6):
        Closure.objects.create(on=date(2026, 12, 29) + timedelta(days=offset), name="年末年始")
    accounts = story("case_4")
    assert detect_today.func() == 1
    row = verdict(accounts["A019"])
    assert (row.verdict, row.reason) == ("steady", "holiday")
    assert exact(row) == Fraction("117.5") / 120 - 1  # −2.1 %
    assert [week["monday"] for week in row.evidence["skipped"]] == ["2026-12-28"]
    assert alerts() == []


def test_a_run_twice_writes_nothing_and_a_day_later_either(story: Story, morning: Any) -> None:
    story(CASES)
    first = detect(DAY, actor=None)
    assert (first.judged, first.written, first.raised) == (3, 3, 2)
    again = detect(DAY, actor=None)
    assert (again.written, again.raised) == (0, 0)
    assert UsageVerdict.objects.count() == 3


def test_the_batch_runs_on_business_days_only(story: Story, morning: Callable[[date], None]) -> None:
    story(CASES)
    morning(date(2026, 11, 23))  # 勤労感謝の日
    assert detect_today.func() == 0 and not UsageVerdict.objects.exists()
    # On the last business day before, the week of 11/16 had not ended.
    detect(date(2026, 11, 20), actor=None)
    assert not UsageAlert.objects.filter(kind="usage").exists()


def test_a_run_killed_between_two_customers_is_finished_by_the_next(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story(CASES)
    real, calls = detecting.raise_alerts, []

    def killed(day: date, judged: Any) -> tuple[int, int]:
        calls.append(day)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(day, judged)

    monkeypatch.setattr(detecting, "CHUNK", 1)
    monkeypatch.setattr(detecting, "raise_alerts", killed)
    with pytest.raises(KeyboardInterrupt):
        detect(DAY, actor=None)
    assert UsageVerdict.objects.count() == 1 and not UsageRun.objects.exists()
    again = detect(DAY, actor=None)
    assert (again.written, UsageVerdict.objects.count(), UsageRun.objects.count()) == (2, 3, 1)
    assert alerts() == [("A010", "usage", -0.3542), ("A018", "seats", -0.4)]
