"""Keeping a day's signals and readings: the nightly run, days that late facts or other definitions made stale, and one changed account.

Safe to run twice and killed anywhere: a day is begun, each of its shards is written in one transaction with the newest readings of its
accounts, and only then it is done. A run that finds a day begun, stale, or of other definitions computes it again, which gives the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from time import monotonic

import numpy as np
from django.db import transaction

from banso_web.core import clock
from banso_web.core.bulk import update_rows
from banso_web.core.facts import Asked, current_watermark
from banso_web.health.columns import Sheet, apply, changes, pack, unpack
from banso_web.health.models import AccountReading, HealthBlock, HealthDay
from banso_web.health.reads.beginnings import first_fact
from banso_web.health.reads.cards import cards, signals_of
from banso_web.health.reads.kept import (
    READINGS,
    SHARD,
    last_kept,
    readings_before,
    shard_of,
    sheets,
    table_of,
    told_of_table,
)
from banso_web.health.reads.scoring import Computed, Readings, compute, definition, read_by_cards
from banso_web.health.signals import SIGNALS
from banso_web.health.signals.told import Everybody, Told

DAY = timedelta(days=1)
#: Every day of so long is kept; before it the last days of months.
DAYS_KEPT = 400


def _asked(day: date) -> Asked:
    return Asked(as_of=day, today=clock.today(), watermark=current_watermark())


def keep(day: date) -> HealthDay:
    """Compute a day of everybody from facts and keep it."""
    asked = _asked(day)
    before = last_kept(day)
    digest = definition(asked)
    computed = compute(asked, before=readings_before(day))
    said = {
        "state": HealthDay.State.STARTED,
        "digest": digest,
        "watermark": asked.watermark,
        "made_at": clock.now(),
        "accounts": len(computed.readings.ids),
        "cards": [card.version for card in computed.readings.cards],
        "follows": before.day if before else None,
        "silences": {
            source: None if day is None else day.isoformat()
            for source, day in computed.signals.everybody.silences.items()
        },
    }
    row, _made = HealthDay.objects.update_or_create(day=day, defaults=said)
    follows = before is not None and before.day == day - DAY and before.digest == digest and day.day > 1
    earlier = sheets(day - DAY) if follows else iter(())
    _write(day, computed, earlier, full=not follows)
    HealthDay.objects.filter(pk=row.pk, state=HealthDay.State.STARTED).update(state=HealthDay.State.DONE)
    row.state = HealthDay.State.DONE
    return row


def _write(day: date, computed: Computed, earlier: Iterator[tuple[int, Sheet]], *, full: bool) -> None:
    """Every shard, those that have lost all their accounts too."""
    ids = computed.readings.ids
    edges = np.flatnonzero(np.diff(ids // SHARD)) + 1
    slices = {shard_of(int(part[0])): part for part in np.split(ids, edges) if len(part)}
    is_today = day == clock.today()
    before = next(earlier, None)
    for shard in sorted(slices):
        while before is not None and before[0] < shard:
            _write_shard(day, before[0], changes(before[1], {}), full=False)
            before = next(earlier, None)
        part = slices[shard]
        now = sheet_of(day, computed, part)
        block = now
        if not full and before is not None and before[0] == shard:
            block, before = changes(before[1], now), next(earlier, None)
        _write_shard(day, shard, block, full=full, latest=(computed.readings, part) if is_today else None)


def _write_shard(
    day: date, shard: int, block: Sheet, *, full: bool, latest: tuple[Readings, np.ndarray] | None = None
) -> None:
    with transaction.atomic():
        HealthBlock.objects.update_or_create(
            shard=shard, day=day, defaults={"full": full, "columns": pack(block)}
        )
        if latest is not None:
            write_latest(*latest, shard=shard)


def sheet_of(day: date, computed: Computed, ids: np.ndarray) -> Sheet:
    """These accounts' signals and readings as they are kept. `ids`: a stretch of the computed ones."""
    first = int(np.searchsorted(computed.readings.ids, ids[0]))
    at = slice(first, first + len(ids))
    found: Sheet = {
        key: table_of(told.take(at), ids, day, running=SIGNALS[key].running)
        for key, told in computed.signals.told.items()
    }
    found[READINGS] = {name: column[at] for name, column in computed.readings.table.items()}
    return found


FIELDS = ("day", "card", "value", "low", "high", "known", "band", "held", "frozen", "since")


def write_latest(readings: Readings, ids: np.ndarray, *, shard: int | None = None) -> None:
    """The newest reading of these accounts, where it differs, and of none for whom no scorecard is; with a shard, of nobody else in it."""
    stored = {row.account_id: row for row in AccountReading.objects.filter(account_id__in=ids.tolist())}
    first = int(np.searchsorted(readings.ids, ids[0]))
    fresh, none = [], []
    for at, account in enumerate(ids.tolist(), first):
        band, held, card = int(readings.band[at]), int(readings.held[at]), int(readings.card[at])
        if card < 0:
            none.append(account)
            continue
        values, old = (
            [float(column[at]) for column in (readings.value, readings.low, readings.high, readings.known)],
            stored.get(account),
        )
        row = AccountReading(
            pk=None if old is None else old.pk,
            account_id=account,
            day=readings.as_of,
            card=readings.cards[card].version,
            band=band,
            held=None if held < 0 else held,
            frozen=bool(readings.frozen[at]),
            since=old.since if old is not None and old.band == band else readings.as_of,
            **{
                name: None if np.isnan(one) else one
                for name, one in zip(("value", "low", "high", "known"), values, strict=True)
            },
        )
        if old is None or any(getattr(row, name) != getattr(old, name) for name in FIELDS[1:]):
            fresh.append(row)
    update_rows(AccountReading, FIELDS, [row for row in fresh if row.pk is not None])
    AccountReading.objects.bulk_create(
        [row for row in fresh if row.pk is None], ignore_conflicts=True, batch_size=500
    )  # two runs at once write the same
    if none:
        AccountReading.objects.filter(account_id__in=none).delete()
    if shard is not None:
        gone = AccountReading.objects.filter(
            account_id__gte=shard * SHARD, account_id__lt=(shard + 1) * SHARD
        )
        gone.exclude(account_id__in=ids.tolist()).delete()


