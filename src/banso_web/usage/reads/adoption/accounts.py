"""One line for each customer: active users against seats, core features used of those the plan holds, and why a number is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from banso.usage import ActiveRate, Breadth, active_rate, breadth, core_of, depth, stickiness
from banso_web.accounts.counting import merges
from banso_web.accounts.reads.contracts import Held, contracts_held
from banso_web.core.facts import Asked, Memo
from banso_web.core.reads.calendar import calendar
from banso_web.usage.reads.adoption.daily import Daily, DailyUse
from banso_web.usage.reads.adoption.events import EventMonth, Events, FeatureUse, heard_of, last_days
from banso_web.usage.reads.adoption.periods import LOOK, Period, Periods, periods
from banso_web.usage.reads.definitions import FeatureLine, features
from banso_web.usage.reads.identity import seen_version
from banso_web.usage.reads.series import DAILY, EVENTS, FILE
from banso_web.warehouse.reads import newest_change

#: Why nothing is said of a customer.
NO_CONTRACT, NOT_COLLECTED, GAP = "no_contract", "not_collected", "gap"
UNKNOWN_PLAN = "unknown_plan"


@dataclass(frozen=True, slots=True)
class AccountUse:
    """One customer in the month that ends with the asked day.

    `month`, `week`, `day`: active users; of files the mean of open days (`form` daily), and None where there is no open day.
    `daily`: the mean day. `reason`: why there is no number at all. `last` None: never heard of. `core` None: the plan is not known.
    """

    account_id: int
    form: str
    reason: str
    month: Fraction | None
    week: Fraction | None
    day: Fraction | None
    daily: Fraction | None
    events: int | None
    last: date | None
    seats: int | None
    seats_from: str
    features: Mapping[str, FeatureUse]
    core: tuple[str, ...] | None
    held: tuple[
        str, ...
    ]  # features, core or not, of its plans; where the plan is not known those of every plan
    began: date | None  # the month's first day
    silent: tuple[date, ...]

    @property
    def rate(self) -> ActiveRate | None:
        """None where nothing is known of its use."""
        return None if self.reason or self.month is None else active_rate(self.month, self.seats)

    @property
    def breadth(self) -> Breadth | None:
        """None where nothing is known of its use, or of its plan."""
        return None if self.reason or self.core is None else breadth(self.features, self.core)

    @property
    def rate_reason(self) -> str:
        """Why there is no active rate; "" where there is one."""
        rate = self.rate
        return self.reason or (GAP if rate is None else rate.reason or "")

    @property
    def breadth_reason(self) -> str:
        """Why there is no breadth; "" where there is one."""
        found = self.breadth
        return self.reason or (UNKNOWN_PLAN if found is None else found.reason or "")

    @property
    def depth(self) -> Fraction | None:
        """Events for each active user; files know no distinct users of the month."""
        return depth(self.events, self.month) if self.form == EVENTS and self.month else None

    @property
    def stickiness(self) -> Fraction | None:
        """The mean day ÷ the month's users; files know no distinct users of the month."""
        if self.form != EVENTS or self.daily is None or not self.month:
            return None
        return stickiness([self.daily], int(self.month))

    @property
    def stopped(self) -> bool:
        """It was used before and is not any more, while its source lives (途絶)."""
        return not self.reason and not self.month and not self.features


@dataclass(frozen=True)
class Adoption:
    """`rows`: every customer with use or with a contract in force. `silent`: the month's silent days by source."""

    as_of: date
    rows: Mapping[int, AccountUse]
    features: tuple[FeatureLine, ...]
    silent: Mapping[str, tuple[date, ...]]

    @property
    def has_data(self) -> bool:
        return any(one.last is not None for one in self.rows.values())


_kept: Memo[Adoption] = Memo(2)


def adoption(asked: Asked, *, ids: Collection[int] | None = None) -> Adoption:
    """Every customer, or some (after 名寄せ). The same number of queries for one as for all; the answer for all is kept while no
    fact and no event comes."""
    if ids is not None:
        return _read(asked, ids)
    key = (asked.key, newest_change(), seen_version(), asked.today)
    return _kept.get(key, lambda: _read(asked, None))


