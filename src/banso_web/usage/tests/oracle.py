"""What is asked of the event store, answered by plain Python from the same events."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from banso_web.core.clock import JST
from banso_web.warehouse.port import EventRow
from banso_web.warehouse.tests.logs import event_row

Rows = list[EventRow]
Given = Sequence[Any]
Oracle = Callable[[Rows, Given], list[Any]]
FIRST, UNTIL = date(2026, 9, 3), date(2026, 11, 24)
FAR = date(9999, 1, 1)
EXTRA = 21  # the parameters of `USED`


class Use(NamedTuple):
    """A row of `USED`."""

    account: str
    day: date
    source: int
    department: str
    feature: str
    properties: str
    person: str


def made_up() -> Rows:
    """Nine hundred events: some without account, user or feature, some on Sundays, in the seventies and far ahead."""
    lot, rows = random.Random(20261124), []
    days = [FIRST + timedelta(days=number) for number in range(-3, 85)] + [
        date(1971, 3, 7),
        date(2180, 2, 27),
    ]
    for number in range(900):
        at = datetime.combine(lot.choice(days), time(lot.randrange(24)), UTC)
        rows.append(
            event_row(
                lot.randrange(1, 4), f"m{number}",
                kind=lot.choice(["track", "track", "page", "screen", "identify", "group", "alias"]),
                user_id=lot.choice(["", "u1", "u2", "ユーザー", "it's"]), anonymous_id=lot.choice(["", "b1", "b2"]),
                group_id=lot.choice(["", "A010", "A020", "it's", "back\\slash"]), name=lot.choice(["申請", "閲覧"]),
                previous_id=lot.choice(["", "b1", "b2", "old"]),
                happened_at=at, local_day=at.astimezone(JST).date(), day=at.date().replace(day=1),  # one file a month
                received_at=datetime.combine(UNTIL - timedelta(days=lot.randrange(9)), time(3), UTC),
                department=lot.choice(["", "営業部", "経理部"]), feature=lot.choice(["", "一括申請", "承認"]),
                properties=lot.choice(["{}", '{"email":"Gone@Example.jp"}', '{"name":"ＴＡＲＯ 髙橋"}',
                                        '{"plan":"S"}', '{"plan":"M","n":3}', '{"plan":null,"n":3.5}']),
            )
        )  # fmt: skip
    return rows


def used(rows: Rows, parameters: Sequence[Any]) -> list[Use]:
    """What `USED` says."""
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
            found.append(Use(account, day, row.source, row.department, row.feature, row.properties, person))
    return found


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def grouped(found: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups = defaultdict(list)
    for one in found:
        groups[key(one)].append(one)
    return groups


def shared(rows: Rows, given: Given) -> list[Any]:
    found, (source, since) = used(rows, given), given[EXTRA:]
    own = {use.account for use in found if use.source == source}
    inside = [use for use in found if use.account in own and (use.source == source or use.day >= since)]
    groups = grouped(inside, lambda use: use.source)
    return [(key, len({use.account for use in group})) for key, group in groups.items()]


def people_in(uses: Iterable[Use]) -> int:
    return len({use.person for use in uses})


def text_of(properties: str, name: str) -> str | None:
    """A property as text."""
    value = json.loads(properties).get(name)
    return value if value is None or isinstance(value, str) else json.dumps(value)


def matching(uses: Iterable[Use], columns: Given) -> Iterator[tuple[Use, str]]:
    """Each use with the code of a feature it belongs to. columns: events, codes, properties, values."""
    for use in uses:
        for event, code, name, wanted in zip(*columns, strict=True):
            if event == use.feature and (not name or text_of(use.properties, name) == wanted):
                yield use, code


# --- of `USED` alone ----------------------------------------------------------------------------------------------
def of_used(answer: Callable[[list[Use]], list[Any]]) -> Oracle:
    return lambda rows, given: answer(used(rows, given))


def by(
    key: Callable[[Use], tuple[Any, ...]], *values: Callable[[list[Use]], Any], named: bool = False
) -> Oracle:
    """One row of each group: its key and what is counted of it. named: of uses with a feature."""

    def answer(uses: list[Use]) -> list[Any]:
        groups = grouped((use for use in uses if use.feature or not named), key)
        return [(*of, *(value(group) for value in values)) for of, group in groups.items()]

    return of_used(answer)


def first_day(uses: list[Use]) -> date:
    return min(use.day for use in uses)


def last_day(uses: list[Use]) -> date:
    return max(use.day for use in uses)


def sources(uses: list[Use]) -> list[int]:
    return sorted({use.source for use in uses})


def parts(uses: list[Use]) -> list[Any]:
    by_department = grouped(uses, lambda use: (use.account, monday(use.day), use.department, None, 0))
    by_feature = grouped(uses, lambda use: (use.account, monday(use.day), None, use.feature, 1))
    return [(*key, people_in(group)) for key, group in {**by_department, **by_feature}.items()]


# --- of `USED` with lists beside it -------------------------------------------------------------------------------
def recent(rows: Rows, given: Given) -> list[tuple[Use, date, date]]:
    """Uses since the first day of their source's month, with the first days of its week and day."""
    starts = {source: days for source, *days in zip(*given[EXTRA : EXTRA + 4], strict=True)}
    return [
        (use, *starts[use.source][1:])
        for use in used(rows, given)
        if use.source in starts and use.day >= starts[use.source][0]
    ]


