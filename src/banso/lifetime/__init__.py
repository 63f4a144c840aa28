"""Lifetimes: survival curves, and models of how long customers stay and how often they buy.

Columns of numbers go in; what comes out says its number of rows, its interval, and a reason where there is no number.
"""

from banso.lifetime.contracts import Lifetimes, Worth, bdw, sbg
from banso.lifetime.hazards import Cox, cox
from banso.lifetime.purchases import BgNbd, GammaGamma, bgnbd, gamma_gamma
from banso.lifetime.survival import Interval, KaplanMeier, Point, kaplan_meier

__all__ = [
    "BgNbd",
    "Cox",
    "GammaGamma",
    "Interval",
    "KaplanMeier",
    "Lifetimes",
    "Point",
    "Worth",
    "bdw",
    "bgnbd",
    "cox",
    "gamma_gamma",
    "kaplan_meier",
    "sbg",
]
