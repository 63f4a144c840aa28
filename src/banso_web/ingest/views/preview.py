"""The recipe's preview: month totals beside the old sheet, the questions about dates, problems and marks, before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from banso.revenue.recipes import CANCEL_READINGS, END_READINGS
from banso_web.core.pages import page, reader, render_page
from banso_web.ingest import drafts, jobs
from banso_web.ingest.looks import RECIPES
from banso_web.ingest.models import ImportRun
from banso_web.ingest.preparing import derive_for, settle_recipe, sources_of, vanished_in
from banso_web.ingest.readers import ReadProblem
from banso_web.ingest.recipe import (
    MOST_ROWS,
    Derivation,
    TooManyRows,
    parse_totals,
)
from banso_web.ingest.recipe_words import MARKS, READINGS, SHORT_READINGS
from banso_web.ingest.views.runs import run_of
from banso_web.ingest.withdrawing import KEEP, WITHDRAW, Vanished
from banso_web.ingest.words import failure_data, failure_text, fix_text, reason_text

SHOWN = 30
CHOICES: dict[str, tuple[str, ...]] = {
    "end_reading": END_READINGS,
    "cancel_reading": CANCEL_READINGS,
    "undecided": ("end", "continue"),
    "overlap": ("sum", "replace"),
    "opening": ("first_day", "day_before"),
    "joined": ("change", "hold"),
    "gone": (WITHDRAW, KEEP),
    "change_amounts": ("delta", "level"),
}
ASKED: dict[str, tuple[str, ...]] = {
    "ledger": ("end_reading", "cancel_reading", "undecided", "overlap", "gone"),
    "wide": ("opening", "joined"),
    "snapshots": ("opening", "joined"),
    "deals": ("cancel_reading", "change_amounts"),
    "invoice_lines": (),
}


@dataclass(frozen=True)
class Question:
    """One question with its answers: (key, words, ends that would change month or None)."""

    key: str
    title: str
    help: str
    answers: list[tuple[str, Any, int | None]]
    chosen: str


def _words(key: str) -> tuple[str, str, dict[str, Any]]:
    """(title, help, answer → words) of a question that is no reading."""
    match key:
        case "end_reading":
            return _("満了日・更新日の書き方"), _("3月31日まで使える契約は、どう書かれていますか。"), READINGS
        case "cancel_reading":
            return _("解約日の書き方"), _("3月31日まで使えた契約の解約日は、どう書かれていますか。"), READINGS
        case "undecided":
            return (
                _("満了日を過ぎて、更新の行も解約日もない契約"), _("自動更新でない契約だけに効きます。"),
                {"end": _("満了日で終わったものとする"), "continue": _("続いているものとする(更新手続中)")},
            )  # fmt: skip
        case "overlap":
            return (
                _("同じ顧客・製品で期間が重なる行"), _("契約IDが同じ行は、いつも後の行に置き換わります。"),
                {"sum": _("足し合わせる"), "replace": _("後の行に置き換える")},
            )  # fmt: skip
        case "opening":
            return (
                _("最初の月の残高"), _("表の最初の月にすでにある金額を、いつの動きとするかです。"),
                {"first_day": _("その月の新規とする"), "day_before": _("前の月から続いているものとする(月初の残高になります)")},
            )  # fmt: skip
        case "gone":
            return (
                "", _("前回までのこのファイルにあって、今回のファイルにない契約です。契約が終わったのなら、行を消さずに解約日を入れてください。"),
                {WITHDRAW: _("取り下げる: 契約とそのMRRの動きを、なかったものとする(取り込みを取り消すと戻ります)"), KEEP: _("残す: 契約も動きも、前回のまま残す")},
            )  # fmt: skip
        case "joined":
            return (
                _("前に取り込んだ残高との違い"), _("この表の最初の月の金額が、前に取り込んだ前月の金額と違う顧客です。下の「確かめてほしいこと」に一覧があります。"),
                {"change": _("違いは、この表の最初の月の増減とする(なくなった顧客は、前の月の末日で終わり)"), "hold": _("違いは取り込まない(前の残高のまま続くものとし、この表の中の増減だけを取り込む)")},
            )  # fmt: skip
    return (
        _("増額・減額の金額"), _("商談の金額が何を表すかです。"),
        {"delta": _("増えた分・減った分"), "level": _("変更後の月額")},
    )  # fmt: skip


def _questions(
    made: Derivation, options: Mapping[str, Any], used: set[str], vanished: Sequence[Vanished]
) -> list[Question]:
    found = []
    kind, joined = made.kind, made.derived.joined
    shifts: Mapping[str, Mapping[Any, int]] = made.derived.preview.end_shifts
    for key in ASKED[kind]:
        if (key == "end_reading" and "ends_on" not in used) or (
            key == "cancel_reading" and kind == "ledger" and "ended_on" not in used
        ):
            continue
        if (key == "opening" and joined) or (key == "joined" and not (joined and joined.differs)):
            continue
        if key == "gone" and not vanished:
            continue
        title, help_text, words = _words(key)
        chosen = str(options.get(key) or CHOICES[key][0])
        if key == "gone":
            title = _("前回あって今回ない契約 %(count)s 件") % {"count": f"{len(vanished):,}"}
            chosen = str(options.get(key) or (WITHDRAW if options.get("complete") else KEEP))
        counts = shifts.get(key)
        answers = [
            (one, words[one], None if counts is None or one == chosen else counts.get(one, 0))
            for one in CHOICES[key]
        ]
        found.append(Question(key, title, help_text, answers, chosen))
    return found


def _read(kind: str, before: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's options as answered; anything unknown keeps what was."""
    options = dict(before)
    for key in ASKED[kind]:
        if data.get(key) in CHOICES[key]:
            options[key] = data[key]
    options["totals"] = str(data.get("totals", ""))[:20_000]
    options["complete"] = data.get("complete") == "on"
    if kind == "wide":
        unit = str(data.get("unit", ""))
        options["unit"] = int(unit) if unit in ("1", "1000", "10000", "1000000") else before.get("unit", 1)
        options["tax_included"] = data.get("tax_included") == "on"
        year = str(data.get("year", ""))
        options["year"] = int(year) if year.isdecimal() and 1990 <= int(year) <= 2199 else None
    return options


