"""The same waterfall by segment, team or owner; the segments add up to the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ._ledger import LeftOut
from .book import as_book
from .waterfall import Waterfall, waterfall

#: The key of customers to whom the caller gives no segment; None, so that no name can collide with it.
UNASSIGNED = None


def by_segment(
    movements: Any,
    month: Any,
    segment: Mapping[str, str] | Callable[[str], str | None],
    *,
    customers: Mapping[str, Any] | None = None,
    **asked: Any,
) -> dict[str | None, Waterfall]:
    """One waterfall per segment of the customers, in order of name, ``None`` (unassigned) last.

    segment: customer -> name at the month's start (for New: at its first day), a mapping or a function;
    the caller knows the dates. Other arguments as for ``waterfall``. Every customer is in exactly one
    segment, so each bar of the segments sums to the whole's; accounts left out are in none.
    """
    book = as_book(movements)
    place: dict[str | None, list[int]] = {}
    for code, account in enumerate(book.accounts):
        target = account if customers is None else customers.get(account, account)
        if target is None or isinstance(target, LeftOut):
            continue
        name = segment(str(target)) if callable(segment) else segment.get(str(target))
        place.setdefault(name or UNASSIGNED, []).append(code)
    out: dict[str | None, Waterfall] = {}
    for name in sorted(place, key=lambda each: (each is UNASSIGNED, each or "")):
        inside = np.zeros(len(book.accounts), dtype=bool)
        inside[place[name]] = True
        own = book.take(inside[book.account])
        kept = customers
        if customers is not None:
            kept = {account: customers[account] for account in _names(book.accounts, inside) & set(customers)}
        out[name] = waterfall(own, month, customers=kept, **asked)
    return out


def _names(accounts: tuple[str, ...], inside: Any) -> set[str]:
    return {accounts[code] for code in np.flatnonzero(inside).tolist()}
