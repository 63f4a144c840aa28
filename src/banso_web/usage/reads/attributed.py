"""Events put to the customers and people they belong to: every read of usage stands on this one relation.

Who an event belongs to is decided when it is read, so that settling an unknown user or merging two customers re-attributes the past
without rewriting a file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date
from typing import Any

from banso_web.accounts.counting import codes
from banso_web.core.facts import Asked

#: Events that say that somebody used the product. $3 and $4 put those of a merged account to the one that was kept.
USED = """WITH merged AS (SELECT unnest($3::VARCHAR[]) AS code, unnest($4::VARCHAR[]) AS kept),
  used AS (SELECT coalesce(merged.kept, group_id) AS account, local_day, source, department, feature, properties,
           coalesce(nullif(user_id, ''), anonymous_id) AS person
    FROM events LEFT JOIN merged ON merged.code = group_id
    WHERE kind IN ('track', 'page', 'screen') AND group_id <> '' AND local_day >= $1 AND local_day < $2
      AND received_at <= $5 AND ($6::VARCHAR[] IS NULL OR coalesce(merged.kept, group_id) IN (SELECT unnest($6::VARCHAR[]))))
"""
FAR = date(9999, 1, 1)


def event_parameters(
    asked: Asked, first: date, merged: Mapping[int, int], ids: Collection[int] | None
) -> list[Any]:
    """The six parameters of `USED`."""
    called = codes({*merged, *merged.values(), *(ids or ())})
    pairs = [(called[other], called[kept]) for other, kept in merged.items()]
    known = FAR if asked.known_at is None else asked.known_at.astimezone(UTC).replace(tzinfo=None)
    wanted = None if ids is None else [called[key] for key in ids if key in called]
    return [first, asked.as_of, [one for one, _ in pairs], [kept for _, kept in pairs], known, wanted]
