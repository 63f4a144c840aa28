"""The handler of every file whose rows are states: a current row, and dated versions that hold what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, ProtectedError

from banso_web.core.bulk import insert_rows
from banso_web.core.facts.states import WITHDRAWN
from banso_web.core.imports.bounds import Bounds
from banso_web.core.imports.fields import Field, as_json, resolve_fields
from banso_web.core.imports.happenings import DELETE_CHUNK, SOURCES, start_of
from banso_web.core.imports.ids import Repeats
from banso_web.core.imports.protocol import Context, Outcome, Problem, Result, Row
from banso_web.core.models import Entry, Known, StateVersion

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)  # "always known": recorded_at of versions without a beginning
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Layer:
    values: Values
    valid_from: date | None
    valid_to: date | None
    imported: bool

    def covers(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day < self.valid_to
        )


@dataclass
class Subject:
    """One subject's row and its layers, in the order in which they count."""

    pk: int | None
    layers: list[Layer] = field(default_factory=list)

    def at(self, day: date, *, imported: bool = False) -> Values:
        """The values of a day, or only those that imports have stated."""
        values: Values = {}
        for layer in self.layers:
            if layer.covers(day) and (layer.imported or not imported):
                values.update(layer.values)
        return values

    @property
    def described(self) -> bool:
        """Somebody has described it: it is more than a reference from another file, and it was not withdrawn since."""
        return not self.withdrawn and any(not layer.values.get("incomplete") for layer in self.layers)

    @property
    def withdrawn(self) -> bool:
        """The source that stated it has taken it back."""
        stated = [layer.values[WITHDRAWN] for layer in self.layers if WITHDRAWN in layer.values]
        return bool(stated and stated[-1])

    def until(self, day: date) -> date | None:
        """The next day from which an import has stated something itself: a row that begins earlier ends there."""
        later = [
            layer.valid_from
            for layer in self.layers
            if layer.imported and layer.valid_from and layer.valid_from > day
        ]
        return min(later, default=None)


