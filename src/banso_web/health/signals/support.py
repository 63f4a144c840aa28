"""サポート: open tickets, the urgent and the serious ones heavier."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from banso.health import State
from banso_web.health.signals.sources import silence
from banso_web.health.signals.told import Everybody, Signal, Told
from banso_web.touch.everybody import ever_ticket, ticket_days, tickets_standing

DAYS = 90
URGENT, SERIOUS = 3, 5


def load(everybody: Everybody) -> Told:
    """Open tickets, an urgent one counted as 3 and a serious one as 5. Who had none open within 90 days is 対象外."""
    told = Told.nothing(len(everybody))
    asked = everybody.asked
    if not ever_ticket(asked):
        return told
    since = silence(everybody, "tickets", ticket_days)
    then = asked if since is None else replace(asked, as_of=since - timedelta(days=1))
    told.state[:] = Told.nothing(1, State.NOT_APPLICABLE).state[0]
    for at, found in everybody.by_place(tickets_standing(then, DAYS, everybody.some)).items():
        value = sum(one.open + (URGENT - 1) * one.urgent + (SERIOUS - 1) * one.serious for one in found)
        if since is None:
            told.say(at, State.KNOWN, value, fresh=max(one.last for one in found))
        else:
            told.say(at, State.GAP, last=value, fresh=then.as_of)
    return told


SIGNALS = (
    Signal(
        "support",
        _("サポート"),
        "points",
        1,
        _("対応中の問い合わせ。緊急は3件分、重大クレームは5件分に数える"),
        load,
        higher_is_better=False,
        facts=frozenset({"tickets"}),
    ),
)