def active(rows: Rows, given: Given) -> list[Any]:
    groups = grouped(recent(rows, given), lambda one: one[0].account)
    return [
        (
            account,
            people_in(use for use, _week, _today in group),
            people_in(use for use, week, _today in group if use.day >= week),
            people_in(use for use, _week, today in group if use.day >= today),
            len(group),
        )
        for account, group in groups.items()
    ]


def means(rows: Rows, given: Given) -> list[Any]:
    is_open = set(given[EXTRA + 4])
    uses = (use for use, _week, _today in recent(rows, given) if use.day in is_open)
    sums: dict[str, int] = defaultdict(int)
    for (account, _day), group in grouped(uses, lambda use: (use.account, use.day)).items():
        sums[account] += people_in(group)
    return list(sums.items())


def recent_names(rows: Rows, given: Given) -> list[Any]:
    return list({(use.feature,) for use, _week, _today in recent(rows, given) if use.feature})


def features(rows: Rows, given: Given) -> list[Any]:
    uses = (use for use, _week, _today in recent(rows, given))
    groups = grouped(matching(uses, given[EXTRA + 4 :]), lambda one: (one[0].account, one[1]))
    return [
        (*key, people_in(use for use, _code in group), len(group), last_day([use for use, _code in group]))
        for key, group in groups.items()
    ]


def periods(rows: Rows, given: Given) -> list[Any]:
    """Also of named events, where their lists stand behind those of the periods."""
    uses = used(rows, given)
    if named := given[EXTRA + 2 :]:
        uses = [use for use, _code in matching(uses, [named[0], named[0], *named[1:]])]
    inside = [
        (use, last) for first, last in zip(*given[EXTRA : EXTRA + 2], strict=True) for use in uses if first <= use.day <= last
    ]  # fmt: skip
    groups = grouped(inside, lambda one: (one[1], one[0].account))
    return [(*key, people_in(use for use, _last in group), len(group)) for key, group in groups.items()]


def heard(rows: Rows, given: Given) -> list[Any]:
    return [row[:2] for row in periods(rows, given)]


def hits(rows: Rows, given: Given) -> list[Use]:
    columns = given[EXTRA : EXTRA + 3]
    return [use for use, _code in matching(used(rows, given), [columns[0], *columns])]


def hits_by_day(rows: Rows, given: Given) -> list[Any]:
    groups = grouped(hits(rows, given), lambda use: (use.day, use.account))
    return [(*key, len(group)) for key, group in groups.items()]


def people_of_hits(rows: Rows, given: Given) -> list[Any]:
    found = hits(rows, given)
    return [(people_in(found), people_in(use for use in found if use.day >= given[EXTRA + 3]))]


def months_of_hits(rows: Rows, given: Given) -> list[Any]:
    return list({(use.account, use.day.replace(day=1), use.source) for use in hits(rows, given)})


def cells(rows: Rows, given: Given) -> list[Any]:
    groups = grouped(matching(used(rows, given), given[EXTRA:]), lambda one: (one[0].department, one[1]))
    return [(*key, people_in(use for use, _code in group)) for key, group in groups.items()]


# --- of events themselves -----------------------------------------------------------------------------------------
def days(rows: Rows, given: Given) -> list[Any]:
    first, until, *known = given
    return list(
        {(row.source, row.local_day) for row in rows
         if first <= row.local_day < until and (not known or known[0] == FAR or naive(row.received_at) <= known[0])}
    )  # fmt: skip


def identified(rows: Rows, given: Given) -> list[Any]:
    (texts,) = given
    return list(
        {(row.user_id,) for row in rows
         if row.kind == "identify" and row.user_id and any(text in row.properties.lower() for text in texts)}
    )  # fmt: skip


def by_ids(rows: Rows, given: Given) -> list[Any]:
    (names,) = given
    return [
        (row.kind, row.name, naive(row.happened_at), row.user_id, row.group_id, row.properties, row.context)
        for row in rows
        if row.user_id in names or row.anonymous_id in names
    ]


def old(rows: Rows, given: Given) -> list[Any]:
    return [(sum(row.local_day < given[0] for row in rows),)]


def known(rows: Rows, given: Given) -> list[Any]:
    source, names = given
    return [
        (row.message_id, row.kind, row.name, naive(row.happened_at))
        for row in rows
        if row.source == source and row.message_id in names
    ]


def counts(rows: Rows, given: Given) -> list[Any]:
    groups = grouped(
        (row for row in rows if row.local_day == given[0]), lambda row: (row.source, row.kind, row.name)
    )
    return [(*key, len(group)) for key, group in groups.items()]


