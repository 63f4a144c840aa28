"""Events put to the customers and people they belong to: every read of usage stands on this one relation.

Who an event belongs to is decided when it is read (`identity`), so that settling an unknown user or merging two customers re-attributes
the past without rewriting a file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date
from typing import Any

from banso_web.accounts.counting import codes
from banso_web.core.facts import Asked
from banso_web.usage.reads.identity import identity

#: Events that say that somebody used the product, by customer and person. $3 and $4 put those of a merged account to the one that was
#: kept; $7–$11: who an id was, in time; $12–$16: whose a group is, $17–$21: whose a person is, by days ("" nobody's, by decision).
#: Further parameters of a question begin at $22.
USED = """WITH merged AS (SELECT unnest($3::VARCHAR[]) AS code, unnest($4::VARCHAR[]) AS kept),
  people AS (SELECT unnest($7::INTEGER[]) AS source, unnest($8::VARCHAR[]) AS id, unnest($9::TIMESTAMP[]) AS since,
    unnest($10::TIMESTAMP[]) AS until, unnest($11::VARCHAR[]) AS person),
  ties AS (SELECT unnest($12::INTEGER[]) AS source, unnest($13::VARCHAR[]) AS id, unnest($14::DATE[]) AS since,
    unnest($15::DATE[]) AS until, unnest($16::VARCHAR[]) AS code),
  homes AS (SELECT unnest($17::INTEGER[]) AS source, unnest($18::VARCHAR[]) AS person, unnest($19::DATE[]) AS since,
    unnest($20::DATE[]) AS until, unnest($21::VARCHAR[]) AS code),
  whose AS (SELECT events.source AS source, group_id, local_day, department, feature, properties,
      coalesce(people.person, nullif(user_id, ''), anonymous_id) AS person
    FROM events LEFT JOIN people ON people.source = events.source AND people.id = coalesce(nullif(user_id, ''), anonymous_id)
      AND happened_at > people.since AND happened_at <= people.until
    WHERE kind IN ('track', 'page', 'screen') AND local_day >= $1 AND local_day < $2 AND received_at <= $5),
  placed AS (SELECT CASE WHEN homes.code = '' THEN '' ELSE coalesce(ties.code, nullif(group_id, ''), homes.code, '') END AS code,
      local_day, whose.source AS source, department, feature, properties, whose.person AS person
    FROM whose
      LEFT JOIN ties ON ties.source = whose.source AND ties.id = group_id AND local_day >= ties.since AND local_day < ties.until
      LEFT JOIN homes ON homes.source = whose.source AND homes.person = whose.person
        AND local_day >= homes.since AND local_day < homes.until),
  used AS (SELECT coalesce(merged.kept, placed.code) AS account, local_day, source, department, feature, properties, person
    FROM placed LEFT JOIN merged ON merged.code = placed.code
    WHERE placed.code <> '' AND ($6::VARCHAR[] IS NULL OR coalesce(merged.kept, placed.code) IN (SELECT unnest($6::VARCHAR[]))))
"""
FAR = date(9999, 1, 1)


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
    people = [
        (source, span.earlier, span.since.replace(tzinfo=None), span.until.replace(tzinfo=None), span.person)
        for source, span, day in found.people
        if day < until
    ]
    lists = [column for rows in (people, ties, homes) for column in _columns(rows)]
    return [first, until, list(pairs), list(pairs.values()), known_by(asked), wanted, *lists]


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Five lists beside each other."""
    turned = [list(column) for column in zip(*rows, strict=True)]
    return turned or [[] for _column in range(5)]
