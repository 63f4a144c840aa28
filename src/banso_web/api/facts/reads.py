"""Rows of a kind as objects, with what the caller may not see taken out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from banso_web.accounts.reads.facts import hidden_from
from banso_web.api.paging import pack, unpack
from banso_web.core.facts import Asked, FactKind
from banso_web.core.metrics import plain
from banso_web.ingest.columns import columns_of
from banso_web.ingest.readers.canonical import FILES

if TYPE_CHECKING:
    from banso_web.members.models import Member

LISTS = ("texts", "enums")


def fact_json(member: Member, kind: FactKind, row: Any, asked: Asked) -> dict[str, Any]:
    """One row. Blank is null; a list is a list; what is hidden is null and named."""
    types = {column.key: column.type for column in FILES[kind.key].columns}
    required = {column.key for column in FILES[kind.key].columns if column.required}
    hidden = hidden_from(member, kind)
    found: dict[str, Any] = {}
    for name, value in columns_of(kind, kind.as_known(row, asked)).items():
        if types[name] in LISTS:
            found[name] = [] if name in hidden else [one for one in str(value or "").split(";") if one]
        elif name in hidden or (value == "" and name not in required):
            found[name] = None
        else:
            found[name] = plain(value, 20) if isinstance(value, Decimal) else value
    if kind.account and "account_id" not in found:
        found["account_id"] = row.contract.account.code
    if kind.key == "movements":
        found["derived"] = row.derived
    return found | {
        "id": row.pk,
        "recorded_at": row.recorded_at,
        "known_basis": row.known_basis,
        "entry": row.entry.seq,
        "custom": row.custom,
        "hidden": sorted(hidden),
    }


def version_json(member: Member, kind: FactKind, row: Any, asked: Asked) -> dict[str, Any]:
    """One row of a fact's own history."""
    return fact_json(member, kind, row, asked) | {
        "void": row.is_void,
        "entered_at": row.entry.entered_at,
        "reason": row.entry.reason,
    }


def standing_still(asked: Asked, cursor: str | None) -> tuple[Asked, int]:
    """(the question, the last row read): a cursor keeps the first page's watermark, so nothing entered meanwhile disturbs."""
    if not cursor:
        return asked, 0
    mark, last = unpack(cursor, [int, int])
    if asked.watermark != mark:
        asked = replace(asked, watermark=min(max(mark, 0), asked.watermark), pinned=True)
    return asked, last


def page(rows: QuerySet[Any], asked: Asked, after: int, limit: int) -> tuple[list[Any], str | None]:
    """One page in order of entry into the database, and the cursor behind it. One query."""
    found = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
    shown = found[:limit]
    return shown, pack(asked.watermark, shown[-1].pk) if len(found) > limit else None


def span(kind: FactKind, rows: QuerySet[Any], first: date | None, last: date | None) -> QuerySet[Any]:
    """Rows of a kind that has days, between two of them."""
    return kind.narrowed(rows, first, last) if first or last else rows
