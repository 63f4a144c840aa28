"""Signals and readings as they were kept: one day of everybody, or one account over time, without computing anything.

Accounts are kept in shards. A day of a shard is found from the last whole block before it and what changed since; an account's history
reads the blocks of its shard alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from banso.health import Band, Standing
from banso_web.health.columns import Sheet, Table, apply, unpack
from banso_web.health.models import HealthBlock, HealthDay
from banso_web.health.signals.told import STATES, Told, decimal

#: Ids of accounts in one shard.
SHARD = 2_048
#: A whole block stands at most so many days before.
REACH = timedelta(days=31)
READINGS = "readings"
BANDS = tuple(Band)


def shard_of(account: int) -> int:
    return account // SHARD


def sheets(
    day: date, shards: Collection[int] | None = None, only: Collection[str] | None = None
) -> Iterator[tuple[int, Sheet]]:
    """Each shard (of `shards`) as it stood on a kept day. One query."""
    rows = HealthBlock.objects.filter(day__gt=day - REACH, day__lte=day)
    if shards is not None:
        rows = rows.filter(shard__in=list(shards))
    listed = rows.order_by("shard", "day").values_list("shard", "full", "columns")
    here: int | None = None
    waiting: list[bytes] = []
    for shard, full, columns in listed.iterator(chunk_size=200):
        if shard != here:
            if here is not None:
                yield here, _stood(waiting, only)
            here, waiting = shard, []
        if full:
            waiting = []
        waiting.append(bytes(columns))
    if here is not None:
        yield here, _stood(waiting, only)


def _stood(blocks: list[bytes], only: Collection[str] | None) -> Sheet:
    found: Sheet = {}
    for data in blocks:
        found = apply(found, unpack(data, only))
    return found


def last_kept(day: date) -> HealthDay | None:
    """The newest kept day before a day that can hand its bands on to it."""
    rows = HealthDay.objects.filter(day__lt=day, day__gt=day - REACH, state=HealthDay.State.DONE)
    return rows.order_by("-day").first()


def readings_before(day: date, shards: Collection[int] | None = None) -> Table | None:
    """The readings of the newest kept day before; None where there is none."""
    before = last_kept(day)
    if before is None:
        return None
    tables = [
        sheet[READINGS] for _shard, sheet in sheets(before.day, shards, [READINGS]) if READINGS in sheet
    ]
    return _joined(tables) if tables else None


def _joined(tables: list[Table]) -> Table:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def standing_before(account: int, day: date) -> Standing | None:
    """The band an account had on the newest kept day before, for a gap to keep."""
    table = readings_before(day, [shard_of(account)])
    if table is None:
        return None
    at = int(np.searchsorted(table["id"], account))
    if at == len(table["id"]) or table["id"][at] != account or table["band"][at] < 0:
        return None
    held = int(table["held"][at])
    return Standing(BANDS[table["band"][at]], None if held < 0 else BANDS[held])


def table_of(told: Told, ids: Any, day: date, *, running: bool) -> Table:
    """A signal's columns as they are kept: freshness that moves on with the days stands as days before this one (−1: on it)."""
    moving = running & (told.fresh > 0)
    fresh = np.where(moving, told.fresh - day.toordinal() - 1, told.fresh).astype(np.int32)
    return {"id": ids, "state": told.state, "value": told.value, "last": told.last, "fresh": fresh}


def told_of_table(table: Table, day: date) -> Told:
    """A signal's columns again."""
    fresh = np.where(table["fresh"] < 0, table["fresh"] + day.toordinal() + 1, table["fresh"])
    return Told(table["state"], table["value"], table["last"], fresh.astype(np.int32))


def everybody_on(day: date) -> Sheet:
    """Everything kept of a day, of all accounts, in order of id. One query."""
    tables: dict[str, list[Table]] = defaultdict(list)
    for _shard, sheet in sheets(day):
        for key, table in sheet.items():
            tables[key].append(table)
    return {key: _joined(found) for key, found in tables.items()}


@dataclass(frozen=True, slots=True)
class KeptSignal:
    """One signal of one account on a kept day, as long as it did not change: see `signals.told`."""

    state: Any
    value: Decimal | None
    last: Decimal | None
    fresh_on: date | None


@dataclass(frozen=True, slots=True)
class KeptDay:
    """One account on a kept day. `stale`: a late fact touches it and it waits to be computed again."""

    day: date
    value: float | None
    low: float | None
    high: float | None
    known: float
    band: Band
    held: Band | None
    frozen: bool
    card: str
    signals: dict[str, KeptSignal]
    stale: bool


def history(account: int, first: date, last: date) -> list[KeptDay]:
    """An account on every kept day between two, in order. Two queries, of its shard alone."""
    shard = shard_of(account)
    days = {row.day: row for row in HealthDay.objects.filter(day__gte=first - REACH, day__lte=last)}
    rows = HealthBlock.objects.filter(shard=shard, day__gt=first - REACH, day__lte=last).order_by("day")
    found: list[KeptDay] = []
    here: dict[str, dict[str, Any]] = {}
    begun = False
    for day, full, columns in rows.values_list("day", "full", "columns").iterator(chunk_size=200):
        if full:
            here, begun = {}, True
        if not begun or day not in days:
            continue
        for key, table in unpack(bytes(columns)).items():
            if (one := _row(table, account)) is not None:
                here[key] = one
        row = days[day]
        if (
            day >= first
            and READINGS in here
            and here[READINGS]["state"] >= 0
            and row.state != HealthDay.State.STARTED
        ):
            found.append(_day(day, here, row))
    return found


def several(accounts: Collection[int], day: date) -> dict[int, KeptDay]:
    """Some accounts on one kept day. Two queries, of their shards alone."""
    row = HealthDay.objects.filter(day=day).exclude(state=HealthDay.State.STARTED).first()
    if row is None:
        return {}
    found: dict[int, KeptDay] = {}
    wanted = sorted(accounts)
    for shard, sheet in sheets(day, {shard_of(account) for account in wanted}):
        for account in wanted:
            if shard_of(account) != shard:
                continue
            here = {key: one for key, table in sheet.items() if (one := _row(table, account)) is not None}
            if READINGS in here:
                found[account] = _day(day, here, row)
    return found


def _row(table: Table, account: int) -> dict[str, Any] | None:
    at = int(np.searchsorted(table["id"], account))
    if at == len(table["id"]) or table["id"][at] != account:
        return None
    return {name: column[at].item() for name, column in table.items()}


def _day(day: date, here: dict[str, dict[str, Any]], row: HealthDay) -> KeptDay:
    one = here[READINGS]
    return KeptDay(
        day,
        _number(one["value"]),
        _number(one["low"]),
        _number(one["high"]),
        one["known"],
        BANDS[one["band"]],
        None if one["held"] < 0 else BANDS[one["held"]],
        bool(one["frozen"]),
        row.cards[one["card"]] if 0 <= one["card"] < len(row.cards) else "",
        {key: _signal(told, day) for key, told in here.items() if key != READINGS and told["state"] >= 0},
        row.state == HealthDay.State.STALE,
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _signal(told: dict[str, Any], day: date) -> KeptSignal:
    fresh = told["fresh"] + day.toordinal() + 1 if told["fresh"] < 0 else told["fresh"]
    return KeptSignal(
        STATES[told["state"]],
        decimal(told["value"]),
        decimal(told["last"]),
        date.fromordinal(fresh) if fresh > 0 else None,
    )
