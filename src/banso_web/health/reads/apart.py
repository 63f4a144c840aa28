"""Whose health moved since a day, and whose health says otherwise than their money or their satisfaction.

The score, the money and what people say are three witnesses. Where the score rises while one of the others falls, it may be painting a
customer in too bright a colour; where it falls while they rise, it may see what nobody says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from banso.health import Explanation, Scorecard, explain
from banso.survey import standing
from banso_web.core.facts import Asked
from banso_web.core.metrics import Scope
from banso_web.health.models import HealthDay
from banso_web.health.reads.bands import Shown, bands_on
from banso_web.health.reads.cards import cards
from banso_web.health.reads.kept import KeptDay, several
from banso_web.health.reads.scoring import kept_reading
from banso_web.revenue.reads.customers import counted_movements
from banso_web.revenue.reads.months import mrr_of
from banso_web.surveys.reads import answers

#: A score, and a CSAT, that moved by at least so much moved.
SCORE, CSAT = 5.0, Fraction(1, 2)
#: What is compared lies so many days apart.
APART = timedelta(days=90)


class Against(StrEnum):
    """What says otherwise than the score."""

    MONEY = "money"
    SATISFACTION = "satisfaction"


@dataclass(frozen=True)
class Apart:
    """One customer whose score and one of the others moved in opposite ways. `before`, `after`: of MRR in units, or of CSAT."""

    account_id: int
    score_before: float
    score_after: float
    against: Against
    before: Fraction
    after: Fraction

    @property
    def rises(self) -> bool:
        """Whether the score is the one that rose."""
        return self.score_after > self.score_before


@dataclass(frozen=True)
class Mover:
    """One customer whose band or value moved between two days. `told`: why, part by part; None where a day of it is not kept."""

    account_id: int
    before: Shown
    after: Shown
    told: Explanation | None

    @property
    def worse(self) -> bool:
        return self.after.band < self.before.band or (
            self.after.band == self.before.band and (self.after.low or 0) < (self.before.low or 0)
        )


def kept_since(day: date, asked: Asked) -> date | None:
    """The newest kept day up to a day, else the first one after it; None where there is none before the asked day."""
    rows = HealthDay.objects.filter(day__lt=asked.as_of, state=HealthDay.State.DONE)
    before = rows.filter(day__lte=day).order_by("-day").values_list("day", flat=True).first()
    return before or rows.order_by("day").values_list("day", flat=True).first()


def on(day: date, asked: Asked) -> Mapping[int, Shown]:
    return bands_on(replace(asked, as_of=day)) or {}


def apart(asked: Asked, since: date) -> list[Apart]:
    """Everybody whose score moved by 5 points or more since a kept day while MRR, or CSAT by half a point, moved the other way: the
    rises first, the largest moves first."""
    then, now = on(since, asked), on(asked.as_of, asked)
    moved = {
        key: (old, new)
        for key, one in now.items()
        if (old := _value(then.get(key))) is not None
        and (new := one.value) is not None
        and abs(new - old) >= SCORE
    }
    if not moved:
        return []
    found: list[Apart] = []
    for against, before, after, least in (
        (Against.MONEY, *_money(asked, since), Fraction(1)),
        (Against.SATISFACTION, *_satisfaction(asked, since), CSAT),
    ):
        for key, (old, new) in moved.items():
            if key not in before or key not in after:
                continue
            change = after[key] - before[key]
            if abs(change) >= least and (change > 0) != (new > old):
                found.append(Apart(key, old, new, against, before[key], after[key]))
    return sorted(
        found, key=lambda one: (not one.rises, -abs(one.score_after - one.score_before), one.account_id)
    )


def _value(one: Shown | None) -> float | None:
    return None if one is None else one.value


def _money(asked: Asked, since: date) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    """MRR in units on both days; who holds none on one of them has 0 there."""
    found = [
        mrr_of(question, counted_movements(question, group=Scope().group))
        for question in (replace(asked, as_of=since), asked)
    ]
    keys = {*found[0], *found[1]}
    first, last = ({key: Fraction(held.get(key, 0)) for key in keys} for held in found)
    return first, last


def _satisfaction(asked: Asked, since: date) -> tuple[dict[int, Fraction], dict[int, Fraction]]:
    told = answers(asked, "csat")
    first, last = (_csat(standing(told, day)) for day in (since, asked.as_of))
    return first, last


def _csat(found: object) -> dict[int, Fraction]:
    columns = (getattr(found, name).tolist() for name in ("account", "total", "n"))
    return {key: Fraction(total, 100 * n) for key, total, n in zip(*columns, strict=True)}


def movers(asked: Asked, since: date, accounts: Sequence[int], limit: int) -> list[Mover]:
    """Of these customers those whose band changed since a kept day, or whose value did by 5 points; the worse ones first. Causes are
    told of `limit` of them."""
    then, now = on(since, asked), on(asked.as_of, asked)
    wanted = set(accounts)
    found = [
        Mover(key, then[key], one, None)
        for key, one in now.items()
        if key in wanted and key in then and _moved(then[key], one)
    ]
    found.sort(
        key=lambda one: (not one.worse, -abs((one.after.low or 0) - (one.before.low or 0)), one.account_id)
    )
    causes = why([one.account_id for one in found[:limit]], since, asked)
    return [replace(one, told=causes.get(one.account_id)) for one in found]


def _moved(before: Shown, after: Shown) -> bool:
    if before.band != after.band:
        return True
    return before.value is not None and after.value is not None and abs(after.value - before.value) >= SCORE


def why(accounts: Sequence[int], since: date, asked: Asked) -> dict[int, Explanation]:
    """The change of each between two kept days, part by part; nothing of whom a day of it is not kept. The same number of queries
    however many they are."""
    then, now = several(accounts, since), several(accounts, asked.as_of)
    told: dict[int, Explanation] = {}
    for account in accounts:
        if account not in then or account not in now:
            continue
        before, after = (card_of(day[account], asked) for day in (then, now))
        if before is not None and after is not None:
            told[account] = explain(kept_reading(then[account], before), kept_reading(now[account], after))
    return told


def card_of(day: KeptDay, asked: Asked) -> Scorecard | None:
    """The scorecard a kept day was read by."""
    found = cards(replace(asked, as_of=day.day))
    return next((card for card in found if card.version == day.card), None)
