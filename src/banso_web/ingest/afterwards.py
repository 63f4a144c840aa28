"""What Banso would hold after an import, month by month: all that counts, less what the import replaces, and its own rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from banso.money import from_units, to_units
from banso.periods import Month
from banso.revenue.recipes import PreviewMonth
from banso_web.core.facts import counted, current_watermark
from banso_web.ingest.doubling import Source, doubled_by, parts
from banso_web.ingest.joining import movements
from banso_web.ingest.models import ImportRun
from banso_web.ingest.preparing import recipe_name, said_of, vanished_in
from banso_web.ingest.recipe import Derivation
from banso_web.ingest.shaping import Shaping
from banso_web.ingest.withdrawing import withdrawn_by

Steps = dict[tuple[str, Month], int]


@dataclass(frozen=True)
class MonthAfter:
    """A month of the preview with the balance that all of Banso would close it with, as the KPI board reads it."""

    month: PreviewMonth
    after: Decimal


@dataclass(frozen=True)
class Afterwards:
    """`months`: by currency. `elsewhere`: some month differs from what the file alone makes. `doubled`: see `doubling`."""

    months: dict[str, list[MonthAfter]]
    elsewhere: bool
    doubled: dict[str, Any] | None


def after_import(run: ImportRun, made: Derivation, shaping: Shaping) -> Afterwards:
    """For a recipe's preview; nothing is written."""
    recipe, mark = said_of(made, shaping, recipe_name(run)), current_watermark()
    own = {row["movement_id"] for row in made.derived.movements}
    gone = {one.pk for one in vanished_in(run, made)}
    replaced = own | set(withdrawn_by(recipe, gone, own, mark, run.pk))
    steps: Steps = defaultdict(int)
    rows = counted(movements(), mark).order_by()
    totals = rows.values("currency", "effective_on").annotate(units=Sum("delta_units"))
    _add(totals.values_list("currency", "effective_on", "units"), 1, steps)
    for part in parts(replaced):
        _add(rows.filter(code__in=part).values_list("currency", "effective_on", "delta_units"), -1, steps)
    mine = (
        (row["currency"], row["effective_on"], to_units(row["mrr_delta"])) for row in made.derived.movements
    )
    _add(mine, 1, steps)
    months = {money: _months(money, preview, steps) for money, preview in made.derived.preview.months.items()}
    elsewhere = any(one.after != one.month.closing for rows in months.values() for one in rows)
    source = Source(made.kind, str(recipe["series"]), run.pk)
    return Afterwards(months, elsewhere, doubled_by(made.derived.movements, source))


def _add(rows: Iterable[tuple[str, date, int]], sign: int, steps: Steps) -> None:
    for currency, on, units in rows:
        steps[currency, Month.of(on)] += sign * units


def _months(money: str, preview: Sequence[PreviewMonth], steps: Steps) -> list[MonthAfter]:
    if not preview:
        return []
    mine = {month: units for (currency, month), units in steps.items() if currency == money}
    level = sum(units for month, units in mine.items() if month < preview[0].month)
    found = []
    for one in preview:
        level += mine.get(one.month, 0)
        found.append(MonthAfter(one, from_units(level)))
    return found
