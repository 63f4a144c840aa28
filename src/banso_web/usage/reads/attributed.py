"""Events put to the customers and people they belong to: every read of usage stands on this one relation.

Who an event belongs to is decided when it is read (`identity`), so that settling an unknown user or merging two customers re-attributes
the past without rewriting a file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from banso_web.accounts.counting import codes
from banso_web.core.facts import Asked
from banso_web.usage.reads.identity import identity

#: The lists of the relation, with the parameters that hold their columns. merged: those of a merged account are put to the one that was
#: kept; people: who an id was, in time; ties: whose a group is, homes: whose a person is, by days ("" nobody's, by decision).
_SPAN, _DAYS = ("TIMESTAMP", "TIMESTAMP"), ("DATE", "DATE")
_LISTS: dict[str, tuple[int, dict[str, str]]] = {
    "merged": (3, {"code": "VARCHAR", "kept": "VARCHAR"}),
    "people": (7, dict(zip(("source", "id", "since", "until", "person"), ("INTEGER", "VARCHAR", *_SPAN, "VARCHAR"), strict=True))),
    "ties": (12, dict(zip(("source", "id", "since", "until", "code"), ("INTEGER", "VARCHAR", *_DAYS, "VARCHAR"), strict=True))),
    "homes": (17, dict(zip(("source", "person", "since", "until", "code"), ("INTEGER", "VARCHAR", *_DAYS, "VARCHAR"), strict=True))),
}  # fmt: skip


_JOINS = {
    "people": """ LEFT JOIN people ON people.source = events.source AND people.id = coalesce(nullif(user_id, ''), anonymous_id)
      AND happened_at > people.since AND happened_at <= people.until""",
    "ties": " LEFT JOIN ties ON ties.source = whose.source AND ties.id = group_id AND local_day >= ties.since AND local_day < ties.until",
    "homes": """ LEFT JOIN homes ON homes.source = whose.source AND homes.person = whose.person
      AND local_day >= homes.since AND local_day < homes.until""",
    "merged": " LEFT JOIN merged ON merged.code = placed.code",
}
_BODY = """whose AS (SELECT events.source AS source, group_id, local_day, department, feature, properties,
      coalesce({person}nullif(user_id, ''), anonymous_id) AS person
    FROM events{people}
    WHERE kind IN ('track', 'page', 'screen') AND local_day >= $1 AND local_day < $2 AND received_at <= $5{empty}),
  placed AS (SELECT {code} AS code, local_day, whose.source AS source, department, feature, properties, whose.person AS person
    FROM whose{ties}{homes}),
  used AS (SELECT {account} AS account, local_day, source, department, feature, properties, person
    FROM placed{merged}
    WHERE placed.code <> '' AND ($6::VARCHAR[] IS NULL OR {account} IN (SELECT unnest($6::VARCHAR[]))))
"""


def _relation(lists: Collection[str]) -> str:
    """The relation with the joins of these lists. The others are empty, which it checks: with a row in one of them it has none."""

    def columns(name: str, form: str) -> list[str]:
        first, told = _LISTS[name]
        return [form.format(first + place, kind, column) for place, (column, kind) in enumerate(told.items())]

    has = {name: name in lists for name in _LISTS}
    code = f"coalesce({'ties.code, ' * has['ties']}nullif(group_id, ''), {'homes.code, ' * has['homes']}'')"
    body = _BODY.format(
        person="people.person, " * has["people"],
        code=f"CASE WHEN homes.code = '' THEN '' ELSE {code} END" if has["homes"] else code,
        account="coalesce(merged.kept, placed.code)" if has["merged"] else "placed.code",
        empty="".join(one for name in has if not has[name] for one in columns(name, " AND array_length(${}::{}[]) = 0")),
        **{name: join * has[name] for name, join in _JOINS.items()},
    )  # fmt: skip
    made = [f"{name} AS (SELECT {', '.join(columns(name, 'unnest(${}::{}[]) AS {}'))})" for name in lists]
    return f"WITH {', '.join([*made, body])}"


#: Events that say that somebody used the product, by customer and person. $1 and $2: days from and before; $5: received by then; $6: of
#: these customers; the lists stand in the parameters between and behind. Further parameters of a question begin at $22.
USED = _relation(list(_LISTS))
FAR = date(9999, 1, 1)


def lean(sql: str, given: Sequence[Any]) -> str:
    """The question without the joins of lists that are empty in its parameters: each costs about a tenth of it."""
    filled = [name for name, (first, _columns) in _LISTS.items() if given[first - 1]]
    return sql if len(filled) == len(_LISTS) else sql.replace(USED, _relation(filled), 1)


def known_by(asked: Asked) -> date:
    """Events received later were not known yet."""
    return FAR if asked.known_at is None else asked.known_at.astimezone(UTC).replace(tzinfo=None)


def event_parameters(
    asked: Asked, first: date, merged: Mapping[int, int], ids: Collection[int] | None
) -> list[Any]:
    """The parameters of `USED`. What can only matter after the asked days, or to other customers than `ids`, is left out."""
    called = codes({*merged, *merged.values(), *(ids or ())})
    pairs = {called[other]: called[kept] for other, kept in merged.items()}
    wanted = None if ids is None else [called[key] for key in ids if key in called]
    found, until = identity(asked), asked.as_of
    ties, homes = found.ties, [home[:5] for home in found.homes if home[5] < until]
    if wanted is not None:
        # A customer's own id that was given to another has to be told too.
        near = {*wanted, ""}
        ties = [row for row in ties if pairs.get(row[4], row[4]) in near or pairs.get(row[1], row[1]) in near]
        homes = [row for row in homes if pairs.get(row[4], row[4]) in near]
    lists = [*found.people_before(until), *_columns(ties), *_columns(homes)]
    return [first, until, list(pairs), list(pairs.values()), known_by(asked), wanted, *lists]


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Five lists beside each other."""
    turned = [list(column) for column in zip(*rows, strict=True)]
    return turned or [[] for _column in range(5)]
