"""Recurring revenue: from movements to MRR, NRR, GRR, churn, cohorts and LTV.

Definitions and edge rules: spec of the metrics in ``docs/metrics``. Everything here is a pure
function of its arguments: no clock, no files, no database.
"""

from __future__ import annotations

from ._classes import KINDS
from ._ledger import LATE_RENEWAL_DAYS, LeftOut
from .book import Book
from .monthly import Monthly, MonthRow, monthly
from .waterfall import Excluded, Line, Lines, Note, Waterfall, waterfall

__all__ = [
    "KINDS",
    "LATE_RENEWAL_DAYS",
    "Book",
    "Excluded",
    "LeftOut",
    "Line",
    "Lines",
    "MonthRow",
    "Monthly",
    "Note",
    "Waterfall",
    "monthly",
    "waterfall",
]
