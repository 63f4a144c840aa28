"""What the import engine and the handlers of canonical files say to each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import Model, Q

from banso_web.core.facts.happenings import counted, effective

if TYPE_CHECKING:
    from banso_web.core.models import Entry

SAMPLES = 20  # how many examples a note keeps


class Outcome(IntEnum):
    """What a row does to the data. Counted and shown; a run ends with these numbers."""

    NEW = 0
    CHANGED = 1
    SAME = 2


@dataclass(slots=True)
class Row:
    """One row of a canonical file after its cells were read.

    `values` has a key for every canonical column that stands in the file (None: the cell is blank); a key that is
    missing was not in the file, which says nothing about it. `custom` holds the unknown columns, as text.
    """

    number: int
    values: dict[str, Any]
    custom: dict[str, Any]

    def get(self, key: str) -> Any:
        return self.values.get(key)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is not taken. `code` is worded by `ingest.words`; `detail` fills the words."""

    number: int
    column: str
    code: str
    detail: dict[str, Any] = field(default_factory=dict)


Result = Outcome | Problem


@dataclass(frozen=True)
class View:
    """Facts as they would be had some entries never been: what counts instead of the watermark.

    Published, standing entries up to `limit` count but for those in `hidden`; those in `order` count whether published or
    not, each with its place among the numbers.
    """

    limit: int
    hidden: frozenset[int] = frozenset()
    order: Mapping[int, float] = field(default_factory=dict)

    def counts(self) -> Q:
        published = Q(entry__seq__lte=self.limit, entry__voided_seq=None) & ~Q(entry__in=self.hidden)
        return published | Q(entry__in=list(self.order))


@dataclass
class Context:
    """One pass (check or write) over one run. `entry` is None while checking: then nothing may be written."""

    now: datetime
    today: date
    watermark: int
    known: str = "now"  # "now" or "effective": when facts without recorded_at were known
    entry: Entry | None = None
    brought: dict[str, set[str]] = field(
        default_factory=dict
    )  # codes that state files of this run bring themselves
    missing: dict[str, set[str]] = field(
        default_factory=dict
    )  # codes that rows name and nothing describes yet
    withdrawn: frozenset[str] = (
        frozenset()
    )  # codes that the run takes back: they count no more while checking
    resolved: dict[str, dict[str, int]] = field(
        default_factory=dict
    )  # ids found or made in this pass, by kind
    repeats: bool = True  # the file may hold one row twice
    view: View | None = None  # other facts than those of the watermark
    touching: tuple[Entry, ...] = ()  # entries beside this one whose contracts are brought in step
    notes: Counter[str] = field(default_factory=Counter)
    samples: dict[str, list[str]] = field(default_factory=dict)

    @property
    def writing(self) -> bool:
        return self.entry is not None

    def counts(self) -> Q:
        """The condition on rows of facts that count in this pass, its own rows included."""
        counts = self.view.counts() if self.view is not None else effective(self.watermark)
        return counts if self.entry is None else counts | Q(entry=self.entry)

    def place(self, entry: int, seq: int | None) -> float:
        """Where an entry stands among those that count: later ones count over earlier ones."""
        if self.view is not None and entry in self.view.order:
            return self.view.order[entry]
        return seq or 2**62

    def standing(self, model: type[Model], **filters: Any) -> list[Any]:
        """The rows of happenings that count before this pass, of those that the filters choose."""
        if self.view is None:
            return list(counted(model, self.watermark).filter(**filters))  # type: ignore[type-var]
        rows: Any = model._default_manager.filter(self.view.counts(), **filters).select_related("entry")
        latest: dict[str, Any] = {}
        for row in sorted(rows, key=lambda row: (self.place(row.entry_id, row.entry.seq), row.pk)):
            latest[row.code] = row
        return [row for row in latest.values() if not row.is_void]

    @property
    def entry_id(self) -> int:
        """The entry written under. Only while writing."""
        assert self.entry is not None
        return int(self.entry.pk)

    def note(self, key: str, example: str = "", count: int = 1) -> None:
        """Count something the person should be told at the end, with a few examples."""
        self.notes[key] += count
        kept = self.samples.setdefault(key, [])
        if example and len(kept) < SAMPLES and example not in kept:
            kept.append(example)

    def note_missing(self) -> None:
        """Turn what stayed undescribed after all files into notes (合計 and examples)."""
        for kind, codes in sorted(
            (kind, codes) for kind, codes in self.missing.items() if kind != "departments"
        ):
            left = sorted(codes - self.brought.get(kind, set()))
            for example in left[:SAMPLES]:
                self.note(f"incomplete_{kind}", example, 0)
            if left:
                self.note(f"incomplete_{kind}", count=len(left))


class Handler(Protocol):
    """Takes the rows of one canonical file. One instance serves one pass, so it may keep what it has seen.

    `look` writes nothing and gives one result a row, in order. `close` follows the last `look` and gives the problems
    that only the whole file shows, and the numbers of rows that repeat an earlier row exactly. `write` takes accepted
    rows inside the engine's transaction, `passed` sees those that an earlier, interrupted write has dealt with (and the
    refused ones), `finish` follows the last row of a file in a transaction of its own. `settle` is called right before publishing when other entries were published
    meanwhile and gives how many written rows those have made wrong (then nothing is published), `published` after it, `undone` after the entry was voided; each may be called twice.
    """

    key: str

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]: ...

    def close(self, context: Context) -> tuple[list[Problem], list[int]]: ...

    def write(self, rows: Sequence[Row], context: Context) -> list[Outcome]: ...

    def passed(self, row: Row) -> None: ...

    def finish(self, context: Context) -> None: ...

    def settle(self, entry: Entry) -> int: ...

    def published(self, entry: Entry) -> None: ...

    def undone(self, entry: Entry) -> None: ...

    def drop(self, entry: Entry) -> int: ...


@dataclass(frozen=True)
class Later:
    """Work after all files of a run are written and before it is published (derived movements).

    `step(context, after)` does one transaction's worth from the position `after` and gives the next position and how
    many rows it wrote, or None when it is done.
    """

    key: str
    step: Callable[[Context, int], tuple[int, int] | None]


later: list[Later] = []
