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


def stored_levels(kind: str, series: str = "") -> Stored | None:
    """What month tables (or snapshots) have brought so far and still counts; None where nothing has.

    `series`: the runs whose customers can end by being missing from the next table; without one nobody can.
    """
    prefix = PREFIX.get(kind)
    if prefix is None:
        return None
    runs = runs_of(series) if series else []
    entries = {run.entry_id for run in runs if run.entry_id}
    steps: dict[tuple[str, str, str, str], dict[Month, Decimal]] = defaultdict(dict)
    own = set()
    names = ("code", "account__code", "contract__code", "product", "currency", "delta_units", "entry_id")
    rows = counted(movements(), current_watermark()).filter(code__startswith=prefix).order_by()
    for code, account, contract, product, currency, units, entry in rows.values_list(*names).iterator(_CHUNK):
        if (month := column_of(code)) is None:
            continue
        key = (account, contract or "", product, currency)
        steps[key][month] = steps[key].get(month, Decimal(0)) + Decimal(units) / 10_000
        if entry in entries:
            own.add(key)
    if not steps:
        return None
    recipes = [run.options["recipe"] for run in runs]
    told = [
        Month.of(date.fromisoformat(one["last"])) for one in recipes if one.get("last") and one.get("trimmed")
    ]
    last = max([*told, max(max(one) for one in steps.values())])
    return Stored(steps, min(min(one) for one in steps.values()), last, frozenset(own))
