"""Contracts of customers that no customer list has described yet (未整備): shown with their MRR, never hidden."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from banso.revenue import exact
from banso_web.accounts.reads.unmatched import incomplete_accounts
from banso_web.core.facts import Memo
from banso_web.reports.question import Question
from banso_web.revenue.reads.months import counted_for, scope_key, standing_of
from banso_web.revenue.reads.rated import held_in, held_of, held_text

LISTED = 20


@dataclass(frozen=True)
class UnmatchedRow:
    account_id: int
    code: str
    name: str
    mrr: Decimal | None  # None: a currency of it has no rate
    held: str = ""  # then what it is in its own currencies


@dataclass(frozen=True)
class Unmatched:
    """Customers with MRR that are 未整備 at the month's end: how many, their MRR as far as rates are known (`unrated` of
    them are in no sum), the largest of them."""

    customers: int
    mrr: Decimal
    rows: tuple[UnmatchedRow, ...]
    unrated: int = 0


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
    fall = standing_of(asked, asked.as_of, waiting, question.scope)
    lines = fall.lines
    closing = lines.units("closing")
    places = np.flatnonzero(closing > 0)
    found = [
        UnmatchedRow(int(key), *waiting[int(key)], exact(amount, lines.places))
        for key, amount in zip(lines.customers(places), closing[places].tolist(), strict=True)
        if int(key) in waiting
    ]
    unrated = {int(item.customer) for item in fall.excluded if item.reason == "missing_rate"} & set(waiting)
    held = held_of(counted_for(asked, question.scope), unrated, asked.as_of) if unrated else {}
    found += [
        UnmatchedRow(key, *waiting[key], None, held_text(held_in(held.get(key, {})))) for key in unrated
    ]
    found.sort(key=lambda row: (row.mrr is not None, -(row.mrr or 0), row.code))
    total = sum((row.mrr for row in found if row.mrr is not None), Decimal(0))
    return Unmatched(len(found), total, tuple(found[:LISTED]), len(unrated))
