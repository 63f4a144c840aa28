"""The company's long monthly series as a stored value: every worker draws the same trend without reading a movement."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

from banso.revenue import Monthly, MonthRow
from banso_web.core.facts import Asked
from banso_web.revenue.models import MetricValue
from banso_web.revenue.reads.customers import rules_mark

KEY = "series"
VERSION = "1"
RATIOS = ("nrr", "grr", "gross_churn", "net_churn", "mrr_churn", "customer_churn")
TEXTS = ("month", "reason")


def as_payload(series: Monthly) -> dict[str, Any]:
    """Every month with every digit: amounts as decimals, ratios as exact fractions."""
    return {"reporting": series.reporting, "months": [_row(row) for row in series]}


def _row(row: MonthRow) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for name in (field.name for field in fields(row)):
        value = getattr(row, name)
        exact = isinstance(value, Decimal | Fraction)
        body[name] = str(value) if exact else dict(value) if name == "counts" else value
    return body


def from_payload(payload: dict[str, Any]) -> Monthly:
    """The series that `as_payload` was given."""
    rows = []
    for body in payload["months"]:
        values: dict[str, Any] = {}
        for name, value in body.items():
            if value is None or name in TEXTS or name == "counts":
                values[name] = value
            else:
                values[name] = Fraction(value) if name in RATIOS else Decimal(value)
        rows.append(MonthRow(**values))
    return Monthly(rows, payload["reporting"])


def find_series(asked: Asked) -> Monthly | None:
    """The company's series of the question's day, if the fill has been here."""
    if asked.known_at is not None:
        return None
    rows = MetricValue.objects.filter(
        key=KEY, scope="", as_of=asked.as_of, version=VERSION, watermark=rules_mark(asked)
    )
    payload = rows.values_list("payload", flat=True).first()
    return from_payload(payload) if payload else None
