"""Drift: right probabilities are hardly ever called wrong, wrong ones soon are, and another mix is told without waiting for outcomes."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import numpy as np
import pytest

from banso.health import Trust, drift

DAY = dt.date(2026, 1, 31)
FITTED = DAY + dt.timedelta(days=60)


def said(
    seed: int, wrong: float = 0.0, months: int = 15, small: float = 0.5
) -> tuple[dict[str, Any], dict[str, Any]]:
    """400 accounts a month with probabilities around 10 %; from FITTED on the odds are off by `wrong`. small: share of small ones later."""
    random = np.random.default_rng(seed)
    table: dict[str, list[Any]] = {"account": [], "as_of": [], "value": [], "segment": []}
    outcomes: dict[str, list[Any]] = {"account": [], "on": []}
    account, fresh = np.arange(400), 400
    line = random.normal(-2.2, 0.7, 400)
    part = random.random(400) < 0.5
    for month in range(months):
        day = DAY + dt.timedelta(days=30 * month)
        table["account"] += account.tolist()
        table["as_of"] += [day] * 400
        table["value"] += (1 / (1 + np.exp(-line))).tolist()
        table["segment"] += ["小口" if one else "大口" for one in part]
        gone = random.random(400) < 1 / (1 + np.exp(-line - (wrong if day > FITTED else 0)))
        outcomes["account"] += account[gone].tolist()
        outcomes["on"] += [day + dt.timedelta(days=10)] * int(gone.sum())
        account[gone] = np.arange(fresh, fresh + gone.sum())
        fresh += int(gone.sum())
        if day >= FITTED:
            part[gone] = random.random(int(gone.sum())) < small
    return table, outcomes


def test_right_probabilities_hold_and_are_seldom_called_wrong() -> None:
    """60 companies watched for a year: at most 1 in 20 may ever be called wrong; 60 × 0.05 = 3."""
    broken = [drift(*said(seed), 30, fitted_on=FITTED).broke_on for seed in range(60)]
    assert sum(day is not None for day in broken) <= 3
    assert drift(*said(1), 30, fitted_on=FITTED).trust is Trust.HOLDS


def test_wrong_probabilities_are_not_to_be_trusted_until_refitted() -> None:
    found = drift(*said(1, wrong=0.8), 30, fitted_on=FITTED)
    assert found.trust is Trust.REFIT
    assert found.reasons[0] == "calibration"
    ratio = found.since.observed_over_expected
    assert ratio.low is not None and ratio.low > 1.2
    assert found.broke_on is not None and found.broke_on <= FITTED + dt.timedelta(days=150)


def test_watched_days_lie_a_horizon_apart_so_no_departure_counts_twice() -> None:
    days = [day for day, _ in drift(*said(1), 90, fitted_on=FITTED).evidence]
    assert days[0] == FITTED + dt.timedelta(days=30)
    assert {(later - day).days for day, later in itertools.pairwise(days)} == {90}


def test_another_mix_is_told_and_few_accounts_say_nothing() -> None:
    table, outcomes = said(1, months=15, small=1.0)
    table["segment"] = [
        "小口" if on > FITTED and int(code) % 10 else segment
        for on, code, segment in zip(table["as_of"], table["account"], table["segment"], strict=True)
    ]
    found = drift(table, outcomes, 30, fitted_on=FITTED)
    assert "segments" in found.reasons and found.trust is Trust.REFIT
    segments = next(mix for mix in found.mixes if mix.of == "segments")
    assert sum(now for _name, _then, now in segments.shares) == pytest.approx(1)
    few = {name: column[:40] for name, column in table.items()}
    nothing = drift(few, outcomes, 30, fitted_on=FITTED)
    assert (nothing.trust, nothing.mixes, nothing.broke_on) == (Trust.UNKNOWN, (), None)
