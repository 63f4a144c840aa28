"""What a team that can look at so many accounts would have seen: precision, recall, lead days, false alarms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from banso.health.backtesting.estimates import Estimate, share
from banso.health.backtesting.past import SPAN, Bools, Floats, Ints, Past

#: Where nobody states a capacity: this share of the accounts, said as assumed.
ASSUMED_SHARE = 0.1
WEEK = 7.0


@dataclass(frozen=True)
class AtCapacity:
    """The riskiest accounts of each member (of the team, where no members are given) on each snapshot day.

    per_member: how many; None when ASSUMED_SHARE of the accounts is taken. listed: rows on the lists.
    precision: listed rows followed by the event. recall: rows followed by the event that were listed; rows without a value were not.
    caught: departures (account and day) that were on a list at least once within the horizon before.
    false_alarms: accounts that came onto a list and were not followed by the event, per member and week.
    """

    per_member: int | None
    listed: int
    precision: Estimate
    recall: Estimate
    caught: Estimate
    lead: LeadDays
    false_alarms: float | None
    member_weeks: float


@dataclass(frozen=True, slots=True)
class LeadDays:
    """Days from the first time on a list within the horizon to the event, of those that were caught."""

    n: int
    lower: float | None
    median: float | None
    upper: float | None


def listed(past: Past, risk: Floats, per_member: int | None) -> Bools:
    """The riskiest of each member and day. Equal risks: the larger MRR first, then by name."""
    order = np.lexsort((past.account, -past.mrr, -risk, past.member, past.day))  # NaN sorts last
    group = np.concatenate(([True], (np.diff(past.day[order]) != 0) | (np.diff(past.member[order]) != 0)))[
        : len(order)
    ]
    number = np.cumsum(group) - 1
    sizes = np.bincount(number, minlength=1)
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(group, np.arange(len(order)), 0))
    most = np.ceil(sizes * ASSUMED_SHARE) if per_member is None else np.full(len(sizes), per_member)
    out = np.zeros(len(order), dtype=bool)
    out[order] = place < most[number]
    return out & ~np.isnan(risk)


def at_capacity(past: Past, on: Bools, per_member: int | None) -> AtCapacity:
    """What the lists `on` (of `listed`) were worth."""
    event = past.event
    caught, days = departures_caught(past, on)
    lower, median, upper = (
        (float(q) for q in np.quantile(days, [0.25, 0.5, 0.75])) if len(days) else (None, None, None)
    )
    weeks = member_days(past.day, past.member) / WEEK
    false = came_on(past, on) & ~event
    return AtCapacity(
        per_member,
        int(on.sum()),
        share(event[on], past.account[on]),
        share(on[event], past.account[event]),
        caught,
        LeadDays(len(days), lower, median, upper),
        float(false.sum()) / weeks if weeks else None,
        weeks,
    )


def departures_caught(past: Past, on: Bools, rows: Bools | None = None) -> tuple[Estimate, Ints]:
    """The share of departures (account and day) with a row of `on` within the horizon before, and the days from the first of these.

    rows: departures that only other rows foresee are left out.
    """
    event = past.event if rows is None else past.event & rows
    departures, place = np.unique((past.account * SPAN + past.event_on)[event], return_inverse=True)
    first = np.full(len(departures), SPAN, dtype=np.int64)
    np.minimum.at(first, place[on[event]], past.day[event & on])
    caught = first < SPAN
    return share(caught, departures // SPAN), (departures % SPAN)[caught] - first[caught]


def previous(past: Past, values: Floats) -> Floats:
    """Each row's value at its account's row before; NaN at the first."""
    order = np.lexsort((past.day, past.account))
    out = np.full(len(values), np.nan)
    same = past.account[order][1:] == past.account[order][:-1]
    out[order[1:][same]] = values[order[:-1][same]]
    return out


def came_on(past: Past, on: Bools) -> Bools:
    """Rows on a list whose account was on none at its row before."""
    was: Bools = previous(past, on.astype(np.float64)) == 1
    return on & ~was


def member_days(day: Ints, member: Ints) -> float:
    """Members (1 where none are given) × days, each snapshot day standing for the days until the next one; the last as long as the median.

    0 with a single snapshot day: it stands for no time.
    """
    days = np.unique(day)
    if len(days) < 2:
        return 0.0
    lengths = np.diff(days).astype(np.float64)
    lengths = np.append(lengths, np.median(lengths))
    width = int(member.max()) + 2
    at = np.unique(day * width + member + 1) // width
    return float(lengths @ np.bincount(np.searchsorted(days, at), minlength=len(days)))
