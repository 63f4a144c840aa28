"""Inputs of the LTV forms: what the organisation gave, with its source and day, and what the movements tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from banso_web.core.facts import Asked, counted
from banso_web.core.metrics import Scope
from banso_web.revenue.models import LtvInput

KEYS = ("gross_margin", "acquisition_cost", "retention_cost_yearly")


@dataclass(frozen=True)
class GivenInput:
    """One input as given: for a segment (or "" for the company), with its source and the day it is of."""

    key: str
    value: Decimal
    source: str
    on: date
    segment: str


def given_inputs(asked: Asked, scope: Scope) -> dict[str, GivenInput]:
    """The latest input of each key on the question's day; a segment's own before the company's."""
    rows = counted(LtvInput, asked.watermark, asked.known_at).filter(
        on__lte=asked.as_of, segment__in={"", scope.segment or ""}
    )
    found: dict[str, GivenInput] = {}
    for row in sorted(rows, key=lambda one: (one.segment != "", one.on, one.pk)):
        found[row.key] = GivenInput(row.key, row.value, row.source, row.on, row.segment)
    return found
