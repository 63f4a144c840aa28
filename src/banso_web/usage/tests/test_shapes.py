"""The catalogue of what is asked of the event store: every shape, in every engine, against plain Python over the same events.

What a test of usage asks beside these is compared too: ClickHouse with DuckDB (`warehouse.tests.engines`).
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from datetime import date, datetime, time
from importlib import import_module
from itertools import combinations
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import banso_web
from banso.usage.features import Named
from banso_web.usage.actions import keeping, seeing, weeks
from banso_web.usage.reads import beginnings, matrix, parts, preview, retention, series
from banso_web.usage.reads import sources as replaced
from banso_web.usage.reads.adoption import events as adoption
from banso_web.usage.reads.attributed import USED, lean
from banso_web.usage.tests import oracle
from banso_web.usage.tests.oracle import (
    FAR,
    FIRST,
    UNTIL,
    by,
    first_day,
    last_day,
    monday,
    people_in,
    sources,
)
from banso_web.warehouse import imports, moving, personal, recent, shapes
from banso_web.warehouse import retention as warehouse_retention
from banso_web.warehouse.port import Events, Taking
from banso_web.warehouse.store import event_store
from banso_web.warehouse.tests.engines import alike, engines
from banso_web.warehouse.tests.logs import event_row
from tests.environment import SECOND

pytestmark = pytest.mark.skipif(
    SECOND, reason="asks the event store alone, which the first engine's phase did"
)
PACKAGE = Path(banso_web.__file__).parent
KNOWN = datetime(2026, 11, 20, 3)  # noqa: DTZ001 (UTC, as a parameter is)
MERGED = {"A020": "A010", "it's": "back\\slash"}
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
    *more: Any,
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
    return [FIRST, UNTIL, list(pairs), list(pairs.values()), known, wanted, *lists, *more]


USES = [
    asked(),
    asked(known=FAR),
    asked(wanted=["A010", "back\\slash"]),
    asked(wanted=[]),
    asked(merged={}),
    asked(whose=False),
]
MONTHS = [
    [1, 2, 7],
    [date(2026, 10, 25), date(2026, 11, 1), FIRST],
    [date(2026, 11, 16)] * 3,
    [date(2026, 11, 20)] * 3,
]
OPEN = [date(2026, 11, day) for day in (2, 4, 5, 6, 9, 16, 20)]
EVENTS, PLANS, VALUES = ["一括申請", "承認", "承認"], ["", "plan", "n"], ["", "S", "3"]
SPANS = [[date(2026, 10, 1), date(2026, 10, 15)], [date(2026, 10, 31), date(2026, 11, 11)]]
CODES = ["bulk", "approve", "approve"]
DAYS = [FIRST, UNTIL]
SOME = [[*DAYS, ["u1", "b2", "ユーザー", "it's", "A010"]], [*DAYS, []]]
SHAPES: list[tuple[str, list[list[Any]], oracle.Oracle]] = [
    (USED + "SELECT account, local_day, source, department, feature, properties, person FROM used", USES, oracle.used),
    (series.WEEKLY, USES, by(lambda use: (use.account, monday(use.day)), people_in, sources)),
    (weeks.PEOPLE, USES, by(lambda use: (use.account,), people_in, lambda uses: sources(uses)[0], lambda uses: sources(uses)[-1])),
    (weeks.SEEN, USES, by(lambda use: (use.account, 0), lambda uses: sources(uses)[0], lambda uses: sources(uses)[-1])),
    (weeks.PAIRS, USES, by(lambda use: (use.account, use.source))),
    (weeks.DAYS, [DAYS, [date(1971, 1, 1), FAR]], oracle.days),
    (parts.PARTS, USES, oracle.of_used(oracle.parts)),
    (adoption.SEEN, USES, by(lambda use: (use.account, use.source), first_day, last_day)),
    (adoption.HEARD, [[*DAYS, KNOWN], [*DAYS, FAR]], oracle.days),
    (adoption.ACTIVE, [asked(*MONTHS)], oracle.active),
    (adoption.MEANS, [asked(*MONTHS, OPEN), asked(*MONTHS, [])], oracle.means),
    (adoption.NAMES, [asked(*MONTHS)], oracle.recent_names),
    (adoption.FEATURES, [asked(*MONTHS, EVENTS, CODES, PLANS, VALUES)], oracle.features),
    (beginnings.FIRSTS, USES, by(lambda use: (use.feature,), first_day)),
    (beginnings.FIRSTS_OF_ALL, USES, by(lambda use: (use.account, use.feature), first_day)),
    (preview.SENT, USES, by(lambda use: (use.feature,), len, last_day, named=True)),
    (preview.BY_DAY, [asked(EVENTS, PLANS, VALUES)], oracle.hits_by_day),
    (preview.PEOPLE, [asked(EVENTS, PLANS, VALUES, date(2026, 10, 20))], oracle.people_of_hits),
    (retention.NAMES, USES, by(lambda use: (use.feature,), named=True)),
    (retention.USES, [asked(EVENTS, PLANS, VALUES)], oracle.months_of_hits),
    (keeping.FIRSTS, USES, by(lambda use: (use.account,), first_day)),
    (keeping.NAMES, USES, by(lambda use: (use.feature,), named=True)),
    (keeping.HEARD, [asked(*SPANS)], oracle.heard),
    (keeping.PERIODS, [asked(*SPANS)], oracle.periods),
    (keeping.NAMED_PERIODS, [asked(*SPANS, EVENTS, PLANS, VALUES)], oracle.periods),
    (matrix.NAMES, USES, by(lambda use: (use.feature,), people_in, last_day, named=True)),
    (matrix.CELLS, [asked(EVENTS, CODES, PLANS, VALUES)], oracle.cells),
    (seeing.GROUPS, [DAYS], oracle.seen_as(lambda row: row.group_id, lambda row: row.group_id)),
    (seeing.USERS, [DAYS], oracle.seen_as(lambda row: row.user_id, lambda row: not row.group_id and row.user_id)),
    (seeing.ANONYMOUS, [DAYS], oracle.seen_as(lambda row: row.anonymous_id, lambda row: not row.user_id and row.anonymous_id)),
    (seeing.USED_ON, SOME, oracle.seen_as(lambda row: row.user_id or row.anonymous_id, lambda _row: True)),
    (seeing.MEMBERS, SOME, oracle.members),
    (seeing.USER_TRAITS, SOME, oracle.traits("identify", lambda row: row.user_id)),
    (seeing.GROUP_TRAITS, SOME, oracle.traits("group", lambda row: row.group_id)),
    (seeing.TIES, [DAYS], oracle.ties),
    (personal.IDENTIFIED, [[["gone@example.jp"]], [["ｔａｒｏ"]], [[]]], oracle.identified),
    (personal.BY_IDS, [[["u1", "b2"]], [["ユーザー", "it's"]], [[]]], oracle.by_ids),
    (warehouse_retention.OLD, [[FIRST], [date(1970, 1, 1)], [FAR]], oracle.old),
    (imports.KNOWN, [[1, ["m1", "m2", "m3", "m4", "m5", "m6"]], [1, []]], oracle.known),
    (shapes.COUNTS, [[date(2026, 10, 5)], [date(2026, 10, 6)]], oracle.counts),
    (shapes.SAMPLE, [[date(2026, 10, 5), ["申請", "閲覧"], 1], [date(2026, 10, 6), ["申請"], 200]], oracle.sample),
    (
        recent.STORED,
        [[FIRST, FAR, 0, "", "", "", None, None], [FIRST, UNTIL, 2, "track", "it's", "申", None, "it's"],
         [FIRST, FAR, 0, "", "A1", "", None, None], [FIRST, FAR, 0, "", "u1", "", None, None], [FIRST, FAR, 0, "", "", "", datetime(2026, 11, 20, 3), ""]],  # noqa: DTZ001
        oracle.stored,
    ),
    (recent.NEWEST_STORED, [[UNTIL.replace(day=1), FAR, 0, "", "", "", None, None]], lambda rows, given: oracle.stored(rows, given)[:100]),
    (replaced.SHARED, [asked(source, date(2026, 11, 1)) for source in (1, 9)], oracle.shared),
    (moving.DAYS, [[]], oracle.held_days),
    (moving.PART, [[date(2026, 10, 1), *behind, 7] for behind in ((-1, "", False), (2, "m5", False), (2, "m5", True))], oracle.part),
    (recent.FIRST_OF, [[source, "m7", date(1970, 1, 1), FAR] for source in (1, 2, 3)], oracle.first_of),
]  # fmt: skip


@pytest.mark.django_db
@engines
def test_every_shape_says_what_plain_python_says(engine: str) -> None:
    rows = oracle.made_up()
    store = event_store()
    store.add(Events.of(rows), Taking(["made up"]))
    for sql, given, answered in SHAPES:
        answers = [answered(rows, parameters) for parameters in given]
        assert any(answers), sql
        for parameters, answer in zip(given, answers, strict=True):
            assert alike(store.query(sql, parameters), answer), (sql, parameters)


@pytest.mark.django_db
@engines
def test_the_relation_without_the_joins_of_empty_lists_says_the_same(engine: str) -> None:
    rows = oracle.made_up()
    store = event_store()
    store.add(Events.of(rows), Taking(["made up"]))
    sql, places = SHAPES[0][0], ((2, 4), (6, 11), (11, 16), (16, 21))
    told = set()
    for empty in (some for size in range(5) for some in combinations(places, size)):
        given = asked()
        for first, end in empty:
            given[first:end] = [[]] * (end - first)
        told.add(lean(sql, given))
        assert alike(store.query(lean(sql, given), given), oracle.used(rows, given)), empty
    assert len(told) == 16
    bare = next(one for one in told if "JOIN" not in one)
    assert (
        store.query(bare, asked()) == []
    )  # asked with a list it leaves out, it says nothing rather than something wrong


def modules() -> Iterator[ModuleType]:
    """Everything that asks the event store, but for what keeps it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        within = path.relative_to(PACKAGE)
        if {"tests", "migrations", "clickhouse"} & set(within.parts) or path.name == "embedded.py":
            continue
        if any(word in path.read_text("utf-8") for word in ("FROM events", "FROM used", "USED +")):
            yield import_module(
                ".".join(["banso_web", *within.with_suffix("").parts]).removesuffix(".__init__")
            )


