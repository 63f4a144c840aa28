"""満足: the customer's CSAT 今回, and silence to surveys. Where nobody answers, a scorecard lets 担当所感 stand in."""

from __future__ import annotations

from datetime import date

import numpy as np
from django.utils.translation import gettext_lazy as _

from banso.health import State
from banso.survey import LIFE_DAYS, Answers, standing
from banso_web.health.signals.told import Everybody, Signal, Told, Whole
from banso_web.surveys.everybody import Requests, ever_asked, requests

CSAT = "csat"
#: A request is unanswered when so many days have passed.
PATIENCE = 14


def _asked(everybody: Everybody) -> tuple[Requests, Whole]:
    """Requests, and the place of each one's customer (−1: nobody of the question)."""
    return everybody.once("requests", lambda: _read(everybody))


def _read(everybody: Everybody) -> tuple[Requests, Whole]:
    rows = requests(everybody.asked, CSAT, everybody.some)
    owners, which = np.unique(rows.account, return_inverse=True)
    places = np.array([-1 if (at := everybody.at(int(key))) is None else at for key in owners], np.int64)
    return rows, places[which] if len(owners) else np.zeros(0, np.int64)


def satisfaction(everybody: Everybody) -> Told:
    """CSAT 今回: the mean over contacts of their latest answers of 180 days.

    無回答: nobody ever answered, nobody answered within 180 days, or a newer request stands unanswered.
    """
    told = Told.nothing(len(everybody))
    day = everybody.asked.as_of.toordinal()
    rows, place = _asked(everybody)
    there = place >= 0
    answered = there & (rows.score >= 0) & (rows.answered > 0)
    newest_answer = _newest(len(everybody), place[answered], rows.answered[answered])
    waiting = there & (rows.answered == 0) & (rows.sent <= day - PATIENCE)
    newest_silence = _newest(len(everybody), place[waiting], rows.sent[waiting])
    for at in np.flatnonzero(newest_silence).tolist():
        told.say(at, State.NO_ANSWER)
    # Past its life, what was said last is what the newest day's answers said.
    last_day = answered & (rows.answered == newest_answer[place])
    answers = Answers(place[answered], rows.person[answered], rows.answered[answered], rows.score[answered])
    of_last = Answers(place[last_day], rows.person[last_day], rows.answered[last_day], rows.score[last_day])
    for found, is_old in (
        (standing(of_last, everybody.asked.as_of, day), True),
        (standing(answers, everybody.asked.as_of), False),
    ):
        for at, n, total in zip(found.account.tolist(), found.n.tolist(), found.total.tolist(), strict=True):
            value, fresh = total / (100 * n), date.fromordinal(int(newest_answer[at]))
            if is_old or newest_silence[at] > newest_answer[at]:
                told.say(at, State.NO_ANSWER, last=value, fresh=fresh)
            else:
                told.say(at, State.KNOWN, value, fresh=fresh)
    return told


def _newest(size: int, place: Whole, days: Whole) -> Whole:
    """The newest of the days by place; 0 where there is none."""
    found = np.zeros(size, np.int64)
    np.maximum.at(found, place, days)
    return found


def silence(everybody: Everybody) -> Told:
    """Requests of 180 days that nobody answered within two weeks, as a ratio of those asked. Who was not asked is 対象外."""
    if not ever_asked(everybody.asked, CSAT):
        return Told.nothing(len(everybody))
    told = Told.nothing(len(everybody), State.NOT_APPLICABLE)
    day = everybody.asked.as_of.toordinal()
    rows, place = _asked(everybody)
    asked = (
        (place >= 0) & (rows.sent > day - LIFE_DAYS) & ((rows.answered > 0) | (rows.sent <= day - PATIENCE))
    )
    number = np.bincount(place[asked], minlength=len(everybody))
    silent = np.bincount(place[asked & (rows.answered == 0)], minlength=len(everybody))
    newest_sent = _newest(len(everybody), place[asked], rows.sent[asked])
    for at in np.flatnonzero(number).tolist():
        told.say(
            at, State.KNOWN, int(silent[at]) / int(number[at]), fresh=date.fromordinal(int(newest_sent[at]))
        )
    return told


ANSWERS = frozenset({"responses"})
SIGNALS = (
    Signal(
        "satisfaction",
        _("満足"),
        "score",
        1,
        _("先方担当者ごとの、直近180日の最後の回答の平均"),
        satisfaction,
        facts=ANSWERS,
    ),
    Signal(
        "survey_silence",
        _("アンケートの無回答"),
        "ratio",
        1,
        _("直近180日に送ったCSATのうち、14日たっても回答のない割合"),
        silence,
        higher_is_better=False,
        facts=ANSWERS,
    ),
)
