"""How a later month table (or snapshot) meets what earlier ones of the same source have brought.

Their movements are known by their ids (`wide:<account>:<contract>:<product>:<YYYY-MM>`): the month in the id is the
column that the movement came from, which its day does not always tell (an end is dated the month before).
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from banso.periods import Month
from banso.revenue.recipes import Stored
from banso_web.core.facts import counted, current_watermark
from banso_web.core.imports import HappeningHandler
from banso_web.core.registry import registry
from banso_web.ingest.models import ImportRun

PREFIX = {"wide": "wide:", "snapshots": "snapshot:"}
_LABEL = re.compile(r":(\d{4}-\d{2})(?::\d+)?$")
_CHUNK = 20_000


def movements() -> type[Any]:
    """The stored movements, which belong to an app above: reached through its registered handler."""
    handler = registry.file_handlers["movements"]()
    assert isinstance(handler, HappeningHandler)
    return handler.model


def column_of(code: str) -> Month | None:
    """The month of the column that a movement's id names."""
    found = _LABEL.search(code)
    return Month.parse(found[1]) if found else None


def series_of(kind: str, name: str) -> str:
    """The name under which runs of one saved mapping are one series."""
    return f"{kind}:{name}"


def runs_of(series: str) -> list[ImportRun]:
    """The published runs of a series, oldest first."""
    runs = ImportRun.objects.filter(state=ImportRun.State.DONE, options__recipe__series=series)
    return list(runs.order_by("pk"))


def entries_of(series: str, *, but: int = 0) -> tuple[list[int], list[int]]:
    """(entries of the series' published runs, those of its undone ones). `but`: a run left out."""
    runs = ImportRun.objects.filter(options__recipe__series=series, entry__isnull=False).exclude(pk=but)
    done = runs.filter(state=ImportRun.State.DONE).values_list("entry_id", flat=True)
    undone = runs.filter(state=ImportRun.State.UNDONE).values_list("entry_id", flat=True)
    return [pk for pk in done if pk], [pk for pk in undone if pk]


def restated_entries() -> list[int]:
    """The entries that undoing imports has written: they belong to nobody and follow from the imports that stand."""
    runs = ImportRun.objects.filter(options__has_key="restated")
    return [int(pk) for options in runs.values_list("options", flat=True) for pk in options["restated"]]


def stored_levels(kind: str, series: str = "") -> Stored | None:
    """What month tables (or snapshots) have brought so far and still counts; None where nothing has.

    `series`: the runs whose customers can end by being missing from the next table; without one nobody can.
    """
    prefix = PREFIX.get(kind)
    if prefix is None:
        return None
    runs = runs_of(series) if series else []
    done, undone = entries_of(series) if series else ([], [])
    entries, again = set(done), set(restated_entries())
    ever = set(movements()._default_manager.filter(entry__in=undone).values_list("code", flat=True))
    steps: dict[tuple[str, str, str, str], dict[Month, Decimal]] = defaultdict(dict)
    own = set()
    names = ("code", "account__code", "contract__code", "product", "currency", "delta_units", "entry_id")
    rows = counted(movements(), current_watermark()).filter(code__startswith=prefix).order_by()
    for code, account, contract, product, currency, units, entry in rows.values_list(*names).iterator(_CHUNK):
        if (month := column_of(code)) is None:
            continue
        key = (account, contract or "", product, currency)
        steps[key][month] = steps[key].get(month, Decimal(0)) + Decimal(units) / 10_000
        if entry in entries or (entry in again and code in ever):
            own.add(key)
    if not steps:
        return None
    recipes = [run.options["recipe"] for run in runs]
    told = [
        Month.of(date.fromisoformat(one["last"])) for one in recipes if one.get("last") and one.get("trimmed")
    ]
    last = max([*told, max(max(one) for one in steps.values())])
    return Stored(steps, min(min(one) for one in steps.values()), last, frozenset(own))
