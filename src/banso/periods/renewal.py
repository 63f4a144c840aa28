"""When a contract must be talked about: the notice deadline, the internal deadline and the hearing window.

Sources: 民法 138-143 for the arithmetic, `renewal window` and `推定` in the metric dictionary for the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from banso.periods.business_days import Calendar
from banso.periods.days import add_months
from banso.periods.months import Month
from banso.periods.reading import DateFailure, parse_day
from banso.periods.reasons import DateReason, PeriodError

_ONE_DAY = timedelta(days=1)


class NoticeKind(StrEnum):
    MONTHS_BEFORE = "months_before"  # N か月前まで
    DAYS_BEFORE = "days_before"  # N 日前まで
    DAY_OF_PREVIOUS_MONTH = "day_of_previous_month"  # 前月 D 日まで
    DATE = "date"  # the contract names the day
    NONE = "none"  # no notice is needed


class DeadlineBasis(StrEnum):
    STATED = "stated"  # the contract's explicit day
    COMPUTED = "computed"  # both civil readings agree
    ESTIMATED = "estimated"  # 推定・要契約書確認: they differ, the earlier is used inside, never told outside
    NO_NOTICE = "no_notice"  # none is needed; the window hangs on the expiry
    UNKNOWN = "unknown"  # nobody has entered the rule yet
    NOT_APPLICABLE = "not_applicable"  # 対象外: monthly or open-ended; a quarterly check stands in


class WindowState(StrEnum):
    BEFORE = "before"  # 窓の前
    INSIDE = "inside"  # 窓内
    AFTER = "after"  # 窓超過
    NOT_APPLICABLE = "not_applicable"  # 対象外


@dataclass(frozen=True, slots=True)
class RenewalTerms:
    """What the window needs of a contract; names are those of contracts.csv, `budget_month` is the customer's."""

    contract_id: str
    ends_on: date | None  # last day of service
    notice_kind: NoticeKind | None
    notice_value: int | None = None
    notice_deadline: date | None = None
    starts_on: date | None = None
    renewal_months: int | None = None
    budget_month: int | None = None

    @property
    def is_monthly(self) -> bool:
        """Terms of a month or less, which have no time for a hearing window of months."""
        if self.renewal_months is not None:
            return self.renewal_months <= 1
        if self.starts_on is None or self.ends_on is None:
            return False
        return self.ends_on < add_months(self.starts_on, 1)


@dataclass(frozen=True, slots=True)
class WindowPosition:
    """Where a day stands. Days are counted from `as_of`; negative when past, None where there is no such day."""

    state: WindowState
    days_to_start: int | None
    days_to_end: int | None
    days_to_deadline: int | None

    @property
    def days_left(self) -> int | None:
        """残日数: to the window's end while inside, to the deadline before and after it."""
        return self.days_to_end if self.state is WindowState.INSIDE else self.days_to_deadline


@dataclass(frozen=True, slots=True)
class RenewalWindow:
    """The days of one contract term. `readings` holds the two civil readings, earlier first, where they differ."""

    contract_id: str
    ends_on: date | None
    basis: DeadlineBasis
    deadline: date | None = None
    readings: tuple[date, ...] = ()
    internal_deadline: date | None = None
    window_start: date | None = None
    window_end: date | None = None
    task_date: date | None = None
    holidays_known: bool = True

    @property
    def estimated(self) -> bool:
        return self.basis is DeadlineBasis.ESTIMATED

    @property
    def applies(self) -> bool:
        return self.window_start is not None

    def position(self, as_of: date) -> WindowPosition:
        """Before, inside or after the hearing window on a day; both of its end days are inside."""
        if self.window_start is None or self.window_end is None:
            return WindowPosition(WindowState.NOT_APPLICABLE, None, None, None)
        if as_of < self.window_start:
            state = WindowState.BEFORE
        else:
            state = WindowState.INSIDE if as_of <= self.window_end else WindowState.AFTER
        return WindowPosition(
            state,
            (self.window_start - as_of).days,
            (self.window_end - as_of).days,
            (self.deadline - as_of).days if self.deadline else None,
        )


def renewal_window(
    contract: RenewalTerms | Mapping[str, object] | object, calendar: Calendar
) -> RenewalWindow:
    """Deadline (certain or 推定), internal deadline and hearing window of a contract's running term.

    `contract` is a `RenewalTerms`, a row of contracts.csv as a mapping, or any object with those names; texts are read
    as the import reads them. The contractual deadline is never moved; the internal one is the business day on or before
    it. The window is [anchor − 3 months, anchor − 1 month], the anchor being the deadline when that falls before expiry
    − 1 month and the expiry otherwise. A known budget month opens it on the first day of the month before the last
    budget month that begins by the expiry, where that is earlier (not before the contract starts). The task date is
    the window's first business day. Raises PeriodError for values that cannot be read.
    """
    terms = contract if isinstance(contract, RenewalTerms) else renewal_terms(contract)
    ends_on = terms.ends_on
    if ends_on is None or (terms.is_monthly and terms.notice_kind in (None, NoticeKind.NONE)):
        return RenewalWindow(terms.contract_id, ends_on, DeadlineBasis.NOT_APPLICABLE)
    basis, readings = _deadline(terms, ends_on)
    deadline = min(readings, default=None)
    is_long_notice = deadline is not None and deadline < add_months(ends_on, -1)
    anchor = deadline if is_long_notice and deadline else ends_on
    start, end = _budget_start(terms, ends_on, add_months(anchor, -3)), add_months(anchor, -1)
    internal = calendar.on_or_before(deadline) if deadline else None
    task_date = calendar.on_or_after(start)
    return RenewalWindow(
        contract_id=terms.contract_id,
        ends_on=ends_on,
        basis=basis,
        deadline=deadline,
        readings=readings if len(readings) > 1 else (),
        internal_deadline=internal,
        window_start=start,
        window_end=end,
        task_date=task_date,
        holidays_known=all(calendar.has_holidays(day.year) for day in (internal, task_date) if day),
    )