@dataclass
class StateHandler:
    """`identity`: the id's column. `starts`: the column that dates the first version.

    `create(codes, rows, ids, context)` makes the invisible current rows of subjects that do not exist. `extra` adds
    values that several columns make together, or finds a problem. `fixed` are columns that belong to the current row and
    may not change (an account's contact does not move to another company under the same id).
    """

    key: str
    subject: str
    model: type[Model]
    identity: str
    fields: tuple[Field, ...]
    starts: str = ""
    fixed: tuple[Field, ...] = ()
    check: Callable[[Row], Problem | None] = lambda row: None
    extra: Callable[[Row], Values] = lambda row: {}
    invisible: dict[str, Any] = field(default_factory=lambda: {"live": False})
    repeats: Repeats = field(init=False)

    def __post_init__(self) -> None:
        self.repeats = Repeats(self.identity)
        self._bounds = Bounds(self.model, self.fields, (self.identity,))
        self.fields = self._bounds.fields

    @property
    def _rows(self) -> Any:
        return self.model._default_manager

    # What is stored

    def subjects(self, codes: Iterable[str], context: Context) -> dict[str, Subject]:
        """The stored subjects of these codes with the layers that count, and this run's own on top."""
        wanted = set(codes)
        found = {
            code: Subject(pk) for code, pk in self._rows.filter(code__in=wanted).values_list("code", "pk")
        }
        by_pk = {subject.pk: subject for subject in found.values()}
        names = ("subject_id", "values", "valid_from", "valid_to", "entry__kind", "entry__seq", "id", "entry")
        rows = StateVersion.objects.filter(context.counts(), subject=self.subject, subject_id__in=list(by_pk))
        for row in sorted(rows.values_list(*names), key=lambda row: (context.place(row[7], row[5]), row[6])):
            by_pk[row[0]].layers.append(Layer(row[1], row[2], row[3], row[4] in SOURCES))
        return found

    def stated(self, row: Row, ids: dict[str, dict[str, int]]) -> Values:
        """The row's own columns as a version keeps them; None or "" for blank cells."""
        values: Values = {}
        for one in self.fields:
            if one.column in row.values:
                values[one.attr] = as_json(one.value(row, ids))
        values.update(self.extra(row))
        if row.custom:
            values["custom"] = row.custom
        return values

    # Comparing

    def _difference(self, row: Row, values: Values, subject: Subject, context: Context) -> Values:
        """What the row states anew: what differs from what imports have said before, and from what is so already.

        A blank cell clears only what an import had filled: what a person added by hand stays.
        """
        day = row.values.get("valid_from") or context.today
        said, now = subject.at(day, imported=True), subject.at(day)
        changed: Values = {}
        for key, value in values.items():
            if key == "custom":
                merged = {**now.get("custom", {}), **{name: text for name, text in value.items() if text}}
                cleared = [
                    name for name, text in value.items() if not text and said.get("custom", {}).get(name)
                ]
                for name in cleared:
                    merged.pop(name, None)
                if merged != now.get("custom", {}):
                    changed["custom"] = merged
                continue
            was = said.get(key)
            if _blank(value) and _blank(was):
                continue
            if value != was and value != now.get(key):
                changed[key] = value
        return changed

    def _first(self, row: Row, values: Values, context: Context) -> tuple[Values, date | None, datetime, str]:
        full = {key: value for key, value in values.items() if not _blank(value)}
        if "custom" in full:
            full["custom"] = {name: text for name, text in full["custom"].items() if text}
        full["incomplete"] = False
        begins = row.values.get("valid_from")
        if begins is None and self.starts:
            started = row.values.get(self.starts)
            begins = min(started, context.today) if started else None
        recorded = row.values.get("recorded_at")
        if recorded is not None:
            return full, begins, recorded, Known.CLAIMED
        return full, begins, start_of(begins) if begins else LONG_AGO, Known.ASSUMED

    # The handler's protocol

    def look(self, rows: Sequence[Row], context: Context) -> list[Result]:
        problems = [self._bounds.problem(row) or self.check(row) for row in rows]
        good = [row for row, problem in zip(rows, problems, strict=True) if problem is None]
        brought = context.brought.setdefault(self.key, set())
        before = {code for row in good if (code := row.values[self.identity]) in brought}
        for row in good:
            code = row.values[self.identity]
            self.repeats.add(row, (code, row.values.get("valid_from")))
            brought.add(code)
        self.seen(good, context)
        ids = resolve_fields((*self.fields, *self.fixed), good, context)
        stored = self.subjects([row.values[self.identity] for row in good], context)
        fixed = self._fixed_of(stored)
        results: list[Result] = []
        for row, problem in zip(rows, problems, strict=True):
            results.append(
                problem
                or self._moved(row, ids, stored, fixed)
                or self._outcome(row, ids, stored, before, context)
            )
        return results

    def seen(self, rows: Sequence[Row], context: Context) -> None:
        """For handlers that check the whole file: called with every good row while looking."""

    def _outcome(
        self,
        row: Row,
        ids: dict[str, dict[str, int]],
        stored: dict[str, Subject],
        before: set[str],
        context: Context,
    ) -> Outcome:
        """What writing would say, the rows above it taken as written. `before`: codes that an earlier chunk has brought."""
        code = row.values[self.identity]
        subject = stored.setdefault(code, Subject(None))
        if code in before and not subject.described:
            return Outcome.CHANGED
        outcome, layer, *_when = self._said(row, ids, subject, context)
        if layer is not None:
            subject.layers.append(layer)
        return outcome

    def _fixed_of(self, stored: dict[str, Subject]) -> dict[int, tuple[Any, ...]]:
        if not self.fixed:
            return {}
        names = [one.attr for one in self.fixed]
        known = [subject.pk for subject in stored.values() if subject.layers]
        return {row[0]: row[1:] for row in self._rows.filter(pk__in=known).values_list("pk", *names)}

    def _moved(
        self,
        row: Row,
        ids: dict[str, dict[str, int]],
        stored: dict[str, Subject],
        fixed: dict[int, tuple[Any, ...]],
    ) -> Problem | None:
        subject = stored.get(row.values[self.identity])
        if subject is None or subject.pk not in fixed:
            return None
        for one, value in zip(self.fixed, fixed[subject.pk], strict=True):
            if one.value(row, ids) != value:
                return Problem(row.number, one.column, "belongs_elsewhere", {"id": row.values[self.identity]})
        return None

    def close(self, context: Context) -> tuple[list[Problem], list[int]]:
        return self.repeats.found()

    def write(self, rows: Sequence[Row], context: Context) -> list[Outcome]:
        assert context.entry is not None
        ids = resolve_fields((*self.fields, *self.fixed), rows, context)
        stored = self.subjects([row.values[self.identity] for row in rows], context)
        self._make_rows(rows, ids, stored, context)
        versions: list[Values] = []
        outcomes: list[Outcome] = []
        for row in rows:
            subject = stored[row.values[self.identity]]
            outcome, layer, recorded, basis = self._said(row, ids, subject, context)
            outcomes.append(outcome)
            if layer is not None:
                versions.append(self._made(subject, layer, recorded, basis, context))
                subject.layers.append(layer)
        insert_rows(StateVersion, versions)
        return outcomes

    def _said(
        self, row: Row, ids: dict[str, dict[str, int]], subject: Subject, context: Context
    ) -> tuple[Outcome, Layer | None, datetime, str]:
        """(outcome, what the row states anew, recorded_at, known_basis)."""
        values = self.stated(row, ids)
        given, claimed = row.values.get("valid_from"), row.values.get("recorded_at")
        if not subject.described:
            full, begins, recorded, basis = self._first(row, values, context)
            if subject.withdrawn:
                full[WITHDRAWN] = False
            return Outcome.NEW, Layer(full, begins, None, True), recorded, basis
        recorded, basis = claimed or context.now, Known.CLAIMED if claimed else Known.SYSTEM
        changed = self._difference(row, values, subject, context)
        if not changed:
            return Outcome.SAME, None, recorded, basis
        until = subject.until(given) if given else None
        return Outcome.CHANGED, Layer(changed, given or context.today, until, True), recorded, basis

    def _made(
        self, subject: Subject, layer: Layer, recorded: datetime, basis: str, context: Context
    ) -> Values:
        assert subject.pk is not None and context.entry is not None
        return {
            "subject": self.subject,
            "subject_id": subject.pk,
            "values": layer.values,
            "valid_from": layer.valid_from,
            "valid_to": layer.valid_to,
            "recorded_at": recorded,
            "known_basis": basis,
            "entry_id": context.entry.pk,
        }

    def _make_rows(
        self,
        rows: Sequence[Row],
        ids: dict[str, dict[str, int]],
        stored: dict[str, Subject],
        context: Context,
    ) -> None:
        """Invisible current rows for new subjects; rows nobody has published are taken over by this entry."""
        fresh: dict[str, Values] = {}
        over: dict[int, dict[str, Any]] = {}
        for row in rows:
            code = row.values[self.identity]
            fixed = {one.attr: one.value(row, ids) for one in self.fixed}
            if (subject := stored.get(code)) is None:
                fresh.setdefault(
                    code, {"code": code, "entry_id": context.entry_id, **self.initial(row), **fixed}
                )
            elif not subject.layers and subject.pk is not None:
                over[subject.pk] = fixed
        insert_rows(self.model, fresh.values())
        made = self._rows.filter(code__in=list(fresh)).values_list("code", "pk")
        stored.update({code: Subject(pk) for code, pk in made})
        for pk, fixed in over.items():
            self._rows.filter(pk=pk).update(entry=context.entry, **fixed)

    def initial(self, row: Row) -> dict[str, Any]:
        """What an invisible row holds before its first projection."""
        return {}

    def passed(self, row: Row) -> None:
        pass

    def finish(self, context: Context) -> None:
        pass

    def settle(self, entry: Entry) -> int:
        return 0

    def published(self, entry: Entry) -> None:
        pass

    def undone(self, entry: Entry) -> None:
        pass

    def drop(self, entry: Entry) -> int:
        """Delete the versions of an entry that was never published, and the rows that only it made."""
        gone = 0
        versions = StateVersion.objects.filter(entry=entry, subject=self.subject)
        while ids := list(versions.values_list("id", flat=True)[:DELETE_CHUNK]):
            gone += StateVersion.objects.filter(pk__in=ids).delete()[0]
        self._drop_rows(entry)
        return gone

    def _drop_rows(self, entry: Entry) -> None:
        """Invisible rows that nobody else has described go too, unless something still names them."""
        described = StateVersion.objects.filter(subject=self.subject).values("subject_id")
        for row in self._rows.filter(entry=entry, **self.invisible).exclude(pk__in=described).iterator():
            with suppress(ProtectedError), transaction.atomic():
                row.delete()


