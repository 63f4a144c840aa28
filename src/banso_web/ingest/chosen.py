"""Uploads whose reading is said beforehand (the API): by a saved mapping, or as one of the company's own lists with answers.

What the pages ask step by step comes in one call; what is then still open is refused, and nothing is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso_web.core.errors import Refused
from banso_web.core.ui.formats import joined
from banso_web.ingest import actions, drafts
from banso_web.ingest.drafts import Upload, Uploaded
from banso_web.ingest.looks import RECIPES, table_of
from banso_web.ingest.mappings import SavedMapping, access_mapping, latest_mappings
from banso_web.ingest.models import ImportRun
from banso_web.ingest.preparing import (
    derive_for,
    input_of,
    prepare,
    settle_recipe,
    sources_of,
    unique,
    vanished_in,
)
from banso_web.ingest.questions import ASKED, Question, mark_words, questions_of
from banso_web.ingest.readers import RawTable, ReadProblem, Shape, ShapeChange, shape_changes
from banso_web.ingest.readers.canonical import FILES
from banso_web.ingest.recipe import MOST_ROWS, Derivation, TooManyRows, day_of_name, parse_totals
from banso_web.ingest.recipe_words import MARKS
from banso_web.ingest.saved import change_words, keep
from banso_web.ingest.shaping import Shaping, all_on_the_first, column_label, schema_of
from banso_web.ingest.withdrawing import Vanished
from banso_web.ingest.words import failure_data, failure_text

if TYPE_CHECKING:
    from banso_web.members.models import Member

OF_ALL = ("totals", "complete")
OF_KIND = {"wide": ("unit", "tax_included", "year"), "snapshots": ("day",)}


@dataclass(frozen=True)
class Previewed:
    """What a recipe would make of the files. `vanished`: contracts that earlier files of the same list had and these do not."""

    made: Derivation
    questions: list[Question]
    marks: list[tuple[str, Any, int, list[str]]]  # (code, words, how many, examples)
    vanished: list[Vanished]
    bad_totals: list[str]


def is_recipe(kind: str) -> bool:
    return kind in RECIPES


def recipe_kinds() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """{kind: (its name, the answers it takes)}."""
    return {kind: (word, (*ASKED[kind], *OF_ALL, *OF_KIND.get(kind, ()))) for kind, word in RECIPES.items()}


def make_mapping(
    member: Member, name: str, kind: str, columns: Sequence[str], said: Mapping[str, Any]
) -> tuple[SavedMapping, bool]:
    """Keep how files with these headers are read (`said`: fields, left_out, tax_percent, options): (mapping, whether it is new).

    Refused for a kind, a column or a header that is not there, and while a required column is open; 403 without the right.
    """
    actions.require(member)
    if not (kind in FILES or is_recipe(kind)):
        raise _invalid(
            kind=_("この種類はありません。GET /facts と GET /recipes にあるものを指定してください。")
        )
    known = {column.key for column in schema_of(kind).columns}
    sources = {one.get("source") for one in said["fields"].values()} - {None, ""}
    if wrong := sorted({*said["fields"]} - known) + sorted((sources | {*said["left_out"]}) - {*columns}):
        raise _invalid(fields=_("ない列です: %(columns)s") % {"columns": joined(wrong)})
    shaping = Shaping.from_json({**said, "kind": kind, "options": answered(kind, {}, said["options"])})
    if problem := shaping.open_words():
        raise Refused(problem, code="columns_open", fields={"fields": problem})
    before = {one.id for one in latest_mappings(member)}
    made = keep(name.strip(), shaping, Shape(tuple(columns)), actor=member)
    return access_mapping(member, made.pk), made.pk not in before


def kind_of_mapping(member: Member, mapping_id: int, kind: str) -> tuple[SavedMapping, str]:
    """A saved mapping that can be used for one file of `kind` ("": its own). Refused, 403, 404."""
    found = access_mapping(member, mapping_id)
    if found.body.get("form") != "columns" or not (found.kind in FILES or found.kind in RECIPES):
        words = _("この対応づけは、ファイル1つの列を読むものではありません。")
        raise _invalid(mapping=words)
    if kind and kind != found.kind:
        raise _invalid(kind=_("この対応づけは %(kind)s のものです。") % {"kind": found.kind})
    return found, found.kind


def begin(
    files: Sequence[Uploaded],
    *,
    actor: Member,
    kind: str,
    mapping: int | None = None,
    answers: Mapping[str, Any] | None = None,
    sheet: str = "",
    header_row: int | None = None,
    known: str = "now",
) -> ImportRun:
    """Keep the files and say how each is read. A recipe's run is a draft (see `preview`), any other waits for its check.

    `answers`: see `answered`. Refused where a file cannot be read, a required column is open, the list's day is
    unknown or an answer does not belong to the kind; then nothing is kept. 403, 404 (the mapping).
    """
    actions.require(actor)
    saved_one = None
    if mapping is not None:
        saved_one, kind = kind_of_mapping(actor, mapping, kind)
    _refuse_answers(kind, answers or {})
    if kind == "wide" and len(files) > 1:
        raise _invalid(files=_("月次MRR表は、一度に1ファイルずつ取り込んでください。"))
    run = drafts.receive(files, actor=actor)
    try:
        uploads = drafts.uploads_of(run)
        for one in uploads:
            one.kind, one.sheet, one.header_row = kind, sheet, header_row
        for one in uploads:
            _shape(run, one, uploads, saved_one, answers or {})
        drafts.keep_uploads(run, uploads, known=known)
        if not is_recipe(kind):
            inputs = unique([input_of(run, one) for one in uploads])
            return drafts.settle(run, inputs, actor=actor, known=known, recipe=None)
        derived(run)
    except ReadProblem as problem:
        actions.drop_run(run, actor=actor)
        raise _invalid(files=failure_text(failure_data(problem))) from problem
    except Refused:
        actions.drop_run(run, actor=actor)
        raise
    return run


def _shape(
    run: ImportRun,
    upload: Upload,
    uploads: list[Upload],
    mapping: SavedMapping | None,
    answers: Mapping[str, Any],
) -> None:
    table = table_of(drafts.path_of(run, upload), upload)
    if mapping is None:
        prepare(upload, table, uploads)
    else:
        _by_mapping(upload, table, mapping)
    shaping = Shaping.from_json(upload.shaping or {"kind": upload.kind})
    if missing := shaping.missing():
        names = joined(column_label(one) for one in missing)
        words = _(
            "%(file)s の次の列が決まっていません: %(columns)s。取込の画面か、API の POST /mappings で対応づけてください。"
        )
        text = words % {"file": upload.name, "columns": names}
        raise Refused(text, code="columns_open", fields={"files": text})
    options = answered(upload.kind, shaping.options, answers)
    if upload.kind == "snapshots" and not options.get("day"):
        words = _("%(file)s がいつの一覧か分かりません。ファイル名に日付を入れるか、day で答えてください。")
        raise _invalid(answers=words % {"file": upload.name})
    upload.shaping = replace(shaping, options=options).as_json()
    upload.extra = {**upload.extra, "fingerprint": table.fingerprint, "settled": True}


def _by_mapping(upload: Upload, table: RawTable, mapping: SavedMapping) -> None:
    shaping = Shaping.from_json(mapping.body).fitting(table.headers)
    if upload.kind == "snapshots":
        day = day_of_name(upload.name)
        shaping = replace(shaping, options={**shaping.options, "day": day.isoformat() if day else ""})
    upload.shaping, upload.mapping = shaping.as_json(), mapping.id
    upload.told = [
        {"code": one.code, "column": one.column, "before": one.before, "after": one.after}
        for one in shape_changes(Shape.from_json(mapping.shape), table.shape)
    ]


def told_of(run: ImportRun) -> list[str]:
    """How the files differ from those their mapping was saved for, in words."""
    return [
        change_words(ShapeChange(**one))  # type: ignore[arg-type]
        for upload in drafts.uploads_of(run)
        for one in upload.told
    ]


def _refuse_answers(kind: str, answers: Mapping[str, Any]) -> None:
    allowed = recipe_kinds()[kind][1] if is_recipe(kind) else ()
    wrong = {key: _("この資料には使わない答えです。") for key in answers if key not in allowed}
    if wrong:
        raise _invalid(**wrong)


def answered(kind: str, before: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's options with these answers; what is not named stays.

    `totals`: {"2026-10": amount} of the old sheet; `day`: a date; the others as `ingest.shaping` names them.
    Refused for an answer that the kind does not take.
    """
    _refuse_answers(kind, answers)
    given = dict(answers)
    if "totals" in given:
        given["totals"] = "\n".join(f"{month} {amount}" for month, amount in given["totals"].items())
    if given.get("day"):
        given["day"] = given["day"].isoformat()
    return {**before, **{key: value for key, value in given.items() if value is not None or key == "year"}}


