"""The embedded event store: immutable Parquet files with a manifest in the relational database, read by DuckDB in memory.

A file is written beside its name, synced, renamed, the folder synced; then one transaction names it in the manifest together with
the logs it came from. A crash before leaves a file nobody reads, a crash after leaves a log that is known to be in: no event
is lost, none counts twice.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from banso_web.collect.envelope import day_of
from banso_web.collect.log import sync_folder
from banso_web.core import clock
from banso_web.warehouse import manifest
from banso_web.warehouse.models import EventSegment
from banso_web.warehouse.port import UNTIMED_DAYS, Added, Column, Events, StoreUnavailable, Taking
from banso_web.warehouse.soundness import broken_files, broken_message, explained

COLUMNS = (
    ("source", "INTEGER"),
    ("message_id", "VARCHAR"),
    ("kind", "VARCHAR"),
    ("user_id", "VARCHAR"),
    ("anonymous_id", "VARCHAR"),
    ("group_id", "VARCHAR"),
    ("previous_id", "VARCHAR"),
    ("name", "VARCHAR"),
    ("happened_at", "TIMESTAMP"),
    ("local_day", "DATE"),
    ("day", "DATE"),
    ("timed", "BOOLEAN"),
    ("received_at", "TIMESTAMP"),
    ("product", "VARCHAR"),
    ("department", "VARCHAR"),
    ("feature", "VARCHAR"),
    ("properties", "VARCHAR"),
    ("context", "VARCHAR"),
)
NAMES = ", ".join(name for name, _type in COLUMNS)
#: Where it is used most: one account's events lie together.
SORTED = "group_id, user_id, happened_at"
#: A replaced file stays so long for readers that opened the manifest before.
GRACE = timedelta(minutes=10)
MEMORY = "1GB"
#: Quarters are merged once they are over so long: what comes late has mostly come, and the nightly look at everybody is past them.
SETTLED = timedelta(days=200)
#: A merged file has at most so many events (what an erasure writes anew), and one round of tidying makes so many.
MOST_MERGED, MOST_MADE = 2_000_000, 8
#: Fewer files than these are not merged: one late event does not write a quarter anew.
FEW = 8


def folder() -> Path:
    path: Path = settings.BANSO_HOME / "events" / "segments"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def connection() -> duckdb.DuckDBPyConnection:
    """A connection of its own to this process's DuckDB in memory, which spills into the home and writes nothing else by itself.

    Opening a DuckDB costs many times what a question of one customer does; connections share its memory limit and see
    nothing of each other's temporary views.
    """
    with _opening:
        key = os.getpid(), settings.BANSO_HOME  # a forked child opens its own
        if key not in _opened:
            _opened.clear()
            spill = settings.BANSO_HOME / "events" / "spill"
            spill.mkdir(parents=True, exist_ok=True, mode=0o700)
            opened = duckdb.connect(":memory:")
            opened.execute(f"SET memory_limit = '{MEMORY}'")
            opened.execute(f"SET temp_directory = '{str(spill).replace(chr(39), chr(39) * 2)}'")
            opened.execute("SET GLOBAL TimeZone = 'UTC'")
            _opened[key] = opened
        return _opened[key].cursor()


@contextmanager
def asking() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose errors say which file is broken, or that the disk is full. Raises StoreUnavailable for these."""
    with connection() as opened:
        try:
            yield opened
        except duckdb.Error as problem:
            if isinstance(problem, (duckdb.FatalException, duckdb.InternalException)):
                _opened.clear()  # this engine answers nothing any more: the next question opens another
            raise explained(problem, folder()) from problem


_opening = threading.Lock()
_opened: dict[tuple[int, Path], duckdb.DuckDBPyConnection] = {}


_OWN = "(user_id IN (SELECT unnest($1)) OR anonymous_id IN (SELECT unnest($1)) OR previous_id IN (SELECT unnest($1)))"
_NAMED = """coalesce(list_bool_or(list_transform($2::VARCHAR[],
    lambda text: contains(lower(properties), text) OR contains(lower(context), text))), false)"""
_HIT = f"({_OWN} OR {_NAMED})"
_ERASED = f"""
    SELECT * REPLACE (
      CASE WHEN user_id IN (SELECT unnest($1)) THEN $3 ELSE user_id END AS user_id,
      CASE WHEN anonymous_id IN (SELECT unnest($1)) THEN $3 ELSE anonymous_id END AS anonymous_id,
      CASE WHEN previous_id IN (SELECT unnest($1)) THEN $3 ELSE previous_id END AS previous_id,
      CASE WHEN {_HIT} THEN '{{}}' ELSE properties END AS properties,
      CASE WHEN {_HIT} THEN '{{}}' ELSE context END AS context)
    FROM events"""


