"""A company with planted truth: customers, contracts, movements, contacts and use whose changes have known causes."""

from banso.simulate.company import Company, company
from banso.simulate.plan import Cause, Plan, Truth
from banso.simulate.signals import SignalHistory, SignalPlan, signal_history
from banso.simulate.usage import Change, Usage, goes_on, usage
from banso.simulate.work import work

__all__ = [
    "Cause",
    "Change",
    "Company",
    "Plan",
    "SignalHistory",
    "SignalPlan",
    "Truth",
    "Usage",
    "company",
    "goes_on",
    "signal_history",
    "usage",
    "work",
]
