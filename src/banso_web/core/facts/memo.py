"""Answers that stay true: a small cache per process for what is asked at a fixed watermark.

Whatever is kept here has its watermark in the key, so it never grows old; it only makes room. Inside a transaction an
answer is kept after the commit alone: a number given to an entry that was rolled back is given again to another one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from django.db import models, transaction
from django.db.models.signals import post_migrate

from banso_web.core.models import Entry

Value = TypeVar("Value")
_all: WeakSet[Memo[Any]] = WeakSet()


class Memo(Generic[Value]):
    """Keeps the latest `items` answers, and at most `limit` bytes of them where `size` can tell."""

    def __init__(self, items: int, *, limit: int = 0, size: Callable[[Value], int] | None = None) -> None:
        self._items, self._limit, self._size = items, limit, size
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        _all.add(self)

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The kept answer, or a new one; two threads that ask the same make it once."""
        found = self.peek(key)
        if found is not None:
            return found
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            found = self.peek(key)
            if found is not None:
                return found
            made = make()
            transaction.on_commit(_Waiting(self, key, made))
        with self._lock:
            self._making.pop(key, None)
        return made

    def peek(self, key: Hashable) -> Value | None:
        """The kept answer, if there is one; inside a transaction also one that waits for its commit."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        # Django drops what waits in a savepoint when it is rolled back, so what is still there still holds.
        for _, waiting, _ in reversed(transaction.get_connection().run_on_commit):
            if isinstance(waiting, _Waiting) and waiting.memo is self and waiting.key == key:
                found: Value = waiting.value
                return found
        return None

    def put(self, key: Hashable, value: Value) -> None:
        """Keep an answer (after the commit, inside a transaction)."""
        transaction.on_commit(_Waiting(self, key, value))

    def _keep(self, key: Hashable, value: Value) -> None:
        weight = self._size(value) if self._size else 0
        with self._lock:
            self._kept[key] = (value, weight)
            while len(self._kept) > 1 and self._too_much():
                self._kept.popitem(last=False)

    def _too_much(self) -> bool:
        held = sum(weight for _, weight in self._kept.values())
        return len(self._kept) > self._items or bool(self._limit and held > self._limit)

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


def forget_all(**_signal: Any) -> None:
    """Drop every kept answer: after a migration or a flush the numbers may begin again."""
    for memo in list(_all):
        memo.forget()


post_migrate.connect(forget_all, dispatch_uid="banso-forget-kept-answers")


class _Waiting:
    """An answer made inside a transaction, kept when it commits."""

    def __init__(self, memo: Memo[Any], key: Hashable, value: Any) -> None:
        self.memo, self.key, self.value = memo, key, value

    def __call__(self) -> None:
        self.memo._keep(self.key, self.value)


_marks: Memo[int] = Memo(4_000)
_furthest: Memo[tuple[int, int]] = Memo(
    400
)  # name -> (watermark looked at last, its answer): only what follows is new


def last_change(rows: models.QuerySet[Any], name: str, watermark: int) -> int:
    """The last number up to `watermark` at which rows of this queryset came to count or ceased to (0: never).

    Answers cached by it outlive entries that have nothing to do with the rows. `name` names the queryset.
    """

    def ask() -> int:
        seen, answer = _furthest.peek(name) or (0, 0)
        if seen > watermark:
            seen, answer = 0, 0
        has = models.Exists(rows.filter(entry_id=models.OuterRef("pk")))
        came = Entry.objects.filter(has, seq__gt=seen, seq__lte=watermark).order_by("-seq")
        went = Entry.objects.filter(has, voided_seq__gt=seen, voided_seq__lte=watermark).order_by(
            "-voided_seq"
        )
        found = max(
            answer,
            came.values_list("seq", flat=True).first() or 0,
            went.values_list("voided_seq", flat=True).first() or 0,
        )
        transaction.on_commit(_Waiting(_furthest, name, (watermark, found)))
        return found

    return _marks.get((name, watermark), ask)