@page("import.run", edits=True)
def import_preview(request: HttpRequest, run_id: int) -> HttpResponse:
    """Answers change the preview at once (htmx); going on writes the derived rows beside the upload and starts the check."""
    run = run_of(run_id)
    if not drafts.editable(run):
        return redirect("import_run", run.pk)
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
    if request.method == "POST" and request.POST.get("deed") == "go" and made.derived.movements:
        return _go(request, run, made)
    context = _context(run, made)
    return render_page(request, "ingest/preview.html", context, fragment="ingest/_preview.html")


def _go(request: HttpRequest, run: ImportRun, made: Derivation) -> HttpResponse:
    settle_recipe(run, made, actor=reader(request))
    jobs.queue(run, "check", actor=reader(request))
    return redirect("import_run", run.pk)


def _context(run: ImportRun, made: Derivation) -> dict[str, Any]:
    sources = sources_of(run)
    shaping = sources[0].shaping
    options = shaping.options
    used = {key for source in sources for key, one in source.shaping.fields.items() if one.source}
    preview = made.derived.preview
    months = [{"currency": money, "rows": rows} for money, rows in preview.months.items()]
    _found, bad_totals = parse_totals(str(options.get("totals", "")))
    vanished = vanished_in(run, made)
    marks = Counter(mark.code for _file, mark in made.marks)
    examples: dict[str, list[str]] = {}
    for file, mark in made.marks:
        kept = examples.setdefault(mark.code, [])
        if len(kept) < 5:
            kept.append(mark_words(file if len(sources) > 1 else "", mark))
    return {
        "run": run, "kind": made.kind, "label": RECIPES[made.kind], "options": options, "made": made, "months": months,
        "agrees": preview.agrees, "has_sheet": any(row.sheet is not None for rows in preview.months.values() for row in rows),
        "movements": len(made.derived.movements), "contracts": len({row["contract_id"] for row in made.derived.contracts}),
        "customers": len({row["account_id"] for row in made.derived.movements}), "ends": preview.ends,
        "questions": _questions(made, options, used, vanished), "short": SHORT_READINGS,
        "marks": [{"words": MARKS.get(code, code), "count": n, "examples": examples[code]} for code, n in marks.most_common()],
        "refused": [
            {**one, "reason": reason_text(one["code"], one["detail"]), "fix": fix_text(one["code"], one["detail"]),
             "raw": [(key, cell) for key, cell in one["raw"].items() if cell]}
            for one in made.refused[:SHOWN]
        ],
        "refused_count": len(made.refused), "soft": len(made.soft), "bad_totals": bad_totals,
        "asks_complete": made.first is None, "asks_totals": True,
        "units": ((1, _("円")), (1000, _("千円")), (10000, _("万円")), (1000000, _("百万円"))),
        "joined": made.derived.joined, "vanished": vanished[:SHOWN], "vanished_more": max(0, len(vanished) - SHOWN),
    }  # fmt: skip


def mark_words(file: str, mark: Any) -> str:
    """Where a mark stands: file, row, customer, day."""
    row = mark.row % (1 << 40) if mark.row else 0
    parts = [
        file,
        _("%(row)s 行目") % {"row": row} if row else "",
        mark.account_id,
        str(mark.on or ""),
        mark.detail,
    ]
    return " ".join(part for part in parts if part)
