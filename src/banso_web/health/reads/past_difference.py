"""Whether a scorecard that is being tried would have told departures better than what is in force: both over the same past."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from banso.health import Scorecard
from banso.health.backtesting.estimates import Estimate, auc, auc_difference
from banso.health.backtesting.past import read_past
from banso_web.core.facts import Asked
from banso_web.health.reads.cards import cards, signals_of
from banso_web.health.reads.dry_run import with_card
from banso_web.health.reads.past import EVENTS, end_of, month_ends, outcomes_of
from banso_web.health.reads.scoring import read_by
from banso_web.health.signals import signals_at

MONTHS, HORIZON = 12, 90
#: Of more customers the past is rebuilt by the worker alone (バックテスト), not while somebody waits.
MOST = 3_000


@dataclass(frozen=True)
class PastDifference:
    """Areas under the curve of departures within HORIZON days, over the same customers and month ends, and the paired difference."""

    now: Estimate
    tried: Estimate
    ahead: Estimate


def past_difference(asked: Asked, card: Scorecard) -> PastDifference:
    """The last MONTHS month ends as they were known then, read by what is in force today and by the same with `card` in its place."""
    happened, mrr_on = outcomes_of(asked)
    now = cards(asked)
    then = with_card(now, card)
    parts: list[tuple[Any, ...]] = []
    for day in month_ends(asked.as_of, MONTHS):
        signals = signals_at(replace(asked, as_of=day, known_at=end_of(day)), signals_of([*now, *then]))
        old, new = read_by(signals, now), read_by(signals, then)
        at = np.flatnonzero((mrr_on(old.ids, day) > 0) & ~np.isnan(old.low) & ~np.isnan(new.low))
        parts.append((old.ids[at], np.full(len(at), np.datetime64(day, "D")), old.low[at], new.low[at]))
    ids, days, low_now, low_tried = (np.concatenate(column) for column in zip(*parts, strict=True))
    outcomes = {
        "account": happened["id"],
        "on": np.datetime64("0001-01-01", "D") + (happened["day"].astype(np.int64) - 1),
        "kind": np.array(EVENTS, object)[happened["kind"]],
    }
    first, last = (
        read_past(
            {"account": ids, "as_of": days, "value": low}, outcomes, HORIZON, asked.as_of, "churn", "health"
        )
        for low in (low_now, low_tried)
    )
    rows = first.event, first.account
    return PastDifference(
        auc(first.risk, *rows), auc(last.risk, *rows), auc_difference(last.risk, first.risk, *rows)
    )
