"""Saved mappings on behalf of other apps (the API), which never hold the model themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from banso_web.core.errors import NotVisible
from banso_web.ingest.actions import require
from banso_web.ingest.models import Mapping

if TYPE_CHECKING:
    from banso_web.members.models import Member


@dataclass(frozen=True)
class SavedMapping:
    """One version of a saved mapping. `kind`: the canonical file or recipe; `body`: see `ingest.shaping`; `columns` and `shape`: of
    the file it was made for."""

    id: int
    name: str
    version: int
    kind: str
    columns: tuple[str, ...]
    body: dict[str, Any]
    shape: dict[str, Any]
    made_by: str
    made_at: datetime


def access_mapping(member: Member, mapping_id: int) -> SavedMapping:
    """One version by id: 403 without the right to import, 404 where there is none."""
    require(member)
    row = Mapping.objects.select_related("made_by").filter(pk=mapping_id).first()
    if row is None:
        raise NotVisible
    return _seen(row)


def latest_mappings(member: Member) -> Sequence[SavedMapping]:
    """The latest version of every name, by name; 403 without the right to import."""
    require(member)
    latest: dict[str, Mapping] = {}
    for row in Mapping.objects.select_related("made_by").order_by("version", "pk"):
        latest[row.name] = row
    return [_seen(latest[name]) for name in sorted(latest)]


def _seen(row: Mapping) -> SavedMapping:
    return SavedMapping(
        row.pk,
        row.name,
        row.version,
        str(row.body.get("kind", "")),
        tuple(row.shape.get("columns", ())),
        row.body,
        row.shape,
        row.made_by.name if row.made_by else "",
        row.made_at,
    )
