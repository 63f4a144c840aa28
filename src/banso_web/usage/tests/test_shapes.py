"""The catalogue of what is asked of the event store: every shape, in every engine, against plain Python over the same events.

What a test of usage asks beside these is compared too: ClickHouse with DuckDB (`warehouse.tests.engines`).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from banso_web.core.clock import JST
from banso_web.usage.actions.weeks import DAYS, PAIRS, PEOPLE, SEEN
from banso_web.usage.reads.attributed import USED
from banso_web.usage.reads.parts import PARTS
from banso_web.usage.reads.series import WEEKLY
from banso_web.warehouse.personal import BY_IDS, IDENTIFIED
from banso_web.warehouse.port import EventRow, Events, Taking
from banso_web.warehouse.retention import OLD
from banso_web.warehouse.store import event_store
from banso_web.warehouse.tests.engines import alike, engines
from banso_web.warehouse.tests.logs import event_row

pytestmark = [pytest.mark.django_db, engines]
Rows = list[EventRow]
FIRST, UNTIL = date(2026, 9, 3), date(2026, 11, 24)
KNOWN = datetime(2026, 11, 20, 3)  # noqa: DTZ001 (UTC, as a parameter is)
FAR = date(9999, 1, 1)
MERGED = {"A020": "A010", "it's": "back\\slash"}


def made_up() -> Rows:
    """Three hundred events: some without account, user or feature, some on Sundays, in the seventies and far ahead."""
    lot, rows = random.Random(20261124), []
    days = [FIRST + timedelta(days=number) for number in range(-3, 85)] + [
        date(1971, 3, 7),
        date(2180, 2, 27),
    ]
    for number in range(300):
        at = datetime.combine(lot.choice(days), time(lot.randrange(24)), UTC)
        rows.append(
            event_row(
                lot.randrange(1, 4), f"m{number}",
                kind=lot.choice(["track", "track", "page", "screen", "identify", "group"]),
                user_id=lot.choice(["", "u1", "u2", "ユーザー", "it's"]), anonymous_id=lot.choice(["", "b1", "b2"]),
                group_id=lot.choice(["", "A010", "A020", "it's", "back\\slash"]), name=lot.choice(["申請", "閲覧"]),
                happened_at=at, local_day=at.astimezone(JST).date(), day=at.date(),
                received_at=datetime.combine(UNTIL - timedelta(days=lot.randrange(9)), time(3), UTC),
                department=lot.choice(["", "営業部", "経理部"]), feature=lot.choice(["", "一括申請", "承認"]),
                properties=lot.choice(["{}", '{"email":"Gone@Example.jp"}', '{"name":"ＴＡＲＯ 髙橋"}']),
            )
        )  # fmt: skip
    return rows


def used(rows: Rows, parameters: Sequence[Any]) -> list[tuple[str, date, int, str, str, str]]:
    """What `USED` says, in Python: (account, day, source, department, feature, person)."""
    first, until, others, kept, known, wanted = parameters[:6]
    people, ties, homes = (
        list(zip(*parameters[at : at + 5], strict=True)) for at in (6, 11, 16)
    )  # (source, id, from, until, what it is)
    merged = dict(zip(others, kept, strict=True))
    found = []
    for row in rows:
        is_known = known == FAR or row.received_at.replace(tzinfo=None) <= known
        if row.kind not in ("track", "page", "screen") or not first <= row.local_day < until or not is_known:
            continue
        person, at, day = row.user_id or row.anonymous_id, row.happened_at.replace(tzinfo=None), row.local_day
        person = next((who for source, one, since, to, who in people if (source, one) == (row.source, person) and since < at <= to), person)  # fmt: skip
        tied = [code for source, one, since, to, code in ties if (source, one) == (row.source, row.group_id) and since <= day < to]  # fmt: skip
        home = [code for source, one, since, to, code in homes if (source, one) == (row.source, person) and since <= day < to]  # fmt: skip
        code = "" if home == [""] else tied[0] if tied else row.group_id or (home[0] if home else "")
        account = merged.get(code, code)
        if code and (wanted is None or account in wanted):
            found.append((account, day, row.source, row.department, row.feature, person))
    return found


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def weekly(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    people, through = defaultdict(set), defaultdict(set)
    for account, day, source, _department, _feature, person in used(rows, parameters):
        people[account, monday(day)].add(person)
        through[account, monday(day)].add(source)
    return [(*key, len(who), sorted(through[key])) for key, who in people.items()]


def people(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    who, through = defaultdict(set), defaultdict(set)
    for account, _day, source, _department, _feature, person in used(rows, parameters):
        who[account].add(person)
        through[account].add(source)
    return [
        (account, len(found), min(through[account]), max(through[account])) for account, found in who.items()
    ]


def seen(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    return [(account, 0, low, high) for account, _people, low, high in people(rows, parameters)]


def pairs(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    return list({(account, source) for account, _day, source, *_rest in used(rows, parameters)})


def parts(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    people = defaultdict(set)
    for account, day, _source, department, feature, person in used(rows, parameters):
        people[account, monday(day), department, None, 0].add(person)
        people[account, monday(day), None, feature, 1].add(person)
    return [(*key, len(who)) for key, who in people.items()]


def days(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    first, until = parameters
    return list({(row.source, row.local_day) for row in rows if first <= row.local_day < until})


def identified(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    (texts,) = parameters
    return list(
        {(row.user_id,) for row in rows
         if row.kind == "identify" and row.user_id and any(text in row.properties.lower() for text in texts)}
    )  # fmt: skip


def by_ids(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    (names,) = parameters
    mine = [row for row in rows if row.user_id in names or row.anonymous_id in names]
    return [
        (row.kind, row.name, row.happened_at.replace(tzinfo=None), row.user_id, row.group_id, row.properties, row.context)
        for row in mine
    ]  # fmt: skip


def old(rows: Rows, parameters: Sequence[Any]) -> list[Any]:
    return [(sum(row.local_day < parameters[0] for row in rows),)]


#: u2 was anonymous until a day; a group that is another customer's since a day, one that is nobody's; users without a group.
PEOPLE_OF = [
    (1, "b1", datetime(1, 1, 1), datetime(2026, 10, 10, 5), "u2"),  # noqa: DTZ001
    (2, "u1", datetime(2026, 10, 1), datetime(9999, 1, 1), "it's"),  # noqa: DTZ001
]
TIES = [(1, "A020", date(2026, 10, 5), FAR, "A010"), (2, "it's", date(1, 1, 1), FAR, "")]
HOMES = [
    (1, "u2", date(1, 1, 1), date(2026, 10, 20), "A010"),
    (1, "u2", date(2026, 10, 20), FAR, ""),
    (3, "ユーザー", date(1, 1, 1), FAR, "A030"),
]


def asked(
    known: Any = KNOWN,
    wanted: list[str] | None = None,
    merged: dict[str, str] | None = None,
    whose: bool = True,
) -> list[Any]:
    pairs = MERGED if merged is None else merged
    lists = [
        [row[place] for row in (rows if whose else ())]
        for rows in (PEOPLE_OF, TIES, HOMES)
        for place in range(5)
    ]
    return [FIRST, UNTIL, list(pairs), list(pairs.values()), known, wanted, *lists]


USES = [
    asked(),
    asked(FAR),
    asked(wanted=["A010", "back\\slash"]),
    asked(wanted=[]),
    asked(merged={}),
    asked(whose=False),
]
SHAPES: list[tuple[str, list[list[Any]], Callable[[Rows, Sequence[Any]], list[Any]]]] = [
    (WEEKLY, USES, weekly),
    (PEOPLE, USES, people),
    (SEEN, USES, seen),
    (PAIRS, USES, pairs),
    (PARTS, USES, parts),
    (USED + "SELECT account, local_day, source, department, feature, person FROM used", USES, used),
    (DAYS, [[FIRST, UNTIL], [date(1971, 1, 1), FAR]], days),
    (IDENTIFIED, [[["gone@example.jp"]], [["ｔａｒｏ", "gone"]], [[]]], identified),
    (BY_IDS, [[["u1", "b2"]], [["ユーザー", "it's"]], [[]]], by_ids),
    (OLD, [[FIRST], [date(1970, 1, 1)], [FAR]], old),
]


def test_every_shape_says_what_plain_python_says(engine: str) -> None:
    rows = made_up()
    store = event_store()
    store.add(Events.of(rows), Taking(["made up"]))
    for sql, given, oracle in SHAPES:
        answers = [oracle(rows, parameters) for parameters in given]
        assert any(answers), sql
        for parameters, answer in zip(given, answers, strict=True):
            assert alike(store.query(sql, parameters), answer), (sql, parameters)


def test_nothing_is_nothing_and_not_zero(engine: str) -> None:
    """Of no rows a greatest or a sum is not known: another engine's 0 or 1970 would be taken for a number."""
    asked = (
        "SELECT count(*), max(local_day), sum(source), count(DISTINCT user_id) FROM events WHERE source = $1"
    )
    assert event_store().query(asked, [7]) == [(0, None, None, 0)]


def test_other_people_of_the_row_before(engine: str) -> None:
    """What lies beyond the first row is not known; a day of the seventies and one after 2149 keep their week."""
    days = [date(1971, 3, 7), date(2026, 11, 22), date(2180, 2, 27)]
    event_store().add(
        Events.of([event_row(1, f"m{day}", local_day=day, day=day) for day in days]), Taking(["days"])
    )
    found = event_store().query(
        "SELECT date_trunc('week', local_day)::DATE, lag(user_id) OVER (ORDER BY local_day), local_day::TIMESTAMP FROM events ORDER BY 1"
    )
    assert found == [
        (monday(day), before, datetime.combine(day, time()))
        for day, before in zip(days, (None, "u1", "u1"), strict=True)
    ]
