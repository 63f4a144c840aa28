"""Counting over every web process, of however many machines: cheap while the limit is far, exact where it is near.

A process keeps what it counted to itself and adds it to the shared row in steps. A step is an eighth of what is left to
the limit, so a caller who stays far below costs hardly a write, and one who is near it a write each time. Several
processes can together let through a little more than the limit: at most one step each.
"""

from __future__ import annotations

from threading import Lock

from django.db import DatabaseError, connection, transaction
from django.db.models import F

from banso_web.core.models import SharedCount

_lock = Lock()
_mine: dict[str, tuple[int, int, int]] = {}  # key -> (last seen in the shared row, own since then, ends at)
MOST_KEYS = 20_000  # a flood of callers must not fill the memory


def forget() -> None:
    """Begin anew in this process (tests)."""
    with _lock:
        _mine.clear()


def count_up(key: str, *, limit: int, ends_at: int, now: int) -> int:
    """Count one more and give the total so far, as far as this process knows it. Keys are of one span: put it into them.

    Where the database cannot be written the count goes on in this process alone.
    """
    with _lock:
        if len(_mine) > MOST_KEYS:
            for old in [name for name, (_shared, _own, end) in _mine.items() if end < now]:
                del _mine[old]
        shared, own, _end = _mine.get(key, (0, 0, ends_at))
        own += 1
        step = max(1, (limit - shared) // 8)
        if own < step or shared > limit:
            _mine[key] = (shared, own, ends_at)
            return shared + own
        _mine[key] = (shared, 0, ends_at)
    total = _add(key[:120], own, ends_at, now)
    with _lock:
        before, since, _end = _mine.get(key, (0, 0, ends_at))
        if total is None:  # the database could not be written: what was to be added stays ours
            _mine[key] = (before, since + own, ends_at)
            return before + since + own
        _mine[key] = (max(before, total), since, ends_at)
        return max(before, total) + since


def _add(key: str, amount: int, ends_at: int, now: int) -> int | None:
    try:
        with transaction.atomic():
            if not SharedCount.objects.filter(key=key).update(count=F("count") + amount):
                SharedCount.objects.filter(ends_at__lt=now).delete()
                SharedCount.objects.bulk_create(
                    [SharedCount(key=key, count=0, ends_at=ends_at)], ignore_conflicts=True
                )
                SharedCount.objects.filter(key=key).update(count=F("count") + amount)
            return SharedCount.objects.values_list("count", flat=True).get(key=key)
    except DatabaseError:
        if connection.in_atomic_block:
            raise
        return None
