"""When a drop becomes an alert, and when the same one stays quiet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from banso.usage.drop import Drop

#: Day 0 to day 14 inclusive: the same customer is not alerted again.
LOCK_DAYS = 14
#: ... unless it fell so many points further.
FURTHER = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class PastAlert:
    """The last alert of a customer: the day, and the change it stood on (−0.354…)."""

    on: date
    change: Fraction


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """raise_it, and why not: no_drop, snoozed (until), locked (until). `further`: an alert inside the lock."""

    raise_it: bool
    why: str | None = None
    until: date | None = None
    further: bool = False


def decide_alert(
    verdict: Drop,
    on: date,
    last: PastAlert | None = None,
    *,
    snoozed_until: date | None = None,
    lock_days: int = LOCK_DAYS,
    further: Fraction = FURTHER,
) -> AlertDecision:
    """Whether a verdict of day `on` raises an alert. `snoozed_until` is the last quiet day; a lock of N days covers day 0 to N.

    Inside a snooze nothing is raised, however deep: a person gave a reason. Inside the lock only a fall of 10 points more is.
    """
    if not verdict.is_drop or verdict.change is None:
        return AlertDecision(False, "no_drop")
    if snoozed_until is not None and on <= snoozed_until:
        return AlertDecision(False, "snoozed", snoozed_until)
    if last is not None and (on - last.on).days <= lock_days:
        if verdict.change <= last.change - further:
            return AlertDecision(True, further=True)
        return AlertDecision(False, "locked", last.on + timedelta(days=lock_days))
    return AlertDecision(True)
