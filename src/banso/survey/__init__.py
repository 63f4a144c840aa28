"""Surveys: CSAT, NPS and CES with their intervals, and how satisfied each customer is now and was before."""

from ._scores import Score, ces, csat, csat_top2, nps
from .falls import Fall, Recovery, falls, recovery
from .standing import LIFE_DAYS, Answers, Standing, latest, standing

__all__ = [
    "LIFE_DAYS",
    "Answers",
    "Fall",
    "Recovery",
    "Score",
    "Standing",
    "ces",
    "csat",
    "csat_top2",
    "falls",
    "latest",
    "nps",
    "recovery",
    "standing",
]