def _deadline(terms: RenewalTerms, ends_on: date) -> tuple[DeadlineBasis, tuple[date, ...]]:
    """The civil readings of the notice rule, earlier first: none, one, or two that differ."""
    if terms.notice_deadline is not None:
        return DeadlineBasis.STATED, (terms.notice_deadline,)
    if terms.notice_kind is NoticeKind.NONE:
        return DeadlineBasis.NO_NOTICE, ()
    value = terms.notice_value
    if terms.notice_kind in (None, NoticeKind.DATE) or value is None:
        return DeadlineBasis.UNKNOWN, ()
    if value < 0 or (value < 1 and terms.notice_kind is NoticeKind.DAY_OF_PREVIOUS_MONTH):
        raise PeriodError(DateReason.OUT_OF_RANGE, value)
    if terms.notice_kind is NoticeKind.DAYS_BEFORE:
        return DeadlineBasis.COMPUTED, (ends_on - timedelta(days=value),)
    if terms.notice_kind is NoticeKind.DAY_OF_PREVIOUS_MONTH:
        previous = Month.of(ends_on) - 1
        return DeadlineBasis.COMPUTED, (previous.first + timedelta(days=min(value, previous.last.day) - 1),)
    # Counted back from the last day, or from the end of that day (24:00, the next day's 0:00).
    by_day = add_months(ends_on, -value)
    by_midnight = add_months(ends_on + _ONE_DAY, -value) - _ONE_DAY
    if by_day == by_midnight:
        return DeadlineBasis.COMPUTED, (by_day,)
    return DeadlineBasis.ESTIMATED, (min(by_day, by_midnight), max(by_day, by_midnight))


def _budget_start(terms: RenewalTerms, ends_on: date, start: date) -> date:
    if terms.budget_month is None:
        return start
    if not 1 <= terms.budget_month <= 12:
        raise PeriodError(DateReason.OUT_OF_RANGE, terms.budget_month)
    budget = Month(ends_on.year, terms.budget_month)
    if budget > Month.of(ends_on):
        budget = budget - 12
    opening = (budget - 1).first
    if terms.starts_on is not None:
        opening = max(opening, terms.starts_on)  # nobody asks about renewing what has not begun
    return min(start, opening)


def sort_renewals(windows: Iterable[RenewalWindow]) -> list[RenewalWindow]:
    """By days to the deadline, then 満了日, then id. Without a deadline the expiry stands for it; 対象外 comes last."""
    return sorted(
        windows,
        key=lambda window: (
            not window.applies,
            window.deadline or window.ends_on or date.max,
            window.ends_on or date.max,
            window.contract_id,
        ),
    )


@dataclass(frozen=True, slots=True)
class RingiPlan:
    """Back-planned 稟議: the last day to draft so that the decision falls on `decide_by`."""

    draft_by: date
    decide_by: date

    def is_late(self, as_of: date) -> bool:
        """Whether the drafting day has passed: 「稟議が間に合わない可能性」."""
        return as_of > self.draft_by


def plan_ringi(decide_by: date, lead_business_days: int, calendar: Calendar) -> RingiPlan:
    """起案日 = 決裁予定日 − リードタイム営業日. A decision day that is closed is taken as the business day before it.

    Deciding on 2026-11-30 with 5 business days of lead means drafting by 2026-11-20.
    """
    if lead_business_days < 0:
        raise PeriodError(DateReason.OUT_OF_RANGE, lead_business_days)
    decision = calendar.on_or_before(decide_by)
    return RingiPlan(calendar.add(decision, -lead_business_days), decision)


def renewal_terms(contract: Mapping[str, object] | object) -> RenewalTerms:
    """`RenewalTerms` from a row of contracts.csv (texts allowed) or an object with those attributes."""

    def field(name: str) -> object:
        value = contract.get(name) if isinstance(contract, Mapping) else getattr(contract, name, None)
        return None if isinstance(value, str) and not value.strip() else value

    kind = field("notice_kind")
    try:
        notice_kind = None if kind is None else NoticeKind(str(kind))
    except ValueError:
        raise PeriodError(DateReason.UNKNOWN_FORMAT, kind) from None
    return RenewalTerms(
        contract_id=str(field("contract_id") or ""),
        ends_on=_as_day(field("ends_on")),
        notice_kind=notice_kind,
        notice_value=_as_int(field("notice_value")),
        notice_deadline=_as_day(field("notice_deadline")),
        starts_on=_as_day(field("starts_on")),
        renewal_months=_as_int(field("renewal_months")),
        budget_month=_as_int(field("budget_month")),
    )


def _as_day(value: object) -> date | None:
    if value is None:
        return None
    day = parse_day(value) if isinstance(value, str | int | float | date) else None
    if day is None or isinstance(day, DateFailure):
        raise PeriodError(day.reason if day else DateReason.UNKNOWN_FORMAT, value)
    return day


def _as_int(value: object) -> int | None:
    if value is None:
        return None
    try:
        return int(str(value))
    except ValueError:
        raise PeriodError(DateReason.UNKNOWN_FORMAT, value) from None