class EmbeddedStore:
    """See the head of the module."""

    in_home = True

    def add(self, events: Events, taking: Taking) -> Added:
        is_new = self._new(events)
        fresh = events.part(is_new)
        days = manifest.together(fresh.day)
        made = [_written(fresh if len(days) == 1 else fresh.part(places)) for places in days]
        added = Added.told(events, is_new)
        with transaction.atomic():
            manifest.take(fresh, added, taking)
            EventSegment.objects.bulk_create(made)
        return added

    def _new(self, events: Events) -> Column:
        """A mask of the events that are not there yet, the first of each key."""
        seen: set[manifest.Key] = set()
        days = manifest.key_days(events)
        standing = EventSegment.objects.filter(retired_at=None)
        for places in manifest.together(days):
            number = int(days[places[0]])
            day = None if number < 0 else day_of(number)
            if day is None:
                since = clock.today() - timedelta(days=UNTIMED_DAYS)
                files = standing.filter(to_day__gte=since, untimed__gt=0)
                condition = f"NOT timed AND day >= DATE '{since}'"
            else:
                files = standing.filter(day__lte=day, to_day__gte=day)
                condition = f"timed AND day = DATE '{day}'"
            wanted = {"source": events.source[places], "message_id": events.message_id[places]}
            seen |= {(day, *key) for key in _present(files, wanted, condition)}
        return manifest.sifted(events, seen)

    def untimed_on(self, day: date, names: Sequence[str]) -> set[tuple[int, str]]:
        """(source, messageId) of the events without a time, received on a UTC day, that bear one of these messageIds."""
        files = EventSegment.objects.filter(retired_at=None, untimed__gt=0, day__lte=day, to_day__gte=day)
        condition = f"NOT timed AND day = DATE '{day}'"
        return _present(files, {"message_id": np.array(names, dtype=object)}, condition) if names else set()

    def query(
        self, sql: str, parameters: Sequence[Any] = (), *, first: date | None = None, last: date | None = None
    ) -> list[tuple[Any, ...]]:
        files = EventSegment.objects.filter(retired_at=None)
        if first is not None:
            files = files.filter(last_day__gte=first)
        if last is not None:
            files = files.filter(first_day__lte=last)
        days = " AND ".join(
            f"local_day {sign} DATE '{day}'" for sign, day in ((">=", first), ("<=", last)) if day is not None
        )
        paths = set(files.values_list("path", flat=True))
        while True:
            with asking() as opened:
                try:
                    _view(opened, [folder() / path for path in sorted(paths)], days or "true")
                    return opened.execute(sql, list(parameters)).fetchall()
                except duckdb.IOException:
                    listed, paths = paths, set(files.values_list("path", flat=True))
                    if listed <= paths:
                        raise  # no removal replaced a file between our look at the manifest and at the file

    def erase(self, people: Iterable[str], replacement: str, mentions: Sequence[str] = ()) -> int:
        ids = sorted(set(people) - {"", replacement})
        asked = [ids, list(mentions)]
        changed, looked_at = 0, 0
        standing = EventSegment.objects.filter(retired_at=None).order_by("pk")
        # Asked anew each time: a file that was merged meanwhile lives on in one with a higher number.
        while segment := standing.filter(pk__gt=looked_at).first():
            looked_at = segment.pk
            with asking() as opened:
                _view(opened, [folder() / segment.path])
                (found,) = opened.execute(f"SELECT count(*) FROM events WHERE {_HIT}", asked).fetchone() or (
                    0,
                )
                if found:
                    made = _copied(opened, _ERASED, [*asked, replacement], segment.day)
                    changed += found if swap([segment], [made], at_once=True) else 0
        _unlink_retired()  # what a merge replaced minutes ago still holds them
        return changed

    def forget_received(self, source: int, moment: datetime) -> int:
        gone, looked_at = 0, 0
        asked = [source, moment.astimezone(UTC).replace(tzinfo=None)]
        standing = EventSegment.objects.filter(retired_at=None).order_by("pk")
        while segment := standing.filter(pk__gt=looked_at).first():
            looked_at = segment.pk
            with asking() as opened:
                _view(opened, [folder() / segment.path])
                hit = "source = $1 AND received_at = $2"
                days = opened.execute(
                    f"SELECT local_day, count(*) FROM events WHERE {hit} GROUP BY 1", asked
                ).fetchall()
                found = sum(count for _day, count in days)
                kept = []
                if 0 < found < segment.rows:
                    kept = [_copied(opened, f"SELECT * FROM events WHERE NOT ({hit})", asked, segment.day)]
            with transaction.atomic():
                if found and swap([segment], kept):
                    manifest.touch(day for day, _count in days)
                    gone += found
        return gone

    def forget_before(self, day: date) -> int:
        gone = 0
        aged = EventSegment.objects.filter(retired_at=None, first_day__lt=day).order_by("pk")
        while segment := aged.first():
            with asking() as opened:
                _view(opened, [folder() / segment.path])
                (old,) = opened.execute(
                    "SELECT count(*) FROM events WHERE local_day < $1", [day]
                ).fetchone() or (0,)
                kept = []
                if old < segment.rows:
                    kept = [_copied(opened, "SELECT * FROM events WHERE local_day >= $1", [day], segment.day)]
                gone += old if swap([segment], kept, at_once=True) else 0
        _unlink_retired(first_day__lt=day)
        return gone

    def tidy(self) -> None:
        """Merge the files of closed days and of settled quarters, sweep what nothing names."""
        today = clock.now().astimezone(UTC).date()
        lone = EventSegment.objects.filter(retired_at=None, day=F("to_day"), day__lt=today)
        for day, files in sorted(Counter(lone.values_list("day", flat=True)).items()):
            if files > 1:
                merge(day, least=2)
        for segments in _settled(today - SETTLED)[:MOST_MADE]:
            _merged(segments)
        sweep()

    def check(self) -> str:
        if broken := broken_files(folder()):
            raise StoreUnavailable(broken_message(broken[0]))
        rows = EventSegment.objects.filter(retired_at=None).aggregate(n=Sum("rows"))["n"] or 0
        return _("この場所のファイル(%(n)s 件)") % {"n": rows}


