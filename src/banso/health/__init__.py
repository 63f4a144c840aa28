"""Health: signals to points, scorecards, readings with their interval, explanations, back-tests."""

from banso.health.backtesting.run import Backtest, backtest
from banso.health.budget import AlertBudget, alert_budget
from banso.health.drift import DriftWatch, Trust, drift
from banso.health.risk.features import known_panel
from banso.health.risk.fit import RiskFit, RiskModel, Risks, fit_risk

__all__ = [
    "AlertBudget",
    "Backtest",
    "DriftWatch",
    "RiskFit",
    "RiskModel",
    "Risks",
    "Trust",
    "alert_budget",
    "backtest",
    "drift",
    "fit_risk",
    "known_panel",
]
