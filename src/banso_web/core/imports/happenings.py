"""The handler of every file whose rows are happenings: appended, corrected by newer rows, never changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Generic, TypeVar

from django.db.models import Exists, OuterRef

from banso_web.core import clock
from banso_web.core.bulk import insert_rows
from banso_web.core.imports.bounds import Bounds
from banso_web.core.imports.fields import Field, resolve_fields
from banso_web.core.imports.ids import Repeats
from banso_web.core.imports.protocol import Context, Outcome, Problem, Result, Row
from banso_web.core.models import Entry, Happening, Known

Fact = dict[str, Any]  # a row to be added, by attribute name
Model = TypeVar("Model", bound=Happening)
SOURCES = (Entry.Kind.IMPORT, Entry.Kind.SAMPLE)
DELETE_CHUNK = 5_000


@dataclass
class Standing:
    """What is stored under one code: the row that counts, and the row the last import brought."""

    latest: tuple[Any, ...] | None = None
    imported: tuple[Any, ...] | None = None


@dataclass
class HappeningHandler(Generic[Model]):
    """`identity`: the columns that make the code. `on`: the column that says when it was so.

    A row equals what is stored when its columns equal the row that counts, or the row the last import brought (a
    correction made by a person stands until the source itself changes; to a row written `by_hand` only the row that
    counts matters). Columns that are not in the file keep what is stored. `check` finds problems inside a row.
    """

    key: str
    model: type[Model]
    identity: tuple[str, ...]
    fields: tuple[Field, ...]
    on: str
    check: Callable[[Row], Problem | None] = lambda row: None
    repeats: Repeats = field(init=False)
    by_hand: bool = False
    _empty: bool | None = None

    def __post_init__(self) -> None:
        self.repeats = Repeats(self.identity[0])
        self._bounds = Bounds(self.model, self.fields, self.identity)
        self.fields = self._bounds.fields
        self.attrs = tuple(one.attr for one in self.fields)
        self._blanks = {one.attr: one.blank for one in self.fields}
        self._plan = [(one.attr, one.column, one.blank, one.reference, one.convert) for one in self.fields]

    # What a row says

    def code(self, row: Row) -> str:
        """The fact's own identifier: one column as it is, several joined by ':'."""
        if len(self.identity) == 1:
            part = row.values.get(self.identity[0])
            return part if part.__class__ is str else "" if part is None else str(part)
        parts = [row.values.get(key) for key in self.identity]
        return ":".join("" if part is None else str(part) for part in parts)

    def known(self, row: Row, context: Context) -> tuple[datetime, str]:
        """recorded_at and its basis (facts.md): given, else as the person chose."""
        given = row.values.get("recorded_at")
        if given is not None:
            return given, Known.CLAIMED
        when = row.values.get(self.on)
        if context.known == "effective" and when is not None:
            # What lies ahead was known by now at the latest.
            return min(when if isinstance(when, datetime) else start_of(when), context.now), Known.ASSUMED
        return context.now, Known.SYSTEM

    # Comparing

    def standing(self, codes: Sequence[str], context: Context) -> dict[str, Standing]:
        """What is stored under these codes: published rows that count, and this run's own."""
        if self._empty is None:
            self._empty = not self.model._default_manager.exclude(entry=context.entry).exists()
        if self._empty and not context.repeats:
            return {}
        rows = self.model._default_manager.filter(context.counts(), code__in=codes)
        found: dict[str, Standing] = {}
        names = ("code", "entry__kind", "entry__seq", "is_void", "recorded_at", "custom", *self.attrs)
        listed = rows.values_list("id", *names, "entry")
        for row in sorted(listed, key=lambda row: (context.place(row[-1], row[3]), row[0])):
            here = found.setdefault(row[1], Standing())
            here.latest = None if row[4] else row
            if self.by_hand or row[2] in SOURCES:
                here.imported = here.latest
        return found

    def _equal(
        self, stored: tuple[Any, ...] | None, values: dict[str, Any], row: Row, context: Context
    ) -> bool:
        if stored is None:
            return False
        if any(stored[7 + at] != values[attr] for at, attr in enumerate(self.attrs) if attr in values):
            return False
        if any(stored[6].get(key, "") != (value or "") for key, value in row.custom.items()):
            return False
        when, basis = self.known(row, context)
        return basis == Known.SYSTEM or stored[5] == when

    def _compare(
        self, rows: Sequence[Row], context: Context
    ) -> list[tuple[Result, str, dict[str, Any], Standing | None]]:
        ids = resolve_fields(self.fields, rows, context)
        codes = [self.code(row) for row in rows]
        stored = self.standing(codes, context)
        if not stored and not context.writing:  # nothing to compare with: all are new
            return [(Outcome.NEW, code, {}, None) for code in codes]
        compared: list[tuple[Result, str, dict[str, Any], Standing | None]] = []
        for row, code in zip(rows, codes, strict=True):
            values = self._values(row, ids)
            here = stored.get(code)
            result: Result = Outcome.NEW
            if here is not None and (
                self._equal(here.latest, values, row, context)
                or self._equal(here.imported, values, row, context)
            ):
                result = Outcome.SAME
            elif here is not None and here.latest is not None:
                result = Outcome.CHANGED
            compared.append((result, code, values, here))
        return compared

    def _values(self, row: Row, ids: dict[str, dict[str, int]]) -> dict[str, Any]:
        """The row's columns by attribute, as `Field.value` gives them (this runs once a row of a million)."""
        given, values = row.values, {}
        for attr, column, blank, reference, convert in self._plan:
            if column not in given:
                continue
            raw = given[column]
            if raw is None or raw == "":
                raw = blank
            elif reference:
                raw = ids[reference][raw]
            elif convert is not None:
                raw = convert(raw)
            values[attr] = raw
        return values

    # The handler's protocol

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]:
        problems = [self._bounds.problem(row) or self.check(row) for row in rows]
        good = [row for row, problem in zip(rows, problems, strict=True) if problem is None]
        for row in good:
            self.repeats.add(row, self.code(row))
        self.seen(good, context)
        results = iter([result for result, *_ in self._compare(good, context)])
        return [problem or next(results) for problem in problems]

    def seen(self, rows: Sequence[Row], context: Context) -> None:
        """For handlers that check the whole file: called with every good row while looking."""

    def close(self, context: Context) -> tuple[list[Problem], list[int]]:
        return self.repeats.found()

    def write(self, rows: Sequence[Row], context: Context) -> list[Outcome]:
        assert context.entry is not None
        fresh: dict[str, Fact] = {}
        contested: list[str] = []
        outcomes: list[Outcome] = []
        for (result, code, values, here), row in zip(self._compare(rows, context), rows, strict=True):
            assert isinstance(result, Outcome)
            if result is not Outcome.SAME and code in fresh:
                result = Outcome.SAME  # the same row twice in this chunk
            outcomes.append(result)
            if result is Outcome.SAME:
                continue
            if here is not None:
                contested.append(code)
            fresh[code] = self.build(row, code, values, here, context)
        insert_rows(self.model, fresh.values())
        if contested:
            self.model._default_manager.filter(code__in=contested).update(contested=True)
        self.wrote(list(fresh.values()), context)
        return outcomes

    def build(
        self, row: Row, code: str, values: dict[str, Any], here: Standing | None, context: Context
    ) -> Fact:
        """The row to add: the file's columns over what is stored, over what blank cells mean."""
        when, basis = self.known(row, context)
        assert context.entry is not None
        fact: Fact = dict(self._blanks)
        custom = {key: value for key, value in row.custom.items() if value not in (None, "")}
        before = here.latest or here.imported if here is not None else None
        if before is not None:
            fact.update(zip(self.attrs, before[7:-1], strict=True))
            custom = {**before[6], **row.custom}
        fact.update(values)
        fact.update(
            code=code,
            recorded_at=when,
            known_basis=basis,
            entry_id=context.entry.pk,
            contested=here is not None,
            custom=custom,
        )
        return fact

    def wrote(self, facts: Sequence[Fact], context: Context) -> None:
        """For handlers whose rows replace something else: called in the same transaction."""

    def passed(self, row: Row) -> None:
        pass

    def finish(self, context: Context) -> None:
        pass

    def settle(self, entry: Entry) -> int:
        """Mark codes that another entry, published while this one was written, holds too."""
        others = (
            self.model._default_manager.filter(code=OuterRef("code"))
            .exclude(entry=entry)
            .exclude(entry__seq=None)
        )
        doubled = self.model._default_manager.filter(Exists(others), entry=entry, contested=False)
        while codes := list(doubled.values_list("code", flat=True)[:DELETE_CHUNK]):
            self.model._default_manager.filter(code__in=codes).update(contested=True)
        return 0

    def published(self, entry: Entry) -> None:
        pass

    def undone(self, entry: Entry) -> None:
        pass

    def drop(self, entry: Entry) -> int:
        """Delete the rows of an entry that was never published, a chunk a transaction. Gives how many."""
        gone = 0
        while ids := list(
            self.model._default_manager.filter(entry=entry).values_list("id", flat=True)[:DELETE_CHUNK]
        ):
            gone += self.model._default_manager.filter(pk__in=ids)._raw_delete(self.model._default_manager.db)
        return gone


def start_of(day: date) -> datetime:
    """The first moment of a day in Japan."""
    return datetime.combine(day, time(), clock.JST)
