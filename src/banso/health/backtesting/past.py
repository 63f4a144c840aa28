"""Snapshots of the past beside what happened after each of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from banso.revenue._months import day_number
from banso.revenue._read import columns_of, days_array, intern, missing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

COLUMNS = ("account", "account_id", "as_of", "value", "segment", "member", "mrr", "recency")
#: Days are below this, so that account × SPAN + day is one sortable number.
SPAN = 4_000_000
RETURN = "reactivation"


class Means(StrEnum):
    """What a value says: a health score (lower is worse) or a probability of the event (0–1, higher is worse)."""

    HEALTH = "health"
    PROBABILITY = "probability"


@dataclass(frozen=True)
class Counted:
    """Where the rows went. `read` = `gone` + `not_over` + `used`; `unknown` are those of `used` without a value.

    gone: the account had left by then. not_over: the horizon ends after the last day that is known, so what became of them
    cannot be said, and they are left out whether or not something happened already.
    events: rows of `used` followed by the event within the horizon; unknown_events: those of them without a value.
    """

    read: int
    gone: int
    not_over: int
    used: int
    unknown: int
    accounts: int
    events: int
    unknown_events: int
    accounts_with_event: int


@dataclass(frozen=True)
class Past:
    """Rows whose horizon is over, in the order of the table. `risk` is oriented so that more is worse, NaN where the value is unknown.

    event_on: the day of the first event within the horizon, 0 where there was none. segment, member: codes, −1 where none is given.
    days are ordinals.
    """

    account: Ints
    day: Ints
    risk: Floats
    event_on: Ints
    segment: Ints
    member: Ints
    mrr: Floats
    recency: Floats | None
    accounts: tuple[str, ...]
    segments: tuple[str, ...]
    members: tuple[str, ...]
    as_of: int
    horizon: int
    counted: Counted

    @property
    def event(self) -> Bools:
        return self.event_on > 0


def read_past(snapshots: Any, outcomes: Any, horizon: int, as_of: Any, kind: str, means: Means | str) -> Past:
    """Arguments as for `backtest`. ValueError names what is wrong with a column, and where."""
    if horizon < 1:
        raise ValueError(f"a horizon is at least one day, not {horizon}")
    means = Means(means)
    table, size = columns_of(snapshots, COLUMNS)
    if "account" not in table:
        table["account"] = table.get("account_id", None)
    for name in ("account", "as_of", "value"):
        if table.get(name) is None:
            raise ValueError(f"snapshots need a column {name}")
    account, accounts = account_codes(table["account"])
    day = days_array(table["as_of"], "as_of").astype(np.int64)
    value = numbers(table["value"], "value")
    if means is Means.PROBABILITY and np.any((value < 0) | (value > 1)):
        raise ValueError("a probability lies between 0 and 1; for a health score say means='health'")
    if len(np.unique(account * SPAN + day)) < size:
        raise ValueError("an account has two values on one day")
    events = read_events(outcomes, accounts, kind)
    last = _last_known(as_of, day, events)
    gone = has_left(account, day, events)
    open_ = ~gone & (day + horizon > last)
    keep = ~gone & ~open_
    event_on = first_after(account[keep], day[keep], events[kind], horizon)
    columns = {name: _codes(table.get(name), keep) for name in ("segment", "member")}  # codes and names
    known = ~np.isnan(value[keep])
    happened = event_on > 0
    return Past(
        account=account[keep],
        day=day[keep],
        risk=value[keep] if means is Means.PROBABILITY else -value[keep],
        event_on=event_on,
        segment=columns["segment"][0],
        member=columns["member"][0],
        mrr=np.nan_to_num(numbers(table["mrr"], "mrr")[keep])
        if "mrr" in table
        else np.zeros(int(keep.sum())),
        recency=numbers(table["recency"], "recency")[keep] if "recency" in table else None,
        accounts=accounts,
        segments=columns["segment"][1],
        members=columns["member"][1],
        as_of=last,
        horizon=horizon,
        counted=Counted(
            read=size,
            gone=int(gone.sum()),
            not_over=int(open_.sum()),
            used=int(keep.sum()),
            unknown=int((~known).sum()),
            accounts=len(np.unique(account[keep])),
            events=int(happened.sum()),
            unknown_events=int((happened & ~known).sum()),
            accounts_with_event=len(np.unique(account[keep][happened])),
        ),
    )


def numbers(column: Any, name: str) -> Floats:
    """Floats, NaN where missing. ValueError for text that is no number, and for infinity."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "iuf":
        out = column.astype(np.float64)
    else:
        out = np.empty(len(column))
        for row, value in enumerate(column):
            try:
                out[row] = np.nan if missing(value) else float(value)
            except (TypeError, ValueError):
                raise ValueError(f"row {row}: {name}: not a number: {value!r}") from None
    if np.isinf(out).any():
        raise ValueError(f"row {int(np.argmax(np.isinf(out)))}: {name} is infinite")
    return out


