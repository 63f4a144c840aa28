"""Saved mappings: found again by the file's shape, with what changed in the file since."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.ingest.actions import require
from banso_web.ingest.models import Mapping
from banso_web.ingest.readers import RawTable, Shape, ShapeChange, shape_changes
from banso_web.ingest.readers.aliases import header_key
from banso_web.ingest.readers.months import month_of
from banso_web.ingest.shaping import Shaping

if TYPE_CHECKING:
    from banso_web.members.models import Member

SAME, ALIKE = "same", 0.6  # a file that shares so much of its columns with a saved one is its successor
ONCE = ("day", "totals")  # options of one file, never of its mapping


@dataclass(frozen=True)
class Found:
    """A saved mapping for a file. `changes`: how the file differs from the one it was saved for; `exact`: its columns do not."""

    mapping: Mapping
    shaping: Shaping
    changes: list[ShapeChange]
    exact: bool


def find(table: RawTable, kind: str) -> Found | None:
    """The latest saved mapping of this kind for a file of the same columns, else for one of mostly the same."""
    rows = list(
        Mapping.objects.filter(body__form="columns", body__kind=kind).order_by("-made_at", "-pk")[:200]
    )
    exact = next((one for one in rows if one.shape.get("fingerprint") == table.fingerprint), None)
    best = exact or max(rows, key=lambda one: _alike(one, table), default=None)
    if best is None or (exact is None and _alike(best, table) < ALIKE):
        return None
    changes = shape_changes(Shape.from_json(best.shape), table.shape)
    return Found(best, Shaping.from_json(best.body).fitting(table.headers), changes, exact is not None)


def _words(headers: Sequence[str]) -> set[str]:
    return {"<month>" if month_of(one) else header_key(one) for one in headers}


def _alike(mapping: Mapping, table: RawTable) -> float:
    old, new = _words(mapping.shape.get("columns", ())), _words(table.headers)
    return len(old & new) / len(old | new) if old | new else 0.0


def name_for(file_name: str) -> str:
    """A mapping's name from a file's: without its date and ending."""
    stem = re.sub(
        r"[\s_\-(]*(20\d{2})(?:年度|[-_.年]?\d{0,2}[-_.月]?\d{0,2}日?)[)\s]*", "", Path(file_name).stem
    )
    return (stem or Path(file_name).stem)[:120]


def save(name: str, shaping: Shaping, table: RawTable, *, actor: Member | None) -> Mapping:
    """Keep a mapping for files like this table (see `keep`)."""
    return keep(name, shaping, table.shape, actor=actor)


def keep(name: str, shaping: Shaping, of: Shape, *, actor: Member | None) -> Mapping:
    """Keep a mapping for files of a shape as the next version of its name; the same again is not kept twice."""
    require(actor)
    body = {"form": "columns", **shaping.as_json()}
    body["options"] = {key: value for key, value in body["options"].items() if key not in ONCE}
    shape: dict[str, Any] = {**of.as_json(), "fingerprint": of.fingerprint}
    last = Mapping.objects.filter(name=name[:120]).order_by("-version", "-pk").first()
    if last is not None and (last.body, last.shape) == (body, shape):
        return last
    made = Mapping.objects.create(
        name=name[:120],
        body=body,
        shape=shape,
        version=(last.version + 1 if last else 1),
        made_by=actor,
        made_at=clock.now(),
    )
    audit.record(
        "mapping.save",
        actor=actor,
        subject="mapping",
        subject_id=made.pk,
        label=made.name,
        new={"version": made.version},
    )
    return made


def change_words(change: ShapeChange) -> str:
    """What changed in the file since, in words."""
    detail = {"column": change.column, "before": change.before or "—", "after": change.after or "—"}
    match change.code:
        case "added":
            return _("列「%(column)s」が増えました") % detail
        case "removed":
            return _("列「%(column)s」がなくなりました") % detail
        case "moved_header":
            return _("見出しの行が %(before)s 行目から %(after)s 行目に動きました") % detail
    return _("シートが「%(before)s」から「%(after)s」に変わりました") % detail