def _recipe_run(run: ImportRun) -> list[Upload]:
    uploads = drafts.uploads_of(run)
    if not drafts.editable(run) or not any(is_recipe(one.kind) and one.shaping for one in uploads):
        words = _("この取り込みには、確かめる月次の表がありません。データは変わっていません。")
        raise Refused(words, code="no_preview")
    return uploads


def answer(run: ImportRun, answers: Mapping[str, Any]) -> ImportRun:
    """Other answers for a recipe's run, which becomes a draft again. Refused once something was written."""
    uploads = _recipe_run(run)
    for one in uploads:
        if is_recipe(one.kind) and one.shaping:
            options = answered(one.kind, one.shaping["options"], answers)
            one.shaping = {**one.shaping, "options": options}
    drafts.keep_uploads(run, uploads)
    return run


def derived(run: ImportRun) -> Derivation:
    """What the recipe makes of the run's files. Refused where they cannot be read or have too many rows."""
    _recipe_run(run)
    try:
        return derive_for(run, sources_of(run))
    except ReadProblem as problem:
        raise _invalid(files=failure_text(failure_data(problem))) from problem
    except TooManyRows as problem:
        words = _(
            "行が多すぎて、この作り方では扱えません(上限 %(limit)s 行)。増減のファイル(movements)にして取り込んでください。"
        )
        raise Refused(words % {"limit": f"{MOST_ROWS:,}"}, code="too_many_rows") from problem


