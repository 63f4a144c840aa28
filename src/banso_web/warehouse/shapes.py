"""What events look like, counted by day: how many of each name came from a source, and the types of their properties.

A day is counted anew only when its events have changed, so a day costs the same whatever the history's length. The counts stay
when the events' own time is over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

import msgspec
from django.db import transaction
from django.db.models import F

from banso_web.core.bulk import update_rows
from banso_web.core.personal import Whom
from banso_web.warehouse.models import EventShape, TouchedDay
from banso_web.warehouse.store import event_store

#: Names of one source that are counted by themselves; with ids or titles in their names events have too many.
MOST_NAMES = 200
#: Events of each name whose properties are looked at.
LOOKED = 200
MOST_PROPERTIES = 100
COUNTS = "SELECT source, kind, name, count(*) FROM events WHERE local_day = $1 GROUP BY source, kind, name"
SAMPLE = """SELECT source, kind, name, properties FROM (
    SELECT source, kind, name, properties,
      row_number() OVER (PARTITION BY source, kind, name ORDER BY message_id) AS place
    FROM events WHERE local_day = $1 AND name IN (SELECT unnest($2))) AS numbered
  WHERE place <= $3"""
TYPES = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}
Key = tuple[int, str, str]  # source, kind, name
OTHERS = ("", "")


def count_days() -> int:
    """Count the days whose events changed since they were counted; gives how many days. Safe to run twice and to be killed."""
    stale = list(TouchedDay.objects.filter(change__gt=F("counted")).order_by("day"))
    for row in stale:
        shapes = _shapes(row.day)
        with transaction.atomic():
            EventShape.objects.filter(day=row.day).delete()
            # Another run of the same moment counted the same events.
            EventShape.objects.bulk_create(shapes, ignore_conflicts=True, batch_size=500)
            TouchedDay.objects.filter(pk=row.pk).update(counted=row.change)
    return len(stale)


def forget(whom: Whom) -> int:
    """Take a person out of the names of events and properties: the counts stay."""
    rows = []
    for row in EventShape.objects.order_by("pk").iterator(chunk_size=2_000):
        name, types = whom.scrub(row.name), {whom.scrub(one): told for one, told in row.types.items()}
        if (name, types) != (row.name, row.types):
            if name != row.name:  # two names may become the same one
                row.name = f"{name[:180]} {row.pk}"
            row.types = types
            rows.append(row)
    return update_rows(EventShape, ["name", "types"], rows)


def _shapes(day: date) -> list[EventShape]:
    store = event_store()
    counts: Counter[Key] = Counter()
    for source, kind, name, number in store.query(
        COUNTS,
        [day],
        first=day,
        last=day,
    ):
        counts[int(source), kind, name[:200]] += number
    kept = _frequent(counts)
    looked: Counter[Key] = Counter()
    types: dict[Key, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    sample = store.query(
        SAMPLE,
        [day, sorted({name for _source, _kind, name in kept}), LOOKED],
        first=day,
        last=day,
    )
    for source, kind, name, properties in sample:
        key = (int(source), kind, name[:200])
        if key in kept:
            looked[key] += 1
            for one, value in list(msgspec.json.decode(properties).items())[:MOST_PROPERTIES]:
                types[key][one[:100]][TYPES.get(type(value), "null")] += 1
    folded: Counter[Key] = Counter()
    for key, number in counts.items():
        folded[key if key in kept else (key[0], *OTHERS)] += number
    return [
        EventShape(
            source=key[0],
            day=day,
            kind=key[1],
            name=key[2],
            events=number,
            looked=looked[key],
            types=types[key],
        )
        for key, number in folded.items()
    ]


def _frequent(counts: Counter[Key]) -> set[Key]:
    """The most frequent names of each source."""
    by_source: dict[int, list[Key]] = defaultdict(list)
    for key, _number in counts.most_common():
        by_source[key[0]].append(key)
    return {key for keys in by_source.values() for key in keys[:MOST_NAMES]}
