"""What is decided for uploaded files before the check: their mapping, known or suggested, and a recipe's derived rows.

Used by the pages and by `banso import --kind ledger`.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from banso_web.core import clock
from banso_web.core.facts import current_watermark
from banso_web.ingest import drafts, saved
from banso_web.ingest.derived_files import write_inputs
from banso_web.ingest.drafts import SKIP, Upload
from banso_web.ingest.inputs import Input
from banso_web.ingest.joining import series_of, stored_levels
from banso_web.ingest.looks import RECIPES, table_of
from banso_web.ingest.models import ImportRun, Mapping
from banso_web.ingest.readers import RawTable
from banso_web.ingest.recipe import Derivation, Source, day_of_name, derive
from banso_web.ingest.shaping import Shaping, all_on_the_first, suggested_shaping
from banso_web.ingest.sources import keep_refusals
from banso_web.ingest.withdrawing import KEEP, WITHDRAW, Vanished, vanished_contracts

if TYPE_CHECKING:
    from banso_web.members.models import Member


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
            table := table_of(drafts.path_of(run, one), one),
            _read_ends(table, Shaping.from_json(one.shaping or {"kind": one.kind})),
        )
        for name, one in zip(names, taken, strict=True)
    ]


def _read_ends(table: RawTable, shaping: Shaping) -> Shaping:
    """Unless somebody has answered, 更新日 that is always the first of a month is the day after the last."""
    if shaping.kind == "ledger" and "end_reading" not in shaping.options and all_on_the_first(table, shaping):
        return replace(shaping, options={**shaping.options, "end_reading": "day_after"})
    return shaping


def recipe_name(run: ImportRun) -> str:
    """The name of the mapping under which the run's recipe is, or will be, saved: its runs are one series."""
    first = next(one for one in drafts.uploads_of(run) if one.kind in RECIPES)
    kept = Mapping.objects.filter(pk=first.mapping).first() if first.mapping else None
    return kept.name if kept else saved.name_for(first.name)


def derive_for(run: ImportRun, sources: list[Source]) -> Derivation:
    """Derive, joined to what earlier files of the same source have brought. Raises ReadProblem, TooManyRows."""
    kind = sources[0].shaping.kind
    stored = stored_levels(kind, series_of(kind, recipe_name(run)))
    return derive(sources, until=clock.today(), stored=stored)


def vanished_in(run: ImportRun, made: Derivation) -> list[Vanished]:
    """Contracts that earlier files of the same source had and this ledger does not have."""
    if made.kind != "ledger":
        return []
    codes = {str(row["contract_id"]) for row in made.derived.contracts}
    return vanished_contracts(series_of(made.kind, recipe_name(run)), codes, current_watermark(), run.pk)


def said_of(made: Derivation, shaping: Shaping, name: str) -> dict[str, Any]:
    """What a run keeps of its recipe: which series it is of, which months it speaks of, what it takes back."""
    whole = made.first is not None or bool(shaping.options.get("complete"))
    return {
        "kind": made.kind,
        "series": series_of(made.kind, name),
        "complete": whole,
        "gone": shaping.options.get("gone") or (WITHDRAW if whole else KEEP),
        "read": made.read,
        "first": made.first.isoformat() if made.first else None,
        "last": made.last.isoformat() if made.last else None,
        "trimmed": True,  # `last` is the last month that somebody has filled in
        "refused": len({(one["file"], one["row"]) for one in made.refused}),
    }


def settle_recipe(run: ImportRun, made: Derivation, *, actor: Member | None) -> ImportRun:
    """Save the recipe's mapping, put the derived rows beside the uploads, and end the draft: the check may follow."""
    uploads = drafts.uploads_of(run)
    recipe = [one for one in uploads if one.kind in RECIPES]
    source = sources_of(run)[0]
    mapping = saved.save(recipe_name(run), source.shaping, source.table, actor=actor)
    for one in recipe:
        one.mapping = mapping.pk
    drafts.keep_uploads(run, uploads)
    folder = drafts.folder_of(run)
    keep_refusals(folder, made.refused)
    plain = [input_of(run, one) for one in uploads if one.kind not in RECIPES and one.kind != SKIP]
    inputs = unique([*write_inputs(made, folder, run.file_name), *plain])
    said = said_of(made, source.shaping, mapping.name)
    return drafts.settle(run, inputs, actor=actor, known=run.options.get("known", "now"), recipe=said)
