"""What the events say of ids that do not name a customer by themselves, kept up to date week by week.

Only weeks with a touched day are read again; of an id that is new, what older events say of it is read once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import F

from banso.periods import week_start
from banso.usage import FIRST_DAY, LAST_DAY
from banso_web.accounts.counting import ids_by_code
from banso_web.core import clock
from banso_web.core.bulk import insert_rows, update_rows
from banso_web.usage.actions.weeks import WEEK
from banso_web.usage.models import SeenId, SeenUpTo
from banso_web.warehouse.reads import days_changed, newest_change
from banso_web.warehouse.store import event_store

GROUP, USER, EARLIER = SeenId.Kind.GROUP, SeenId.Kind.USER, SeenId.Kind.EARLIER
Key = tuple[int, str]
Counts = tuple[int, date, date]
CHUNK = 5_000
LONGEST = 200  # a longer id belongs to nobody
MOST_TRAITS, LONGEST_TRAIT = 20, 200
FIELDS = (
    "events",
    "first_day",
    "last_day",
    "weeks",
    "groups",
    "ties",
    "email",
    "name",
    "traits",
    "described_at",
    "told_at",
)

_USE = "kind IN ('track', 'page', 'screen') AND local_day >= $1 AND local_day < $2"
_COUNTED = "count(*), min(local_day), max(local_day)"
GROUPS = f"SELECT source, group_id, {_COUNTED} FROM events WHERE {_USE} AND group_id <> '' GROUP BY source, group_id"
USERS = f"""SELECT source, user_id, {_COUNTED} FROM events WHERE {_USE} AND group_id = '' AND user_id <> ''
    GROUP BY source, user_id"""
ANONYMOUS = f"""SELECT source, anonymous_id, {_COUNTED} FROM events WHERE {_USE} AND user_id = '' AND anonymous_id <> ''
    GROUP BY source, anonymous_id"""
#: Of those who said the same of an id one after another, the first and the last.
TIES = """WITH calls AS (SELECT source, kind, CASE WHEN kind = 'alias' THEN previous_id ELSE anonymous_id END AS earlier,
      coalesce(nullif(user_id, ''), anonymous_id) AS later, happened_at, received_at
    FROM events WHERE kind IN ('identify', 'alias') AND local_day >= $1 AND local_day < $2),
  beside AS (SELECT source, kind, earlier, later, happened_at, received_at,
      lag(later) OVER (PARTITION BY source, earlier ORDER BY happened_at, later) AS before,
      lead(later) OVER (PARTITION BY source, earlier ORDER BY happened_at, later) AS after
    FROM calls WHERE earlier <> '' AND later <> '' AND earlier <> later)
  SELECT source, kind, earlier, later, happened_at, received_at FROM beside
  WHERE before IS NULL OR before <> later OR after IS NULL OR after <> later"""
#: Of given ids ($3): when they were used, in which groups they were, what was last told of them.
USED_ON = f"""SELECT source, coalesce(nullif(user_id, ''), anonymous_id) AS id, {_COUNTED} FROM events
    WHERE {_USE} AND coalesce(nullif(user_id, ''), anonymous_id) IN (SELECT unnest($3::VARCHAR[])) GROUP BY 1, 2"""
MEMBERS = """SELECT source, user_id, group_id, min(received_at) FROM events
    WHERE local_day >= $1 AND local_day < $2 AND group_id <> '' AND user_id IN (SELECT unnest($3::VARCHAR[]))
    GROUP BY source, user_id, group_id"""
TRAITS = """SELECT source, id, properties, context, happened_at, received_at FROM (
      SELECT source, {id} AS id, properties, context, happened_at, received_at,
        row_number() OVER (PARTITION BY source, {id} ORDER BY happened_at DESC, message_id) AS place
      FROM events WHERE kind = '{kind}' AND local_day >= $1 AND local_day < $2 AND {id} IN (SELECT unnest($3::VARCHAR[]))) AS told
    WHERE place = 1"""
USER_TRAITS = TRAITS.format(id="user_id", kind="identify")
GROUP_TRAITS = TRAITS.format(id="group_id", kind="group")


def see() -> int:
    """Read what changed since the last look; gives how many weeks were read. Safe to run twice, at once and killed anywhere."""
    mark, _made = SeenUpTo.objects.get_or_create(pk=1)
    newest = newest_change()
    weeks = sorted({week_start(day) for day in days_changed(mark.change)})
    for monday in weeks:
        _see_week(monday)
    if weeks:
        SeenUpTo.objects.filter(pk=1, change__lt=newest).update(change=newest)
    SeenUpTo.objects.filter(pk=1).update(looked_at=clock.now())
    return len(weeks)


def changed() -> None:
    """Rows of `SeenId` are others now: what was made from them is made anew."""
    SeenUpTo.objects.filter(pk=1).update(version=F("version") + 1)


class _Rows:
    """The rows that a look at one week changes."""

    def __init__(self, monday: date) -> None:
        self.monday, self.label = monday, monday.isoformat()
        near = SeenId.objects.filter(first_day__lt=monday + WEEK, last_day__gte=monday)
        self.rows = {_place(row): row for row in near if self.label in row.weeks}
        self.before = {place: _state(row) for place, row in self.rows.items()}
        self.stale = set(self.rows)  # counted in this week before, and not found again yet

    def load(self, kind: str, keys: Iterable[Key]) -> list[SeenId]:
        """Those that exist."""
        wanted = set(keys)
        missing = {name for source, name in wanted if (kind, source, name) not in self.rows}
        for part in _parts(missing):
            for row in SeenId.objects.filter(kind=kind, key__in=part):
                if _place(row) not in self.rows and (row.source, row.key) in wanted:
                    self.rows[_place(row)] = row
                    self.before[_place(row)] = _state(row)
        return [self.rows[kind, *key] for key in wanted if (kind, *key) in self.rows]

    def find(self, kind: str, keys: Iterable[Key]) -> None:
        """Those that exist, and the others begun."""
        wanted = set(keys)
        self.load(kind, wanted)
        for source, name in wanted:
            self.rows.setdefault((kind, source, name), SeenId(kind=kind, source=source, key=name))

    def of(self, kind: str, *, new: bool) -> dict[Key, SeenId]:
        return {
            (row.source, row.key): row
            for row in self.rows.values()
            if row.kind == kind and (row.pk is None) == new
        }

    def count(self, kind: str, found: Mapping[Key, Counts]) -> None:
        self.find(kind, found)
        for (source, name), (events, first, last) in found.items():
            self.rows[kind, source, name].weeks[self.label] = [events, first.isoformat(), last.isoformat()]
            self.stale.discard((kind, source, name))

    def write(self) -> None:
        for place in self.stale:
            del self.rows[place].weeks[self.label]
        for row in self.rows.values():
            if row.kind != EARLIER:
                told = row.weeks.values()
                row.events = sum(events for events, _first, _last in told)
                row.first_day = min(
                    (date.fromisoformat(first) for _events, first, _last in told), default=None
                )
                row.last_day = max((date.fromisoformat(last) for _events, _first, last in told), default=None)
        new = [row for row in self.rows.values() if row.pk is None]
        other = [row for place, row in self.rows.items() if row.pk and _state(row) != self.before[place]]
        if not new and not other:
            return
        with transaction.atomic():
            SeenUpTo.objects.select_for_update().get(pk=1)  # one writes at a time
            there = set()  # made by another look meanwhile, of the same events
            for part in _parts({row.key for row in new}):
                there |= set(SeenId.objects.filter(key__in=part).values_list("kind", "source", "key"))
            names = ("kind", "source", "key", *FIELDS)
            insert_rows(
                SeenId,
                ({name: getattr(row, name) for name in names} for row in new if _place(row) not in there),
            )
            update_rows(SeenId, FIELDS, other)
            changed()


def _parts(names: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(names)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))


def _place(row: SeenId) -> tuple[str, int, str]:
    return row.kind, row.source, row.key


def _state(row: SeenId) -> str:
    return repr([getattr(row, name) for name in FIELDS])


def _see_week(monday: date) -> None:
    rows = _Rows(monday)
    week = monday, monday + WEEK
    groups = _counted(GROUPS, *week)
    own = ids_by_code({name for _source, name in groups})
    rows.count(GROUP, {key: told for key, told in groups.items() if key[1] not in own})
    rows.count(USER, _counted(USERS, *week))
    _tie(rows, *week)
    for kind, sql in ((GROUP, GROUP_TRAITS), (USER, USER_TRAITS)):
        for new, days in ((False, week), (True, (FIRST_DAY, LAST_DAY))):
            found = rows.of(kind, new=new)
            for source, name, *told in _asked_of(sql, found, *days):
                _describe(found[source, name], *told)
            if kind == USER:
                for source, name, group, known in _asked_of(MEMBERS, found, *days):
                    groups_of = found[source, name].groups
                    groups_of[group] = min(groups_of.get(group, "9"), _moment(known))
    rows.write()


def _tie(rows: _Rows, first: date, until: date) -> None:
    told: dict[Key, list[tuple[str, ...]]] = defaultdict(list)
    aliases = set()
    for source, kind, earlier, later, at, known in _asked(TIES, [first, until]):
        if len(earlier) <= LONGEST and len(later) <= LONGEST:
            told[source, earlier].append((_moment(at), later, _moment(known)))
            if kind == "alias":
                aliases.add((source, earlier))
    rows.find(EARLIER, told)
    new = rows.of(EARLIER, new=True)
    for source, name, _events, day, _last in _asked_of(USED_ON, new, FIRST_DAY, LAST_DAY):
        new[source, name].first_day = day
    used = _counted(ANONYMOUS, first, until)
    for row in rows.load(EARLIER, used):
        day = used[row.source, row.key][1]
        row.first_day = min(row.first_day or day, day)
    for key, fresh in told.items():
        row = rows.rows[EARLIER, *key]
        row.ties = _runs([*map(tuple, row.ties), *fresh])
        if key in aliases:  # it may be a user's, whose use is not looked for week by week
            row.first_day = min(row.first_day or first, first)
    rows.find(
        USER, {(source, later) for (source, _earlier), found in told.items() for _at, later, _known in found}
    )


def _runs(ties: Iterable[tuple[str, ...]]) -> list[list[str]]:
    """In order of time; of many that say the same one after another the first and the last."""
    ordered: list[list[str]] = []
    for at, later, known in sorted(ties):
        if ordered and ordered[-1][:2] == [at, later]:
            continue
        if len(ordered) > 1 and ordered[-1][1] == ordered[-2][1] == later:
            ordered.pop()
        ordered.append([at, later, known])
    return ordered


def _counted(sql: str, first: date, until: date) -> dict[Key, Counts]:
    found = _asked(sql, [first, until])
    return {
        (source, name): (events, low, high)
        for source, name, events, low, high in found
        if len(name) <= LONGEST
    }


def _asked_of(sql: str, keys: Collection[Key], first: date, until: date) -> list[tuple[Any, ...]]:
    """Asked of ids (source, id), which stand first in the answer."""
    if not keys:
        return []
    found = _asked(sql, [first, until, sorted({name for _source, name in keys})])
    return [row for row in found if row[:2] in keys]


def _asked(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    return event_store().query(sql, parameters, first=parameters[0], last=parameters[1] - timedelta(days=1))


def _moment(value: datetime) -> str:
    return value.replace(tzinfo=UTC).isoformat()


def _describe(row: SeenId, properties: str, context: str, at: datetime, known: datetime) -> None:
    """The newest traits; some clients send them in the context."""
    told = {**_object(_object(context).get("traits")), **_object(properties)}
    plain = {
        str(name)[:LONGEST_TRAIT]: str(value)[:LONGEST_TRAIT]
        for name, value in sorted(told.items())
        if isinstance(value, str | int | float)
    }
    moment = at.replace(tzinfo=UTC)
    if plain and (row.described_at is None or row.described_at <= moment):
        row.traits = dict(list(plain.items())[:MOST_TRAITS])
        row.email, row.name = (
            plain.get("email", "").strip(),
            plain.get("name", "") or plain.get("company", ""),
        )
        row.described_at, row.told_at = moment, known.replace(tzinfo=UTC)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}
