"""Dated states: writing a version, asking any day, and keeping the current rows in step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from json import loads
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Model, QuerySet

from banso_web.core import clock
from banso_web.core.facts.happenings import effective
from banso_web.core.models import Entry, Known, StateVersion
from banso_web.core.registry import registry

Values = dict[str, Any]
CHUNK = 2_000
WITHDRAWN = (
    "withdrawn"  # in a version's values: the source that stated the subject no longer does, so it never was
)


@dataclass(frozen=True)
class Version:
    """One dated version of a subject, as shown in its history."""

    subject_id: int
    values: Values
    valid_from: date | None
    valid_to: date | None
    recorded_at: datetime
    known_basis: str
    entry_id: int
    seq: int


_projections: dict[str, Callable[[Sequence[int], dict[int, Values]], None]] = {}
_shown_in: dict[str, type[Model]] = {}


def register_projection(
    subject: str, model: type[Model], apply: Callable[[Sequence[int], dict[int, Values]], None]
) -> None:
    """An app says how the values of today are written into its current rows of `model`: `apply(ids, values by id)`.

    An id without values is one whose creation was undone: the app takes the row out of its lists.
    """
    _projections[subject], _shown_in[subject] = apply, model


def write_state(
    subject: str,
    subject_id: int,
    values: Values,
    *,
    entry: Entry,
    valid_from: date | None = None,
    valid_to: date | None = None,
    recorded_at: datetime | None = None,
    known_basis: str = Known.SYSTEM,
) -> StateVersion:
    """Append a version. Values must be JSON (days as ISO text, other rows by id). `project` follows after publishing."""
    return StateVersion.objects.create(
        subject=subject,
        subject_id=subject_id,
        values=values,
        valid_from=valid_from,
        valid_to=valid_to,
        recorded_at=recorded_at or clock.now(),
        known_basis=known_basis,
        entry=entry,
    )


def _rows(
    subject: str, as_of: date, known_at: datetime | None, watermark: int, ids: Sequence[int] | None
) -> Iterator[tuple[int, Values]]:
    rows = StateVersion.objects.filter(effective(watermark), subject=subject)
    rows = rows.exclude(valid_from__gt=as_of).exclude(valid_to__lte=as_of)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    if ids is not None:
        rows = rows.filter(subject_id__in=ids)
    for subject_id, values in raw_rows(rows.order_by("entry__seq", "id"), "subject_id", "values"):
        yield subject_id, loads(values)


def raw_rows(rows: QuerySet[Any], *fields: str) -> Iterator[tuple[Any, ...]]:
    """Fields of versions as the driver gives them: `values` as JSON text, days as `stated_day` reads them.

    Whoever reads a hundred thousand versions pays more for the ORM's conversions than for the database.
    """
    try:
        sql, parameters = rows.values_list(*fields).query.sql_with_params()
    except EmptyResultSet:
        return
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while found := cursor.fetchmany(CHUNK):
            yield from found


def stated_day(value: Any) -> date | None:
    """A day as either driver gives it: ISO text, a date, or None."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def states_at(
    subject: str,
    *,
    as_of: date,
    watermark: int,
    known_at: datetime | None = None,
    ids: Sequence[int] | None = None,
) -> dict[int, Values]:
    """The values of every subject (or of `ids`) on a day, as known then: {subject id: {field: value}}.

    Subjects that were withdrawn are left out, like those that nobody has stated.
    """
    found: dict[int, Values] = {}
    for subject_id, values in _rows(subject, as_of, known_at, watermark, ids):
        if (seen := found.get(subject_id)) is None:
            found[subject_id] = dict(values)
        else:
            seen.update(values)
    return {key: values for key, values in found.items() if not values.get(WITHDRAWN)}


def history(
    subject: str, subject_id: int, *, watermark: int, known_at: datetime | None = None
) -> list[Version]:
    """Every effective version of one subject, the latest entered last."""
    rows = StateVersion.objects.filter(effective(watermark), subject=subject, subject_id=subject_id)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    fields = (
        "subject_id",
        "values",
        "valid_from",
        "valid_to",
        "recorded_at",
        "known_basis",
        "entry_id",
        "entry__seq",
    )
    return [Version(*row) for row in rows.order_by("entry__seq", "id").values_list(*fields)]


def project(
    subject: str,
    ids: Iterable[int],
    *,
    today: date | None = None,
    notify: bool = True,
    entry: Entry | None = None,
) -> None:
    """Write today's values into the current rows of these subjects, at most CHUNK a transaction. Safe to run twice.

    Every chunk locks its rows before it looks at the watermark: what somebody published while a long import was on its way
    is written too, and never overwritten by what was known when the import began.

    `notify`: let the apps above bring what they derive up to date (`registry.after_project`). `entry`: the action whose
    subjects these all are; it is marked projected, so that the mending job need not look at it again.
    """
    from banso_web.core.facts.entries import current_watermark

    day = today or clock.today()
    todo = sorted(set(ids))
    for start in range(0, len(todo), CHUNK):
        part = todo[start : start + CHUNK]
        with transaction.atomic():
            _lock(_shown_in[subject], part)
            values = states_at(subject, as_of=day, watermark=current_watermark(), ids=part)
            _projections[subject](part, values)
    if notify and todo:
        for hook in registry.after_project:
            hook(subject, todo)
    if entry is not None:
        Entry.objects.filter(pk=entry.pk).update(projected=True)


def _lock(model: type[Model], ids: Sequence[int]) -> None:
    """Hold these rows until the transaction ends, in one order for everybody. On SQLite the transaction holds them already."""
    if connection.features.has_select_for_update:
        list(model._default_manager.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))


def is_shown(entry: Entry) -> bool:
    """Whether current rows have to follow what the entry states."""
    return entry.versions.filter(subject__in=list(_projections)).exists()


def project_entry(entry: Entry) -> None:
    """Bring every current row an entry touched up to date, then mark the entry projected. Safe to run twice."""
    for subject in _projections:
        ids = entry.versions.filter(subject=subject).values_list("subject_id", flat=True).distinct()
        project(subject, list(ids), notify=False)
    Entry.objects.filter(pk=entry.pk).update(projected=True)
