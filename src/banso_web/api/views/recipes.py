"""A company's own lists (契約台帳, 月次MRR表, …): saved mappings, what a list would give, answers, and the check."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.answers import Answers
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import in_memory
from banso_web.api.question import Given, Id, PageIn, TimeIn, asked, stamp
from banso_web.api.views.accounts import now
from banso_web.api.views.entering import RejectOut
from banso_web.api.views.imports import AT_ONCE, NothingIn, RunAnswer, run_answer
from banso_web.api.words import said
from banso_web.core.errors import Refused
from banso_web.ingest import actions, chosen, jobs
from banso_web.ingest.drafts import is_draft, uploads_of
from banso_web.ingest.mappings import SavedMapping, access_mapping, latest_mappings
from banso_web.ingest.questions import CHOICES
from banso_web.ingest.runs import access_run
from banso_web.ingest.withheld import sees_cells, sees_sums
from banso_web.ingest.words import fix_text, reason_text

if TYPE_CHECKING:
    from banso_web.members.models import Member

router = Router(tags=["imports"])
IMPORTS = {SCOPE: "import"}
SHOWN = 200
Header = Annotated[str, Field(max_length=300)]
Cell = Annotated[str, Field(max_length=300)]


class MappingOut(Schema):
    id: int
    name: str
    version: int
    kind: str = Field(description="The canonical file, or a kind of GET /recipes.")
    columns: list[str] = Field(description="The headers of the file it was made for.")
    body: dict[str, Any] = Field(description="Which column is read as what, and a recipe's answers.")
    made_by: str | None
    made_at: datetime


class MappingAnswer(schemas.Stamp):
    mapping: MappingOut


class FieldIn(Given):
    """Where a column comes from: `source` (a header) or `constant` (for every row)."""

    source: Annotated[str, Field(max_length=300)] = ""
    constant: Annotated[str, Field(max_length=300)] = ""
    unit: Literal[1, 1_000, 10_000, 1_000_000] = 1
    divisor: Literal[1, 12] = Field(1, description="12 for a yearly amount.")
    tax_included: bool = False
    values: Annotated[dict[Cell, Cell], Field(max_length=200)] = Field(
        default_factory=dict, description="The file's own words → allowed values."
    )


class MappingIn(Given):
    name: Annotated[str, Field(min_length=1, max_length=120, pattern=r"\S")]
    kind: Annotated[str, Field(max_length=40, description="A kind of GET /facts or GET /recipes.")]
    columns: Annotated[list[Header], Field(min_length=1, max_length=1_000)] = Field(
        description="The headers of the file, in order."
    )
    fields: Annotated[dict[Header, FieldIn], Field(max_length=200)] = Field(
        description="By the kind's columns."
    )
    left_out: Annotated[list[Header], Field(max_length=1_000)] = Field(
        default_factory=list,
        description="Headers that are not taken at all; all others become custom fields.",
    )
    tax_percent: Annotated[Decimal, Field(ge=0, lt=100)] = Decimal(10)
    answers: Answers | None = Field(None, description="Of a recipe; they stay with the mapping.")


class RecipeOut(Schema):
    kind: str
    name: str
    answers: dict[str, list[str]] = Field(
        description="What may be answered; an empty list: no fixed values. The first value holds where nothing is answered."
    )


class AnswersIn(Given):
    answers: Answers


class PreviewMonthOut(Schema):
    month: str
    opening: str
    new: str
    reactivation: str
    increase: str
    decrease: str
    churn: str
    closing: str
    in_service: str = Field(description="In force on the month's last day, ends of that day included.")
    sheet: str | None = Field(description="The old sheet's total; null where it says nothing.")
    difference: str | None = Field(description="in_service - sheet.")


class PreviewCurrencyOut(Schema):
    currency: str
    months: list[PreviewMonthOut]


class ChoiceOut(Schema):
    value: str
    text: str
    ends_moved: int | None = Field(
        description="How many ends would fall into another month; null: not counted."
    )


class QuestionOut(Schema):
    key: str
    title: str
    help: str
    chosen: str
    choices: list[ChoiceOut]


class MarkOut(Schema):
    code: str
    text: str
    count: int
    examples: list[str]


class RecipeRejectOut(RejectOut):
    file: str


class PreviewOut(Schema):
    kind: str
    read: int
    movements: int
    contracts: int
    accounts: int
    currencies: list[PreviewCurrencyOut] = Field(
        description="Empty without the right to see revenue; a key needs `read` beside `import`."
    )
    agrees: bool = Field(description="At least one old total is known and no month differs from it.")
    questions: list[QuestionOut]
    marks: list[MarkOut] = Field(description="What a person should look at.")
    vanished: list[str] = Field(
        description="Contracts that earlier files of this list had and these do not (at most 200)."
    )
    vanished_count: int
    rejected: list[RecipeRejectOut] = Field(description="At most 200; all of them after the check.")
    rejected_count: int
    unread_totals: list[str]


class RecipePreviewAnswer(schemas.Stamp):
    run: int
    preview: PreviewOut


def _mapping(one: SavedMapping) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "version": one.version,
        "kind": one.kind,
        "columns": list(one.columns),
        "body": one.body,
        "made_by": one.made_by or None,
        "made_at": one.made_at,
    }


@router.get(
    "/mappings",
    response=schemas.Listed[MappingOut],
    summary=said(gettext_lazy("保存した対応づけの一覧")),
    openapi_extra=IMPORTS,
)
def list_mappings(request: HttpRequest, query: Query[PageIn]) -> Any:
    """The latest version of every saved mapping, by name. A setting: it is not dated."""
    question = asked(request, query)
    found = latest_mappings(who(request))
    shown, behind = in_memory(found, query.cursor, query.limit, lambda one: (one.name,), [str])
    return {**stamp(question), "items": [_mapping(one) for one in shown], "next": behind}


@router.post(
    "/mappings",
    response={200: MappingAnswer, 201: MappingAnswer},
    summary=said(gettext_lazy("対応づけを保存する")),
    openapi_extra=IMPORTS,
)
def post_mapping(request: HttpRequest, body: MappingIn) -> Any:
    """Say how files with these headers are read: a column from a header, or one value for all rows; then
    `POST /imports` with `mapping`. A name that exists gets a next version (200: it says the same already). 422
    `columns_open` while a required column has neither header nor value."""
    said_ = {
        "fields": {key: one.dict(exclude_unset=True) for key, one in body.fields.items()},
        "left_out": body.left_out,
        "tax_percent": str(body.tax_percent),
        "options": body.answers.given() if body.answers else {},
    }
    found, new = chosen.make_mapping(who(request), body.name, body.kind, body.columns, said_)
    return Status(201 if new else 200, {**stamp(now()), "mapping": _mapping(found)})


@router.get(
    "/mappings/{mapping}",
    response=MappingAnswer,
    summary=said(gettext_lazy("保存した対応づけを1つ")),
    openapi_extra=IMPORTS,
)
def get_mapping(request: HttpRequest, query: Query[TimeIn], mapping: Path[Id]) -> Any:
    """One version of a saved mapping; older ones keep their ids."""
    question = asked(request, query)
    return {**stamp(question), "mapping": _mapping(access_mapping(who(request), mapping))}


@router.get(
    "/recipes",
    response=schemas.Listed[RecipeOut],
    summary=said(gettext_lazy("MRRの動きを作れる資料の種類")),
    openapi_extra={SCOPE: "read|import"},
)
def list_recipes(request: HttpRequest, query: Query[TimeIn]) -> Any:
    """A company's own lists that movements can be made from, with what may be answered. Not paged: it is short."""
    question = asked(request, query)
    items = [
        {
            "kind": kind,
            "name": str(word),
            "answers": {key: list(CHOICES.get(key, ())) for key in keys},
        }
        for kind, (word, keys) in chosen.recipe_kinds().items()
    ]
    return {**stamp(question), "items": items, "next": None}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _preview(run: Any, member: Member) -> dict[str, Any]:
    found = chosen.preview(run)
    made = found.made
    derived = made.derived
    seen = sees_cells(member)
    currencies = [
        {
            "currency": currency,
            "months": [
                {
                    "month": str(one.month),
                    "opening": _text(one.opening),
                    "new": _text(one.new),
                    "reactivation": _text(one.back),
                    "increase": _text(one.up),
                    "decrease": _text(one.down),
                    "churn": _text(one.churn),
                    "closing": _text(one.closing),
                    "in_service": _text(one.in_service),
                    "sheet": _text(one.sheet),
                    "difference": _text(one.difference),
                }
                for one in months
            ],
        }
        for currency, months in (derived.preview.months.items() if sees_sums(member) else ())
    ]
    questions = [
        {
            "key": one.key,
            "title": one.title,
            "help": one.help,
            "chosen": one.chosen,
            "choices": [
                {"value": value, "text": str(words), "ends_moved": moved}
                for value, words, moved in one.answers
            ],
        }
        for one in found.questions
    ]
    rejected = [
        {
            "file": one["file"],
            "line": one["row"],
            "column": one["column"],
            "code": one["code"],
            "reason": reason_text(one["code"], one["detail"] if seen else {}),
            "fix": fix_text(one["code"], one["detail"] if seen else {}),
        }
        for one in made.refused[:SHOWN]
    ]
    marks = [
        {"code": code, "text": str(words), "count": count, "examples": examples if seen else []}
        for code, words, count, examples in found.marks
    ]
    return {
        "kind": made.kind,
        "read": made.read,
        "movements": len(derived.movements),
        "contracts": len({row["contract_id"] for row in derived.contracts}),
        "accounts": len({row["account_id"] for row in derived.movements}),
        "currencies": currencies,
        "agrees": derived.preview.agrees,
        "questions": questions,
        "marks": marks,
        "vanished": [one.code for one in found.vanished[:SHOWN]],
        "vanished_count": len(found.vanished),
        "rejected": rejected,
        "rejected_count": len(made.refused),
        "unread_totals": found.bad_totals,
    }