def _read(asked: Asked, ids: Collection[int] | None) -> Adoption:
    merged = merges(asked.watermark, asked.known_at)
    lines = features(asked)
    definitions = [one.definition for one in lines]
    daily, events = Daily(asked, merged, ids), Events(asked, merged, ids)
    first = asked.as_of - LOOK
    heard = None if ids is not None else {**heard_of(asked, first), FILE: daily.heard_of(first)}
    spans = periods(asked, calendar(), heard)
    daily.read(spans.of[FILE], definitions)
    events.read(spans, definitions)
    into = [] if ids is None else [other for other, kept in merged.items() if kept in set(ids)]
    held = contracts_held(asked, [asked.as_of], None if ids is None else [*ids, *into])
    told = {**dict.fromkeys(daily.of, DAILY), **dict.fromkeys(events.of, EVENTS)}
    unheard = [key for key, on in held.items() if on and key not in told]
    before = {**daily.last_days(unheard), **last_days(asked, merged, unheard)} if unheard else {}
    make = _Line(asked, spans, daily, events, held, before, lines)
    rows = {key: make(key, told.get(key, "")) for key in sorted({*told, *unheard})}
    silent = {source: spans.of[source].silent for source in spans.of}
    return Adoption(asked.as_of, rows, lines, {source: days for source, days in silent.items() if days})


class _Line:
    """Puts a customer's line together."""

    def __init__(
        self, asked: Asked, spans: Periods, daily: Daily, events: Events,
        held: Mapping[int, Mapping[date, Held]], before: Mapping[int, date], lines: tuple[FeatureLine, ...],
    ) -> None:  # fmt: skip
        self.asked, self.spans, self.daily, self.events = asked, spans, daily, events
        self.held, self.before = held, before
        self.definitions = [one.definition for one in lines]

    def __call__(self, key: int, form: str) -> AccountUse:
        file, own = self.daily.of.get(key, DailyUse()), self.events.of.get(key, EventMonth())
        sources = sorted(own.sources) if form == EVENTS else [FILE]
        spans = [self.spans.of[source] for source in sources]
        known = [span for span in spans if span.month is not None]
        on = self.held.get(key, {}).get(self.asked.as_of)
        seats, seats_from = (file.held, "usage") if file.held is not None else (None, "")
        if seats is None and on is not None and on.seats is not None:
            seats, seats_from = on.seats, "contract"
        begun = own.first if form == EVENTS else file.first
        features = own.features if form == EVENTS else file.features
        days = {day for source in sources for day in self.spans.open_days(source, begun)}
        last = (own.last if form == EVENTS else file.last) or self.before.get(key)
        plans = None if key not in self.held else on.plans if on else frozenset()
        month, week, day, mean = self._users(form, own, file, days, known)
        return AccountUse(
            account_id=key,
            form=form,
            reason=self._reason(key, last, known),
            month=month,
            week=week,
            day=day,
            daily=mean,
            events=own.events if form == EVENTS else file.events,
            last=last,
            seats=seats,
            seats_from=seats_from,
            features=features,
            core=core_of(self.definitions, plans),
            held=tuple(one.key for one in self.definitions if one.is_in(plans or ())),
            began=min((span.month for span in known if span.month), default=None),
            silent=tuple(sorted({day for span in spans for day in span.silent})),
        )

    def _reason(self, key: int, last: date | None, known: list[Period]) -> str:
        if key in self.held and self.asked.as_of not in self.held[key]:
            return NO_CONTRACT
        if last is None:
            return NOT_COLLECTED
        return "" if known else GAP

    def _users(
        self, form: str, own: EventMonth, file: DailyUse, days: Collection[date], known: list[Period]
    ) -> tuple[Fraction | None, Fraction | None, Fraction | None, Fraction | None]:
        """(month, week, day, mean day)."""
        if form == EVENTS:
            mean = Fraction(own.person_days, len(days)) if days else None
            return Fraction(own.month), Fraction(own.week), Fraction(own.day), mean
        week = min((span.week for span in known if span.week), default=self.asked.as_of)
        # Somebody who was there on closed days alone has no open day: then the days with rows stand.
        month = _mean(file.users, days or file.users)
        return (
            month,
            _mean(file.users, [one for one in days if one >= week]),
            _on(file, self.asked.as_of),
            month,
        )


def _mean(users: Mapping[date, int], days: Collection[date]) -> Fraction | None:
    return Fraction(sum(users.get(day, 0) for day in days), len(days)) if days else None


def _on(file: DailyUse, day: date) -> Fraction | None:
    return Fraction(file.users[day]) if day in file.users else None
