"""Signals of a made-up company month by month, with planted causes of leaving and some that cause nothing.

What a model must find, and what it must not: `truth` says how much each signal adds to the log-odds of leaving within the next month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

MONTH = timedelta(days=30)
FIRST = date(2024, 1, 1)


@dataclass(frozen=True)
class SignalPlan:
    """truth: {signal: log-odds of leaving per standard deviation}; further `idle` signals cause nothing.

    memory: how much of a signal stays from month to month. missing: share of values that nobody knows.
    """

    accounts: int = 600
    months: int = 30
    truth: Mapping[str, float] = field(
        default_factory=lambda: {"use": -0.8, "complaints": 0.6, "champion_gone": 0.5, "late_payment": 0.4}
    )
    idle: int = 6
    monthly_rate: float = 0.015
    memory: float = 0.9
    missing: float = 0.05
    shift: float = 0.0  # log-odds of leaving added in the second half: what a drift watch must see
    seed: int = 1


@dataclass(frozen=True)
class SignalHistory:
    """panel: account, as_of and the signals; outcomes: account, on. chance: the true probability of leaving within 30 days, by row of the panel."""

    panel: Mapping[str, Any]
    outcomes: Mapping[str, Any]
    signals: tuple[str, ...]
    chance: NDArray[np.float64]
    last: date


def signal_history(plan: SignalPlan | None = None) -> SignalHistory:
    """The same plan gives the same history. Who leaves is replaced by a new account the month after, so numbers stay."""
    plan = plan or SignalPlan()
    random = np.random.default_rng(plan.seed)
    names = (*plan.truth, *(f"idle_{number + 1}" for number in range(plan.idle)))
    weight = np.array([*plan.truth.values(), *[0.0] * plan.idle])
    constant = np.log(plan.monthly_rate / (1 - plan.monthly_rate))
    values = random.normal(size=(plan.accounts, len(names)))
    account = np.arange(plan.accounts)
    fresh = plan.accounts
    rows: list[tuple[Any, ...]] = []
    left: list[tuple[int, date]] = []
    for month in range(plan.months):
        day = FIRST + month * MONTH
        line = constant + values @ weight + (plan.shift if month >= plan.months // 2 else 0.0)
        chance = 1 / (1 + np.exp(-line))
        shown = np.where(random.random(values.shape) < plan.missing, np.nan, values)
        rows.append((account.copy(), day, shown, chance))
        gone = random.random(plan.accounts) < chance
        left += [(int(code), day + timedelta(days=int(random.integers(1, 31)))) for code in account[gone]]
        account[gone] = np.arange(fresh, fresh + int(gone.sum()))
        fresh += int(gone.sum())
        noise = random.normal(size=values.shape)
        values = plan.memory * values + np.sqrt(1 - plan.memory**2) * noise
        values[gone] = random.normal(size=(int(gone.sum()), len(names)))
    matrix = np.vstack([one[2] for one in rows])
    panel: dict[str, Any] = {
        "account": [f"S{code:06d}" for one in rows for code in one[0]],
        "as_of": [one[1] for one in rows for _ in one[0]],
        **{name: matrix[:, place] for place, name in enumerate(names)},
    }
    outcomes = {"account": [f"S{code:06d}" for code, _ in left], "on": [on for _, on in left]}
    return SignalHistory(
        panel, outcomes, names, np.concatenate([one[3] for one in rows]), FIRST + plan.months * MONTH
    )