def refresh(accounts: Collection[int], facts: Collection[str] | None = None) -> None:
    """A few accounts of today again, after their facts changed; what is kept of today follows.

    `facts`: of which kinds (`Signal.facts`; None: of any). Signals that stand on none of them are as they were kept this morning.
    """
    asked = _asked(clock.today())
    shards = {shard_of(account) for account in accounts}
    days = HealthDay.objects.filter(day=asked.as_of, digest=definition(asked))
    row = days.exclude(state=HealthDay.State.STARTED).first()
    silences = row.silences if row is not None else {}
    everybody = Everybody(
        asked,
        accounts,
        {source: None if day is None else date.fromisoformat(day) for source, day in silences.items()},
    )
    blocks = dict(sheets(asked.as_of, shards)) if row is not None else {}
    known = _as_kept(everybody, blocks, facts) if facts is not None else {}
    computed = read_by_cards(everybody, readings_before(asked.as_of, shards), known)
    ids = computed.readings.ids
    for shard in sorted(shards):
        part = ids[ids // SHARD == shard]
        if not len(part):
            continue
        with transaction.atomic():
            block = HealthBlock.objects.select_for_update().filter(shard=shard, day=asked.as_of).first()
            if row is not None and block is not None:
                laid = apply(
                    unpack(bytes(block.columns)), sheet_of(asked.as_of, computed, part), keep_gone=True
                )
                block.columns = pack(laid)
                block.save(update_fields=["columns"])
            write_latest(computed.readings, part)


def _as_kept(everybody: Everybody, blocks: Mapping[int, Sheet], facts: Collection[str]) -> dict[str, Told]:
    """Signals that stand on none of these facts, as they are kept of today; none where an account is not in the blocks yet."""
    found: dict[str, Told] = {}
    for key in signals_of(cards(everybody.asked)):
        if SIGNALS[key].facts.intersection(facts):
            continue
        tables = [sheet[key] for _shard, sheet in sorted(blocks.items()) if key in sheet]
        ids = np.concatenate([table["id"] for table in tables]) if tables else np.zeros(0, np.int64)
        if not len(ids) or not np.isin(everybody.ids, ids).all():
            continue
        at = np.searchsorted(ids, everybody.ids)
        whole = {name: np.concatenate([table[name] for table in tables])[at] for name in tables[0]}
        found[key] = told_of_table(whole, everybody.asked.as_of)
    return found


def wanted(today: date, first: date, days_kept: int | None = None) -> list[date]:
    """The days that are kept of all of history, in the order they are computed: today, the last days of months from the newest on, then
    every day of the last `days_kept` (DAYS_KEPT), month by month from the newest on."""
    ends: list[date] = []
    end = today.replace(day=1) - DAY
    while end >= first:
        ends.append(end)
        end = end.replace(day=1) - DAY
    days: list[date] = []
    begin = max(first, today - timedelta(days=DAYS_KEPT if days_kept is None else days_kept))
    last = today
    while last >= begin:
        start = max(begin, last.replace(day=1))
        days += [start + DAY * n for n in range((last - start).days + 1)]
        last = start - DAY
    return [today, *ends, *days]


def stands(day: date, kept: Mapping[date, HealthDay]) -> bool:
    """Whether a day need not be computed again."""
    row = kept.get(day)
    if row is None or row.state != HealthDay.State.DONE or row.digest != definition(_asked(day)):
        return False
    before = kept.get(day - DAY)
    return before is None or before.state != HealthDay.State.DONE or row.follows == day - DAY


def fill(*, days: int | None = None, most: int | None = None, seconds: float | None = None) -> int:
    """Keep whatever of history is not: of its last days only so many, and only so many of them or for so long; gives how many were
    computed."""
    today, begun = clock.today(), monotonic()
    first = first_fact()
    done = 0
    if first is None:
        return 0
    kept = {row.day: row for row in HealthDay.objects.all()}
    for day in wanted(today, first, days):
        if (most is not None and done >= most) or (seconds is not None and monotonic() - begun > seconds):
            break
        if not stands(day, kept):
            kept[day] = keep(day)
            done += 1
    return done


@dataclass(frozen=True)
class Progress:
    """Of the wanted days, how many are kept."""

    kept: int
    wanted: int


def progress() -> Progress:
    """How far history is computed."""
    today = clock.today()
    first = first_fact()
    days = set() if first is None else set(wanted(today, first))
    kept = {row.day: row for row in HealthDay.objects.filter(day__in=days)}
    return Progress(sum(stands(day, kept) for day in days), len(days))
