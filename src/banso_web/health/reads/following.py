"""Who of the customers is フォロー漏れ, 低満足, 満足度不明 …: what surveys, touches and tickets say of everybody, put to the rule."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from banso.health import Band
from banso.health.overlooked import VERDICTS, Feeling, Judged, Known, Rule, Verdict, judge, sort_out
from banso.survey import Standing, standing
from banso_web.core.facts import Asked
from banso_web.health.reads.asking import kept_day, readings
from banso_web.health.reads.sentiment import Felt, newest, sentiment_mark
from banso_web.health.rules import Rules, rules
from banso_web.surveys.reads import answer_mark, answers
from banso_web.touch.reads import (
    Contacts,
    contacts_since,
    last_proactive,
    ticket_mark,
    touch_mark,
    touches_known,
    urgent_tickets,
)

Whole = NDArray[np.int64]
BASES = ("csat", "nps")
CONTACT_DAYS = 30  # 接点の偏り looks at so many days, the asked one among them


class Customer(NamedTuple):
    """One customer of the asked day, as whoever lists customers has it. mrr_units None: a currency without a rate."""

    id: int
    mrr_units: int | None
    renewal_on: date | None
    touch: str
    since: date | None
    owner_id: int | None
    deputy_id: int | None
    segment: str


@dataclass(frozen=True)
class Line:
    """One customer with the verdict and all it stands on. 今回 is `now` over `n` people; 前回 compares `pairs` of them."""

    customer: Customer
    judged: Judged
    now: Fraction | None
    before: Fraction | None
    n: int
    pairs: int
    answered_on: date | None
    spoken_on: date | None
    urgent: int
    felt: Felt | None


@dataclass(frozen=True, eq=False)
class Following:
    """Everybody, sorted out. `verdicts`: places in VERDICTS, one a customer. asked_ever, spoken_ever: whether anything of the kind was
    ever recorded at all (else it is 未収集). in_danger: whose reading is 危険, where the day's readings are kept. felt: the 担当所感 that
    holds."""

    as_of: date
    basis: str
    rules: Rules
    customers: Sequence[Customer]
    verdicts: Whole
    fell: NDArray[np.bool_]
    satisfaction: Standing
    places: Whole  # of each customer in `satisfaction`; −1: no answer
    spoken: Mapping[int, date]
    urgent: Mapping[int, int]
    urgent_lately: set[int]
    in_danger: set[int]
    felt: Mapping[int, Felt]
    contacts: Mapping[int, Contacts]
    asked_ever: bool
    spoken_ever: bool
    kept: dict[str, Any] = field(default_factory=dict)  # what was made of the whole of it, by name

    @property
    def rule(self) -> Rule:
        return self.rules.of(self.basis)

    def of(self, *verdicts: Verdict, among: NDArray[np.bool_] | None = None) -> list[int]:
        """Places of the customers with one of these verdicts."""
        wanted = np.isin(self.verdicts, [VERDICTS.index(one) for one in verdicts])
        return np.flatnonzero(wanted if among is None else wanted & among).tolist()

    def line(self, place: int) -> Line:
        """One customer's evidence, exact."""
        one, at, told = self.customers[place], int(self.places[place]), self.satisfaction
        now = before = None
        n = pairs = 0
        answered = None
        change = None
        if at >= 0:
            n, pairs = int(told.n[at]), int(told.pairs[at])
            now = Fraction(int(told.total[at]), 100 * n)
            answered = date.fromordinal(int(told.last[at]))
            if pairs:
                before = Fraction(int(told.before[at]), 100 * pairs)
                change = Fraction(int(told.now[at]), 100 * pairs) - before
        spoken, urgent = self.spoken.get(one.id), self.urgent.get(one.id, 0)
        mrr = None if one.mrr_units is None else Fraction(one.mrr_units, 10_000)
        felt = self.felt.get(one.id)
        known = Known(now, change, spoken, one.since, urgent, one.renewal_on, mrr, _feeling(felt))
        rule = replace(self.rule, days=self.rules.limit(one.touch))
        return Line(
            one, judge(known, self.as_of, rule), now, before, n, pairs, answered, spoken, urgent, felt
        )


def following(asked: Asked, customers: Callable[[], Sequence[Customer]], basis: str = "csat") -> Following:
    """Sort these customers out by CSAT or NPS. The same number of queries however many they are."""
    held = rules(asked)
    rule, told, everybody = held.of(basis), answers(asked, basis), customers()
    found = standing(told, asked.as_of)
    first = asked.as_of - timedelta(days=CONTACT_DAYS - 1)
    spoken, tickets = last_proactive(asked), urgent_tickets(asked, first)
    ids = np.array([one.id for one in everybody], np.int64)
    at = np.searchsorted(found.account, ids)
    at[at == len(found.account)] = 0
    places = np.where(found.account[at] == ids, at, -1) if len(found.account) else np.full(len(ids), -1)
    n, total = _taken(found.n, places), _taken(found.total, places)
    day = asked.as_of.toordinal()
    last = [spoken.get(one.id) or one.since for one in everybody]
    days = np.array([-1 if on is None else day - on.toordinal() for on in last], np.int64)
    by_touch = {touch: held.limit(touch) for touch in {one.touch for one in everybody}}
    limits = np.array([by_touch[one.touch] for one in everybody], np.int64)
    is_urgent = np.array([one.id in tickets.open for one in everybody], bool)
    felt = {key: one for key, one in newest(asked).items() if one.holds(asked.as_of)}
    feeling = np.array([_feeling(felt.get(one.id)) for one in everybody], np.int64)
    lost = _taken(found.before - found.now, places) * rule.point.numerator * rule.drop.denominator
    step = 100 * _taken(found.pairs, places) * rule.point.denominator * rule.drop.numerator
    return Following(
        as_of=asked.as_of,
        basis=basis,
        rules=held,
        customers=everybody,
        verdicts=sort_out(total, n, days, limits, is_urgent, feeling, rule),
        fell=(step > 0) & (lost >= step),
        satisfaction=found,
        places=places,
        spoken=spoken,
        urgent=tickets.open,
        urgent_lately=tickets.lately,
        in_danger=_in_danger(asked),
        felt=felt,
        contacts=contacts_since(asked, first),
        asked_ever=bool(len(told.account)),
        spoken_ever=bool(spoken) or touches_known(asked),
    )


def following_mark(asked: Asked) -> Hashable:
    """Changes where `following` may: with answers, touches, tickets, 担当所感, 名寄せ, rules and what is kept of the day's readings."""
    mark = asked.watermark
    day = kept_day(asked)
    return (
        answer_mark(mark), touch_mark(mark), ticket_mark(mark), sentiment_mark(mark), rules(asked).key, day and (day.pk, day.made_at)
    )  # fmt: skip


def _taken(values: Whole, places: Whole) -> Whole:
    """The values of these places; 0 where there is none."""
    return np.where(places >= 0, values[places], 0) if len(values) else np.zeros(len(places), np.int64)


_FEELINGS = {"fair": Feeling.FAIR, "poor": Feeling.POOR}


def _feeling(felt: Felt | None) -> Feeling:
    return Feeling.NONE if felt is None else _FEELINGS.get(felt.mark, Feeling.NONE)


def _in_danger(asked: Asked) -> set[int]:
    """Whose reading is 危険. Nobody where the day is not kept: nothing is computed while a reader waits."""
    if kept_day(asked) is None:
        return set()
    found = readings(asked)
    return set(found.ids[found.band == tuple(Band).index(Band.BAD)].tolist())
