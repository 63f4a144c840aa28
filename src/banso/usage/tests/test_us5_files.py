"""US-5 from its own files: daily users and single events give the same verdicts and percentages."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest

from banso.periods import Calendar, jst_day, week_start, year_end_closures
from banso.usage import Drop, drop, missing_days
from tests.environment import SHARED

JAPAN = Calendar.japan(year_end_closures([2025, 2026]))
US5 = SHARED / "stories" / "us5"
EXPECTED = {
    "cases_1_2_5": {
        "A010": ("drop", None, "-35.4"),
        "A018": ("steady", "seats", "7.6"),
        "A020": ("not_judged", "too_few", "-50.0"),
    },
    "case_3_gap": dict.fromkeys(("A010", "A018", "A020"), ("suspended", "gap", None)),
    "case_4": {"A019": ("steady", "holiday", "-2.1")},
}
AS_OF = {"case_4": date(2027, 1, 12)}

Rows = dict[str, dict[date, int]]


def daily(case: str) -> tuple[Rows, Rows]:
    users: Rows = defaultdict(lambda: defaultdict(int))
    seats: Rows = defaultdict(dict)
    with (US5 / case / "usage_daily.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["day"])
            users[row["account_id"]][day] += int(row["users"])
            seats[row["account_id"]][day] = int(row["seats"])
    return users, seats


def weekly(case: str) -> Rows:
    people: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for line in (US5 / "as_events" / case / "events.jsonl").read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["type"] == "track":
            day = jst_day(datetime.fromisoformat(event["timestamp"]))
            people[event["context"]["groupId"]][week_start(day)].add(event["userId"])
    return {name: {week: len(who) for week, who in weeks.items()} for name, weeks in people.items()}


def said(found: Drop) -> tuple[str, str | None, str | None]:
    change = None if found.change is None else f"{float(found.change) * 100:.1f}"
    return found.verdict.value, None if found.reason is None else found.reason.value, change


@pytest.mark.shared
@pytest.mark.parametrize("form", ["daily", "events"])
@pytest.mark.parametrize("case", EXPECTED)
def test_the_five_cases(case: str, form: str) -> None:
    as_of = AS_OF.get(case, date(2026, 11, 24))
    users, seats = daily(case)
    days = {day for rows in users.values() for day in rows}
    gaps = missing_days(days, JAPAN, min(days), as_of - timedelta(days=1))
    series = users if form == "daily" else weekly(case)
    found = {name: said(drop(series[name], JAPAN, seats[name], as_of=as_of, gaps=gaps)) for name in series}
    assert found == EXPECTED[case]
