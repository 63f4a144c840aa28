"""What the reader chose for reading (money style, negatives) and what the page is asked for, for one request.

Filters have no access to the request; so the middleware lays both down here, per request and thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache
from urllib.parse import urlencode

from banso.money import MoneyStyle, NegativeMark

MONEY_COOKIE = "banso_money"
NEGATIVE_COOKIE = "banso_negative"
# What a link carries from page to page, so that a whole walk stays on the same question. The language is a cookie.
KEPT = ("as_of", "known_at", "watermark")


@dataclass(frozen=True)
class Display:
    """The reader's choices, and the part of the query that every link keeps. `today` is None outside a request.

    `base` gives the organisation's base currency for the asked day: that of amounts which name none.
    """

    money: MoneyStyle = MoneyStyle.FULL
    negative: NegativeMark = NegativeMark.MINUS
    kept: tuple[tuple[str, str], ...] = ()
    today: date | None = None
    base: Callable[[], str] = lambda: "JPY"

    @property
    def query(self) -> str:
        """`as_of=2026-10-31`, or an empty string on today's page."""
        return urlencode(self.kept)


_DEFAULT = Display()
_current: ContextVar[Display | None] = ContextVar("display", default=None)


def current() -> Display:
    """The choices of the request that is being answered (the defaults outside one)."""
    return _current.get() or _DEFAULT


def read_display(
    cookies: Mapping[str, str],
    query: Mapping[str, str],
    today: date | None = None,
    base: Callable[[], str] = Display.base,
) -> Display:
    """From cookies and query; whatever is not a known choice counts as not chosen."""
    money, negative = cookies.get(MONEY_COOKIE, ""), cookies.get(NEGATIVE_COOKIE, "")
    return Display(
        money=MoneyStyle(money) if money in set(MoneyStyle) else MoneyStyle.FULL,
        negative=NegativeMark(negative) if negative in set(NegativeMark) else NegativeMark.MINUS,
        kept=tuple((key, query[key]) for key in KEPT if query.get(key)),
        today=today,
        base=cache(base),
    )


@contextmanager
def showing(display: Display) -> Iterator[None]:
    """Everything formatted inside uses `display`."""
    token = _current.set(display)
    try:
        yield
    finally:
        _current.reset(token)
