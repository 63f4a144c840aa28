"""顧客ポートフォリオ, the whole view: フォロー漏れ and its sister lists, and how contacts lean (spec US-6, RSK-02 to RSK-04)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from django.utils.translation import get_language
from numpy.typing import NDArray

from banso.health.overlooked import Verdict
from banso_web.core.facts import Asked, Memo
from banso_web.core.metrics import MetricResult, Scope, compute
from banso_web.desk.reads import snapshot
from banso_web.desk.reads.customers import ACTIVE, ListQuery, customers
from banso_web.health.reads.following import Customer, Following, following, following_mark
from banso_web.revenue.reads.customers import rules_at
from banso_web.surveys.metrics import SCALES
from banso_web.surveys.reads import answer_mark
from banso_web.touch.metrics import cadences
from banso_web.touch.reads import touch_mark

if TYPE_CHECKING:
    from banso_web.members.models import Member

KEPT_FOR = 300  # seconds; today's rows of customers follow an import a moment later
FIELDS = ("pk", "mrr_units", "mrr_unrated", "renewal_on", "touch", "started_on", "owner_id", "deputy_id", "segment")  # fmt: skip

OVERLOOKED, LOW, FELL, QUIET, UNKNOWN, URGENCY = "overlooked", "low", "fell", "quiet", "unknown", "urgency"
LISTS: dict[str, tuple[Verdict, ...]] = {
    OVERLOOKED: (Verdict.OVERLOOKED,),
    LOW: (Verdict.LOW, Verdict.URGENT),
    QUIET: (Verdict.QUIET,),
    UNKNOWN: (Verdict.UNKNOWN,),
}
_found: Memo[Following] = Memo(6)
_figures: Memo[MetricResult] = Memo(24)
Among = NDArray[np.bool_]


def _today(member: Member, asked: Asked) -> list[Customer]:
    rows = (
        customers(member, ListQuery(), asked.today)
        .filter(ACTIVE, excluded="")
        .select_related(None)
        .order_by()
    )
    return [
        Customer(pk, None if unrated else mrr, ends, touch, since, owner, deputy, segment)
        for pk, mrr, unrated, ends, touch, since, owner, deputy, segment in rows.values_list(*FIELDS)
    ]


def _then(member: Member, asked: Asked) -> list[Customer]:
    return [
        Customer(
            row.pk, None if row.mrr_unrated else row.mrr_units, row.renewal_on, row.touch, row.started_on,
            row.owner_id, row.deputy_id, row.segment,
        )
        for row in snapshot.chosen(member, ListQuery(state="active"), asked)
        if not row.excluded
    ]  # fmt: skip


def _question(asked: Asked) -> tuple[Any, ...]:
    """What of a question stays when something is entered that an answer does not stand on."""
    return (asked.as_of, asked.today, asked.known_at, asked.pinned and asked.watermark)


def whole(member: Member, asked: Asked, basis: str = "csat") -> Following:
    """Every customer with MRR, sorted out. Kept for five minutes at most, and until something new is entered."""
    if not member.may("account.view"):
        return following(asked, list, basis)
    source = _today if asked.is_today else _then
    key = (_question(asked), rules_at(asked), following_mark(asked), basis, int(time.monotonic() // KEPT_FOR))
    return _found.get(key, lambda: following(asked, lambda: source(member, asked), basis))


def metric(key: str, asked: Asked, scope: Scope) -> MetricResult:
    """A figure of satisfaction or contact, kept in the reader's language until something new is entered."""
    mark = (answer_mark if key in SCALES else touch_mark)(asked.watermark)
    place = (
        key,
        _question(asked),
        rules_at(asked),
        mark,
        tuple(cadences(asked).items()),
        scope.key,
        get_language(),
    )
    return _figures.get(place, lambda: compute(key, asked, scope=scope))


def among(found: Following, member: Member, query: ListQuery, team: set[int] | None = None) -> Among | None:
    """Which customers the page's filters (担当, セグメント) leave; None: all of them."""
    if not (query.owner or query.segment or team is not None):
        return None
    mine = member.pk if query.owner == "me" else int(query.owner) if query.owner.isdecimal() else None

    def fits(one: Customer) -> bool:
        held = {one.owner_id, one.deputy_id}
        return (
            (not query.segment or one.segment == query.segment)
            and (query.owner != "none" or one.owner_id is None)
            and (mine is None or (mine in held if query.owner == "me" else one.owner_id == mine))
            and (team is None or bool(held & team))
        )

    return np.array([fits(one) for one in found.customers], bool)


@dataclass(frozen=True)
class Stake:
    """How many customers, their MRR, and how many of them are in a currency without a rate (and in no sum)."""

    customers: int = 0
    mrr_units: int = 0
    unrated: int = 0


def stake(found: Following, places: Sequence[int]) -> Stake:
    units = [found.customers[place].mrr_units for place in places]
    return Stake(len(units), sum(one or 0 for one in units), sum(one is None for one in units))


