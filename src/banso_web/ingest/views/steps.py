"""From what each file holds to the next thing to decide, or to the check when everything is decided."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from banso_web.core.pages import reader
from banso_web.ingest import drafts, jobs
from banso_web.ingest.drafts import SKIP, Upload
from banso_web.ingest.looks import RECIPES, is_plain, table_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.preparing import input_of, prepare, unique
from banso_web.ingest.readers import ReadProblem


def next_step(request: HttpRequest, run: ImportRun) -> str:
    """The address of what comes next. Files of a known shape are mapped by themselves; the check is started when nothing is open."""
    uploads = drafts.uploads_of(run)
    taken = [(at, one) for at, one in enumerate(uploads) if one.kind != SKIP]
    back = reverse("import_files", args=[run.pk])
    if problem := _refused_together([one for _at, one in taken]):
        messages.error(request, problem)
        return back
    for at, one in taken:
        try:
            table = table_of(drafts.path_of(run, one), one)
        except ReadProblem:
            words = _("%(file)s は読めません。取り込まないことにするか、直したファイルを選び直してください。")
            messages.error(request, words % {"file": one.name})
            return back
        if one.extra.get("settled") or (one.shaping is None and is_plain(table, one.kind)):
            continue
        known = prepare(one, table, uploads)
        drafts.keep_uploads(run, uploads)
        if not known:
            return reverse("import_mapping", args=[run.pk, at])
    if any(one.kind in RECIPES for _at, one in taken):
        return reverse("import_preview", args=[run.pk])
    inputs = [input_of(run, one) for _at, one in taken]
    drafts.settle(
        run, unique(inputs), actor=reader(request), known=run.options.get("known", "now"), recipe=None
    )
    jobs.queue(run, "check", actor=reader(request))
    return reverse("import_run", args=[run.pk])


def _refused_together(taken: list[Upload]) -> str:
    kinds = {one.kind for one in taken if one.kind in RECIPES}
    if not taken:
        return _("取り込むファイルがありません。")
    if len(kinds) > 1 or ("wide" in kinds and sum(one.kind == "wide" for one in taken) > 1):
        return _("MRR の動きを作る資料は、一度に1種類ずつ取り込んでください(月次MRR表は1ファイルずつ)。")
    return ""
