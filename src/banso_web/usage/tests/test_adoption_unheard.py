"""What is not known of use is never read as no use: dead sources, two ways of telling, first days, merged seats, rows of 0 users."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from banso_web.accounts.actions import merging
from banso_web.accounts.models import Account
from banso_web.collect.models import Source
from banso_web.core import clock
from banso_web.desk.tests.conftest import bring as bring
from banso_web.desk.tests.conftest import desk as desk
from banso_web.usage.reads.adoption import AccountUse, adoption
from banso_web.usage.reads.definitions import features
from banso_web.usage.reads.retention import retention
from banso_web.usage.tests.test_adoption import OPEN, define, events, now, usage
from banso_web.usage.tests.test_adoption import company as company
from banso_web.usage.tests.test_events import send

pytestmark = pytest.mark.django_db
LONG_AGO, JULY = date(2025, 12, 1), date(2026, 7, 1)


def use(account: Account, day: date | None = None) -> AccountUse:
    """The same on the customer's page as in the list."""
    asked = now() if day is None else now(as_of=day, today=day)
    one = adoption(asked).rows[account.pk]
    assert adoption(asked, ids=[account.pk]).rows[account.pk] == one
    return one


# Files end on 11/20: 31 days later (no weekday to compare with), 171 days (too few left) and 223 (nobody is heard of any more).
@pytest.mark.parametrize("day", [date(2026, 12, 21), date(2027, 5, 10), date(2027, 7, 1)])
def test_a_source_that_died_is_a_gap_however_long_ago(company: dict[str, Account], day: date) -> None:
    one = use(company["X1"], day)
    assert (one.reason, one.rate, one.month, one.stopped) == ("gap", None, None, False)
    assert one.last == OPEN[-1] and len(one.silent) > 14


def test_who_was_last_heard_through_a_dead_source_has_not_stopped(
    company: dict[str, Account], source: Source
) -> None:
    """Files still come, but never told of X2; that others send through its source is what makes it 途絶."""
    send(events("X2", 3, LONG_AGO))
    assert (use(company["X2"]).reason, use(company["X2"]).last) == ("gap", LONG_AGO)
    send(events("X3", 1, OPEN[-1]))
    one = use(company["X2"])
    assert one.stopped and one.rate is not None and one.rate.value == 0


def test_a_trial_event_does_not_hide_files_that_came_ever_since(
    company: dict[str, Account], source: Source
) -> None:
    send(events("X1", 1, JULY))
    assert (use(company["X1"]).form, use(company["X1"]).month) == ("daily", Fraction(212, 19))
    send(events("X1", 6, OPEN[-1]))
    assert (use(company["X1"]).form, use(company["X1"]).month) == ("events", 6)


def test_one_of_two_sources_that_is_silent_leaves_half_of_the_use_unknown(
    company: dict[str, Account], source: Source
) -> None:
    other = Source.objects.create(name="経費", write_key="other", created_at=clock.now())
    send(events("X2", 5, OPEN[-1]))
    assert use(company["X2"]).month == 5
    send(events("X2", 3, JULY, "経費"), key="other")
    assert (use(company["X2"]).reason, use(company["X2"]).month) == ("gap", None)
    other.closed_at = clock.now()  # replaced: nothing more is expected of it
    other.save()
    assert (use(company["X2"]).reason, use(company["X2"]).month) == ("", 5)


# 5/18 lies 190 days before: its customers are looked for one by one.
@pytest.mark.parametrize(("earlier", "days"), [(date(2026, 5, 18), 19), (None, 1)])
def test_the_first_day_within_half_a_year_is_not_the_first_day_of_use(
    company: dict[str, Account], bring: Any, earlier: date | None, days: int
) -> None:
    rows = [("X2", day, "申請", 10, None) for day in (earlier, OPEN[-1]) if day]
    bring(usage_daily=usage(rows))
    assert use(company["X2"]).month == Fraction(10, days)


@pytest.mark.parametrize("day", [OPEN[1], OPEN[-1]])
@pytest.mark.parametrize(("kept", "other"), [("X1", "X3"), ("X3", "X1")])
def test_seats_of_merged_customers_are_added_whichever_told_last(
    company: dict[str, Account], bring: Any, person: Any, day: date, kept: str, other: str
) -> None:
    bring(usage_daily=usage([("X3", OPEN[0], "検索", 1, 70), ("X3", day, "検索", 1, 10)]))
    merging.decide(company[kept].pk, company[other].pk, "same", actor=person("tanaka"))
    assert use(company[kept]).seats == 50


def test_a_row_of_no_users_is_no_use_but_was_collected(company: dict[str, Account], bring: Any) -> None:
    bring(usage_daily=usage([("X2", OPEN[-1], "申請", 0, None)]))
    one = use(company["X2"])
    assert (one.reason, one.last, one.month, one.stopped) == ("", None, 0, False)
    bring(usage_daily=usage([("X2", date(2025, 9, 1), "申請", 6, None)]))
    one = use(company["X2"])
    assert (one.last, one.month, one.stopped) == (date(2025, 9, 1), 0, True)


def test_months_of_a_silent_source_are_no_zero_in_the_retention_of_a_feature(
    company: dict[str, Account], desk: Any, morning: Any
) -> None:
    """X1 and X3 began in October and went on until 11/20; nothing came in December and January."""
    define("申請")
    asked = now(as_of=date(2027, 2, 10), today=date(2027, 2, 10))
    (line,) = features(asked)
    chart = retention(line, asked)
    assert chart is not None
    assert [(cell["row"], cell["col"], cell["value"]) for cell in chart["cells"]] == [(0, 0, 1.0), (0, 1, 1.0), (0, 2, None), (0, 3, None)]  # fmt: skip
    morning(date(2027, 2, 10))
    page = desk("sato").text(f"/usage/adoption/features/{line.id}/")
    assert page[page.index("機能の定着") :].count(">欠測<") == 2


def test_who_went_away_while_the_files_came_is_a_zero_in_the_retention(
    company: dict[str, Account], bring: Any
) -> None:
    define("申請")
    days = [date(2026, 12, 1) + timedelta(days=n) for n in range(62)]
    bring(usage_daily=usage(("X3", day, "申請", 3, None) for day in days if day.weekday() < 5))
    asked = now(as_of=date(2027, 2, 10), today=date(2027, 2, 10))
    chart = retention(features(asked)[0], asked)
    assert chart is not None
    assert [cell["value"] for cell in chart["cells"]] == [1.0, 1.0, 0.5, 0.5]
