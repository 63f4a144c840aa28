"""What an earlier import of the same source brought and this one does not: those movements are taken back with it.

A recipe's ids follow from its rows, so a corrected sheet may give other ids. The runs of one saved mapping are one
series; movements of the series that the new derivation no longer holds are voided under the new run's entry, so undoing
the run brings them back.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from banso.periods import Month
from banso_web.core.bulk import insert_rows
from banso_web.core.facts import counted
from banso_web.core.imports import Context, HappeningHandler, Later, later
from banso_web.core.models import Known
from banso_web.core.registry import registry
from banso_web.ingest.actions import imports_home
from banso_web.ingest.joining import column_of, runs_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.recipe import movement_codes

BATCH = 1_000
KEY = "withdrawn"
PLACE = f"later:{KEY}"


def _handler() -> HappeningHandler[Any]:
    handler = registry.file_handlers["movements"]()
    assert isinstance(handler, HappeningHandler)
    return handler


def withdrawn_codes(run: ImportRun, watermark: int) -> list[str]:
    """Sorted ids of the series' movements that count now and that this run's derivation does not hold."""
    recipe = run.options.get("recipe") or {}
    if not recipe.get("series") or not recipe.get("complete"):
        return []
    entries = [one.entry_id for one in runs_of(recipe["series"]) if one.pk != run.pk and one.entry_id]
    if not entries:
        return []
    rows = counted(_handler().model, watermark).filter(entry__in=entries)
    found = set(rows.values_list("code", flat=True))
    if recipe.get("first"):  # the file speaks of some months only: of the columns that it has
        first, last = (Month.of(date.fromisoformat(recipe[key])) for key in ("first", "last"))
        # and of the month behind them, whose change now starts from another level
        found = {code for code in found if (on := column_of(code)) is not None and first <= on <= last + 1}
    return sorted(found - movement_codes(imports_home() / run.stored_as))


def step(context: Context, after: int) -> tuple[int, int] | None:
    """Void the next codes. The list is the same after a kill: rows of this entry do not count before it is published."""
    run = ImportRun.objects.filter(entry=context.entry).first()
    codes = withdrawn_codes(run, context.watermark)[after : after + BATCH] if run else []
    if not codes:
        return None
    handler = _handler()
    names = (
        "account_id",
        "contract_id",
        *(name for name in handler.attrs if name not in ("account_id", "contract_id")),
    )
    rows = counted(handler.model, context.watermark).filter(code__in=codes)
    facts = [
        {
            **{name: getattr(row, name) for name in names},
            "code": row.code,
            "is_void": True,
            "contested": True,
            "recorded_at": context.now,
            "known_basis": Known.SYSTEM,
            "entry_id": context.entry_id,
        }
        for row in rows
    ]
    insert_rows(handler.model, facts)
    handler.model._default_manager.filter(code__in=codes).update(contested=True)
    return after + len(codes), len(facts)


later.append(Later(KEY, step))
