"""Health: signals to points, scorecards, readings with their interval, explanations, back-tests."""

from banso.health.backtesting.run import Backtest, backtest
from banso.health.budget import AlertBudget, alert_budget
from banso.health.curves import Curve, Line, Table
from banso.health.drift import DriftWatch, Trust, drift
from banso.health.explain import Explanation, Kind, Step, explain
from banso.health.many import Column, Readings, score_many
from banso.health.risk.features import known_panel
from banso.health.risk.fit import RiskFit, RiskModel, Risks, fit_risk
from banso.health.rollup import Child, Rollup, roll_up
from banso.health.score import GAP_DAYS, Contribution, How, Reading, Reason, Standing, score
from banso.health.scorecard import (
    Band,
    Bands,
    Choice,
    Considered,
    Group,
    Part,
    Scorecard,
    StandIn,
    band_code,
    choose,
    plain,
)
from banso.health.signals import Signal, State, state_code
from banso.health.text import BadScorecard, Mistake, scorecard

__all__ = [
    "GAP_DAYS",
    "AlertBudget",
    "Backtest",
    "BadScorecard",
    "Band",
    "Bands",
    "Child",
    "Choice",
    "Column",
    "Considered",
    "Contribution",
    "Curve",
    "DriftWatch",
    "Explanation",
    "Group",
    "How",
    "Kind",
    "Line",
    "Mistake",
    "Part",
    "Reading",
    "Readings",
    "Reason",
    "RiskFit",
    "RiskModel",
    "Risks",
    "Rollup",
    "Scorecard",
    "Signal",
    "StandIn",
    "Standing",
    "State",
    "Step",
    "Table",
    "Trust",
    "alert_budget",
    "backtest",
    "band_code",
    "choose",
    "drift",
    "explain",
    "fit_risk",
    "known_panel",
    "plain",
    "roll_up",
    "score",
    "score_many",
    "scorecard",
    "state_code",
]
