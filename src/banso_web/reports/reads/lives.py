"""How long each customer has stayed, by closes of months as the cohorts count them: what 継続率曲線 and the expected LTV stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from banso_web.core.facts import Memo, timelines
from banso_web.reports.question import Question
from banso_web.reports.reads.cohorts import Change, changes_of, first_close
from banso_web.revenue.metrics.by_year import last_complete_month
from banso_web.revenue.reads.months import counted_for, last_day, scope_key


@dataclass(frozen=True, slots=True)
class Life:
    """A customer's months from its start to its first churn, or to the last complete month.

    start: the month of 取引開始日 where that lies before the first close with MRR, else that close's month (whose age is 0).
    entry: age at the first close on record; before it nobody would have been seen to leave, so the customer counts from there only.
    months: age at the first close without MRR (ended), or at the last complete month. segment: at the first close on record.
    """

    account_id: int
    start: date
    entry: int
    months: int
    ended: bool
    segment: str

    @property
    def seen(self) -> bool:
        """Whether a month has passed in which it could have been seen to leave."""
        return self.months > self.entry

    def at_risk(self, age: int) -> bool:
        """Whether it was there, and seen, just before the close of that age."""
        return self.entry < age <= self.months

    def gone_by(self, age: int) -> bool:
        return self.ended and self.seen and self.months <= age


_lives: Memo[tuple[Life, ...]] = Memo(6)


def lives(question: Question) -> tuple[Life, ...]:
    """Of everybody in the question's scope, by customer. Who returns after a churn is not counted a second time."""
    asked, counted = question.asked, counted_for(question.asked, question.scope)

    def make() -> tuple[Life, ...]:
        final = last_complete_month(asked.as_of)
        stated = timelines("account", ("started_on",), watermark=asked.watermark, known_at=asked.known_at)[
            "started_on"
        ]
        found = []
        for key, changes in changes_of(question, counted).items():
            first = first_close(changes, {}, final)
            if first is None:
                continue
            end = _end(changes, first, final)
            began = stated.at(key, asked.as_of.toordinal())
            start = min(first, date.fromisoformat(began).replace(day=1)) if began else first
            segment = counted.states["segment"].at(key, last_day(first).toordinal()) or ""
            found.append(
                Life(
                    key,
                    start,
                    _between(start, first),
                    _between(start, end or final),
                    end is not None,
                    segment,
                )
            )
        return tuple(sorted(found, key=lambda life: life.account_id))

    return _lives.get((counted.rules, asked.as_of, asked.known_at, scope_key(question.scope)), make)


def _end(changes: Sequence[Change], first: date, final: date) -> date | None:
    """The first month after `first`, up to `final`, at whose close nothing is held."""
    held: dict[str, int] = {}
    for at, (day, currency, mrr) in enumerate(changes):
        held[currency] = mrr
        month = day.replace(day=1)
        following = changes[at + 1][0].replace(day=1) if at + 1 < len(changes) else None
        if first < month <= final and month != following and not any(value > 0 for value in held.values()):
            return month
    return None


def _between(first: date, last: date) -> int:
    """Whole months from one month to another."""
    return (last.year - first.year) * 12 + last.month - first.month
