"""A new import: upload, then what each file holds, its sheet and its header row."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from banso_web.core.errors import Refused
from banso_web.core.pages import page, reader, render_page
from banso_web.ingest import drafts
from banso_web.ingest.drafts import Upload
from banso_web.ingest.forms import FileForm, KnownForm
from banso_web.ingest.looks import Look, covered, kind_choices, look_at
from banso_web.ingest.views.runs import published_elsewhere, run_of
from banso_web.ingest.views.steps import next_step
from banso_web.ingest.withheld import sees_cells


@csrf_exempt  # the real protection is on `_new`: a body that is too large is refused before anything of it is read
def import_new(request: HttpRequest) -> HttpResponseBase:
    """Upload one or several files."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method == "POST" and length.isdecimal() and int(length) > 2 * drafts.MAX_FILE_BYTES:
        return _too_large(request)
    return _new(request)


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
@page("import.run", edits=True)
def _new(request: HttpRequest) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        try:
            run = drafts.receive(
                cast("list[drafts.Uploaded]", request.FILES.getlist("files")), actor=reader(request)
            )
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


@page("import.run", edits=True)
def import_files(request: HttpRequest, run_id: int) -> HttpResponse:
    """What each file holds. A changed sheet or header row shows the file anew; going on leads to the columns."""
    run = run_of(run_id)
    if not drafts.editable(run):
        return published_elsewhere(request, run)
    uploads = drafts.uploads_of(run)
    looks = [look_at(drafts.path_of(run, one), one) for one in uploads]
    if not (seen := sees_cells(reader(request))):
        looks = [covered(one) for one in looks]
    forms = _forms(looks, request)
    for form in (
        forms if not seen else ()
    ):  # whoever may choose the row of the headers can read any row as one
        form.fields["header_row"].disabled = True
    known = KnownForm(request.POST or None, initial={"known": run.options.get("known", "now")})
    if request.method == "POST" and all(one.is_valid() for one in forms) and known.is_valid():
        moved = _choose(uploads, forms)
        drafts.keep_uploads(run, uploads, known=known.cleaned_data["known"])
        if request.POST.get("deed") == "look" or (moved and request.POST.get("deed") != "go"):
            return redirect("import_files", run.pk)
        return redirect(next_step(request, run))
    context = {
        "run": run, "pairs": list(zip(looks, forms, strict=True)), "known": known,
        "covered": not seen, "broken": any(one.problem for one in looks),
    }  # fmt: skip
    return render_page(request, "ingest/files.html", context, status=422 if request.method == "POST" else 200)


def _choose(uploads: list[Upload], forms: list[FileForm]) -> bool:
    """Put the answers into the uploads. True when a sheet or a header row changed."""
    moved = False
    for upload, form in zip(uploads, forms, strict=True):
        place = (form.cleaned_data.get("sheet") or "", form.cleaned_data["header_row"])
        if (upload.kind, upload.sheet, upload.header_row) != (form.cleaned_data["kind"], *place):
            upload.shaping, upload.mapping, upload.told, upload.extra = None, None, [], {}
        moved = moved or (upload.sheet, upload.header_row) != place
        upload.kind, upload.sheet, upload.header_row = form.cleaned_data["kind"], *place
    return moved
