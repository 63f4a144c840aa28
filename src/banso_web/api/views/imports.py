"""Imports: upload, see, confirm, drop, resume, undo, fetch the rows that were refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path as FilePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import File, Form, Path, Query, Router, Schema, Status, UploadedFile
from pydantic import Field

from banso_web.api import schemas
from banso_web.api.answers import answers_of
from banso_web.api.guard import SCOPE
from banso_web.api.identity import who
from banso_web.api.paging import pack, unpack
from banso_web.api.problems import invalid
from banso_web.api.question import Given, Id, PageIn, asked, stamp
from banso_web.api.words import said
from banso_web.core import clock
from banso_web.core.errors import Refused
from banso_web.core.facts import Asked, current_watermark
from banso_web.ingest import actions, doubling, jobs, undoing
from banso_web.ingest.chosen import begin, is_recipe, told_of
from banso_web.ingest.drafts import is_draft, refuse_uploads
from banso_web.ingest.inputs import Input, UnknownFile, in_order, inputs_of
from banso_web.ingest.reads import notes_of, progress_of, state_key
from banso_web.ingest.rejected import rejected_csv
from banso_web.ingest.runs import access_run, runs_before
from banso_web.ingest.words import failure_data, failure_text

if TYPE_CHECKING:
    from banso_web.ingest.models import ImportRun
    from banso_web.members.models import Member

router = Router(tags=["imports"])
IMPORTS = {SCOPE: "import"}
AT_ONCE = (
    2 * 1024 * 1024
)  # files up to so many bytes are checked before the answer; larger ones by the worker
ROWS_AT_ONCE = 5_000


class CountsOut(Schema):
    kind: str
    read: int
    new: int
    changed: int
    same: int
    rejected: int


class ProgressOut(Schema):
    done: int
    total: int | None
    waiting_for_worker: bool


class RunOut(Schema):
    id: int
    state: str = Field(
        description="draft, queued, checking, ready, queued_write, writing, done, same, dropped, failed, queued_undo, undoing or undone."
    )
    file_name: str
    sha256: str
    progress: ProgressOut
    counts: dict[str, CountsOut]
    rejected: int
    notes: list[str] = Field(description="What a person should be told, in the caller's language.")
    doubling: str | None = Field(
        description="MRR that would be counted twice, while nobody has answered: `confirm` is refused (422 `doubling`)."
    )
    stalled: bool = Field(
        description="Nothing has moved for a while: the process was cut off. `resume` goes on."
    )
    failure: str | None
    published: int | None = Field(description="The watermark it was published at.")
    made_by: str | None
    made_at: datetime
    finished_at: datetime | None


class RunAnswer(schemas.Stamp):
    run: RunOut


class ConfirmIn(Given):
    accept_rejects: bool = Field(False, description="Import the other rows although some cannot be.")
    doubling: Literal["", "add"] = Field(
        "",
        description="`add`: customers who have MRR from another import already get this on top (`drop` otherwise).",
    )


class UndoIn(Given):
    reason: str = Field(min_length=1, max_length=2_000)
    accept: bool = Field(False, description="Undo although later edits or closed months stand on it.")


class StandingOut(Schema):
    code: str
    text: str


class StandingAnswer(schemas.Stamp):
    items: list[StandingOut]


class NothingIn(Given):
    """No fields."""


def _run(run: Any, member: Member) -> dict[str, Any]:
    progress = progress_of(run)
    counts = {
        name: {key: row.get(key, 0) for key in ("read", "new", "changed", "same", "rejected")}
        | {"kind": row.get("kind", "")}
        for name, row in run.counts.items()
    }
    return {
        "id": run.pk,
        "state": state_key(run),
        "file_name": run.file_name,
        "sha256": run.sha256,
        "progress": {"done": progress.done, "total": progress.total, "waiting_for_worker": progress.waiting},
        "counts": counts,
        "rejected": run.rejected.count(),
        "notes": [*told_of(run), *notes_of(run, member)],
        "doubling": doubling.words(asking, member) if (asking := doubling.open_question(run)) else None,
        "stalled": progress.still,
        "failure": run.failure or None,
        "published": run.entry.seq if run.entry else None,
        "made_by": run.made_by.name if run.made_by else None,
        "made_at": run.made_at,
        "finished_at": run.finished_at,
    }


def run_answer(run: Any, member: Member) -> dict[str, Any]:
    today = clock.today()
    question = Asked(as_of=today, today=today, watermark=current_watermark())
    return {**stamp(question), "run": _run(run, member)}


def _inputs(folder: FilePath, files: Sequence[UploadedFile], kind: str) -> list[Input]:
    """The uploads as files of a run in import order; Refused where a name does not say what the file holds."""
    found = []
    for number, one in enumerate(files):
        name = FilePath(one.name or "file").name
        place = folder / str(number)
        place.mkdir()
        target = place / name
        with target.open("wb") as out:
            for chunk in one.chunks():
                out.write(chunk)
        try:
            found += inputs_of(target, kind=kind)[0]
        except UnknownFile as problem:
            words = failure_text(failure_data(problem))
            raise Refused(words, code=problem.code, fields={"files": words, "kind": words}) from problem
    return in_order(found)


@router.post(
    "/imports",
    response={201: RunAnswer, 202: RunAnswer},
    summary=said(gettext_lazy("ファイルを取り込む")),
    openapi_extra=IMPORTS,
)
def post_import(
    request: HttpRequest,
    files: File[list[UploadedFile]],
    kind: Form[str] = "",
    known: Form[Literal["now", "effective"]] = "now",
    mapping: Form[Id | None] = None,
    answers: Form[str] = "",
    sheet: Form[str] = "",
    header_row: Form[Annotated[int, Field(ge=1, le=1_000)] | None] = None,
) -> Any:
    """Upload files and have every row checked. Nothing is written before `confirm`.

    `kind` says what a file holds where its name does not (accounts, movements, …). Up to 2 MB are checked before the
    answer (201: `ready` with counts, or `failed`); larger files are checked by the worker (202: look at the run).

    With `mapping` (GET /mappings) the columns are read as saved. With a kind of GET /recipes, or a mapping of one, the run
    is a `draft`: `GET /imports/{id}/preview`, `PATCH` it with answers (or send `answers` here, as JSON text), then
    `POST /imports/{id}/check`. `sheet` and `header_row` say where a table stands that is not found by itself.
    """
    member = who(request)
    actions.require(member)
    refuse_uploads(cast(Any, files))
    if mapping is not None or is_recipe(kind):
        run = begin(
            cast(Any, files), actor=member, kind=kind, mapping=mapping, answers=answers_of(answers), sheet=sheet,
            header_row=header_row, known=known,
        )  # fmt: skip
        return Status(201, run_answer(run, member)) if is_draft(run) else _checked(member, run, files)
    unused = {"answers": answers, "sheet": sheet, "header_row": header_row}
    for name, value in unused.items():
        if value:
            raise invalid(name, _("mapping か、資料の kind と一緒に送ってください。"))
    with TemporaryDirectory(prefix="banso-upload-") as folder:
        inputs = _inputs(FilePath(folder), files, kind)
        run = actions.start_run(
            inputs, actor=member, label=", ".join(one.name for one in inputs), known=known
        )
    return _checked(member, run, files)


def _checked(member: Member, run: ImportRun, files: Sequence[UploadedFile]) -> Any:
    if sum(one.size or 0 for one in files) > AT_ONCE:
        jobs.queue(run, "check", actor=member)
        return Status(202, run_answer(access_run(member, run.pk), member))
    try:
        run = actions.check_run(run)
    except Exception as problem:
        actions.fail(run, problem)
        raise
    return Status(201, run_answer(run, member))


@router.get(
    "/imports",
    response=schemas.Listed[RunOut],
    summary=said(gettext_lazy("取り込みの一覧")),
    openapi_extra=IMPORTS,
)
def list_imports(request: HttpRequest, query: Query[PageIn]) -> Any:
    """Imports, latest first, from the page, the command line and the API alike."""
    question = asked(request, query)
    before = unpack(query.cursor, [int])[0] if query.cursor else None
    member = who(request)
    found = runs_before(member, before, query.limit + 1)
    shown = found[: query.limit]
    behind = pack(shown[-1].pk) if len(found) > query.limit else None
    return {**stamp(question), "items": [_run(one, member) for one in shown], "next": behind}


@router.get(
    "/imports/{run}", response=RunAnswer, summary=said(gettext_lazy("取り込みを1つ")), openapi_extra=IMPORTS
)
def get_import(request: HttpRequest, run: Path[Id]) -> Any:
    """Where an import stands: progress, counts, notes."""
    member = who(request)
    return run_answer(access_run(member, run), member)


@router.post(
    "/imports/{run}/confirm",
    response={200: RunAnswer, 202: RunAnswer},
    summary=said(gettext_lazy("取り込みを確定する")),
    openapi_extra=IMPORTS,
)
def confirm_import(request: HttpRequest, run: Path[Id], body: ConfirmIn) -> Any:
    """Write and publish a checked run (202 where the worker does it: more than 5,000 rows)."""
    member = who(request)
    found = access_run(member, run)
    if state_key(found) == "ready":
        doubling.answer(found, body.doubling)
        doubling.refuse_unanswered(found, member)
    if state_key(found) == "ready" and sum(row["read"] for row in found.counts.values()) > ROWS_AT_ONCE:
        if found.rejected.exists() and not body.accept_rejects:
            text = _(
                "取り込めない行があります。確かめてから、accept_rejects を付けて送ってください。まだ何も書いていません。"
            )
            raise Refused(text, code="rejected_rows")
        jobs.queue(found, "write", actor=member, accept_rejects=body.accept_rejects)
        return Status(202, run_answer(access_run(member, run), member))
    if state_key(found) == "queued_write":
        raise Refused(_("この取り込みは確認待ちではありません。データは変わっていません。"), code="not_ready")
    return Status(
        200, run_answer(actions.confirm_run(found, actor=member, accept_rejects=body.accept_rejects), member)
    )


@router.post(
    "/imports/{run}/resume",
    response={202: RunAnswer},
    summary=said(gettext_lazy("中断した取り込みを続ける")),
    openapi_extra=IMPORTS,
)
def resume_import(request: HttpRequest, run: Path[Id], body: NothingIn) -> Any:
    """Go on with a run that was cut off, in the worker."""
    member = who(request)
    found = access_run(member, run)
    if undoing.is_asked(found):
        jobs.queue_undo(found, found.options["queued"])
        return Status(202, run_answer(access_run(member, run), member))
    deeds = {"queued": "check", "checking": "check", "writing": "write", "queued_write": "write"}
    deed = deeds.get(state_key(found))
    if deed is None:
        raise Refused(_("この取り込みは中断されていません。データは変わっていません。"), code="not_cut_off")
    accepted = bool(found.options.get("queued", {}).get("accept_rejects"))
    jobs.queue(found, deed, actor=member, accept_rejects=accepted)
    return Status(202, run_answer(access_run(member, run), member))


@router.post(
    "/imports/{run}/drop",
    response=RunAnswer,
    summary=said(gettext_lazy("取り込みを破棄する")),
    openapi_extra=IMPORTS,
)
def drop_import(request: HttpRequest, run: Path[Id], body: NothingIn) -> Any:
    """Give up a run that is not published: what it wrote unseen is deleted."""
    member = who(request)
    return run_answer(actions.drop_run(access_run(member, run), actor=member), member)


@router.get(
    "/imports/{run}/standing",
    response=StandingAnswer,
    summary=said(gettext_lazy("取り込みの上に立つもの")),
    openapi_extra=IMPORTS,
)
def import_standing(request: HttpRequest, run: Path[Id]) -> Any:
    """What stands on a published import: later edits of the same things, months closed with it."""
    found = undoing.standing_on(access_run(who(request), run))
    today = clock.today()
    question = Asked(as_of=today, today=today, watermark=current_watermark())
    return {**stamp(question), "items": [{"code": one.code, "text": one.text} for one in found]}


@router.post(
    "/imports/{run}/undo",
    response={200: RunAnswer, 202: RunAnswer},
    summary=said(gettext_lazy("取り込みを取り消す")),
    openapi_extra=IMPORTS,
)
def undo_import(request: HttpRequest, run: Path[Id], body: UndoIn) -> Any:
    """Take a published import back as a whole; what was read at earlier watermarks stays as it was. 202: the worker does it
    (more than 5,000 rows of it and of the imports it is told against); until it ends, figures are as before."""
    member = who(request)
    found = jobs.undo(access_run(member, run), actor=member, reason=body.reason, accept=body.accept)
    return Status(202 if undoing.is_asked(found) else 200, run_answer(found, member))


@router.get(
    "/imports/{run}/rejected.csv",
    summary=said(gettext_lazy("取り込めなかった行")),
    openapi_extra={
        **IMPORTS,
        "responses": {200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}},
    },
)
def rejected_rows(request: HttpRequest, run: Path[Id]) -> StreamingHttpResponse | HttpResponse:
    """The refused rows with 行番号・列名・理由・直し方, as CSV (UTF-8 with mark, formula-safe)."""
    reader = who(request)
    found = access_run(reader, run)
    language = translation.get_language() or "ja"

    def lines() -> Iterator[bytes]:
        with translation.override(language):  # the stream is read after the request's own language has gone
            for line in rejected_csv(found, reader):
                yield line.encode()

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rejected-{run}.csv"'
    return answer
