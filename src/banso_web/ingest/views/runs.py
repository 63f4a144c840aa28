"""One import: how far it is, what it would do, confirm, drop, resume, undo, and its refused rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from banso_web.core.errors import NotVisible, Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.core.ui.lists import Order, keyset_page
from banso_web.ingest import actions, doubling, jobs, undoing
from banso_web.ingest.drafts import editable, is_draft, uploads_of
from banso_web.ingest.forms import UndoForm
from banso_web.ingest.models import ImportRun
from banso_web.ingest.reads import (
    STATES,
    UNDOING,
    WORKING,
    counts_of,
    notes_of,
    progress_of,
    refused_of,
    same_file_before,
    shown_key,
    state_key,
    total_of,
)
from banso_web.ingest.rejected import rejected_csv
from banso_web.ingest.telling import MATCHES_OF, matches_waiting

if TYPE_CHECKING:
    from banso_web.members.models import Member

SHOWN_REFUSED = 20
State = ImportRun.State


def run_of(run_id: int) -> ImportRun:
    """The run, or 404."""
    run = ImportRun.objects.select_related("made_by", "entry").filter(pk=run_id).first()
    if run is None:
        raise NotVisible
    return run


def published_elsewhere(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """To the run, and in words that another window was first where that is so."""
    if request.method == "POST" and run.state == State.DONE:
        messages.info(
            request,
            _("別の画面で公開済みです。この取り込みの結果を表示しています。データは変わっていません。"),
        )
    return redirect("import_run", run.pk)


def asked_of(run: ImportRun, member: Member) -> dict[str, str] | None:
    """The question about MRR that would be counted twice, with what was answered; None where nothing would."""
    if not (found := run.options.get("doubled")):
        return None
    return {
        "words": doubling.words(found, member),
        "answer": (run.options.get("doubling") or {}).get("answer", ""),
    }


def _context(member: Member, run: ImportRun) -> dict[str, object]:
    key = state_key(run)
    files = counts_of(run)
    refused = run.rejected.count() if key not in WORKING else 0
    return {
        "run": run,
        "key": key,
        "word": STATES[shown_key(run)][0],
        "tone": STATES[shown_key(run)][1],
        "working": key in WORKING,
        "undoing": key in UNDOING,
        "progress": progress_of(run),
        "files": files,
        "sum": total_of(files),
        "notes": notes_of(run, member),
        "refused": refused,
        "refused_rows": refused_of(
            run.rejected.order_by("file", "row_number")[:SHOWN_REFUSED], run, member
        ) if refused else [],
        "editable": editable(run) and key in ("ready", "failed", "draft"),
        "uploads": uploads_of(run),
        "before": same_file_before(run) if key == "ready" else None,
        "doubling": asked_of(run, member) if key == "ready" else None,
        "changes": any(one.new or one.changed for one in files),
        "customers": key == "done" and any(row.get("kind") in MATCHES_OF for row in run.counts.values()),
        "matches": matches_waiting(member, run) if key == "done" else None,
    }  # fmt: skip


@page("import.run")
def import_run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Where the import stands; while a job works, the page asks again every second."""
    run = run_of(run_id)
    if is_draft(run):
        return redirect("import_files", run.pk)
    return render_page(
        request, "ingest/run.html", _context(reader(request), run), fragment="ingest/_run.html"
    )


