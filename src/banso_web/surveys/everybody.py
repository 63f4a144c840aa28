"""Requests and answers of many customers at once, as arrays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from banso_web.core.facts import Asked, counted
from banso_web.core.facts.states import raw_rows
from banso_web.surveys.models import Response

Whole = NDArray[np.int64]
#: Before the first day of the calendar: a day's distance from it is its ordinal.
DAY_ZERO = np.datetime64("0001-01-01", "D") - np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Requests:
    """One row a request, in order of its row: the customer it came with, a number for the person (one without a name is a person of
    its own), the days it was sent and answered (ordinals; 0: not told, or not yet on the asked day), the score in hundredths (−1: none)."""

    account: Whole
    person: Whole
    sent: Whole
    answered: Whole
    score: Whole


def requests(asked: Asked, instrument: str, accounts: Collection[int] | None = None) -> Requests:
    """Every request sent or answered by the asked day, as known then. One query."""
    rows = counted(Response, asked.watermark, asked.known_at).filter(instrument__iexact=instrument)
    if accounts is not None:
        rows = rows.filter(account_id__in=list(accounts))
    fields = ("pk", "account_id", "contact_id", "sent_on", "answered_on", "score")
    found = sorted(raw_rows(rows.order_by(), *fields))
    if not found:
        nothing = np.zeros(0, np.int64)
        return Requests(nothing, nothing, nothing, nothing, nothing)
    keys, owners, people, sent_on, answered_on, scores = zip(*found, strict=True)
    day = asked.as_of.toordinal()
    sent, answered = _ordinals(sent_on), _ordinals(answered_on)
    score = np.array([-1 if one is None else round(float(one) * 100) for one in scores], np.int64)
    person = np.array([-key if one is None else one for key, one in zip(keys, people, strict=True)], np.int64)
    later = answered > day
    answered[later], score[later] = 0, -1
    there = np.where(answered > 0, answered, sent)
    kept = (there > 0) & (there <= day)
    account = np.array(owners, np.int64)
    return Requests(account[kept], person[kept], sent[kept], answered[kept], score[kept])


def _ordinals(days: Collection[object]) -> Whole:
    """Ordinals of days as either driver gives them; 0 where there is none."""
    told = np.array(["NaT" if one is None else str(one) for one in days], "datetime64[D]")
    return np.where(np.isnat(told), 0, (told - DAY_ZERO).astype(np.int64))


def ever_asked(asked: Asked, instrument: str) -> bool:
    """Whether anybody was ever asked by the asked day; without that, answers are 未収集."""
    rows = counted(Response, asked.watermark, asked.known_at).filter(instrument__iexact=instrument)
    return rows.filter(Q(sent_on__lte=asked.as_of) | Q(answered_on__lte=asked.as_of)).exists()
