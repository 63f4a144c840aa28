"""Recurring revenue: from movements to MRR, NRR, GRR, churn, cohorts and LTV.

Definitions and edge rules stand in ``docs/metrics``. Everything here is a pure function of its
arguments: no clock, no files, no database.
"""

from __future__ import annotations

from ._classes import KINDS
from ._fx import Rates
from ._interval import wilson
from ._late import LATE_RENEWAL_DAYS
from ._ledger import LeftOut
from ._units import UNITS, exact, to_units
from .book import Book
from .churn import (
    FEW_CASES,
    Average,
    ChurnRates,
    Decomposition,
    Pooled,
    annualised,
    average,
    churn_of,
    churn_rates,
    decompose,
    pooled,
    quick_ratio,
)
from .cohorts import Cohort, Cohorts, cohorts
from .ltv import (
    LEVERS,
    ArticleInputs,
    ChurnInputs,
    Lever,
    LtvArticle,
    LtvChurn,
    PriceGuard,
    as_decimal,
    break_even_churn,
    five_levers,
    ltv_article,
    ltv_churn,
    price_guard,
)
from .monthly import Monthly, MonthRow, monthly
from .observed import LtvObserved, ltv_observed
from .renewals import RenewalRate, Term, renewal_rate
from .segments import UNASSIGNED, by_segment
from .state import (
    Cohort12,
    Intervals,
    MrrAt,
    PlannedChurn,
    PlannedEnd,
    intervals,
    mrr_at,
    planned_churn,
    retention_12m,
    year_before,
)
from .waterfall import Excluded, Line, Lines, Note, Waterfall, waterfall

__all__ = [
    "FEW_CASES",
    "KINDS",
    "LATE_RENEWAL_DAYS",
    "LEVERS",
    "UNASSIGNED",
    "UNITS",
    "ArticleInputs",
    "Average",
    "Book",
    "ChurnInputs",
    "ChurnRates",
    "Cohort",
    "Cohort12",
    "Cohorts",
    "Decomposition",
    "Excluded",
    "Intervals",
    "LeftOut",
    "Lever",
    "Line",
    "Lines",
    "LtvArticle",
    "LtvChurn",
    "LtvObserved",
    "MonthRow",
    "Monthly",
    "MrrAt",
    "Note",
    "PlannedChurn",
    "PlannedEnd",
    "Pooled",
    "PriceGuard",
    "Rates",
    "RenewalRate",
    "Term",
    "Waterfall",
    "annualised",
    "as_decimal",
    "average",
    "break_even_churn",
    "by_segment",
    "churn_of",
    "churn_rates",
    "cohorts",
    "decompose",
    "exact",
    "five_levers",
    "intervals",
    "ltv_article",
    "ltv_churn",
    "ltv_observed",
    "monthly",
    "mrr_at",
    "planned_churn",
    "pooled",
    "price_guard",
    "quick_ratio",
    "renewal_rate",
    "retention_12m",
    "to_units",
    "waterfall",
    "wilson",
    "year_before",
]
