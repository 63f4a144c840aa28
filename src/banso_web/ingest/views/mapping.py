"""The mapping page: which header is which column, factors, constants, value words, and the first rows as they would arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from banso.periods import DateFailure, parse_day
from banso_web.core.errors import NotVisible
from banso_web.core.pages import page, reader, render_page
from banso_web.ingest import answers, drafts, saved
from banso_web.ingest.drafts import SKIP, Upload
from banso_web.ingest.looks import RECIPES, table_of
from banso_web.ingest.models import ImportRun, Mapping
from banso_web.ingest.preparing import prepare
from banso_web.ingest.readers import RawTable, ReadProblem, ShapeChange
from banso_web.ingest.reads import kind_label
from banso_web.ingest.shaping import Shaping, column_label
from banso_web.ingest.views.runs import published_elsewhere, run_of
from banso_web.ingest.views.steps import next_step
from banso_web.ingest.withheld import sees_cells


def _opened(run: ImportRun, at: int) -> tuple[list[Upload], Upload, RawTable]:
    uploads = drafts.uploads_of(run)
    if at >= len(uploads) or uploads[at].kind in ("", SKIP):
        raise NotVisible
    try:
        return uploads, uploads[at], table_of(drafts.path_of(run, uploads[at]), uploads[at])
    except ReadProblem as problem:
        raise NotVisible from problem


@page("import.run", edits=True)
def import_mapping(request: HttpRequest, run_id: int, at: int) -> HttpResponse:
    """A change in the form (htmx) shows the preview anew; going on saves the mapping with the file's shape."""
    run = run_of(run_id)
    if not drafts.editable(run):
        return published_elsewhere(request, run)
    uploads, upload, table = _opened(run, at)
    if upload.shaping is None:
        prepare(upload, table, uploads)
        upload.extra["settled"] = False
        drafts.keep_uploads(run, uploads)
    shaping = Shaping.from_json(upload.shaping or {"kind": upload.kind})
    problem = ""
    if request.method == "POST":
        answered = answers.read_answers(table, shaping, request.POST)
        shaping = answered if sees_cells(reader(request)) else answers.with_words_of(shaping, answered)
        if upload.kind == "snapshots":
            typed = request.POST.get("day", "")
            day = parse_day(typed)
            stated = typed if isinstance(day, DateFailure) else day.isoformat()
            shaping = replace(shaping, options={**shaping.options, "day": stated})
        upload.shaping = shaping.as_json()
        problem = _problem(shaping)
        upload.extra["settled"] = request.POST.get("deed") == "go" and not problem
        if upload.extra["settled"]:
            return _save(request, run, uploads, upload, table, shaping)
        drafts.keep_uploads(run, uploads)
        if request.POST.get("deed") != "go":
            problem = ""
    context = _context(run, at, upload, table, shaping) | {"problem": problem}
    if not sees_cells(reader(request)):
        lines = [replace(line, examples="") for line in context["lines"]]
        context |= {"covered": True, "lines": lines, "unread": [], "shown": None}
    return render_page(
        request,
        "ingest/mapping.html",
        context,
        fragment="ingest/_mapping.html",
        status=422 if problem else 200,
    )


def _problem(shaping: Shaping) -> str:
    """Why the mapping cannot be used yet; empty when it can."""
    if problem := shaping.open_words():
        return problem
    if shaping.kind == "snapshots":
        try:
            date.fromisoformat(str(shaping.options.get("day", "")))
        except ValueError:
            return _("この一覧がいつのものかを入れてください。")
    return ""


def _save(
    request: HttpRequest,
    run: ImportRun,
    uploads: list[Upload],
    upload: Upload,
    table: RawTable,
    shaping: Shaping,
) -> HttpResponse:
    name = request.POST.get("name", "").strip()[:120] or saved.name_for(upload.name)
    mapping = saved.save(name, shaping, table, actor=reader(request))
    upload.mapping, upload.told = mapping.pk, []
    drafts.keep_uploads(run, uploads)
    messages.success(
        request,
        _("対応づけ「%(name)s」を保存しました。次に同じ形のファイルを選ぶと、自動で使います。")
        % {"name": mapping.name},
    )
    return redirect(next_step(request, run))


def _context(run: ImportRun, at: int, upload: Upload, table: RawTable, shaping: Shaping) -> dict[str, Any]:
    mapping = Mapping.objects.filter(pk=upload.mapping).first() if upload.mapping else None
    lines = answers.lines_of(table, shaping)
    return {
        "run": run, "at": at, "upload": upload, "shaping": shaping, "mapping": mapping, "lines": lines,
        "kind": RECIPES.get(upload.kind) or kind_label(upload.kind),
        "name": mapping.name if mapping else saved.name_for(upload.name),
        "choices": answers.choices_of(shaping), "units": answers.UNITS,
        "constants": answers.constants_of(shaping), "unread": answers.unread_of(table, shaping),
        "shown": answers.preview_of(table, shaping), "missing": [column_label(one) for one in shaping.missing()],
        "changes": [saved.change_words(ShapeChange(**one)) for one in upload.told],  # type: ignore[arg-type]
        "months": sum(one.month for one in lines), "is_recipe": upload.kind in RECIPES,
        "has_amounts": any(one.amount for one in lines), "url": reverse("import_mapping", args=[run.pk, at]),
    }  # fmt: skip
