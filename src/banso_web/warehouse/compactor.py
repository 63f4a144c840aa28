"""From sealed logs to the event store: decode, check, drop what is there already, write, and let go of the log.

One process at a time does this (a lease in the database); should two do it all the same, the transaction lets one of them in.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F, Q

from banso_web.collect.actions import RejectedRow, keep_rejected
from banso_web.collect.envelope import day_of, moment_of
from banso_web.collect.log import DAMAGED, seal_abandoned, sealed_logs
from banso_web.collect.taking import folder as log_folder
from banso_web.core import clock
from banso_web.warehouse.gathering import Gathered
from banso_web.warehouse.imported import take_out, undone
from banso_web.warehouse.manifest import together
from banso_web.warehouse.models import Lease, LogTaken, SourceDay
from banso_web.warehouse.port import Added, AlreadyTaken, Events, Taking, local_days
from banso_web.warehouse.recent import keep_duplicates
from banso_web.warehouse.store import event_store

#: One round reads so many bytes of logs at the most: memory does not grow with what waits.
ROUND_BYTES = 64 * 1024 * 1024
LEASE_SECONDS = 120
#: Taken logs are remembered so long; a log of that name cannot come back later.
REMEMBER = timedelta(days=40)


@dataclass
class Round:
    """What one round did."""

    logs: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    damaged_bytes: int = 0


class LeaseLost(Exception):
    """Another process took over in the middle of a round."""


def compact() -> Round:
    """Take in everything that waits; nothing where another process holds the lease. Safe to run twice and to be killed."""
    done = Round()
    with turn() as mine:
        if mine:
            seal_abandoned(log_folder())
            for batch in _batches():
                _take_in(batch, done)
                if not keep_lease():
                    break
            else:
                take_out(event_store(), keep_lease)
    return done


def damaged_logs() -> list[Path]:
    """Logs that were set aside, oldest first."""
    return sorted(log_folder().glob(f"*{DAMAGED}"))


def tidy() -> None:
    """Let the store put itself in order, and forget the names of logs long gone. Needs the lease too."""
    with turn() as mine:
        if mine:
            event_store().tidy()
            LogTaken.objects.filter(taken_at__lt=clock.now() - REMEMBER).delete()
            for path in damaged_logs():
                if clock.machine().timestamp() - path.stat().st_mtime > REMEMBER.total_seconds():
                    path.unlink(missing_ok=True)


@contextmanager
def compacting_paused() -> Iterator[None]:
    """Nothing is taken in or swept inside: logs and files of this home stay as they are. Waits for a round that runs.

    A lock on a file, not a row: a backup writes nothing into a database that others write into without a pause, and the lock
    falls with the process. Raises TimeoutError after five minutes.
    """
    end = time.monotonic() + 300
    with _lock_file() as descriptor:
        while not _locked(descriptor):
            if time.monotonic() > end:
                raise TimeoutError("the compactor did not let go")
            time.sleep(0.2)
        yield


@contextmanager
def _lock_file() -> Iterator[int]:
    descriptor = os.open(settings.BANSO_HOME / "compacting.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def turn() -> Iterator[bool]:
    """Whether this process may take in and sweep now: no backup pauses it, and it holds the lease."""
    with _lock_file() as descriptor:
        mine = _locked(descriptor) and _hold_lease()
        try:
            yield mine
        finally:
            if mine:
                _release_lease()


def _batches() -> Iterator[list[Path]]:
    """Sealed logs in rounds of bounded size, oldest first; those already in are deleted."""
    waiting = sealed_logs(log_folder())
    names = [path.name for path in waiting]
    taken = dict(LogTaken.objects.filter(name__in=names).values_list("name", "damaged_bytes"))
    batch: list[Path] = []
    size = 0
    for path in waiting:
        if path.name in taken:
            _let_go(path, damaged=taken[path.name] > 0)
            continue
        length = path.stat().st_size
        if batch and size + length > ROUND_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += length
    if batch:
        yield batch


def _let_go(path: Path, *, damaged: bool) -> None:
    """A log that is in goes; one with bytes that could not be read stays aside, so that what was acknowledged is not thrown away."""
    if damaged:
        with suppress(FileNotFoundError):
            path.rename(path.with_suffix(DAMAGED))
    else:
        path.unlink(missing_ok=True)


def _take_in(batch: list[Path], done: Round) -> None:
    gathered, gone = Gathered(), undone()
    for path in batch:
        gathered.read(path, gone)
    events = gathered.events()

    def beside(added: Added) -> None:
        if not keep_lease():
            raise LeaseLost
        keep_rejected(gathered.refused)
        keep_duplicates(events, added)
        _count(events, gathered.refused, added)

    names = [path.name for path in batch]
    try:
        taking = Taking(names, gathered.rejected, gathered.damaged, gathered.accepted, beside)
        added = event_store().add(events, taking)
    except (AlreadyTaken, LeaseLost):  # another process is at it; what was written here nobody reads
        return
    for path in batch:
        _let_go(path, damaged=gathered.damaged[path.name] > 0)
    done.logs += len(batch)
    done.accepted += added.accepted
    done.duplicates += len(added.duplicates)
    done.rejected += len(gathered.refused)
    done.damaged_bytes += sum(gathered.damaged.values())


def _count(events: Events, refused: list[RejectedRow], added: Added) -> None:
    """Counts of the sources by Japan's day of receipt."""
    counts: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0, 0, 0])
    latest: dict[tuple[int, date], datetime] = {}
    days = local_days(events.received_at)
    for places in together(events.source, days):
        key = int(events.source[places[0]]), day_of(int(days[places[0]]))
        counts[key][0] += len(places)
        latest[key] = moment_of(int(events.received_at[places].max()))
    for place in added.places:
        key = int(events.source[place]), day_of(int(days[place]))
        counts[key][0] -= 1
        counts[key][1] += 1
    for refusal in refused:
        key = refusal.source, refusal.received_at.astimezone(clock.JST).date()
        counts[key][2] += 1
        latest[key] = max(latest.get(key, refusal.received_at), refusal.received_at)
    for (source, day), (accepted, duplicates, rejected) in counts.items():
        SourceDay.objects.get_or_create(
            source=source, day=day, defaults={"last_received_at": latest[source, day]}
        )
        counted = SourceDay.objects.filter(source=source, day=day)
        counted.update(
            accepted=F("accepted") + accepted,
            duplicates=F("duplicates") + duplicates,
            rejected=F("rejected") + rejected,
        )
        counted.filter(last_received_at__lt=latest[source, day]).update(last_received_at=latest[source, day])


def _me() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:80]


def _hold_lease() -> bool:
    """Take the lease by one conditional UPDATE. One that runs longer than any can is left from a clock that went back since."""
    moment = clock.machine()  # whatever day a demo pretends
    Lease.objects.get_or_create(name="compactor")
    over = Q(until=None) | Q(until__lt=moment) | Q(until__gt=moment + timedelta(seconds=LEASE_SECONDS))
    free = Lease.objects.filter(over | Q(holder=_me()), name="compactor")
    return bool(free.update(holder=_me(), until=moment + timedelta(seconds=LEASE_SECONDS)))


def keep_lease() -> bool:
    """Renew the lease; False once another process has held it, also where it let go since: what was looked up before it
    wrote (which events are there already) no longer holds."""
    mine = Lease.objects.filter(name="compactor", holder=_me())
    return bool(mine.update(until=clock.machine() + timedelta(seconds=LEASE_SECONDS)))


def forget_lease() -> None:
    """After a restore: whoever held the lease when the backup was made is gone."""
    Lease.objects.update(until=None)


def _release_lease() -> None:
    Lease.objects.filter(name="compactor", holder=_me()).update(until=None)