@router.get(
    "/imports/{run}/preview",
    response=RecipePreviewAnswer,
    summary=said(gettext_lazy("資料から作られるMRRの確認")),
    openapi_extra=IMPORTS,
)
def get_preview(request: HttpRequest, run: Path[Id]) -> Any:
    """What a company's own list would give, before anything is written: months beside the old sheet's totals, open
    questions with what another answer would move, rows that give nothing."""
    found = access_run(who(request), run)
    return {**stamp(now()), "run": run, "preview": _preview(found, who(request))}


@router.patch(
    "/imports/{run}/preview",
    response=RecipePreviewAnswer,
    summary=said(gettext_lazy("資料についての質問に答える")),
    openapi_extra=IMPORTS,
)
def patch_preview(request: HttpRequest, run: Path[Id], body: AnswersIn) -> Any:
    """Answer questions; what is not named stays. A checked run becomes a draft again."""
    found = chosen.answer(access_run(who(request), run), body.answers.given())
    return {**stamp(now()), "run": run, "preview": _preview(found, who(request))}


@router.post(
    "/imports/{run}/check",
    response={200: RunAnswer, 202: RunAnswer},
    summary=said(gettext_lazy("資料から作った行を確かめる")),
    openapi_extra=IMPORTS,
)
def check_import(request: HttpRequest, run: Path[Id], body: NothingIn) -> Any:
    """The answers stand: the rows made from the list are checked like any file (202: by the worker), then `confirm`."""
    member = who(request)
    found = access_run(member, run)
    if not is_draft(found):
        words = _("この取り込みは、資料を確かめる段階ではありません。データは変わっていません。")
        raise Refused(words, code="not_draft")
    found = chosen.settle(found, actor=member)
    if sum(one.size for one in uploads_of(found)) > AT_ONCE:
        jobs.queue(found, "check", actor=member)
        return Status(202, run_answer(access_run(member, run), member))
    try:
        found = actions.check_run(found)
    except Exception as problem:
        actions.fail(found, problem)
        raise
    return Status(200, run_answer(found, member))