def preview(run: ImportRun) -> Previewed:
    """Month totals beside the old sheet, open questions and what should be looked at; nothing is written."""
    made = derived(run)
    sources = sources_of(run)
    options = sources[0].shaping.options
    used = {key for source in sources for key, one in source.shaping.fields.items() if one.source}
    vanished = vanished_in(run, made)
    counts = Counter(mark.code for _file, mark in made.marks)
    examples: dict[str, list[str]] = {}
    for file, mark in made.marks:
        kept = examples.setdefault(mark.code, [])
        if len(kept) < 5:
            kept.append(mark_words(file if len(sources) > 1 else "", mark))
    return Previewed(
        made,
        questions_of(
            made,
            options,
            used,
            vanished,
            first_days=made.kind == "ledger" and all_on_the_first(sources[0].table, sources[0].shaping),
        ),
        [(code, MARKS.get(code, code), n, examples[code]) for code, n in counts.most_common()],
        vanished,
        parse_totals(str(options.get("totals", "")))[1],
    )


def settle(run: ImportRun, *, actor: Member) -> ImportRun:
    """End a recipe's draft: its rows lie beside the files and the check may follow. Refused without any movement."""
    made = derived(run)
    if not made.derived.movements:
        words = _("この資料から MRR の動きは1件も作れませんでした。何も取り込んでいません。")
        raise Refused(words, code="no_movements")
    return settle_recipe(run, made, actor=actor)


def _invalid(**problems: str) -> Refused:
    words = _("入力を確かめてください。何も取り込んでいません。")
    return Refused(words, code="invalid", fields=dict(problems))
