"""What an earlier import of the same source brought and this one does not: that is taken back with it.

A recipe's ids follow from its rows, so a corrected sheet may give other ids. The runs of one saved mapping are one
series; movements of the series that the new derivation no longer holds are voided under the new run's entry, so undoing
the run brings them back. Contracts that a ledger no longer has leave the lists the same way, if the person says so.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from banso.periods import Month
from banso_web.core.bulk import insert_rows
from banso_web.core.facts import counted
from banso_web.core.facts.happenings import effective
from banso_web.core.facts.states import WITHDRAWN
from banso_web.core.imports import Context, HappeningHandler, Later, StateHandler, later
from banso_web.core.models import Known, StateVersion
from banso_web.core.registry import registry
from banso_web.ingest.actions import imports_home
from banso_web.ingest.joining import column_of, runs_of
from banso_web.ingest.models import ImportRun
from banso_web.ingest.recipe import contract_codes, movement_codes

BATCH = 1_000
KEY, CONTRACTS = "withdrawn", "withdrawn_contracts"
PLACE, CONTRACTS_PLACE = f"later:{KEY}", f"later:{CONTRACTS}"
WITHDRAW, KEEP = "withdraw", "keep"


@dataclass(frozen=True)
class Vanished:
    """A contract that earlier runs of the series stated, that counts now, and that the new file does not have."""

    pk: int
    code: str
    account: str  # the customer's id
    product: str


def _handler() -> HappeningHandler[Any]:
    handler = registry.file_handlers["movements"]()
    assert isinstance(handler, HappeningHandler)
    return handler


def vanished_contracts(series: str, codes: Set[str], watermark: int, but: int = 0) -> list[Vanished]:
    """Contracts that only runs of this series have stated and that are not among `codes`, by code.

    One that another source or a person has stated too is not this series' alone, and stays. `but`: a run left out.
    """
    entries = [one.entry_id for one in runs_of(series) if one.entry_id and one.pk != but]
    if not entries:
        return []
    handler = registry.file_handlers["contracts"]()
    assert isinstance(handler, StateHandler)
    versions = StateVersion.objects.filter(effective(watermark), subject=handler.subject)
    mine = versions.filter(entry__in=entries)
    others = versions.filter(subject_id__in=mine.values("subject_id")).exclude(entry__in=entries)
    rows = handler.model._default_manager.filter(live=True, pk__in=mine.values("subject_id"))
    rows = rows.exclude(pk__in=others.values("subject_id")).order_by("code")
    found = rows.values_list("pk", "code", "account__code", "product")
    return [Vanished(*row) for row in found if row[1] not in codes]


def vanished_of(run: ImportRun, watermark: int) -> list[Vanished]:
    """The contracts of a ledger run that its series had before and this run does not have."""
    recipe = run.options.get("recipe") or {}
    if recipe.get("kind") != "ledger" or not recipe.get("series"):
        return []
    return vanished_contracts(
        recipe["series"], contract_codes(imports_home() / run.stored_as), watermark, run.pk
    )


def withdraws_contracts(run: ImportRun) -> bool:
    """Whether the person wants the vanished contracts withdrawn; unless asked, what is whole decides."""
    recipe = run.options.get("recipe") or {}
    return bool(recipe.get("gone", WITHDRAW if recipe.get("complete") else KEEP) == WITHDRAW)


def withdrawn_codes(run: ImportRun, watermark: int) -> list[str]:
    """Sorted ids of the series' movements that count now and that this run's derivation does not hold.

    Where the file is not said to be whole, only those of contracts that are withdrawn; those of contracts that are kept
    never.
    """
    recipe = run.options.get("recipe") or {}
    if not recipe.get("series"):
        return []
    gone = {one.pk for one in vanished_of(run, watermark)}
    if not recipe.get("complete") and not (gone and withdraws_contracts(run)):
        return []
    entries = [one.entry_id for one in runs_of(recipe["series"]) if one.pk != run.pk and one.entry_id]
    if not entries:
        return []
    rows = counted(_handler().model, watermark).filter(entry__in=entries)
    found = set(rows.values_list("code", flat=True))
    if gone:
        of_gone = set(rows.filter(contract__in=gone).values_list("code", flat=True))
        if not withdraws_contracts(run):
            found -= of_gone
        elif not recipe.get("complete"):
            found = of_gone
    if recipe.get("first"):  # the file speaks of some months only: of the columns that it has
        first, last = (Month.of(date.fromisoformat(recipe[key])) for key in ("first", "last"))
        # and of the month behind them, whose change now starts from another level
        found = {code for code in found if (on := column_of(code)) is not None and first <= on <= last + 1}
    return sorted(found - movement_codes(imports_home() / run.stored_as))


def step_contracts(context: Context, after: int) -> tuple[int, int] | None:
    """Withdraw the vanished contracts in one transaction: a version that says so, from the beginning of time."""
    run = ImportRun.objects.filter(entry=context.entry).first()
    if after or run is None or not withdraws_contracts(run):
        return None
    gone = vanished_of(run, context.watermark)
    if not gone:
        return None
    versions = [
        {
            "subject": "contract",
            "subject_id": one.pk,
            "values": {WITHDRAWN: True},
            "valid_from": None,
            "valid_to": None,
            "recorded_at": context.now,
            "known_basis": Known.SYSTEM,
            "entry_id": context.entry_id,
        }
        for one in gone
    ]
    insert_rows(StateVersion, versions)
    return len(gone), len(gone)


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


later += [Later(CONTRACTS, step_contracts), Later(KEY, step)]
