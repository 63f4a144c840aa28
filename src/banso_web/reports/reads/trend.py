"""Thirteen months of the board's figures, as lists and as small pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from banso.revenue import quick_ratio
from banso_web.reports.question import Question
from banso_web.revenue.reads.months import months_before, series, unrated_between

MONTHS = 13
Value = Fraction | None
COLUMNS: dict[str, Callable[[Any], Any]] = {
    "nrr": lambda row: row.nrr,
    "grr": lambda row: row.grr,
    "closing": lambda row: row.closing,
    "customer_churn": lambda row: row.customer_churn,
    "retention": lambda row: None if row.customer_churn is None else 1 - row.customer_churn,
    "mrr_churn": lambda row: row.mrr_churn,
    "gross_churn": lambda row: row.gross_churn,
    "net_churn": lambda row: row.net_churn,
    "customers": lambda row: row.counts["closing_customers"],
    "arpa": lambda row: (
        Fraction(row.closing) / row.counts["closing_customers"] if row.counts["closing_customers"] else None
    ),
    "quick_ratio": quick_ratio,
}


@dataclass(frozen=True)
class Spark:
    """A line of points in a box of 120 × 32: paths for SVG, gaps where nothing is known."""

    paths: tuple[str, ...]
    last: tuple[float, float] | None
    target: float | None
    first_month: str
    last_month: str


def months(question: Question, count: int = MONTHS) -> list[Any]:
    """One row a month up to the page's month (never beyond the asked day)."""
    end = min(question.month, question.asked.as_of.replace(day=1))
    return list(series(question.asked, months_before(end, count - 1), end, question.scope))


def unrated_in(question: Question, count: int = MONTHS) -> int:
    """How many customers these months leave out because their currency has no rate."""
    end = min(question.month, question.asked.as_of.replace(day=1))
    return len(unrated_between(question.asked, months_before(end, count - 1), end, question.scope))


def column(rows: Sequence[Any], name: str) -> list[Value]:
    """One figure over the months; None where it could not be computed. Months before the first customer are not known."""
    begun = False
    values: list[Value] = []
    for row in rows:
        begun = begun or bool(row.opening or row.closing)
        values.append(COLUMNS[name](row) if begun else None)
    return values


def spark(rows: Sequence[Any], name: str, target: Any = None) -> Spark | None:
    """The small picture; None where fewer than two months are known."""
    values = [None if value is None else float(value) for value in column(rows, name)]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = (
        min([*known, *([float(target)] if target is not None else [])]),
        max([*known, *([float(target)] if target is not None else [])]),
    )
    span = (high - low) or 1.0

    def place(at: int, value: float) -> tuple[float, float]:
        return round(3 + at * 114 / max(len(values) - 1, 1), 1), round(28 - (value - low) / span * 24, 1)

    paths: list[list[tuple[float, float]]] = []
    here: list[tuple[float, float]] = []
    last: tuple[float, float] | None = None
    for at, value in enumerate(values):
        if value is None:
            paths.append(here)
            here = []
        else:
            last = place(at, value)
            here.append(last)
    paths.append(here)
    drawn = tuple(" ".join(f"{x},{y}" for x, y in points) for points in paths if len(points) > 1)
    if not drawn:
        return None
    level = None if target is None else place(0, float(target))[1]
    return Spark(drawn, last, level, rows[0].month, rows[-1].month)


def month_of(row: Any) -> date:
    """The first day of a series row."""
    return date.fromisoformat(f"{row.month}-01")
