"""One line for each customer: active users against seats, core features used of those the plan holds, and why a number is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from banso.usage import ActiveRate, Breadth, active_rate, breadth, core_of, depth, silent_since, stickiness
from banso_web.accounts.counting import merges
from banso_web.accounts.reads.contracts import Held, contracts_held
from banso_web.collect.reads import ended_sources
from banso_web.core.facts import Asked, Memo
from banso_web.core.reads.calendar import calendar
from banso_web.usage.reads.adoption.daily import Daily, DailyUse, days_heard
from banso_web.usage.reads.adoption.events import EventMonth, Events, FeatureUse, ever, heard_of
from banso_web.usage.reads.adoption.periods import LOOK, MONTH, Period, Periods, periods
from banso_web.usage.reads.definitions import FeatureLine, features
from banso_web.usage.reads.identity import seen_version
from banso_web.usage.reads.series import DAILY, EVENTS, FILE
from banso_web.warehouse.reads import newest_change

#: Why nothing is said of a customer.
NO_CONTRACT, NOT_COLLECTED, GAP = "no_contract", "not_collected", "gap"
UNKNOWN_PLAN = "unknown_plan"
DAILY_ONLY, NO_USERS = "daily_only", "no_users"


@dataclass(frozen=True, slots=True)
class AccountUse:
    """One customer in the month that ends with the asked day.

    `month`, `week`, `day`: active users; of files the mean of open days (`form` daily), and None where there is no open day.
    `daily`: the mean day. `reason`: why there is no number at all. `last` None: no use is known. `core` None: the plan is not known.
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
    heard: (
        date | None
    )  # the newest day on which all of its sources sent something of anybody; None: not within the days looked at
    silence: date | None  # the first day of a silence of one of its sources that still runs

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
    def people_reason(self) -> str:
        """Why there is no depth and no stickiness; "" where there are both."""
        if self.reason or self.month is None:
            return self.reason or GAP
        return DAILY_ONLY if self.form != EVENTS else "" if self.month else NO_USERS

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
        return not self.reason and self.last is not None and not self.month and not self.features


@dataclass(frozen=True)
class Adoption:
    """`rows`: every customer with use or with a contract in force. `silent`: the month's silent days by source."""

    as_of: date
    rows: Mapping[int, AccountUse]
    features: tuple[FeatureLine, ...]
    silent: Mapping[str, tuple[date, ...]]

    @property
    def has_data(self) -> bool:
        return any(one.form or one.last is not None for one in self.rows.values())


_kept: Memo[Adoption] = Memo(2)
_heard: Memo[Mapping[str, Collection[date]]] = Memo(4)  # the same whichever customer's page asks


def adoption(asked: Asked, *, ids: Collection[int] | None = None) -> Adoption:
    """Every customer, or some (after 名寄せ). The same number of queries for one as for all; the answer for all is kept while no
    fact and no event comes."""
    closed = frozenset(source for source, day in ended_sources().items() if day <= asked.as_of)
    if ids is not None:
        return _read(asked, ids, closed)
    key = (asked.key, newest_change(), seen_version(), asked.today, closed)
    return _kept.get(key, lambda: _read(asked, None, closed))


def _read(asked: Asked, ids: Collection[int] | None, closed: Collection[str]) -> Adoption:
    merged = merges(asked.watermark, asked.known_at)
    lines = features(asked)
    definitions = [one.definition for one in lines]
    daily, events = Daily(asked, merged, ids), Events(asked, merged, ids)
    first = asked.as_of - LOOK
    heard = _heard.get(
        (asked.key, newest_change()), lambda: {**heard_of(asked, first), FILE: days_heard(asked, first)}
    )
    spans = periods(asked, calendar(), heard)
    daily.read(spans.of[FILE], definitions)
    events.read(spans, definitions)
    into = [] if ids is None else [other for other, kept in merged.items() if kept in set(ids)]
    held = contracts_held(asked, [asked.as_of], None if ids is None else [*ids, *into])
    told = {key: _form(daily.of.get(key), events.of.get(key)) for key in {*daily.of, *events.of}}
    unheard = [key for key, on in held.items() if on and key not in told]
    # Whether who seems to have begun lately, or never, was there before the days looked at.
    lately = asked.as_of - timedelta(days=2 * MONTH)
    late = [
        key
        for key, form in told.items()
        if not (began := (events if form == EVENTS else daily).of[key].first) or began > lately
    ]
    before = _ever(asked, merged, daily, [*unheard, *late]) if unheard or late else {}
    make = _Line(asked, spans, daily, events, held, before, closed, lines, heard)
    rows = {key: make(key, told.get(key, "")) for key in sorted({*told, *unheard})}
    silent = {source: spans.of[source].silent for source in spans.of if source not in closed}
    return Adoption(asked.as_of, rows, lines, {source: days for source, days in silent.items() if days})


