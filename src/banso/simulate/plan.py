"""What a simulated company is made from, and the truth kept beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Cause(StrEnum):
    """Why a simulated customer leaves. Each adds to the monthly hazard while it acts."""

    BACKGROUND = "background"  # nothing planted: closing down, merged away
    CHAMPION_LEFT = "champion_left"  # the champion left; acts for the three months after
    ONBOARDING_STALLED = "onboarding_stalled"  # never got going; acts in months 4 to 12
    PRICE = "price"  # a price rise; acts for the four months after
    POOR_FIT = "poor_fit"  # sold to the wrong customer; acts always


@dataclass(frozen=True)
class Plan:
    """Inputs of a simulation. The same plan gives the same company, byte for byte.

    `hazards` are added monthly probabilities of leaving while a cause acts; `shares` say how often a cause is planted
    (per account for ONBOARDING_STALLED and POOR_FIT, per account and month for CHAMPION_LEFT and PRICE).
    """

    accounts: int = 120
    as_of: date = date(2026, 11, 24)
    months: int = 48
    seed: int = 20261124
    members: int = 6
    hazards: dict[Cause, float] = field(
        default_factory=lambda: {
            Cause.BACKGROUND: 0.004,
            Cause.CHAMPION_LEFT: 0.07,
            Cause.ONBOARDING_STALLED: 0.05,
            Cause.PRICE: 0.035,
            Cause.POOR_FIT: 0.03,
        }
    )
    shares: dict[Cause, float] = field(
        default_factory=lambda: {
            Cause.CHAMPION_LEFT: 0.012,
            Cause.ONBOARDING_STALLED: 0.12,
            Cause.PRICE: 0.006,
            Cause.POOR_FIT: 0.06,
        }
    )

    def __post_init__(self) -> None:
        if self.accounts < 1 or self.months < 2 or self.members < 1:
            raise ValueError("A simulated company needs at least one account, two months and one member.")


@dataclass(frozen=True)
class Truth:
    """What was planted: per churned account its cause, and per account the months in which each cause acted."""

    churn_cause: dict[str, Cause]
    churned_on: dict[str, date]
    acted: dict[
        str, dict[Cause, tuple[int, ...]]
    ]  # account -> cause -> month numbers since the simulation's start
    at_risk_months: int
    hazard_months: dict[Cause, int]  # account-months in which the cause acted on a living customer
