"""推進者・決裁者の離任, and 担当所感 as a signal of its own."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from banso.health import State
from banso_web.accounts.reads.keypeople import key_people
from banso_web.health.reads.sentiment import newest
from banso_web.health.signals.told import Everybody, Signal, Told

DAYS = 180
SCALE = {"excellent": 4, "good": 3, "fair": 2, "poor": 1}


def champion_left(everybody: Everybody) -> Told:
    """推進者 and 決裁者 who left within 180 days while nobody of their role is there. Who never had one is 未収集."""
    told = Told.nothing(len(everybody))
    day = everybody.asked.as_of
    for at, found in everybody.by_place(
        (one.account_id, one) for one in key_people(everybody.asked, everybody.some)
    ).items():
        there = {role for one in found if one.left_on is None for role in one.roles}
        gone = [one for one in found if one.left_on and one.left_on > day - timedelta(days=DAYS)]
        lost = {role for one in gone for role in one.roles} - there
        told.say(
            at, State.KNOWN, len(lost), fresh=max((one.left_on for one in gone if one.left_on), default=None)
        )
    return told


def sentiment(everybody: Everybody) -> Told:
    """担当所感 as 4 (◎) to 1 (×). Past its day it is 無回答: its life is its own, so a scorecard gives it one day and no more."""
    told = Told.nothing(len(everybody))
    for account, one in newest(everybody.asked, everybody.some).items():
        at = everybody.place.get(account)
        if at is None:
            continue
        if one.holds(everybody.asked.as_of):
            told.say(at, State.KNOWN, SCALE[one.mark], fresh=one.on)
        else:
            told.say(at, State.NO_ANSWER, last=SCALE[one.mark], fresh=one.until - timedelta(days=1))
    return told


SIGNALS = (
    Signal(
        "champion_left",
        _("キーパーソンの離任"),
        "count",
        1,
        _("直近180日に離任し、後任のいない役割(推進者・決裁者)の数"),
        champion_left,
        higher_is_better=False,
        facts=frozenset({"contact"}),
    ),
    Signal(
        "sentiment",
        _("担当所感"),
        "mark",
        1,
        _("CS担当が付けた◎4、○3、△2、×1"),
        sentiment,
        facts=frozenset({"sentiments"}),
    ),
)