def swap(old: Sequence[EventSegment], new: Sequence[EventSegment], *, at_once: bool = False) -> bool:
    """Put files in the place of others, all or nothing. at_once: what they held must not linger (erasure, retention).

    False, with nothing changed, where another process replaced one of them meanwhile: what was made from it would bring
    back what was erased, and count its events twice.
    """
    keys = [segment.pk for segment in old]
    with transaction.atomic():
        standing = EventSegment.objects.select_for_update().filter(pk__in=keys, retired_at=None)
        is_mine = len(standing.values_list("pk")) == len(keys)
        if is_mine:
            EventSegment.objects.bulk_create(new)
            EventSegment.objects.filter(pk__in=keys).update(retired_at=clock.now())
            if at_once:
                manifest.touch([manifest.REMOVED])
    unwanted = new if not is_mine else old if at_once else ()
    for segment in unwanted:
        (folder() / segment.path).unlink(missing_ok=True)
    return is_mine


def merge(day: date, *, least: int = 8) -> bool:
    """One sorted file for the many of a day; False where there are fewer than `least`, or one of them was replaced meanwhile."""
    segments = list(EventSegment.objects.filter(day=day, to_day=day, retired_at=None).order_by("pk"))
    return len(segments) >= least and _merged(segments)


def _settled(before: date) -> list[list[EventSegment]]:
    """Files that become one each: those of a quarter that was over before that day, by day, up to MOST_MERGED events together."""
    quarters: dict[tuple[int, int], list[EventSegment]] = defaultdict(list)
    standing = EventSegment.objects.filter(retired_at=None, day__lt=before).order_by("day", "pk")
    for segment in standing:
        quarters[segment.day.year, (segment.day.month - 1) // 3].append(segment)
    found = []
    for (year, quarter), segments in quarters.items():
        is_over = (year, quarter) < (before.year, (before.month - 1) // 3)
        if is_over:
            found += [pack for pack in _packs(segments) if len(pack) >= FEW]
    return found


def _packs(segments: list[EventSegment]) -> Iterator[list[EventSegment]]:
    """Neighbours that together have no more than MOST_MERGED events."""
    pack: list[EventSegment] = []
    for segment in segments:
        if pack and sum(one.rows for one in pack) + segment.rows > MOST_MERGED:
            yield pack
            pack = []
        pack.append(segment)
    yield pack


def _merged(segments: list[EventSegment]) -> bool:
    """One sorted file in their place; False where one of them was replaced meanwhile."""
    with asking() as opened:
        _view(opened, [folder() / segment.path for segment in segments])
        merged = _copied(opened, f"SELECT * FROM events ORDER BY {SORTED}", [], segments[0].day)
    if merged.rows != sum(segment.rows for segment in segments):
        (folder() / merged.path).unlink(missing_ok=True)
        raise RuntimeError(
            f"{segments[0].path}: the files hold other numbers of events than the manifest says; nothing was changed"
        )
    return swap(segments, [merged])


def sweep(moment: datetime | None = None) -> int:
    """Delete files that nothing names any more, and what a crash left half-written. Returns how many."""
    now = moment or clock.now()
    for segment in EventSegment.objects.filter(retired_at__lt=now - GRACE):
        (folder() / segment.path).unlink(missing_ok=True)
        segment.delete()
    named = set(EventSegment.objects.values_list("path", flat=True))
    swept = 0
    for path in folder().iterdir():
        if path.name not in named and now.timestamp() - path.stat().st_mtime > GRACE.total_seconds():
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _unlink_retired(**which: Any) -> None:
    """Delete replaced files at once, without the pause that late readers have: their rows go with the next sweep."""
    for path in EventSegment.objects.filter(retired_at__isnull=False, **which).values_list("path", flat=True):
        (folder() / path).unlink(missing_ok=True)


def _view(opened: duckdb.DuckDBPyConnection, paths: list[Path], condition: str = "true") -> None:
    """The table `events` over these files, of what meets a condition of ours; empty where there are none."""
    if not paths:
        typed = ", ".join(f"NULL::{kind} AS {name}" for name, kind in COLUMNS)
        opened.execute(f"CREATE OR REPLACE TEMP VIEW events AS SELECT {typed} WHERE false")
        return
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    opened.execute(
        f"CREATE OR REPLACE TEMP VIEW events AS SELECT {NAMES} FROM read_parquet([{listed}]) WHERE {condition}"
    )


def _present(files: Any, wanted: dict[str, Column], condition: str) -> set[tuple[int, str]]:
    """The keys (source, message_id) of the files whose columns of `wanted` are wanted. Only two columns are read."""
    paths = [folder() / path for path in files.values_list("path", flat=True)]
    if not paths:
        return set()
    with asking() as opened:
        _view(opened, paths)
        opened.register("wanted", wanted)
        found = opened.execute(
            f"SELECT DISTINCT source, message_id FROM events SEMI JOIN wanted USING ({', '.join(wanted)}) WHERE {condition}"
        ).fetchall()
    return {(int(source), str(name)) for source, name in found}


def _written(events: Events) -> EventSegment:
    """A new file with these events of one day, on disk and synced, not yet in the manifest."""
    with asking() as opened:
        opened.register("given", {name: getattr(events, name) for name, _kind in COLUMNS})
        made = {"TIMESTAMP": "make_timestamp({0})", "DATE": "DATE '1970-01-01' + {0}"}
        select = ", ".join(f"{made.get(kind, '{0}').format(name)} AS {name}" for name, kind in COLUMNS)
        return _copied(
            opened, f"SELECT {select} FROM given ORDER BY {SORTED}", [], day_of(int(events.day[0]))
        )


def _copied(opened: duckdb.DuckDBPyConnection, select: str, parameters: list[Any], day: date) -> EventSegment:
    """The result of a SELECT as a new file: written, synced, renamed, the folder synced."""
    name = f"{day:%Y%m%d}-{uuid4().hex}.parquet"
    final = folder() / name
    half = final.with_suffix(".half")
    target = str(half).replace("'", "''")
    opened.execute(f"COPY ({select}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)", parameters)
    facts = opened.execute(
        f"""SELECT count(*), min(day), max(day), min(local_day), max(local_day), count(*) FILTER (NOT timed)
        FROM read_parquet('{target}')"""
    ).fetchone()
    assert facts is not None
    rows, from_day, to_day, first_day, last_day, untimed = facts
    digest = _synced(half)
    os.rename(half, final)
    sync_folder(final.parent)
    return EventSegment(
        path=name,
        day=from_day or day,
        to_day=to_day or day,
        first_day=first_day or day,
        last_day=last_day or day,
        rows=rows,
        untimed=untimed,
        size=final.stat().st_size,
        sha256=digest,
        made_at=clock.now(),
    )


def _synced(path: Path) -> str:
    """Sync the file; its digest, read back from it."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()
