"""Saved LTV scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from banso_web.reports.models import Scenario
from banso_web.revenue.metrics.ltv import LABELS


@dataclass(frozen=True)
class Saved:
    """A scenario as it was shown on its day."""

    id: int
    name: str
    form: str
    inputs: dict[str, Any]
    value: Decimal | None
    currency: str
    as_of: date
    made_by: str
    made_at: datetime
    query: dict[str, str]

    @property
    def items(self) -> list[str]:
        """The inputs in words: 顧客単価(月) 100000 (出所)."""
        return [
            f"{LABELS.get(item['key'], item['key'])} {item['value'] if item['value'] is not None else '—'} ({item['source']})"
            for item in self.inputs.get("items", [])
        ]


def scenarios(form: str = "") -> list[Saved]:
    """The latest hundred, newest first."""
    rows = Scenario.objects.select_related("made_by").order_by("-made_at", "-id")
    if form:
        rows = rows.filter(form=form)
    return [
        Saved(
            row.pk, row.name, row.form, row.inputs, Decimal(row.result["value"]) if row.result.get("value") is not None else None,
            row.result.get("currency", "JPY"), row.as_of, row.made_by.name, row.made_at, row.inputs.get("query", {}),
        )
        for row in rows[:100]
    ]  # fmt: skip
