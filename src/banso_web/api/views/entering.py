"""Rows of any canonical file sent by a program: one import, answered at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.problems import Stop
from banso_web.api.question import Given, TimeIn, asked, stamp
from banso_web.api.views.accounts import now
from banso_web.api.words import said
from banso_web.core.errors import NotVisible
from banso_web.ingest.actions import require
from banso_web.ingest.pushed import Pushed, push
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.readers.schema import Column

router = Router(tags=["facts"])
IMPORTS = {SCOPE: "import"}
ROWS = 5_000
Cell = str | int | float | bool | None | list[str]


class ColumnOut(Schema):
    key: str
    label: str = Field(description="The header that counts alike, in the caller's language.")
    type: str
    required: bool
    values: list[str] = Field(description="The allowed values of an enumeration.")
    reference: str | None = Field(description="The kind whose id the value is.")


class KindOut(Schema):
    kind: str
    name: str
    identity: list[str] = Field(
        description="The columns that make a row's id: the same id again is a correction."
    )
    columns: list[ColumnOut]


class RowsIn(Given):
    rows: Annotated[list[dict[str, Cell]], Field(min_length=1, max_length=ROWS)] = Field(
        description="By the canonical columns; another key becomes a custom field. A column that no row names says nothing."
    )
    accept_rejects: bool = Field(False, description="Write the other rows although some are refused.")
    dry_run: bool = Field(False, description="Check and count; write nothing.")
    doubling: Literal["", "add"] = Field(
        "",
        description="`add`: customers who have MRR from a company's own file already get this on top (422 `doubling` otherwise).",
    )
    known: Literal["now", "effective"] = Field(
        "now", description="When rows without recorded_at were known: now, or when they happened (assumed)."
    )


class RowCountsOut(Schema):
    read: int
    new: int
    changed: int
    same: int
    rejected: int


class RejectOut(Schema):
    line: int = Field(description="The row's place, from 1.")
    column: str
    code: str
    reason: str
    fix: str


class RowsOut(schemas.Stamp):
    run: int = Field(description="The import: GET /imports/{run}; POST /imports/{run}/undo takes it back.")
    written: bool = Field(description="false: a dry run, or everything stood there already.")
    published: int | None = Field(description="The watermark at which the rows were entered.")
    counts: RowCountsOut
    rejected: list[RejectOut]
    notes: list[str] = Field(description="What a person should be told, in the caller's language.")


def _column(column: Column) -> dict[str, Any]:
    japanese = (get_language() or "ja").startswith("ja")
    return {
        "key": column.key,
        "label": column.ja if japanese else column.en,
        "type": column.type,
        "required": column.required,
        "values": [one.key for one in column.values],
        "reference": column.reference or None,
    }


@router.get(
    "/facts",
    response=schemas.Listed[KindOut],
    summary=said(gettext_lazy("記録の種類と列")),
    openapi_extra={SCOPE: "read|import"},
)
def list_kinds(request: HttpRequest, query: Query[TimeIn]) -> Any:
    """Every kind of record that can be entered, with its columns: those of the canonical files. Not paged: it is short."""
    question = asked(request, query)
    japanese = (get_language() or "ja").startswith("ja")
    items = [
        {
            "kind": one.key,
            "name": one.ja if japanese else one.en,
            "identity": list(one.identity),
            "columns": [_column(column) for column in one.columns],
        }
        for one in FILES.values()
    ]
    return {**stamp(question), "items": items, "next": None}


@router.post(
    "/facts/{kind}",
    response={200: RowsOut, 201: RowsOut},
    summary=said(gettext_lazy("記録をまとめて登録する")),
    openapi_extra=IMPORTS,
)
def enter_rows(
    request: HttpRequest,
    body: RowsIn,
    kind: Path[Annotated[str, Field(max_length=40, description="A kind of GET /facts.")]],
) -> Any:
    """One import of up to 5,000 rows as one entry: the same checks, the same counts, the same undo.

    201: written. 200: nothing to write (all rows stood there already, or a dry run). 422 `rejected_rows` with the refused
    rows: nothing was written. A row whose id exists is a correction; what was read at earlier watermarks stays.
    """
    member = who(request)
    require(member)
    if kind not in FILES:
        raise NotVisible
    done = push(
        kind,
        body.rows,
        actor=member,
        known=body.known,
        accept_rejects=body.accept_rejects,
        dry_run=body.dry_run,
        doubling=body.doubling,
    )
    if done.failure:
        raise Stop(422, "unreadable_rows", done.failure)
    if done.rejected and not (body.accept_rejects or body.dry_run):
        text = _("取り込めない行があります。直して送り直すか、accept_rejects を付けて送ってください。")
        raise Stop(422, "rejected_rows", text, counts=dict(done.counts), rejected=_rejected(done))
    answer = {
        **stamp(now()),
        "run": done.run,
        "written": done.written,
        "published": done.published,
        "counts": dict(done.counts),
        "rejected": _rejected(done),
        "notes": list(done.notes),
    }
    return Status(201 if done.written else 200, answer)


def _rejected(done: Pushed) -> list[dict[str, Any]]:
    return [
        {"line": one.line, "column": one.column, "code": one.code, "reason": one.reason, "fix": one.fix}
        for one in done.rejected
    ]
