"""Contracts of customers that no customer list has described yet (未整備): shown with their MRR, never hidden."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from banso.revenue import exact
from banso_web.accounts.reads.unmatched import incomplete_accounts
from banso_web.core.facts import Memo
from banso_web.reports.question import Question
from banso_web.revenue.reads.months import scope_key, standing_of

LISTED = 20


@dataclass(frozen=True)
class UnmatchedRow:
    account_id: int
    code: str
    name: str
    mrr: Decimal


@dataclass(frozen=True)
class Unmatched:
    """Customers with MRR that are 未整備 at the month's end: how many, their MRR, the largest of them."""

    customers: int
    mrr: Decimal
    rows: tuple[UnmatchedRow, ...]


_kept: Memo[Unmatched] = Memo(24)


def unmatched(question: Question) -> Unmatched:
    """They are counted in the figures, and said to be. Kept while nothing is entered."""
    key = (question.asked.key, question.month, scope_key(question.scope))
    return _kept.get(key, lambda: _unmatched(question))


def _unmatched(question: Question) -> Unmatched:
    waiting = incomplete_accounts()
    if not waiting or not question.begun:
        return Unmatched(0, Decimal(0), ())
    asked = question.at_month_end
    lines = standing_of(asked, asked.as_of, waiting, question.scope).lines
    closing = lines.units("closing")
    places = np.flatnonzero(closing > 0)
    found = [
        UnmatchedRow(int(key), *waiting[int(key)], exact(amount, lines.places))
        for key, amount in zip(lines.customers(places), closing[places].tolist(), strict=True)
        if int(key) in waiting
    ]
    found.sort(key=lambda row: (-row.mrr, row.code))
    return Unmatched(len(found), sum((row.mrr for row in found), Decimal(0)), tuple(found[:LISTED]))