def _form(file: DailyUse | None, own: EventMonth | None) -> str:
    """Events, which know people, before files; but a trial event of months ago does not hide the files that came ever since."""
    return EVENTS if own and (own.events or not (file and file.users)) else DAILY


def _ever(
    asked: Asked, merged: Mapping[int, int], daily: Daily, ids: Collection[int]
) -> dict[int, dict[str, set[date]]]:
    """{account: {source: its first and last days of use}} over all of history, files too."""
    found = ever(asked, merged, ids)
    for key, days in daily.ever(ids).items():
        found.setdefault(key, {})[FILE] = days
    return found


class _Line:
    """Puts a customer's line together."""

    def __init__(
        self, asked: Asked, spans: Periods, daily: Daily, events: Events,
        held: Mapping[int, Mapping[date, Held]], before: Mapping[int, Mapping[str, Collection[date]]],
        closed: Collection[str], lines: tuple[FeatureLine, ...], heard: Mapping[str, Collection[date]],
    ) -> None:  # fmt: skip
        self.asked, self.spans, self.daily, self.events = asked, spans, daily, events
        self.held, self.before, self.closed = held, before, closed
        self.definitions = [one.definition for one in lines]
        self._opened: dict[tuple[str, date | None], tuple[date, ...]] = {}
        self.newest = {source: max(days) for source, days in heard.items() if days}
        self.silences = {
            source: silent_since(heard[source], spans.calendar, spans.last) for source in self.newest
        }

    def __call__(self, key: int, form: str) -> AccountUse:
        file, own = self.daily.of.get(key, DailyUse()), self.events.of.get(key, EventMonth())
        sources = self._sources(key, form, own, file)
        spans = [self.spans.of[source] for source in sources]
        known = [span for span in spans if span.month is not None]
        on = self.held.get(key, {}).get(self.asked.as_of)
        seats, seats_from = (file.held, "usage") if file.held is not None else (None, "")
        if seats is None and on is not None and on.seats is not None:
            seats, seats_from = on.seats, "contract"
        begun = self._begun(key, form, own, file)
        features = own.features if form == EVENTS else file.features
        days = {day for source in sources for day in self._open_days(source, begun)}
        last = max((day for day in (own.last, file.last, *self._before(key)) if day), default=None)
        plans = None if key not in self.held else on.plans if on else frozenset()
        reason = self._reason(key, form, spans)
        month, week, day, mean = (
            (None, None, None, None) if reason == GAP else self._users(form, own, file, days, known)
        )
        return AccountUse(
            account_id=key,
            form=form,
            reason=reason,
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
            heard=min((self.newest[source] for source in sources), default=None)
            if all(source in self.newest for source in sources)
            else None,
            silence=min((since for source in sources if (since := self.silences.get(source))), default=None),
        )

    def _open_days(self, source: str, begun: date | None) -> tuple[date, ...]:
        """Of a source, for whoever began so: mostly the whole month, the same for everybody."""
        month = self.spans.of[source].month
        key = (source, max(month, begun) if month and begun else month)
        if key not in self._opened:
            self._opened[key] = self.spans.open_days(source, begun)
        return self._opened[key]

    def _before(self, key: int) -> Iterator[date]:
        return (day for days in self.before.get(key, {}).values() for day in days)

    def _sources(self, key: int, form: str, own: EventMonth, file: DailyUse) -> list[str]:
        """Through which its use would have come. Of one not heard within `LOOK` those of so many days before its last use.

        What a closed source (置き換え) does not send is no silence, unless there is no other.
        """
        if form == EVENTS:
            found = set(own.sources)
            if not own.events and file.last:
                found.add(FILE)
        elif form == DAILY:
            found = {FILE}
        else:
            last = max(self._before(key), default=date.min)
            told = self.before.get(key, {})
            found = {source for source, days in told.items() if max(days, default=last) + LOOK > last}
        return sorted(found.difference(self.closed) or found)

    def _begun(self, key: int, form: str, own: EventMonth, file: DailyUse) -> date | None:
        """Its first day of use as this form tells it, over all of history where that may lie in the month."""
        told = self.before.get(key, {})
        days = (day for source, days in told.items() if (source == FILE) == (form == DAILY) for day in days)
        return min(days, default=own.first if form == EVENTS else file.first)

    def _reason(self, key: int, form: str, spans: Collection[Period]) -> str:
        if key in self.held and self.asked.as_of not in self.held[key]:
            return NO_CONTRACT
        if not form and key not in self.before:
            return NOT_COLLECTED
        # Half of the use is not known where one of two sources is silent.
        return GAP if any(span.month is None for span in spans) else ""

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