def test_the_catalogue_is_whole() -> None:
    """A question stands as a constant of its module, and each constant is among the shapes; what others begin with is none."""
    named = {
        f"{module.__name__}.{name}": value
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, str) and ("FROM events" in value or "FROM used" in value) and "{" not in value
    }
    questions = {
        where: sql
        for where, sql in named.items()
        if not any(
            other != sql and other.startswith(sql) and "LIMIT" not in other for other in named.values()
        )
    }
    assert len(questions) > 30
    known = {sql for sql, _given, _oracle in SHAPES}
    assert {where for where, sql in questions.items() if sql not in known} == set()
    inside = [
        f"{module.__name__}:{text.lineno}"
        for module in modules()
        for function in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(function, ast.FunctionDef)
        for text in ast.walk(function)
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and "FROM events" in text.value
    ]
    assert inside == []


@pytest.mark.django_db
@engines
def test_what_other_engines_read_otherwise(engine: str) -> None:
    """Small questions with their answers: another engine's 0 or 1970 of no rows would be taken for a number."""
    told = [
        event_row(1, "a", properties='{"n": 3.50, "z": null, "$browser": "c", "*": "s", "a/b~": "t"}'),
        event_row(2, "b", kind="page", name="ＡÉ"),
    ]
    event_store().add(Events.of(told), Taking(["two"]))
    answers: list[tuple[str, list[tuple[Any, ...]]]] = [
        ("SELECT count(*), max(local_day), sum(source), count(DISTINCT user_id) FROM events WHERE source = 7", [(0, None, None, 0)]),
        ("SELECT name AS kind FROM events WHERE kind = 'track'", [("申請",)]),
        ("SELECT lower(name), upper(name) FROM events WHERE source = 2", [("ａé", "ＡÉ")]),
        ("SELECT json_extract_string(properties, 'n'), json_extract_string(properties, 'z') FROM events WHERE source = 1", [("3.5", None)]),
        *(
            (f"SELECT json_extract_string(properties, '{Named('', '', name).path}') FROM events WHERE source = 1", [(value,)])
            for name, value in (("$browser", "c"), ("*", "s"), ("a/b~", "t"))
        ),
        ("""SELECT events.message_id, other.kind FROM events
            LEFT JOIN (SELECT * FROM events WHERE source = 2) AS other ON other.message_id = events.message_id""", [("a", None), ("b", "page")]),
        ("SELECT list(message_id ORDER BY message_id DESC), count(*) FILTER (WHERE source = 2) FROM events", [(["b", "a"], 1)]),
        ("SELECT local_day + 3 FROM events WHERE source = 1", [(date(2026, 11, 23),)]),
    ]  # fmt: skip
    for sql, answer in answers:
        assert alike(event_store().query(sql), answer), sql


@pytest.mark.django_db
@engines
def test_other_people_of_the_row_before(engine: str) -> None:
    """What lies beyond the first row is not known; a day of the seventies and one after 2149 keep their week."""
    days = [date(1971, 3, 7), date(2026, 11, 22), date(2180, 2, 27)]
    told = [event_row(1, f"m{day}", local_day=day, day=day) for day in days]
    event_store().add(Events.of(told), Taking(["days"]))
    found = event_store().query(
        "SELECT date_trunc('week', local_day)::DATE, lag(user_id) OVER (ORDER BY local_day), local_day::TIMESTAMP FROM events ORDER BY 1"
    )
    assert found == [
        (monday(day), before, datetime.combine(day, time()))
        for day, before in zip(days, (None, "u1", "u1"), strict=True)
    ]
