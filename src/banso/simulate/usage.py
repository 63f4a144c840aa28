"""Daily use of the simulated company's product, with planted changes that a rule should find, and some it should not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from banso.periods import Calendar, week_start
from banso.simulate import people
from banso.simulate.company import Company
from banso.simulate.plan import Plan
from banso.usage.weeks import CLOSED_DAYS, WEEK

Row = dict[str, Any]
#: Whose customers' use is known: the product was connected for them first, so that the sample is brought in quickly.
OWNERS = ("M01", "M02")
#: Enough for a forecast band four weeks ahead, with holiday weeks left out.
WEEKS = 24
#: A change is planted so many comparable weeks before the week of `as_of`: both compared weeks lie behind it.
SINCE_WEEKS = 2
FADING = timedelta(weeks=10)
FALLS = 4
IDLES = 4
FEATURES = ("申請", "承認", "一括取込", "帳票出力")
#: (department, feature, share of the customer's users), by how many of them a customer has.
PAIRS = ((0, 0, 0.45), (1, 0, 0.25), (0, 2, 0.2), (2, 1, 0.1))
#: Seats before they were reduced, as a multiple of what is left.
MORE_SEATS = 1.7


class Change(StrEnum):
    """What was planted in a customer's use."""

    FALL = "fall"  # it goes on, but one department and 一括取込 hardly use it any more
    LEAVING = "leaving"  # use faded in the ten weeks before it left
    SEATS = "seats"  # fewer seats, and who is left uses it as before
    IDLE = "idle"  # it was never taken up: a handful of its seats is used, steadily
    SMALL = "small"  # a handful of users: nothing can be said


@dataclass(frozen=True)
class Usage:
    """Canonical rows of `usage_daily`, and by customer what was planted."""

    rows: list[Row]
    planted: dict[str, Change]


def usage(made: Company, plan: Plan) -> Usage:
    """Use on every open day of the 24 weeks before `plan.as_of`, of each customer of OWNERS while it was one. The same for the same plan.

    Nobody works on national holidays; on every other weekday somebody does, so no day of the source is silent.
    """
    random = Random(plan.seed)
    accounts = [row for row in made.tables["accounts"] if row["owner"] in OWNERS]
    seats = {row["account_id"]: row["seats"] for row in reversed(made.tables["contracts"])}
    planted = _plant(random, accounts, made.truth.churned_on, plan, seats)
    monday = week_start(plan.as_of)
    days_off = Calendar.japan()
    days = [monday - timedelta(weeks=WEEKS) + timedelta(days=offset) for offset in range(WEEKS * 7 + 7)]
    open_days = [day for day in days if day < plan.as_of and days_off.is_business_day(day)]
    since = _since(days_off, monday)
    rows: list[Row] = []
    for account in accounts:
        code = account["account_id"]
        left_on = made.truth.churned_on.get(code)
        held = [
            day for day in open_days if account["started_on"] <= day and (left_on is None or day <= left_on)
        ]
        if held:
            rows += _of_one(random, code, seats[code], held, planted.get(code), since, left_on)
    return Usage(rows, planted)


def goes_on(made: Company, used: Usage, plan: Plan, weeks: int = 5) -> list[Row]:
    """Rows of the open days from `plan.as_of` on, each customer's as on its last such weekday while it is one: a sample that
    is looked at for some weeks does not fall silent."""
    recent = [row for row in used.rows if row["day"] >= plan.as_of - timedelta(weeks=4)]
    last: dict[tuple[str, int], date] = {}
    for row in recent:
        key = row["account_id"], row["day"].weekday()
        last[key] = max(row["day"], last.get(key, row["day"]))
    days_off, left = Calendar.japan(), made.truth.churned_on
    days = [plan.as_of + timedelta(days=n) for n in range(weeks * 7)]
    return [
        {**row, "day": day}
        for day in days
        if days_off.is_business_day(day)
        for row in recent
        if row["day"] == last.get((row["account_id"], day.weekday()))
        and day <= left.get(row["account_id"], day)
    ]


def _since(days_off: Calendar, monday: date) -> date:
    weeks = 0
    while weeks < SINCE_WEEKS:
        monday -= WEEK
        weeks += len(days_off.closed_weekdays(monday, monday + timedelta(days=4))) < CLOSED_DAYS
    return monday


def _plant(
    random: Random, accounts: Sequence[Row], left: Mapping[str, date], plan: Plan, seats: Mapping[str, int]
) -> dict[str, Change]:
    """One customer of some standing has fewer seats, up to four fall, up to four never took it up; of the others what they are."""
    known = week_start(plan.as_of) - timedelta(weeks=WEEKS)
    planted: dict[str, Change] = {}
    settled: list[str] = []
    for account in accounts:
        code = account["account_id"]
        if code in left:
            if left[code] >= known:
                planted[code] = Change.LEAVING
        elif seats[code] <= 10:
            planted[code] = Change.SMALL
        elif seats[code] >= 40 and account["started_on"] < known:
            settled.append(code)
    wanted = [Change.SEATS, *[Change.FALL] * FALLS, *[Change.IDLE] * IDLES]
    chosen = random.sample(settled, min(len(wanted), len(settled)))
    return planted | dict(zip(chosen, wanted, strict=False))


def _of_one(
    random: Random,
    code: str,
    seats: int,
    days: Sequence[date],
    change: Change | None,
    since: date,
    left_on: date | None,
) -> list[Row]:
    adopted, left_over = random.uniform(0.55, 0.85), random.uniform(0.1, 0.4)
    departments = random.sample(people.DEPARTMENTS, 3)
    pairs = PAIRS[: 2 if seats <= 30 else 3 if seats <= 120 else 4]
    whole = sum(share for _department, _feature, share in pairs)
    rows: list[Row] = []
    for day in days:
        held = seats
        level = adopted * (0.92 if day.weekday() in (0, 4) else 1.0)
        if change is Change.SEATS and day < since:
            held = round(seats * MORE_SEATS)
        if change is Change.IDLE:
            level *= 0.15
        if change is Change.LEAVING and left_on is not None and left_on - day < FADING:
            level *= 0.15 + 0.85 * (left_on - day) / FADING
        for department, feature, share in pairs:
            fallen = change is Change.FALL and day >= since
            part = (left_over if feature == 2 or department == 0 else 0.9) if fallen else 1.0
            users = min(held, round(held * level * part * share / whole * random.gauss(1.0, 0.06)))
            if users <= 0:
                continue
            rows.append(
                {
                    "account_id": code,
                    "day": day,
                    "product": "基本",
                    "department": departments[department],
                    "feature": FEATURES[feature],
                    "users": users,
                    "events": users * random.randint(3, 9),
                    "seats": held if change is Change.SEATS else None,
                }
            )
    return rows
