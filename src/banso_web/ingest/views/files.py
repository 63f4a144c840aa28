"""A new import: upload, then what each file holds, its sheet and its header row."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from banso_web.core.errors import Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.ingest import drafts, jobs
from banso_web.ingest.drafts import SKIP, Upload
from banso_web.ingest.forms import FileForm, KnownForm
from banso_web.ingest.inputs import Input
from banso_web.ingest.looks import RECIPES, Look, is_plain, kind_choices, look_at, table_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.readers import ReadProblem
from banso_web.ingest.views.runs import run_of


@csrf_exempt  # the real protection is on `_new`: a body that is too large is refused before anything of it is read
def import_new(request: HttpRequest) -> HttpResponse:
    """Upload one or several files."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and length.isdigit() and int(length) > 2 * drafts.MAX_FILE_BYTES:
        return _too_large(request)
    response: HttpResponse = _new(request)
    return response


@page("import.run")
def _too_large(request: HttpRequest) -> HttpResponse:
    raise Refused(
        _(
            "送られたファイルは大きすぎます(上限 %(limit)s)。分けて取り込んでください。何も取り込んでいません。"
        )
        % {"limit": drafts.size_words(drafts.MAX_FILE_BYTES)},
        code="file_too_large",
    )


@csrf_protect
@page("import.run")
def _new(request: HttpRequest) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        try:
            run = drafts.receive(request.FILES.getlist("files"), actor=reader(request))
        except Refused as refused:
            problem = refused.message
        else:
            return redirect("import_files", run.pk)
    context = {
        "problem": problem, "limit": drafts.size_words(drafts.MAX_FILE_BYTES), "most": drafts.MAX_FILES,
    }  # fmt: skip
    return render_page(request, "ingest/new.html", context, status=422 if problem else 200)


def _forms(looks: list[Look], request: HttpRequest) -> list[FileForm]:
    data = request.POST if request.method == "POST" else None
    return [
        FileForm(
            kind_choices(), one.sheets, data, prefix=f"f{at}",
            initial={"kind": one.kind, "sheet": one.sheet, "header_row": one.upload.header_row},
        )
        for at, one in enumerate(looks)
    ]  # fmt: skip


@page("import.run")
def import_files(request: HttpRequest, run_id: int) -> HttpResponse:
    """What each file holds. A changed sheet or header row shows the file anew; going on leads to the columns."""
    run = run_of(run_id)
    if not drafts.editable(run):
        return redirect("import_run", run.pk)
    uploads = drafts.uploads_of(run)
    looks = [look_at(drafts.path_of(run, one), one) for one in uploads]
    forms = _forms(looks, request)
    known = KnownForm(request.POST or None, initial={"known": run.options.get("known", "now")})
    if request.method == "POST" and all(one.is_valid() for one in forms) and known.is_valid():
        moved = _choose(uploads, forms)
        drafts.keep_uploads(run, uploads, known=known.cleaned_data["known"])
        if request.POST.get("deed") == "look" or (moved and request.POST.get("deed") != "go"):
            return redirect("import_files", run.pk)
        return go_on(request, run)
    context = {
        "run": run, "pairs": list(zip(looks, forms, strict=True)), "known": known,
        "broken": any(one.problem for one in looks),
    }  # fmt: skip
    return render_page(request, "ingest/files.html", context, status=422 if request.method == "POST" else 200)


def _choose(uploads: list[Upload], forms: list[FileForm]) -> bool:
    """Put the answers into the uploads. True when a sheet or a header row changed."""
    moved = False
    for upload, form in zip(uploads, forms, strict=True):
        place = (form.cleaned_data.get("sheet") or "", form.cleaned_data["header_row"])
        if (upload.kind, upload.sheet, upload.header_row) != (form.cleaned_data["kind"], *place):
            upload.shaping, upload.mapping, upload.told = None, None, []
        moved = moved or (upload.sheet, upload.header_row) != place
        upload.kind, upload.sheet, upload.header_row = form.cleaned_data["kind"], *place
    return moved


def go_on(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """To the next thing to decide, or to the check when everything is."""
    uploads = drafts.uploads_of(run)
    taken = [one for one in uploads if one.kind != SKIP]
    if not taken:
        messages.error(request, _("取り込むファイルがありません。"))
        return redirect("import_files", run.pk)
    inputs = []
    for one in taken:
        path = drafts.path_of(run, one)
        try:
            table = table_of(path, one)
        except ReadProblem:
            messages.error(
                request,
                _("%(file)s は読めません。取り込まないことにするか、直したファイルを選び直してください。")
                % {"file": one.name},
            )
            return redirect("import_files", run.pk)
        if one.kind in RECIPES or not is_plain(table, one.kind):
            messages.error(request, _("%(file)s の列は、そのままでは取り込めません。見出しを直してください。") % {"file": one.name})
            return redirect("import_files", run.pk)
        inputs.append(Input(one.kind, path, one.name, one.sheet, one.header_row))
    drafts.settle(run, inputs, actor=reader(request), known=run.options.get("known", "now"))
    jobs.queue(run, "check", actor=reader(request))
    return redirect("import_run", run.pk)
