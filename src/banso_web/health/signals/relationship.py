"""関係(接点・多点): whether we speak to the customer of our own accord, and to how many of its people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from banso.health import State
from banso_web.health.signals.sources import silence
from banso_web.health.signals.told import Everybody, Signal, Told
from banso_web.touch.everybody import Touched, ever_touched, touch_days, touched, touched_ever

DAYS = 90
#: More than so many touches or people make the relationship no better.
MOST = 3


def _proactive(found: Sequence[Touched]) -> int:
    return sum(one.proactive for one in found)


def _people(found: Sequence[Touched]) -> int:
    return len(set().union(*(one.people for one in found)))


def _both(found: Sequence[Touched]) -> int:
    return min(_proactive(found), MOST) + min(_people(found), MOST)


def _of_touches(everybody: Everybody, measure: Callable[[Sequence[Touched]], int]) -> Told:
    """Who was touched within the days has a value. Who was before and is not any more is 途絶, who never was has 0; whoever began
    within the days is 対象外 until somebody speaks to them."""
    told = Told.nothing(len(everybody))
    asked = everybody.asked
    if not ever_touched(asked):
        return told
    since = silence(everybody, "touches", touch_days)
    then = asked if since is None else replace(asked, as_of=since - timedelta(days=1))
    lately = everybody.once("touched", lambda: everybody.by_place(touched(then, DAYS, everybody.some)))
    before = everybody.once("touched_ever", lambda: everybody.by_place(touched_ever(then, everybody.some)))
    begun = (then.as_of - timedelta(days=DAYS)).isoformat()
    for at, state in enumerate(everybody.states.values()):
        found = lately.get(at)
        if found is not None:
            value, fresh = measure(found), max(one.last for one in found)
            if since is None:
                told.say(at, State.KNOWN, value, fresh=fresh)
            else:
                told.say(at, State.GAP, last=value, fresh=then.as_of)
        elif at in before:
            told.say(at, State.STOPPED, fresh=max(before[at]))
        elif (state.get("started_on") or "") > begun:
            told.say(at, State.NOT_APPLICABLE)
        else:
            told.say(at, State.KNOWN, 0)
    return told


def relationship(everybody: Everybody) -> Told:
    """Proactive touches of 90 days and people met in them, each up to 3, added up."""
    return _of_touches(everybody, _both)


def proactive(everybody: Everybody) -> Told:
    return _of_touches(everybody, _proactive)


def people(everybody: Everybody) -> Told:
    return _of_touches(everybody, _people)


TOUCHES = frozenset({"touches"})
SIGNALS = (
    Signal(
        "relationship",
        _("関係"),
        "points",
        1,
        _("直近90日の能動接点と、接点のあった先方担当者の人数。それぞれ3までを足す"),
        relationship,
        facts=TOUCHES,
    ),
    Signal(
        "touch_proactive", _("能動接点"), "count", 1, _("直近90日の能動接点の回数"), proactive, facts=TOUCHES
    ),
    Signal(
        "touch_people",
        _("多点"),
        "count",
        1,
        _("直近90日に接点のあった先方担当者の人数"),
        people,
        facts=TOUCHES,
    ),
)