@require_POST
@page("import.run")
def confirm(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Write a checked run; rows that cannot be taken are left out only by an explicit tick."""
    run = run_of(run_id)
    accept = request.POST.get("accept") == "1"
    if run.state == State.DONE:
        return published_elsewhere(request, run)
    if run.state != State.READY or state_key(run) == "queued_write":
        raise Refused(_("この取り込みは確認待ちではありません。データは変わっていません。"), code="not_ready")
    doubling.answer(run, request.POST.get("doubling", ""))
    if request.POST.get("doubling") == doubling.STOP:
        return drop(request, run_id)
    if doubling.open_question(run):
        messages.error(
            request,
            _("すでに MRR のある顧客をどうするかを選んでから進めてください。まだ何も書いていません。"),
        )
        return redirect("import_run", run.pk)
    if run.rejected.exists() and not accept:
        messages.error(
            request,
            _(
                "取り込めない行があります。「取り込めない行を除いて取り込む」を選んでから進めてください。まだ何も書いていません。"
            ),
        )
        return redirect("import_run", run.pk)
    jobs.queue(run, "write", actor=reader(request), accept_rejects=accept)
    return redirect("import_run", run.pk)


@require_POST
@page("import.run")
def resume(request: HttpRequest, run_id: int) -> HttpResponse:
    """Go on with a run that was cut off."""
    run = run_of(run_id)
    if run.state in (State.UPLOADED, State.CHECKING) and not is_draft(run):
        jobs.queue(run, "check", actor=reader(request))
    elif run.state == State.WRITING or state_key(run) == "queued_write":
        accepted = bool(run.options.get("queued", {}).get("accept_rejects"))
        jobs.queue(run, "write", actor=reader(request), accept_rejects=accepted)
    elif state_key(run) in UNDOING:
        jobs.queue_undo(run, run.options["queued"])
    else:
        raise Refused(_("この取り込みは中断されていません。データは変わっていません。"), code="not_cut_off")
    return redirect("import_run", run.pk)


@require_POST
@page("import.run")
def drop(request: HttpRequest, run_id: int) -> HttpResponse:
    """Give up a run that is not published."""
    actions.drop_run(run_of(run_id), actor=reader(request))
    messages.success(request, _("取り込みを破棄しました。データは変わっていません。"))
    return redirect("import_run", run_id)


@page("import.run", edits=True)
def undo(request: HttpRequest, run_id: int) -> HttpResponse:
    """What stands on a published import, and taking it back as a whole with a reason."""
    run = run_of(run_id)
    if run.state != State.DONE:
        raise Refused(
            _("取り消せるのは、公開済みの取り込みだけです。データは変わっていません。"),
            code="not_published",
        )
    if state_key(run) in UNDOING:
        return redirect("import_run", run.pk)
    standing = undoing.standing_on(run)
    form = UndoForm(request.POST or None, standing=bool(standing))
    if request.method == "POST" and form.is_valid():
        try:
            undone = jobs.undo(
                run, actor=reader(request), reason=form.cleaned_data["reason"], accept=bool(form.cleaned_data.get("accept"))
            )  # fmt: skip
        except Refused as problem:
            form.add_error(None, problem.message)
        else:
            if undoing.is_asked(undone):
                return redirect("import_run", run.pk)
            messages.success(
                request,
                _("取り込みを取り消しました。取り消す前の時点の数字は、その時点を指定すれば今も見られます。"),
            )
            if undone.options.get("restated"):
                messages.warning(
                    request,
                    _(
                        "ほかの取り込みが同じことを述べている行は、そのまま残しました。すべて除くには、そちらの取り込みも取り消してください。"
                    ),
                )
            return redirect("import_run", run.pk)
    context = {"run": run, "standing": standing, "form": form, "files": counts_of(run)}
    return render_page(request, "ingest/undo.html", context, status=422 if form.errors else 200)


@page("import.run")
def rows(request: HttpRequest, run_id: int) -> HttpResponse:
    """Every refused row with 行番号・列名・理由・直し方."""
    run = run_of(run_id)
    found = keyset_page(
        run.rejected.all(), request, Order((("file", "file", False), ("row", "row_number", False)))
    )
    context = {
        "run": run,
        "list_page": found,
        "refused_rows": refused_of(found.rows, run, reader(request)),
        "refused": run.rejected.count(),
    }
    return render_page(request, "ingest/rows.html", context)


@page("import.run")
def rows_csv(request: HttpRequest, run_id: int) -> HttpResponse:
    """The same as CSV, safe to open in a spreadsheet."""
    run = run_of(run_id)
    response = HttpResponse(rejected_csv(run, reader(request)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{run.pk}-rejected.csv"'
    return response
