"""除外区分: accounts that leave every metric, for the days on which they are flagged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from banso.revenue import Book
from banso_web.core.facts import Timeline
from banso_web.core.facts.timeline import FIRST, LAST
from banso_web.revenue.reads.book import Loaded

Span = tuple[int, int, str]


@dataclass(frozen=True)
class Synthetic:
    """A movement nobody wrote: on that day the flag went up or down, and the MRR left or entered the metrics."""

    account_id: int
    on: date
    delta_units: int
    currency: str
    excluded: str


@dataclass(frozen=True, eq=False)
class Taken:
    """The book without what is excluded. `kept`: positions of the rows that stayed, in front of the synthetic ones."""

    book: Book
    kept: NDArray[np.int64]
    left_out: tuple[tuple[int, str], ...]
    synthetic: dict[int, Synthetic]
    changed: bool


def take_out(book: Book, stored: Loaded, customers: NDArray[np.int64], excluded: Timeline) -> Taken:
    """Leave out the movements of flagged accounts and customers.

    Flagged for ever: the rows go. Flagged for a while: what the account held leaves on the first flagged day and comes
    in on the first day without the flag, so that months still chain. Row ids of such rows are negative.
    """
    flagged = {
        key: _spans(excluded, key) for key in excluded.subjects() if any(v for _, _, v in excluded.spans(key))
    }
    everything = np.arange(len(book), dtype=np.int64)
    if not flagged or not len(book):
        return Taken(book, everything, (), {}, False)
    own = stored.account_ids
    hit_account = np.array([key in flagged for key in own.tolist()], dtype=bool)
    hit_customer = np.array([key in flagged for key in customers.tolist()], dtype=bool)
    touched = hit_account[stored.book.account] | hit_customer[book.account]
    stays = ~touched
    added: list[tuple[int, Synthetic, int]] = []  # position to copy names from, the row, its place
    out: dict[int, str] = {}
    groups: dict[tuple[int, ...], list[int]] = {}
    for at in np.flatnonzero(touched).tolist():
        key = (
            stored.book.account[at],
            book.account[at],
            book.contract[at],
            book.product[at],
            book.currency[at],
        )
        groups.setdefault(tuple(int(part) for part in key), []).append(at)
    for (account, customer, _, _, currency), positions in groups.items():
        account_id, customer_id = int(own[account]), int(customers[customer])
        spans = _union(flagged.get(account_id, []) + flagged.get(customer_id, []))
        out[account_id] = spans[-1][2]
        for at in positions:
            stays[at] = not any(start <= book.on[at] < end for start, end, _ in spans)
        for start, end, flag in spans:
            for day, sign in ((start, -1), (end, 1)):
                if FIRST < day < LAST:
                    held = sum(int(book.delta[at]) for at in positions if book.on[at] < day)
                    if held:
                        made = Synthetic(
                            account_id, date.fromordinal(day), sign * held, book.currencies[currency], flag
                        )
                        added.append((positions[0], made, day))
    return _assemble(book, np.flatnonzero(stays), added, tuple(sorted(out.items())))


def _spans(excluded: Timeline, key: int) -> list[Span]:
    return [(start, end, str(value)) for start, end, value in excluded.spans(key) if value]


def _union(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for start, end, value in sorted(spans, key=lambda span: span[:2]):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]), out[-1][2])
        else:
            out.append((start, end, value))
    return out


def _assemble(
    book: Book,
    kept: NDArray[np.int64],
    added: list[tuple[int, Synthetic, int]],
    left_out: tuple[tuple[int, str], ...],
) -> Taken:
    stayed = book.take(kept)
    if not added:
        return Taken(stayed, kept, left_out, {}, True)
    like = book.take(np.array([at for at, _, _ in added], dtype=np.int64))
    days = np.array([day for _, _, day in added], dtype=np.int32)
    numbers = -1 - np.arange(len(added), dtype=np.int64)
    deltas = np.array([made.delta_units for _, made, _ in added], dtype=np.int64)
    known = (days.astype(np.int64) - 719_163) * 86_400_000_000 - 9 * 3_600_000_000  # the day's start in Japan
    joined = replace(
        stayed,
        account=np.concatenate([stayed.account, like.account]),
        contract=np.concatenate([stayed.contract, like.contract]),
        product=np.concatenate([stayed.product, like.product]),
        currency=np.concatenate([stayed.currency, like.currency]),
        on=np.concatenate([stayed.on, days]),
        delta=np.concatenate([stayed.delta, deltas]),
        known=np.concatenate([stayed.known, known]),
        row=np.concatenate([stayed.row, numbers]),
        served=None if stayed.served is None else np.concatenate([stayed.served, days]),
    )
    synthetic = {int(number): made for number, (_, made, _) in zip(numbers, added, strict=True)}
    return Taken(joined, kept, left_out, synthetic, True)
