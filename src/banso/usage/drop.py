"""Usage drops: the last weeks beside the median of the weeks before, only among weeks that may be compared."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from statistics import mean, median
from typing import Any

from banso.periods import Calendar, week_start
from banso.usage._numbers import exact, pairs_of
from banso.usage.weeks import CLOSED_DAYS, WEEK, WEEKDAYS, SkippedWeek, SkipReason, Week, Weeks, weeks_of


class Verdict(StrEnum):
    DROP = "drop"
    STEADY = "steady"
    SUSPENDED = "suspended"  # the source is silent: nobody is judged
    NOT_JUDGED = "not_judged"  # too few users or weeks; listed, never dropped silently


class DropReason(StrEnum):
    """Why a look at the bare numbers would say something else, or why nothing is said."""

    HOLIDAY = "holiday"  # only a holiday week was low
    SEATS = "seats"  # fewer seats, not less use of each
    GAP = "gap"  # 欠測
    TOO_FEW = "too_few"  # 少人数のため対象外
    SHORT_HISTORY = "short_history"  # fewer comparable weeks than the rule needs
    STOPPED = "stopped"  # a drop to nothing while the source lives (途絶)


@dataclass(frozen=True, slots=True)
class DropRule:
    """The default is that of requirement RSK-05: median of 8 weeks, mean of the last 2, −30 %, at least 10 users."""

    threshold: Fraction = Fraction(3, 10)
    baseline_weeks: int = 8
    recent_weeks: int = 2
    least_users: int = 10
    closed_days: int = CLOSED_DAYS

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1 or self.baseline_weeks < 1 or self.recent_weeks < 1:
            raise ValueError(f"not a rule for a drop: {self}")


@dataclass(frozen=True)
class Drop:
    """A verdict with everything it stands on.

    baseline, recent: users, or users per seat where `per_seat`; change = recent ÷ baseline − 1, exact. None where nothing could
    be compared. baseline_users: the median in users, for the least number of them. seats_change: seats at the end of the last
    used week beside those of the last baseline week, −0.4 for 150 → 90 (a signal of the contract, not of usage); None where
    unknown. weeks.skipped lists every week left out with its reason.
    """

    verdict: Verdict
    reason: DropReason | None
    baseline: Fraction | None
    recent: Fraction | None
    change: Fraction | None
    per_seat: bool
    baseline_users: Fraction | None
    baseline_weeks: tuple[Week, ...]
    recent_weeks: tuple[Week, ...]
    seats_change: Fraction | None
    weeks: Weeks
    rule: DropRule

    @property
    def is_drop(self) -> bool:
        return self.verdict is Verdict.DROP

    @property
    def skipped(self) -> tuple[SkippedWeek, ...]:
        """Weeks left out since the first used week."""
        first = self.baseline_weeks[0].monday if self.baseline_weeks else None
        return tuple(week for week in self.weeks.skipped if first is None or week.monday >= first)


def drop(
    series: Any,
    calendar: Calendar | None,
    seats: Any = None,
    *,
    as_of: date | None = None,
    gaps: Collection[date] = (),
    rule: DropRule | None = None,
    daily: bool | None = None,
) -> Drop:
    """Has this customer's use fallen? Arguments as for `weeks_of`.

    Median of the 8 used weeks before the last 2, beside the mean of these 2; a fall of 30 % or more is a drop. Weeks with two
    or more holidays or closures on Monday to Friday, and weeks with a silent day of the source, are skipped and listed.
    Where seats differ among the used weeks, users ÷ seats at week end are compared, unrounded. A median of fewer than 10 users
    is not judged. Silence of the source in the newest whole week or since suspends the verdict.
    Raises ValueError for negative or doubled values. Source: US-5 and the rules of the metric dictionary.
    """
    terms = rule or DropRule()
    weeks = weeks_of(
        series, calendar, seats, as_of=as_of, gaps=gaps, daily=daily, closed_days=terms.closed_days
    )
    if _silent_now(weeks, gaps, as_of):
        return _unsaid(Verdict.SUSPENDED, DropReason.GAP, terms, weeks)
    wanted = terms.baseline_weeks + terms.recent_weeks
    if len(weeks.used) < wanted:
        return _unsaid(Verdict.NOT_JUDGED, DropReason.SHORT_HISTORY, terms, weeks)
    window = weeks.used[-wanted:]
    before, latest = window[: terms.baseline_weeks], window[terms.baseline_weeks :]
    users_before = median(week.users for week in before)
    seats_change = _seats_change(before[-1], latest[-1])
    per_seat = len({week.seats for week in window}) > 1 and all(week.seats for week in window)
    baseline, recent = _compared(before, latest, per_seat)
    change = recent / baseline - 1 if baseline else None
    verdict, reason = _judged(terms, users_before, change, recent)
    if verdict is Verdict.DROP and weeks.daily and not _fell_a_day(before, latest, per_seat, terms):
        verdict, reason = Verdict.STEADY, DropReason.HOLIDAY
    elif verdict is Verdict.STEADY:
        reason = _why_steady(terms, weeks, before, latest, per_seat)
    return Drop(
        verdict,
        reason,
        baseline,
        recent,
        change,
        per_seat,
        users_before,
        before,
        latest,
        seats_change,
        weeks,
        terms,
    )


def _unsaid(verdict: Verdict, reason: DropReason, rule: DropRule, weeks: Weeks) -> Drop:
    return Drop(verdict, reason, None, None, None, False, None, (), (), None, weeks, rule)


def _silent_now(weeks: Weeks, gaps: Collection[date], as_of: date | None) -> bool:
    """Silence in the newest whole week, or between its end and the as-of day."""
    if not gaps:
        return False
    mondays = [week.monday for week in weeks.used] + [week.monday for week in weeks.skipped]
    until = as_of if as_of is not None else (max(mondays) + WEEK if mondays else None)
    if until is None:
        return False
    newest = week_start(until) - WEEK
    return any(newest <= day < until + timedelta(days=1) for day in gaps)


def _value(week: Week, per_seat: bool) -> Fraction:
    share = week.per_seat if per_seat else week.users
    assert share is not None  # per_seat is asked only where every week knows its seats
    return share


def _compared(
    before: tuple[Week, ...], latest: tuple[Week, ...], per_seat: bool
) -> tuple[Fraction, Fraction]:
    return median(_value(week, per_seat) for week in before), mean(_value(week, per_seat) for week in latest)


def compared(verdict: Drop, weekly: Any) -> tuple[Fraction, Fraction]:
    """(median of the baseline weeks, mean of the recent weeks) of a part, over the very weeks of the verdict.

    weekly: users by Monday of one department or feature; a week without a value is 0. ValueError where the verdict compared nothing.
    """
    values = dict(pairs_of(weekly))
    before, latest = (
        [exact(values.get(week.monday, 0)) for week in weeks]
        for weeks in (verdict.baseline_weeks, verdict.recent_weeks)
    )
    return median(before), mean(latest)


def _fell_a_day(before: tuple[Week, ...], latest: tuple[Week, ...], per_seat: bool, rule: DropRule) -> bool:
    """The same question with the use of an open day: daily means of a week with a holiday stand a day too low."""

    def a_day(week: Week) -> Fraction:
        return _value(week, per_seat) * WEEKDAYS / max(1, WEEKDAYS - week.closed)

    return _fell(median(map(a_day, before)), mean(map(a_day, latest)), rule)


def _fell(baseline: Fraction, recent: Fraction, rule: DropRule) -> bool:
    return baseline > 0 and recent <= baseline * (1 - rule.threshold)


def _seats_change(before: Week, latest: Week) -> Fraction | None:
    if not before.seats or latest.seats is None:
        return None
    return Fraction(latest.seats, before.seats) - 1


def _judged(
    rule: DropRule, users_before: Fraction, change: Fraction | None, recent: Fraction
) -> tuple[Verdict, DropReason | None]:
    if users_before < rule.least_users:
        return Verdict.NOT_JUDGED, DropReason.TOO_FEW
    if change is not None and change <= -rule.threshold:
        return Verdict.DROP, DropReason.STOPPED if recent == 0 else None
    return Verdict.STEADY, None


def _why_steady(
    rule: DropRule, weeks: Weeks, before: tuple[Week, ...], latest: tuple[Week, ...], per_seat: bool
) -> DropReason | None:
    """Where the bare numbers look like a drop, the page says why it is none."""
    baseline, recent = _compared(before, latest, per_seat=False)
    if per_seat and _fell(baseline, recent, rule):
        return DropReason.SEATS
    newest = weeks.complete[-rule.recent_weeks :]
    holidays = {week.monday for week in weeks.skipped if week.reason is SkipReason.HOLIDAYS}
    if any(monday in holidays for monday, _users in newest):
        naive = mean(users for _monday, users in newest)
        return DropReason.HOLIDAY if _fell(baseline, naive, rule) else None
    return None
