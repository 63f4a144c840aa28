"""Series of use up to a day, for one customer or some: what the rules of a drop stand on. Everybody's: `actions.everybody`.

An account's own events win over daily rows of files; the series says which it is (`form`). Silent days (欠測) are found per source:
files are one source, every sender of events is another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, QuerySet, Sum

from banso.periods import week_start
from banso_web.accounts.counting import ids_by_code, merges
from banso_web.accounts.reads.contracts import contract_seats
from banso_web.collect.reads import ended_sources
from banso_web.core.facts import Asked, counted
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.attributed import USED, event_parameters, lean
from banso_web.warehouse.store import event_store

#: Ten weeks are compared; four more stand in for holiday weeks and weeks with a silent day.
WEEKS = 14
#: Days of a source are looked at so much earlier: a missing day is told by the same weekdays before it.
EARLIER = timedelta(weeks=12)
WEEKLY = (
    USED
    + """SELECT account, date_trunc('week', local_day)::DATE, count(DISTINCT person), list(DISTINCT source ORDER BY source)
      FROM used GROUP BY ALL"""
)
FILE = "file"
EVENTS, DAILY = "events", "daily"


@dataclass(frozen=True)
class Series:
    """Users of one account: by Monday (`events`, 利用者数) or by day (`daily`, 日次平均), with seats by day.

    `users` begins with a 0 where use began before the window. `seats_from`: usage, contract or "" (not known).
    `in_force` False: the account has contracts and none of them is in force on the day. `ended`: closed sources, with their last day.
    """

    account_id: int
    form: str
    users: Mapping[date, int]
    seats: Mapping[date, int] | None
    seats_from: str
    sources: tuple[str, ...]
    in_force: bool
    ended: Mapping[str, date]

    def silent(self, missing: Mapping[str, Collection[date]]) -> dict[str, tuple[date, ...]]:
        """Silent days of the sources this account sends through."""
        return silent_days(self.sources, missing, self.ended)

    def gaps(self, missing: Mapping[str, Collection[date]]) -> tuple[date, ...]:
        return days_of(self.silent(missing))


@dataclass(frozen=True)
class EventUse:
    """Weekly distinct users of events, {account: {Monday: users}}, and the sources each account sends through."""

    users: Mapping[int, Mapping[date, int]]
    sources: Mapping[int, tuple[str, ...]]


def silent_days(
    sources: Collection[str], missing: Mapping[str, Collection[date]], ended: Mapping[str, date]
) -> dict[str, tuple[date, ...]]:
    """{source: its silent days} of some of the sources. What a closed one (置き換え) does not send from its end on is no silence,
    unless no other is there: then nothing is known."""
    is_followed = any(source not in ended for source in sources)
    found = {
        source: tuple(
            day for day in missing.get(source, ()) if not is_followed or day < ended.get(source, date.max)
        )
        for source in sources
    }
    return {source: days for source, days in found.items() if days}


def days_of(silent: Mapping[str, Collection[date]]) -> tuple[date, ...]:
    return tuple(sorted({day for days in silent.values() for day in days}))


def window_start(as_of: date, weeks: int = WEEKS) -> date:
    """The Monday a window begins with: so many whole weeks lie between it and the week of the asked day."""
    return week_start(as_of) - timedelta(weeks=weeks)


def read_series(
    asked: Asked, ids: Collection[int], *, weeks: int = WEEKS, events: EventUse | None = None
) -> dict[int, Series]:
    """Everything up to the day before the asked one (its own day still runs). The same number of queries for one account or many.

    `ids`: accounts that were kept (after 名寄せ). `events`: what is known of their events already. Silent days can only be told from
    everybody: what the last detection found holds (`reads.verdicts.latest_run`).
    """
    first = window_start(asked.as_of, weeks)
    window = Window(asked, first, ids)
    daily = _Daily(window)
    events = events or _event_use(window, ids)
    forms = {**dict.fromkeys(daily.users, DAILY), **dict.fromkeys(events.users, EVENTS)}
    sundays = [first + timedelta(days=7 * week + 6) for week in range(weeks)]
    held = contract_seats(asked, [*sundays, asked.as_of], [*ids, *window.merged_into(ids)])
    rows, ended = {}, ended_sources()
    for account, form in forms.items():
        seats, told_by = daily.seats.get(account), "usage"
        if not seats:
            seats, told_by = weekly_seats(held.get(account, {}), sundays)
        rows[account] = Series(
            account,
            form,
            events.users[account] if form == EVENTS else daily.users[account],
            seats,
            told_by,
            events.sources[account] if form == EVENTS else (FILE,),
            account not in held or asked.as_of in held[account],
            ended,
        )
    return rows


def weekly_seats(
    held: Mapping[date, int | None], sundays: Iterable[date]
) -> tuple[dict[date, int] | None, str]:
    """Seats of contracts at the end of each week; nothing where one of the weeks is not known."""
    stated = {day: held[day] for day in sundays if day in held}
    known = {day: seats for day, seats in stated.items() if seats is not None}
    return (known, "contract") if known and len(known) == len(stated) else (None, "")


class Window:
    """What every read of series narrows by. `ids` None: everybody."""

    def __init__(self, asked: Asked, first: date, ids: Collection[int] | None) -> None:
        self.asked, self.first, self.ids = asked, first, ids
        self.early = first - EARLIER
        self.merged = merges(asked.watermark, asked.known_at)

    def merged_into(self, ids: Collection[int]) -> list[int]:
        wanted = set(ids)
        return [other for other, kept in self.merged.items() if kept in wanted]

    def rows(self) -> QuerySet[UsageDaily]:
        rows = counted(UsageDaily, self.asked.watermark, self.asked.known_at).filter(
            day__gte=self.early, day__lt=self.asked.as_of
        )
        if self.ids is not None:
            rows = rows.filter(account_id__in=[*self.ids, *self.merged_into(self.ids)])
        return rows


class _Daily:
    """Daily users and seats of files: {account: {day: …}}."""

    def __init__(self, window: Window) -> None:
        self.users: dict[int, dict[date, int]] = {}
        self.seats: dict[int, dict[date, int]] = {}
        rows = window.rows().order_by()
        by_product: dict[int, dict[str, list[tuple[date, int]]]] = defaultdict(lambda: defaultdict(list))
        lines = (
            rows.filter(day__gte=window.first)
            .values_list("account_id", "day", "product")
            .annotate(told=Sum("users"), held=Max("seats"))
        )
        for account, day, product, told, held in lines.iterator(chunk_size=20_000):
            key = window.merged.get(account, account)
            mine = self.users.setdefault(key, {})
            mine[day] = mine.get(day, 0) + told
            if held is not None:
                by_product[key][product].append((day, held))
        for account in rows.filter(day__lt=window.first).values_list("account_id", flat=True).distinct():
            self.users.setdefault(window.merged.get(account, account), {}).setdefault(window.first, 0)
        for key, products in by_product.items():
            self.seats[key] = _together(products.values())


def _together(products: Iterable[list[tuple[date, int]]]) -> dict[date, int]:
    """Seats of several products added up; each keeps its last number on days it says nothing."""
    changes: dict[date, dict[int, int]] = defaultdict(dict)
    for number, told in enumerate(products):
        for day, seats in told:
            changes[day][number] = max(seats, changes[day].get(number, 0))
    standing: dict[int, int] = {}
    out: dict[date, int] = {}
    for day in sorted(changes):
        standing |= changes[day]
        out[day] = sum(standing.values())
    return out


def _event_use(window: Window, ids: Collection[int]) -> EventUse:
    """Asked of the events themselves."""
    until = window.asked.as_of - timedelta(days=1)
    given = event_parameters(window.asked, window.early, window.merged, ids)
    rows = event_store().query(
        lean(WEEKLY, given),
        given,
        first=window.early,
        last=until,
    )
    known = ids_by_code({row[0] for row in rows}) if rows else {}
    users: dict[int, dict[date, int]] = {}
    sources: dict[int, set[int]] = defaultdict(set)
    for account, monday, people, through in rows:
        key = known.get(account)
        if key is None:  # an account nobody entered yet: its events wait in the store
            continue
        sources[key] |= set(through)
        mine = users.setdefault(key, {})
        if monday < window.first:
            mine.setdefault(window.first, 0)
        else:
            mine[monday] = people
    return EventUse(users, {key: tuple(map(str, sorted(found))) for key, found in sources.items()})
