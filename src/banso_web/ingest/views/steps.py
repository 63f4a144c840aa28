"""From what each file holds to the next thing to decide, or to the check when everything is decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from banso_web.core.pages import reader
from banso_web.ingest import drafts, jobs, saved
from banso_web.ingest.drafts import SKIP, Upload
from banso_web.ingest.inputs import Input
from banso_web.ingest.looks import RECIPES, is_plain, table_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.readers import RawTable, ReadProblem
from banso_web.ingest.recipe import Source, day_of_name
from banso_web.ingest.shaping import Shaping, suggested_shaping


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


def prepare(upload: Upload, table: RawTable, uploads: list[Upload]) -> bool:
    """Give an upload its mapping where it has none. True when nothing has to be asked about it."""
    found = saved.find(table, upload.kind)
    sister = next(
        (one for one in uploads if one is not upload and one.kind == upload.kind and one.extra.get("settled")
         and one.extra.get("fingerprint") == table.fingerprint),
        None,
    )  # fmt: skip
    asked = upload.shaping is not None
    if sister and sister.shaping and not asked:
        upload.shaping, upload.mapping = dict(sister.shaping), sister.mapping
    elif found and not asked:
        upload.shaping, upload.mapping = found.shaping.as_json(), found.mapping.pk
        upload.told = [
            {"code": one.code, "column": one.column, "before": one.before, "after": one.after}
            for one in found.changes
        ]
    elif not asked:
        upload.shaping = suggested_shaping(table, upload.kind).as_json()
    shaping = Shaping.from_json(upload.shaping or {"kind": upload.kind})
    if (upload.kind == "snapshots" and not shaping.options.get("day")) or (
        sister and upload.kind == "snapshots" and not asked
    ):
        day = day_of_name(upload.name)
        shaping = replace(shaping, options={**shaping.options, "day": day.isoformat() if day else ""})
        upload.shaping = shaping.as_json()
    known = (bool(sister) or bool(found and found.exact)) and not asked and not shaping.missing()
    if upload.kind == "snapshots" and not _is_day(shaping.options.get("day")):
        known = False
    upload.extra = {**upload.extra, "fingerprint": table.fingerprint, "settled": known}
    return known


def _is_day(text: Any) -> bool:
    try:
        return bool(date.fromisoformat(str(text)))
    except ValueError:
        return False


def input_of(run: ImportRun, upload: Upload) -> Input:
    """The upload as the engine takes it."""
    path = drafts.path_of(run, upload)
    return Input(upload.kind, path, upload.name, upload.sheet, upload.header_row, shaping=upload.shaping)


def unique(inputs: list[Input]) -> list[Input]:
    """Files of one name are told apart: the run's counts and refused rows are kept by name."""
    seen: dict[str, int] = {}
    found = []
    for one in inputs:
        seen[one.place] = seen.get(one.place, 0) + 1
        found.append(one if seen[one.place] == 1 else replace(one, name=f"({seen[one.place]}) {one.name}"))
    return found


def sources_of(run: ImportRun) -> list[Source]:
    """The recipe's files, opened. Raises ReadProblem."""
    taken = [one for one in drafts.uploads_of(run) if one.kind in RECIPES]
    names = [one.place for one in unique([input_of(run, one) for one in taken])]
    return [
        Source(
            name,
            table_of(drafts.path_of(run, one), one),
            Shaping.from_json(one.shaping or {"kind": one.kind}),
        )
        for name, one in zip(names, taken, strict=True)
    ]