def listed(found: Following, which: str, inside: Among | None = None) -> list[int]:
    """Places of a list in its order: フォロー漏れ by priority, urgency with open urgent tickets first, all else by MRR; unknown MRR last.

    Urgency is who makes noise: open urgent tickets and low satisfaction. Nobody who only waits is in it; how many フォロー漏れ it hides
    is told beside it.
    """

    if inside is None:
        if which not in found.kept:
            found.kept[which] = _listed(found, which, None)
        kept: list[int] = found.kept[which]
        return kept
    return _listed(found, which, inside)


def _listed(found: Following, which: str, inside: Among | None) -> list[int]:
    def by_mrr(place: int) -> tuple[bool, int, int]:
        one = found.customers[place]
        return (one.mrr_units is None, -(one.mrr_units or 0), one.id)

    places = members(found, which, inside)
    if which == URGENCY:
        return sorted(
            places, key=lambda place: (found.customers[place].id not in found.urgent, by_mrr(place))
        )
    if which != OVERLOOKED:
        return sorted(places, key=by_mrr)
    weight = {place: found.line(place).judged.priority for place in places}
    return sorted(places, key=lambda place: (weight[place] is None, -(weight[place] or 0), by_mrr(place)))


def members(found: Following, which: str, inside: Among | None = None) -> list[int]:
    """The places of a list in no order, to be counted and summed."""
    if which == FELL:
        return np.flatnonzero(found.fell if inside is None else found.fell & inside).tolist()
    if which == URGENCY:
        low = set(found.of(Verdict.LOW, among=inside))
        return [
            place
            for place, one in enumerate(found.customers)
            if (one.id in found.urgent or place in low) and (inside is None or inside[place])
        ]
    return found.of(*LISTS[which], among=inside)


@dataclass(frozen=True)
class Share:
    """A part of the customers: contacts in the days, and MRR, each with its share of the whole (None: there is none)."""

    key: str
    customers: int
    contacts: int
    proactive: int
    mrr_units: int
    of_contacts: Fraction | None
    of_mrr: Fraction | None


@dataclass(frozen=True)
class Lean:
    """接点の偏り. `parts`: the groups, whose sums are `whole`. `red`: those in alarm. `busiest`: (place, share) of the customers
    with the most contacts. `others`: contacts with whom MRR no longer counts."""

    parts: tuple[Share, ...]
    whole: Share
    red: Share
    red_places: tuple[int, ...]
    busiest: tuple[tuple[int, Share], ...]
    others: int
    unstated: int


RED = "red"
GROUPS = (RED, OVERLOOKED, "mid", "high", UNKNOWN)
BUSIEST = 10


def lean(found: Following, inside: Among | None = None) -> Lean:
    """How the contacts of 30 days are shared out, beside MRR.

    Red: 低満足, 危険 by its reading, or an urgent ticket was open at some time in these days.
    """
    if inside is not None:
        return _lean(found, inside)
    if "lean" not in found.kept:
        found.kept["lean"] = _lean(found, None)
    kept: Lean = found.kept["lean"]
    return kept


def _lean(found: Following, inside: Among | None) -> Lean:
    middle, high = (Verdict.IN_TIME, Verdict.URGENT), (Verdict.QUIET, Verdict.FINE)
    named = {
        RED: (Verdict.LOW,),
        OVERLOOKED: (Verdict.OVERLOOKED,),
        "mid": middle,
        "high": high,
        UNKNOWN: (Verdict.UNKNOWN,),
    }
    group: dict[int, str] = {}
    for key, verdicts in named.items():
        group |= dict.fromkeys(found.of(*verdicts, among=inside), key)
    alarm = found.urgent_lately | found.in_danger
    for place in group:
        if found.customers[place].id in alarm:
            group[place] = RED
    everybody = list(group)
    whole_contacts, whole_mrr = _contacts(found, everybody), stake(found, everybody).mrr_units

    def share(key: str, places: Sequence[int]) -> Share:
        contacts, mrr = _contacts(found, places), stake(found, places).mrr_units
        proactive = sum(
            one.proactive
            for one in (found.contacts.get(found.customers[place].id) for place in places)
            if one
        )
        return Share(
            key, len(places), contacts, proactive, mrr,
            Fraction(contacts, whole_contacts) if whole_contacts else None,
            Fraction(mrr, whole_mrr) if whole_mrr else None,
        )  # fmt: skip

    parts = {key: [place for place in everybody if group[place] == key] for key in GROUPS}
    busy = [place for place in everybody if found.customers[place].id in found.contacts]
    busy.sort(
        key=lambda place: (-found.contacts[found.customers[place].id].number, found.customers[place].id)
    )
    red = [place for place in parts[RED] if found.customers[place].id in found.contacts]
    known = {found.customers[place].id for place in everybody}
    return Lean(
        tuple(share(key, parts[key]) for key in GROUPS),
        share("all", everybody),
        share(RED, red),
        tuple(red),
        tuple((place, share("", [place])) for place in busy[:BUSIEST]),
        0
        if inside is not None
        else sum(one.number for key, one in found.contacts.items() if key not in known),
        sum(one.unstated for key, one in found.contacts.items() if key in known),
    )


def _contacts(found: Following, places: Sequence[int]) -> int:
    return sum(
        found.contacts[key].number
        for key in (found.customers[place].id for place in places)
        if key in found.contacts
    )