def sample(rows: Rows, given: Given) -> list[Any]:
    day, names, most = given
    wanted = (row for row in rows if row.local_day == day and row.name in names)
    groups = grouped(wanted, lambda row: (row.source, row.kind, row.name))
    return [
        (*key, row.properties)
        for key, group in groups.items()
        for row in sorted(group, key=lambda row: row.message_id)[:most]
    ]


def stored(rows: Rows, given: Given) -> list[Any]:
    first, last, source, kind, who, name, moment, person = given
    found = [
        row for row in rows
        if first <= row.local_day <= last and source in (0, row.source) and kind in ("", row.kind)
        and (who in ("", row.group_id) or (person is not None and person in (row.user_id, row.anonymous_id))) and name in row.name
        and moment in (None, naive(row.received_at))
    ]  # fmt: skip
    found.sort(key=lambda row: row.message_id)
    found.sort(key=lambda row: row.received_at, reverse=True)
    return [
        (row.source, row.kind, row.message_id, row.user_id, row.anonymous_id, row.group_id, row.name, row.feature,
         naive(row.received_at), naive(row.happened_at), row.local_day, row.properties, row.context)
        for row in found
    ]  # fmt: skip


def held_days(rows: Rows, _given: Given) -> list[Any]:
    return sorted((day, len(group)) for day, group in grouped(rows, lambda row: row.day).items())


def part(rows: Rows, given: Given) -> list[Any]:
    day, *behind, most = given
    found = [row for row in rows if row.day == day and [row.source, row.message_id, row.timed] > behind]
    found.sort(key=lambda row: (row.source, row.message_id, row.timed))
    moments = ("happened_at", "received_at")
    return [
        tuple(naive(value) if name in moments else value for name, value in zip(EventRow.__slots__, astuple(row), strict=True))
        for row in found[:most]
    ]  # fmt: skip


def first_of(rows: Rows, given: Given) -> list[Any]:
    source, name, first, last = given
    found = [
        row
        for row in rows
        if (row.source, row.message_id) == (source, name) and first <= row.local_day <= last
    ]
    found.sort(key=lambda row: row.received_at)
    return [(naive(row.happened_at), row.properties, row.context) for row in found[:1]]


def seen_as(key: Callable[[EventRow], str], which: Callable[[EventRow], object]) -> Oracle:
    """How often and on which days an id of a source was used; of given ids where there are some."""

    def answer(rows: Rows, given: Given) -> list[Any]:
        first, until, *ids = given
        inside = (
            row for row in rows
            if row.kind in ("track", "page", "screen") and first <= row.local_day < until and which(row)
            and (not ids or key(row) in ids[0])
        )  # fmt: skip
        groups = grouped(inside, lambda row: (row.source, key(row)))
        return [
            (*of, len(group), min(row.local_day for row in group), max(row.local_day for row in group))
            for of, group in groups.items()
        ]

    return answer


def members(rows: Rows, given: Given) -> list[Any]:
    first, until, ids = given
    inside = (row for row in rows if first <= row.local_day < until and row.group_id and row.user_id in ids)
    groups = grouped(inside, lambda row: (row.source, row.user_id, row.group_id))
    return [(*key, min(naive(row.received_at) for row in group)) for key, group in groups.items()]


def traits(kind: str, key: Callable[[EventRow], str]) -> Oracle:
    """The last that was told of each id."""

    def answer(rows: Rows, given: Given) -> list[Any]:
        first, until, ids = given
        inside = [
            row for row in rows if row.kind == kind and first <= row.local_day < until and key(row) in ids
        ]
        inside.sort(key=lambda row: row.message_id, reverse=True)
        inside.sort(key=lambda row: row.happened_at)
        latest = {(row.source, key(row)): row for row in inside}
        return [
            (*of, row.properties, row.context, naive(row.happened_at), naive(row.received_at))
            for of, row in latest.items()
        ]

    return answer


def ties(rows: Rows, given: Given) -> list[Any]:
    """Who an id said to be, the first and the last of those who said the same one after another."""
    first, until = given
    calls = defaultdict(list)
    for row in rows:
        earlier = row.previous_id if row.kind == "alias" else row.anonymous_id
        later = row.user_id or row.anonymous_id
        if (
            row.kind in ("identify", "alias")
            and first <= row.local_day < until
            and earlier
            and later not in ("", earlier)
        ):
            calls[row.source, earlier].append((row.happened_at, later, row))
    found = []
    for (source, earlier), told in calls.items():
        told.sort(key=lambda one: one[:2])
        names = [None, *(later for _at, later, _row in told), None]
        for place, (_at, later, row) in enumerate(told, 1):
            if names[place - 1] != later or names[place + 1] != later:
                found.append(
                    (source, row.kind, earlier, later, naive(row.happened_at), naive(row.received_at))
                )
    return found
