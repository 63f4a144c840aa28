"""What an earlier import of the same source brought and this one does not: that is taken back with it.

A recipe's ids follow from its rows, so a corrected sheet may give other ids. The runs of one saved mapping are one
series; movements of the series that the new derivation no longer holds are voided under the new run's entry, so undoing
the run brings them back. Contracts that a ledger no longer has leave the lists the same way, if the person says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from banso.periods import Month
from banso_web.core.bulk import insert_rows
from banso_web.core.facts import counted
from banso_web.core.facts.happenings import effective
from banso_web.core.facts.states import WITHDRAWN
from banso_web.core.imports import Context, HappeningHandler, Later, StateHandler, later
from banso_web.core.models import Known, StateVersion
from banso_web.core.registry import registry
from banso_web.ingest.actions import imports_home
from banso_web.ingest.derived_files import contract_codes, movement_codes
from banso_web.ingest.joining import column_of, entries_of, restated_entries
from banso_web.ingest.models import ImportRun

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
    done, undone = entries_of(series, but=but)
    if not done and not undone:
        return []
    handler = registry.file_handlers["contracts"]()
    assert isinstance(handler, StateHandler)
    stated = StateVersion.objects.filter(subject=handler.subject, entry__in=[*done, *undone])
    versions = StateVersion.objects.filter(effective(watermark), subject=handler.subject)
    others = versions.filter(subject_id__in=stated.values("subject_id"))
    others = others.exclude(entry__in=[*done, *restated_entries()])
    rows = handler.model._default_manager.filter(live=True, pk__in=stated.values("subject_id"))
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
    return _takes_contracts(run.options.get("recipe") or {})


def _takes_contracts(recipe: Mapping[str, Any]) -> bool:
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
    return withdrawn_by(recipe, gone, movement_codes(imports_home() / run.stored_as), watermark, run.pk)


def withdrawn_by(
    recipe: Mapping[str, Any], gone: Set[int], kept: Set[str], watermark: int, but: int = 0
) -> list[str]:
    """The same for what is not settled yet. `gone`: contracts (pk) the file no longer has; `kept`: the ids it gives."""
    takes = _takes_contracts(recipe)
    if not recipe.get("complete") and not (gone and takes):
        return []
    done, undone = entries_of(recipe["series"], but=but)
    model = _handler().model
    ever = model._default_manager.filter(entry__in=undone).values("code")
    again = Q(entry__in=restated_entries(), code__in=ever)
    rows = counted(model, watermark).filter(Q(entry__in=done) | again)
    found = set(rows.values_list("code", flat=True))
    if gone:
        of_gone = set(rows.filter(contract__in=gone).values_list("code", flat=True))
        if not takes:
            found -= of_gone
        elif not recipe.get("complete"):
            found = of_gone
    if recipe.get("first"):  # the file speaks of some months only: of the columns that it has
        found = {code for code in found if _speaks_of(recipe, code)}
    return sorted(found - kept)


def step_contracts(context: Context, after: int) -> tuple[int, int] | None:
    """Withdraw the vanished contracts in one transaction: a version that says so, from the beginning of time."""
    run = ImportRun.objects.filter(entry=context.entry).first()
    if after or run is None or not withdraws_contracts(run):
        return None
    gone = vanished_of(run, context.watermark)
    if not gone:
        return None
    insert_rows(StateVersion, [_withdrawal(one.pk, context) for one in gone])
    return len(gone), len(gone)


def _withdrawal(pk: int, context: Context) -> dict[str, Any]:
    return {
        "subject": "contract",
        "subject_id": pk,
        "values": {WITHDRAWN: True},
        "valid_from": None,
        "valid_to": None,
        "recorded_at": context.now,
        "known_basis": Known.SYSTEM,
        "entry_id": context.entry_id,
    }


def step(context: Context, after: int) -> tuple[int, int] | None:
    """Void the next codes. The list is the same after a kill: rows of this entry do not count before it is published."""
    run = ImportRun.objects.filter(entry=context.entry).first()
    codes = withdrawn_codes(run, context.watermark)[after : after + BATCH] if run else []
    if not codes:
        return None
    handler = _handler()
    facts = [_void(row, context) for row in counted(handler.model, context.watermark).filter(code__in=codes)]
    insert_rows(handler.model, facts)
    handler.model._default_manager.filter(code__in=codes).update(contested=True)
    return after + len(codes), len(facts)


def _void(row: Any, context: Context) -> dict[str, Any]:
    names = {"account_id", "contract_id", *_handler().attrs}
    return {
        **{name: getattr(row, name) for name in names},
        "code": row.code,
        "is_void": True,
        "contested": True,
        "recorded_at": context.now,
        "known_basis": Known.SYSTEM,
        "entry_id": context.entry_id,
    }


def withdraw(run: ImportRun, context: Context, entries: list[int]) -> None:
    """What the run would take back of what these entries (earlier ones of its series) brought, in the pass's own view."""
    recipe = run.options.get("recipe") or {}
    folder = imports_home() / run.stored_as
    handler = registry.file_handlers["contracts"]()
    assert isinstance(handler, StateHandler)
    gone: set[int] = set()
    if recipe.get("kind") == "ledger":
        counts = StateVersion.objects.filter(context.counts(), subject=handler.subject)
        mine = set(counts.filter(entry__in=entries).values_list("subject_id", flat=True))
        shared = set(
            counts.filter(subject_id__in=mine).exclude(entry__in=entries).values_list("subject_id", flat=True)
        )
        alone = handler.model._default_manager.filter(pk__in=mine - shared)
        codes = set(alone.values_list("code", flat=True)) - contract_codes(folder)
        subjects = handler.subjects(codes, context).values()
        gone = {one.pk for one in subjects if one.pk is not None and one.layers and not one.withdrawn}
    taken = withdraws_contracts(run)
    if gone and taken:
        insert_rows(StateVersion, [_withdrawal(pk, context) for pk in sorted(gone)])
    if not recipe.get("complete") and not (gone and taken):
        return
    kept = movement_codes(folder)
    left = [row for row in context.standing(_handler().model, entry__in=entries) if row.code not in kept]
    if gone and not taken:
        left = [row for row in left if row.contract_id not in gone]
    elif gone and not recipe.get("complete"):
        left = [row for row in left if row.contract_id in gone]
    if recipe.get("first"):
        left = [row for row in left if _speaks_of(recipe, row.code)]
    insert_rows(_handler().model, [_void(row, context) for row in left])


def _speaks_of(recipe: Mapping[str, Any], code: str) -> bool:
    """Whether a movement came from a column the file has, or from the one behind, whose change starts from another level."""
    first, last = (Month.of(date.fromisoformat(recipe[key])) for key in ("first", "last"))
    on = column_of(code)
    return on is not None and first <= on <= last + 1


later += [Later(CONTRACTS, step_contracts), Later(KEY, step)]
