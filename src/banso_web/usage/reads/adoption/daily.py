"""Use as files of daily use tell it: sums of users by day. They know no distinct people, so the mean of open days stands for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Max, Min, Q, QuerySet, Sum

from banso.usage import Feature
from banso_web.core.facts import Asked, counted
from banso_web.usage.models import UsageDaily
from banso_web.usage.reads.adoption.events import FeatureUse
from banso_web.usage.reads.adoption.periods import LOOK, Period

#: Properties that files have a column for; a rule on another property finds nothing in them.
COLUMNS = ("product", "department")


@dataclass
class DailyUse:
    """One account. `first` and `last`: of use, None where its rows tell of no users. `users`: by day of the month; `seats`: what each
    account (before a merge) last said of a product."""

    first: date | None = None
    last: date | None = None
    users: dict[date, int] = field(default_factory=dict)
    events: int | None = None
    seats: dict[tuple[int, str], tuple[date, int]] = field(default_factory=dict)
    features: dict[str, FeatureUse] = field(default_factory=dict)

    @property
    def held(self) -> int | None:
        """Seats of all products together, and of those merged into it as their users are; None where none was told."""
        return sum(seats for _day, seats in self.seats.values()) if self.seats else None


def days_heard(asked: Asked, first: date) -> set[date]:
    """Days with a row of anybody."""
    rows = counted(UsageDaily, asked.watermark, asked.known_at).filter(day__gte=first, day__lte=asked.as_of)
    return set(rows.order_by().values_list("day", flat=True).distinct())


class Daily:
    """The rows of the asked customers (None: of all) up to and with the asked day."""

    def __init__(self, asked: Asked, merged: Mapping[int, int], ids: Collection[int] | None) -> None:
        self.asked, self.merged, self.ids = asked, merged, ids
        self.of: dict[int, DailyUse] = {}
        lines = self._rows(ids).filter(day__gt=asked.as_of - LOOK).order_by()
        for account, first, last in _spans(lines):
            one = self._one(account)
            if first is not None and last is not None:
                one.first, one.last = min(first, one.first or first), max(last, one.last or last)

    def _rows(self, ids: Collection[int] | None) -> QuerySet[UsageDaily]:
        rows = counted(UsageDaily, self.asked.watermark, self.asked.known_at).filter(
            day__lte=self.asked.as_of
        )
        if ids is None:
            return rows
        wanted = set(ids)
        into = [other for other, kept in self.merged.items() if kept in wanted]
        return rows.filter(account_id__in=[*wanted, *into])

    def _one(self, account: int) -> DailyUse:
        return self.of.setdefault(self.merged.get(account, account), DailyUse())

    def read(self, span: Period, features: Sequence[Feature]) -> None:
        """Everything of the month. Three queries, whoever is asked about."""
        if span.month is None:
            return
        rows = self._rows(self.ids).filter(day__gte=span.month).order_by()
        days = rows.values_list("account_id", "day").annotate(Sum("users"), Sum("events"))
        for account, day, users, events in days.iterator(chunk_size=20_000):
            one = self._one(account)
            one.users[day] = one.users.get(day, 0) + users
            if events is not None:
                one.events = (one.events or 0) + events
        held = rows.exclude(seats=None).values_list("account_id", "product", "day").annotate(Max("seats"))
        for account, product, day, seats in held.iterator(chunk_size=20_000):
            mine = self._one(account).seats
            mine[account, product] = max((day, seats), mine.get((account, product), (date.min, 0)))
        self._features(rows.filter(users__gt=0), features)

    def _features(self, rows: QuerySet[UsageDaily], features: Sequence[Feature]) -> None:
        asked = [rule.property for one in features for rule in one.rules]
        columns = [name for name in COLUMNS if name in asked]
        lines = rows.values_list("account_id", "feature", *columns).annotate(Sum("events"), Max("day"))
        for account, name, *values, events, last in lines.iterator(chunk_size=20_000) if features else ():
            told = dict(zip(columns, values, strict=True))
            for one in features:
                if one.counts(name, told):
                    self._add(self._one(account).features, one.key, events, last)

    def _add(self, uses: dict[str, FeatureUse], code: str, events: int | None, last: date) -> None:
        before = uses.get(code)
        if before is not None:
            last = max(last, before.last)
            events = (
                None if events is None and before.events is None else (events or 0) + (before.events or 0)
            )
        uses[code] = FeatureUse(None, events, last)

    def ever(self, ids: Collection[int]) -> dict[int, set[date]]:
        """{account: its first and last days of use} of these customers, over all of history; empty where no row tells of users."""
        found: dict[int, set[date]] = {}
        for account, *days in _spans(self._rows(ids).order_by()):
            found.setdefault(self.merged.get(account, account), set()).update(day for day in days if day)
        return found


def _spans(rows: QuerySet[UsageDaily]) -> Iterable[tuple[int, date | None, date | None]]:
    """(account, first day of use, last): a row of 0 users says that somebody looked, not that somebody was there."""
    used = Q(users__gt=0)
    days = {"first": Min("day", filter=used), "last": Max("day", filter=used)}
    return rows.values_list("account_id").annotate(**days)