def day_of(ordinal: int) -> dt.date:
    return dt.date.fromordinal(int(ordinal))


def account_codes(column: Any) -> tuple[Ints, tuple[str, ...]]:
    """Codes and names in the order of the names, so that no answer depends on the order of the rows. ValueError where one is missing."""
    codes, names = intern(column)
    if len(codes) and codes.min() < 0:
        raise ValueError(f"row {int(np.argmin(codes))}: account is missing")
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int64)
    place[order] = np.arange(len(names))
    return place[codes], tuple(names[code] for code in order)


def _codes(column: Any, keep: Bools) -> tuple[Ints, tuple[str, ...]]:
    if column is None:
        return np.full(int(keep.sum()), -1, dtype=np.int64), ()
    codes, names = intern(column)
    return codes[keep].astype(np.int64), names


def read_events(outcomes: Any, accounts: Sequence[str], kind: str) -> dict[str, Ints]:
    """Sorted account × SPAN + day of the events asked for, of every churn and of every return."""
    table, size = columns_of(outcomes, ("account", "account_id", "on", "kind"))
    if "account" not in table:
        table["account"] = table.get("account_id", [] if not size else None)
    if size and (table["account"] is None or "on" not in table):
        raise ValueError("outcomes need the columns account and on")
    place = {name: code for code, name in enumerate(accounts)}
    codes, names = intern(table["account"])
    code = np.array([place.get(name, -1) for name in names], dtype=np.int64)[codes] if size else codes
    day = days_array(table.get("on", []), "on").astype(np.int64)
    kinds = np.array([str(one) for one in table.get("kind", ["churn"] * size)], dtype=object)
    known = code >= 0  # of an account without a snapshot nothing was said
    return {
        wanted: np.sort((code * SPAN + day)[known & (kinds == wanted)]) for wanted in {kind, "churn", RETURN}
    }


def _last_known(as_of: Any, day: Ints, events: dict[str, Ints]) -> int:
    if as_of is not None:
        return day_number(as_of)
    days = [int(day.max())] if len(day) else [1]
    return max(days + [int((keys % SPAN).max()) for keys in events.values() if len(keys)])


def _latest_until(account: Ints, day: Ints, keys: Ints) -> Ints:
    """The day of the account's last event on or before the day, 0 where there is none."""
    if not len(keys):
        return np.zeros(len(day), dtype=np.int64)
    found = keys[np.maximum(np.searchsorted(keys, account * SPAN + day, side="right") - 1, 0)]
    return np.where((found // SPAN == account) & (found % SPAN <= day), found % SPAN, 0)


def has_left(account: Ints, day: Ints, events: dict[str, Ints]) -> Bools:
    """The account's last churn on or before the day has no return after it."""
    left = _latest_until(account, day, events["churn"])
    return (left > 0) & (_latest_until(account, day, events[RETURN]) < left)


def first_after(account: Ints, day: Ints, keys: Ints, horizon: int = SPAN) -> Ints:
    """The day of the account's first event in (day, day + horizon], 0 where there is none. keys: sorted account × SPAN + day."""
    if not len(keys):
        return np.zeros(len(day), dtype=np.int64)
    at = np.searchsorted(keys, account * SPAN + day, side="right")
    found = keys[np.minimum(at, len(keys) - 1)]
    inside = (at < len(keys)) & (found // SPAN == account) & (found % SPAN <= day + horizon)
    return np.where(inside, found % SPAN, 0)
