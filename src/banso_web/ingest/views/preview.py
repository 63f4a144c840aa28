"""The recipe's preview: month totals beside the old sheet, the questions about dates, problems and marks, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from banso_web.core.pages import page, reader, render_page
from banso_web.ingest import doubling, drafts, jobs
from banso_web.ingest.afterwards import Afterwards, after_import
from banso_web.ingest.looks import RECIPES
from banso_web.ingest.models import ImportRun
from banso_web.ingest.owners import unmatched
from banso_web.ingest.preparing import derive_for, settle_recipe, sources_of, vanished_in
from banso_web.ingest.questions import ASKED, CHOICES, mark_words, questions_of
from banso_web.ingest.readers import ReadProblem
from banso_web.ingest.recipe import (
    MOST_ROWS,
    Derivation,
    Source,
    TooManyRows,
    parse_totals,
)
from banso_web.ingest.recipe_words import MARKS, SHORT_READINGS
from banso_web.ingest.shaping import all_on_the_first
from banso_web.ingest.telling import blanks_of, mixed_units
from banso_web.ingest.views.runs import asked_of, drop, published_elsewhere, run_of
from banso_web.ingest.withheld import sees_cells, sees_sums
from banso_web.ingest.words import failure_data, failure_text, fix_text, reason_text

if TYPE_CHECKING:
    from banso_web.members.models import Member

SHOWN = 30


def _read(kind: str, before: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's options as answered; anything unknown keeps what was."""
    options = dict(before)
    for key in ASKED[kind]:
        if data.get(key) in CHOICES[key]:
            options[key] = data[key]
    options["totals"] = str(data.get("totals", before.get("totals", "")))[:20_000]
    options["complete"] = data.get("complete") == "on"
    if kind == "wide":
        unit = str(data.get("unit", ""))
        options["unit"] = int(unit) if unit in ("1", "1000", "10000", "1000000") else before.get("unit", 1)
        options["tax_included"] = data.get("tax_included") == "on"
        year = str(data.get("year", ""))
        options["year"] = int(year) if year.isdecimal() and 1990 <= int(year) <= 2199 else None
    return options


@page("import.run", edits=True)
def import_preview(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Answers change the preview at once (htmx); going on writes the derived rows beside the upload and starts the check."""
    run = run_of(run_id)
    if not drafts.editable(run):
        return published_elsewhere(request, run)
    uploads = drafts.uploads_of(run)
    recipe = [one for one in uploads if one.kind in RECIPES]
    if not recipe or any(one.shaping is None for one in recipe):
        return redirect("import_files", run.pk)
    if request.method == "POST":
        for one in recipe:
            shaping = dict(one.shaping or {})
            own = {key: value for key, value in shaping["options"].items() if key == "day"}
            shaping["options"] = {**_read(one.kind, shaping["options"], request.POST), **own}
            one.shaping = shaping
        drafts.keep_uploads(run, uploads)
        if request.POST.get("doubling") == doubling.STOP and request.POST.get("deed") == "go":
            return drop(request, run_id)
    try:
        made = derive_for(run, sources_of(run))
    except ReadProblem as problem:
        messages.error(request, failure_text(failure_data(problem)))
        return redirect("import_files", run.pk)
    except TooManyRows:
        messages.error(
            request,
            _(
                "行が多すぎて、この作り方では扱えません(上限 %(limit)s 行)。増減のファイル(movements)にして取り込んでください。"
            )
            % {"limit": f"{MOST_ROWS:,}"},
        )
        return redirect("import_files", run.pk)
    sources = sources_of(run)
    after = after_import(run, made, sources[0].shaping)
    doubling.note(run, after.doubled)
    if request.method == "POST":
        doubling.answer(run, request.POST.get("doubling", ""))
    unanswered = False
    if request.method == "POST" and request.POST.get("deed") == "go" and made.derived.movements:
        unanswered = doubling.open_question(run) is not None
        if not unanswered:
            return _go(request, run, made)
    context = _context(reader(request), run, made, sources, after) | {"unanswered": unanswered}
    return render_page(
        request,
        "ingest/preview.html",
        context,
        fragment="ingest/_preview.html",
        status=422 if unanswered else 200,
    )


def _go(request: HttpRequest, run: ImportRun, made: Derivation) -> HttpResponse:
    settle_recipe(run, made, actor=reader(request))
    jobs.queue(run, "check", actor=reader(request))
    return redirect("import_run", run.pk)


def _context(
    member: Member, run: ImportRun, made: Derivation, sources: Sequence[Source], after: Afterwards
) -> dict[str, Any]:
    shaping = sources[0].shaping
    options = shaping.options
    used = {key for source in sources for key, one in source.shaping.fields.items() if one.source}
    preview = made.derived.preview
    months = [{"currency": money, "rows": rows} for money, rows in after.months.items()]
    _found, bad_totals = parse_totals(str(options.get("totals", "")))
    vanished = vanished_in(run, made)
    seen, summed = sees_cells(member), sees_sums(member)
    marks = Counter(mark.code for _file, mark in made.marks)
    examples: dict[str, list[str]] = {}
    for file, mark in made.marks:
        kept = examples.setdefault(mark.code, [])
        if seen and len(kept) < 5:
            kept.append(mark_words(file if len(sources) > 1 else "", mark))
    blanks, earlier = blanks_of(made) if summed else ([], 0)
    return {
        "owned": len(made.owners), "owners_differ": len(made.owners_differ), "unmatched": unmatched(made) if seen else [], "blanks": blanks, "blanks_earlier": earlier, "mixed": mixed_units(sources),
        "run": run, "doubling": asked_of(run, member), "covered": not seen, "summed": summed, "elsewhere": after.elsewhere, "kind": made.kind, "label": RECIPES[made.kind], "options": options, "made": made, "months": months,
        "agrees": preview.agrees, "has_sheet": any(row.sheet is not None for rows in preview.months.values() for row in rows),
        "movements": len(made.derived.movements), "contracts": len({row["contract_id"] for row in made.derived.contracts}),
        "customers": len({row["account_id"] for row in made.derived.movements}), "ends": preview.ends,
        "questions": questions_of(
            made, options, used, vanished, first_days=made.kind == "ledger" and all_on_the_first(sources[0].table, shaping)
        ), "short": SHORT_READINGS,
        "marks": [{"words": MARKS.get(code, code), "count": n, "examples": examples[code]} for code, n in marks.most_common()],
        "refused": [
            {**one, "reason": reason_text(one["code"], detail), "fix": fix_text(one["code"], detail), "withheld": not seen,
             "raw": [(key, cell) for key, cell in one["raw"].items() if cell] if seen else []}
            for one in made.refused[:SHOWN]
            for detail in [one["detail"] if seen else {}]
        ],
        "refused_count": len(made.refused), "soft": len(made.soft), "bad_totals": bad_totals,
        "asks_complete": made.first is None, "asks_totals": True,
        "units": ((1, _("円")), (1000, _("千円")), (10000, _("万円")), (1000000, _("百万円"))),
        "joined": made.derived.joined, "vanished": vanished[:SHOWN], "vanished_more": max(0, len(vanished) - SHOWN),
    }  # fmt: skip
