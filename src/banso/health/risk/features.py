"""Features as they were known: out of facts with two dates, the value that a day could have seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from banso.health.backtesting.past import SPAN, Floats, Ints, numbers
from banso.revenue._months import EPOCH_ORDINAL
from banso.revenue._read import columns_of, days_array, intern, moments_array

DAY = 86_400_000_000
JST_OFFSET = 9 * 3_600_000_000


def known_panel(facts: Any, asked: Any) -> dict[str, Any]:
    """A panel for `fit_risk`: for each account and day of `asked` the latest value of each feature that was known by the end of that day in Japan.

    facts: account, feature, value, on (when it was so), recorded_at (when it became known; its `on` where empty). asked: account, as_of.
    The latest is that of the latest `on`; of two with the same day the one recorded last. A fact that is dated ahead (an end agreed for
    next month) is not there before its day. Gives the columns account, as_of and one for each feature, NaN where nothing was known.
    """
    told, _size = columns_of(facts, ("account", "feature", "value", "on", "recorded_at"))
    wanted, size = columns_of(asked, ("account", "as_of"))
    rows, names = intern(told["account"])
    feature, features = intern(told["feature"])
    value = numbers(told["value"], "value")
    on = days_array(told["on"], "on").astype(np.int64)
    recorded = moments_array(told.get("recorded_at", [None] * len(on)), on.astype(np.int32))
    known_from = np.maximum(on, (recorded + JST_OFFSET) // DAY + EPOCH_ORDINAL)
    place = {name: code for code, name in enumerate(names)}
    asked_codes, asked_names = intern(wanted["account"])
    account = np.array([place.get(name, -1) for name in asked_names], dtype=np.int64)[asked_codes]
    day = days_array(wanted["as_of"], "as_of").astype(np.int64)
    out: dict[str, Any] = {"account": wanted["account"], "as_of": wanted["as_of"]}
    for code, name in enumerate(features):
        of = np.flatnonzero(feature == code)
        out[name] = (
            _latest(rows[of].astype(np.int64), on[of], recorded[of], known_from[of], value[of], account, day)
            if size
            else np.zeros(0)
        )
    return out


def _latest(
    row: Ints, on: Ints, recorded: Ints, known_from: Ints, value: Floats, account: Ints, day: Ints
) -> Floats:
    """Of one feature. Facts go in the order in which they became known; what counts at each is the best one so far of its account."""
    rank = np.empty(len(row), dtype=np.int64)
    rank[np.lexsort((recorded, on))] = np.arange(len(row))
    order = np.lexsort((rank, known_from, row))
    best = np.maximum.accumulate(row[order] * len(row) + rank[order]) % len(row)
    by_rank = np.empty(len(row))
    by_rank[rank] = value
    keys = row[order] * SPAN + known_from[order]
    at = np.searchsorted(keys, account * SPAN + day, side="right") - 1
    found = (at >= 0) & (account >= 0) & (row[order][np.maximum(at, 0)] == account)
    return np.where(found, by_rank[best[np.maximum(at, 0)]], np.nan)
