"""The back-test: everything that one page says of a score or of a model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from banso.health.backtesting.capacity import AtCapacity, at_capacity, listed, previous
from banso.health.backtesting.estimates import Estimate, auc, auc_difference, mean, nothing, share
from banso.health.backtesting.past import Bools, Counted, Floats, Ints, Means, Past, day_of, read_past
from banso.health.calibration import Brier, Calibration, as_known, brier, calibration

NOT_GIVEN = "not_given"


@dataclass(frozen=True)
class Rival:
    """A simple rule over the same rows: its area, and how much more the score has (paired). recency: days since something was last
    seen of the account; last_score: the account's value at its snapshot before; base_rate: everybody alike (area ½ by definition)."""

    name: str
    auc: Estimate
    ahead: Estimate
    capacity: AtCapacity | None
    brier: Estimate | None = None


@dataclass(frozen=True)
class OfPart:
    """One segment, or one snapshot day. said: mean probability where there is one."""

    name: str
    auc: Estimate
    rate: Estimate
    said: float | None
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True)
class Backtest:
    """Every number has its interval and n, or None with the reason. `first`, `last`: snapshot days that were used; as_of: the last
    day of which outcomes are known. Brier and calibration stand on rows with a probability (`said`: how many; `unsaid`: rows too early for one).
    """

    kind: str
    means: Means
    horizon: int
    as_of: dt.date
    first: dt.date | None
    last: dt.date | None
    counted: Counted
    rate: Estimate
    auc: Estimate
    said: int
    unsaid: int
    brier: Brier
    calibration: Calibration
    capacity: AtCapacity
    rivals: tuple[Rival, ...]
    segments: tuple[OfPart, ...]
    days: tuple[OfPart, ...]


def backtest(
    snapshots: Any,
    outcomes: Any,
    horizon: int,
    *,
    as_of: Any = None,
    kind: str = "churn",
    means: Means | str = Means.HEALTH,
    capacity: int | None = None,
) -> Backtest:
    """How well a value told who would have the event within `horizon` days.

    snapshots: account (or account_id), as_of, value as it was known on that day; optionally segment, member, mrr, and recency (days since
    something was last seen of the account). outcomes: account, on, and kind ("churn" where the column is missing; "reactivation" brings an account back).
    Either is pandas, Polars, PyArrow, a dict of columns or a list of rows. An event counts after the snapshot's day and until `horizon` days later.

    as_of: the last day of which outcomes are known, the latest day of the tables by default. A snapshot whose horizon ends later is left
    out and counted, also where the event has come: taking it in would count early events and no others.
    means: "health" (lower is worse; made a probability as `banso.health.calibration` says) or "probability".
    capacity: accounts a member can take up per snapshot day; without it a tenth of the accounts is taken and `per_member` is None.
    Fewer than ten accounts with the event (or without it) give a reason instead of a number. Raises ValueError for unusable rows.
    """
    if capacity is not None and capacity < 1:
        raise ValueError(f"a capacity is at least one account, not {capacity}")
    means = Means(means)
    past = read_past(snapshots, outcomes, horizon, as_of, kind, means)
    event, known = past.event, ~np.isnan(past.risk)
    line, base = as_known(past.risk, event, past.account, past.day, horizon)
    said = past.risk if means is Means.PROBABILITY else line
    told = ~np.isnan(said)
    on = listed(past, past.risk, capacity)
    by_day, place = np.unique(past.day, return_inverse=True)
    return Backtest(
        kind=kind,
        means=means,
        horizon=horizon,
        as_of=day_of(past.as_of),
        first=day_of(by_day[0]) if len(by_day) else None,
        last=day_of(by_day[-1]) if len(by_day) else None,
        counted=past.counted,
        rate=share(event, past.account),
        auc=auc(past.risk[known], event[known], past.account[known]),
        said=int(told.sum()),
        unsaid=int((known & ~told).sum()),
        brier=brier(said[told], base[told], event[told], past.account[told]),
        calibration=calibration(said[told], event[told], past.account[told]),
        capacity=at_capacity(past, on, capacity),
        rivals=_rivals(past, base, capacity),
        segments=_parts(past, said, on, past.segment, past.segments),
        days=_parts(past, said, on, place, [day_of(day).isoformat() for day in by_day]),
    )


def _rivals(past: Past, base: Floats, capacity: int | None) -> tuple[Rival, ...]:
    event, nobody = past.event, np.zeros(0, dtype=bool)
    out = []
    for name, risk in (("recency", past.recency), ("last_score", previous(past, past.risk))):
        if risk is None:
            missing = nothing(NOT_GIVEN, nobody, np.zeros(0, dtype=np.int64))
            out.append(Rival(name, missing, missing, None))
            continue
        both = ~np.isnan(risk) & ~np.isnan(past.risk)
        rows = event[both], past.account[both]
        out.append(
            Rival(
                name,
                auc(risk[both], *rows),
                auc_difference(past.risk[both], risk[both], *rows),
                at_capacity(past, listed(past, risk, capacity), capacity),
            )
        )
    known, early = ~np.isnan(past.risk), ~np.isnan(base)
    alike = np.zeros(len(event))
    rows = event[known], past.account[known]
    out.append(
        Rival(
            "base_rate",
            auc(alike[known], *rows),
            auc_difference(past.risk[known], alike[known], *rows),
            None,
            mean((base - event)[early] ** 2, event[early], past.account[early]),
        )
    )
    return tuple(out)


def _parts(past: Past, said: Floats, on: Bools, place: Ints, names: Sequence[str]) -> tuple[OfPart, ...]:
    out = []
    for code, name in enumerate(names):
        rows = np.flatnonzero(place == code)
        event, account, known = past.event[rows], past.account[rows], ~np.isnan(past.risk[rows])
        told = said[rows][~np.isnan(said[rows])]
        if len(rows):
            out.append(
                OfPart(
                    name,
                    auc(past.risk[rows][known], event[known], account[known]),
                    share(event, account),
                    float(told.mean()) if len(told) else None,
                    share(event[on[rows]], account[on[rows]]),
                    share(on[rows][event], account[event]),
                )
            )
    return tuple(out)
