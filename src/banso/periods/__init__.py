"""Months, fiscal years, business days, days as people write them, notice deadlines and hearing windows."""

from banso.periods.business_days import NATIONAL_YEARS, Calendar, year_end_closures
from banso.periods.days import JST, add_months, jst_bounds, jst_day
from banso.periods.months import FiscalPeriod, Month, fiscal_period, week_start
from banso.periods.reading import (
    DateFailure,
    format_date_ja,
    format_wareki,
    parse_date,
    parse_day,
    parse_moment,
)
from banso.periods.reasons import DateReason, PeriodError
from banso.periods.renewal import (
    DeadlineBasis,
    NoticeKind,
    RenewalTerms,
    RenewalWindow,
    RingiPlan,
    WindowPosition,
    WindowState,
    plan_ringi,
    renewal_terms,
    renewal_window,
    sort_renewals,
)

__all__ = [
    "JST",
    "NATIONAL_YEARS",
    "Calendar",
    "DateFailure",
    "DateReason",
    "DeadlineBasis",
    "FiscalPeriod",
    "Month",
    "NoticeKind",
    "PeriodError",
    "RenewalTerms",
    "RenewalWindow",
    "RingiPlan",
    "WindowPosition",
    "WindowState",
    "add_months",
    "fiscal_period",
    "format_date_ja",
    "format_wareki",
    "jst_bounds",
    "jst_day",
    "parse_date",
    "parse_day",
    "parse_moment",
    "plan_ringi",
    "renewal_terms",
    "renewal_window",
    "sort_renewals",
    "week_start",
    "year_end_closures",
]
