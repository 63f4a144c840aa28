"""What Banso would hold after an import, month by month: all that counts, less what the import replaces, and its own rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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

ONE_DAY = timedelta(days=1)
Steps = dict[tuple[str, Month], int]


@dataclass(frozen=True)
class MonthAfter:
    """A month of the preview with what all of Banso would have in force on its last day, ends of that day included."""

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
    ends: Steps = defaultdict(int)
    rows = counted(movements(), mark).order_by()
    totals = rows.values("currency", "effective_on", "cause").annotate(units=Sum("delta_units"))
    _add(totals.values_list("currency", "effective_on", "cause", "units"), 1, steps, ends)
    for part in parts(replaced):
        found = rows.filter(code__in=part)
        _add(found.values_list("currency", "effective_on", "cause", "delta_units"), -1, steps, ends)
    mine = (
        (row["currency"], row["effective_on"], row["cause"] or "", to_units(row["mrr_delta"]))
        for row in made.derived.movements
    )
    _add(mine, 1, steps, ends)
    months = {
        money: _months(money, preview, steps, ends) for money, preview in made.derived.preview.months.items()
    }
    elsewhere = any(one.after != one.month.in_service for rows in months.values() for one in rows)
    source = Source(made.kind, str(recipe["series"]), run.pk)
    return Afterwards(months, elsewhere, doubled_by(made.derived.movements, source))


def _add(rows: Iterable[tuple[str, date, str, int]], sign: int, steps: Steps, ends: Steps) -> None:
    for currency, on, cause, units in rows:
        steps[currency, Month.of(on)] += sign * units
        if cause == "churn" and (on + ONE_DAY).day == 1:
            ends[currency, Month.of(on)] -= sign * units


def _months(money: str, preview: Sequence[PreviewMonth], steps: Steps, ends: Steps) -> list[MonthAfter]:
    if not preview:
        return []
    mine = {month: units for (currency, month), units in steps.items() if currency == money}
    level = sum(units for month, units in mine.items() if month < preview[0].month)
    found = []
    for one in preview:
        level += mine.get(one.month, 0)
        found.append(MonthAfter(one, from_units(level + ends.get((money, one.month), 0))))
    return found
