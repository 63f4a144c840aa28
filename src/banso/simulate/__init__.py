"""A company with planted truth: customers, contracts, movements and contacts whose churn has known causes."""

from banso.simulate.company import Company, company
from banso.simulate.plan import Cause, Plan, Truth
from banso.simulate.work import work

__all__ = ["Cause", "Company", "Plan", "Truth", "company", "work"]