def _blank(value: Any) -> bool:
    return value is None or value == "" or value == {}


def present(model: type[Model], subject: str, codes: Iterable[str], context: Context) -> dict[str, int]:
    """Ids of the codes that something counting describes or names; not of those whose imports were all undone."""
    rows = list(model._default_manager.filter(code__in=list(codes)).values_list("code", "pk", "live"))
    asleep = [pk for _code, pk, live in rows if not live]
    if not asleep:
        return {code: pk for code, pk, _live in rows}
    versions = StateVersion.objects.filter(context.counts(), subject=subject, subject_id__in=asleep)
    stated = versions.values_list("subject_id", "values", "entry", "entry__seq", "id")
    here: dict[int, bool] = {}
    for pk, values, *_place in sorted(stated, key=lambda row: (context.place(row[2], row[3]), row[4])):
        here[pk] = not values.get(WITHDRAWN, not here.get(pk, True))
    return {code: pk for code, pk, live in rows if live or here.get(pk)}


def make_incomplete(
    model: type[Model],
    subject: str,
    wanted: dict[str, Values],
    row_values: dict[str, dict[str, Any]],
    context: Context,
) -> dict[str, int]:
    """Create subjects that only a reference knows: an invisible row and one version marked incomplete (未整備).

    A row whose imports were all undone is taken up again.
    """
    assert context.entry is not None
    asleep = set(model._default_manager.filter(code__in=list(wanted)).values_list("code", flat=True))
    insert_rows(
        model,
        (
            {"code": code, "entry_id": context.entry_id, **row_values.get(code, {})}
            for code in wanted
            if code not in asleep
        ),
    )
    ids = dict(model._default_manager.filter(code__in=list(wanted)).values_list("code", "pk"))
    insert_rows(
        StateVersion,
        (
            {
                "subject": subject,
                "subject_id": ids[code],
                "values": {**values, "incomplete": True, **({WITHDRAWN: False} if code in asleep else {})},
                "recorded_at": LONG_AGO,
                "known_basis": Known.ASSUMED,
                "entry_id": context.entry_id,
            }
            for code, values in wanted.items()
        ),
    )
    return ids
