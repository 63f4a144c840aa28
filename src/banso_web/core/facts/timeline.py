"""Dated states of many subjects at once, ready to be asked for any day without going to the database again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from json import loads
from typing import Any

from banso_web.core.facts.happenings import effective
from banso_web.core.facts.states import raw_rows, stated_day
from banso_web.core.models import StateVersion

FIRST, LAST = date.min.toordinal(), date.max.toordinal() + 1
Piece = tuple[int, int, Any]  # first day, day after the last (ordinals), value


@dataclass(frozen=True)
class Timeline:
    """One field of many subjects. Before the first day somebody stated, there is none (or the first: `timelines`)."""

    whole: dict[int, Any]
    pieces: dict[int, tuple[Piece, ...]]

    def at(self, subject_id: int, day: int) -> Any:
        """The value on a day (ordinal); None when nobody stated one."""
        if subject_id in self.whole:
            return self.whole[subject_id]
        for start, end, value in self.pieces.get(subject_id, ()):
            if start <= day < end:
                return value
        return None

    def spans(self, subject_id: int) -> tuple[Piece, ...]:
        """Every stretch with a value, in order of days."""
        if subject_id in self.whole:
            return ((FIRST, LAST, self.whole[subject_id]),)
        return self.pieces.get(subject_id, ())

    def subjects(self) -> Iterable[int]:
        """Everybody of whom something was stated."""
        return [*self.whole, *self.pieces]


def timelines(
    subject: str,
    fields: Sequence[str],
    *,
    watermark: int,
    known_at: datetime | None = None,
    ids: Sequence[int] | None = None,
    from_always: bool | Collection[str] = True,
    blank: Collection[str] = (),
) -> dict[str, Timeline]:
    """{field: Timeline} over all subjects (or `ids`), as entered by the watermark and known by `known_at`.

    One query; a later entry lies over an earlier one on the days it covers, as in `states_at`. `from_always` False (or
    the names of other fields): the first stated value begins on the day it was stated for, and not in the unlimited past.
    `blank`: fields of which a
    version's silence says that there was none, so that what is stated first later on begins only there; a version that
    only a reference made (`incomplete`) says nothing.
    """
    rows = StateVersion.objects.filter(effective(watermark), subject=subject)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    if ids is not None:
        rows = rows.filter(subject_id__in=ids)
    layers: dict[str, dict[int, list[Piece]]] = {field: {} for field in fields}
    listed = raw_rows(rows.order_by("entry__seq", "id"), "subject_id", "values", "valid_from", "valid_to")
    for subject_id, text, valid_from, valid_to in listed:
        values, start, end = loads(text), stated_day(valid_from), stated_day(valid_to)
        piece_from, piece_to = start.toordinal() if start else FIRST, end.toordinal() if end else LAST
        for field in fields:
            if field in values:
                layers[field].setdefault(subject_id, []).append((piece_from, piece_to, values[field]))
            elif field in blank and subject_id not in layers[field] and not values.get("incomplete"):
                layers[field][subject_id] = [(piece_from, piece_to, None)]
    reaching = set(fields) if from_always is True else set(from_always or ())
    return {field: _timeline(found, field in reaching) for field, found in layers.items()}


def _timeline(layers: dict[int, list[Piece]], from_always: bool) -> Timeline:
    whole: dict[int, Any] = {}
    pieces: dict[int, tuple[Piece, ...]] = {}
    for subject_id, stack in layers.items():
        if from_always and len(stack) == 1 and stack[0][1] == LAST:
            painted: tuple[Piece, ...] = ((FIRST, LAST, stack[0][2]),)
        else:
            painted = paint(stack, from_always)
        if len(painted) == 1 and painted[0][:2] == (FIRST, LAST):
            whole[subject_id] = painted[0][2]
        else:
            pieces[subject_id] = painted
    return Timeline(whole, pieces)


def paint(stack: list[Piece], from_always: bool = True) -> tuple[Piece, ...]:
    """The visible stretches of layers given in order of entry."""
    edges = sorted({edge for start, end, _ in stack for edge in (start, end)})
    out: list[Piece] = []
    for start, end in pairwise(edges):
        covering = [value for low, high, value in stack if low <= start and end <= high]
        if not covering:
            continue
        if out and out[-1][1] == start and out[-1][2] == covering[-1]:
            out[-1] = (out[-1][0], end, covering[-1])
        else:
            out.append((start, end, covering[-1]))
    if out and from_always:
        out[0] = (FIRST, out[0][1], out[0][2])
    return tuple(out)
