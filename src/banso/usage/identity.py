"""Who an id of the product is: which ids are one person, and which company somebody belongs to.

Nothing here knows events or a database: what was said about ids goes in, spans of time with a person come out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

#: Moments and days of events lie between these.
PAST, FUTURE = datetime(1900, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC)
FIRST_DAY, LAST_DAY = PAST.date(), FUTURE.date()
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Tie:
    """At a moment somebody said that `earlier` (an anonymous id, an old user id) is `later`: an identify or an alias."""

    earlier: str
    later: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """What `earlier` did after `since` and up to `until` was done by `person`."""

    earlier: str
    since: datetime
    until: datetime
    person: str


def spans(ties: Iterable[Tie]) -> list[Span]:
    """The person behind every id that was tied to another; an id or a time without a span is its own person.

    An id tied to one other alone is that one, before and after. An id tied to several (a shared device) is, at each moment, the
    one it was tied to next; after its last tie it is itself. Chains are followed to their end; ids tied in a circle are
    the one of them that sorts first. Ordered by id and time.
    """
    by_id: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for tie in ties:
        if tie.earlier != tie.later:
            by_id[tie.earlier].append((tie.at, tie.later))
    told = {key: sorted(set(found)) for key, found in by_id.items()}
    shared = {key for key, found in told.items() if len({later for _at, later in found}) > 1}
    found = []
    for key in sorted(told):
        ends = sorted(
            {at for one in _reachable(told, key) & shared for at, _later in told[one]} | {PAST, FUTURE}
        )
        mine: list[Span] = []
        for since, until in pairwise(ends):
            person = _person(told, shared, key, until)
            if mine and mine[-1].person == person:
                mine[-1] = Span(key, mine[-1].since, until, person)
            else:
                mine.append(Span(key, since, until, person))
        found += [span for span in mine if span.person != key]
    return found


def _reachable(told: Mapping[str, Sequence[tuple[datetime, str]]], start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for _at, later in told.get(waiting.pop(), ()):
            if later not in seen:
                seen.add(later)
                waiting.append(later)
    return seen


def _person(
    told: Mapping[str, Sequence[tuple[datetime, str]]], shared: Collection[str], start: str, moment: datetime
) -> str:
    path, here = [start], start
    while here in told:
        if here in shared:
            following = next(((at, later) for at, later in told[here] if at >= moment), None)
        else:
            following = told[here][0]
        if following is None:
            break
        at, here = following
        moment = max(moment, at)
        if here in path:
            return min(path[path.index(here) :])
        path.append(here)
    return here


class Basis(StrEnum):
    """Why an id counts for a company, in the order in which they decide."""

    LINK = "link"  # a person said so
    CODE = "code"  # the id is the company's own
    RULE = "rule"  # a rule of the organisation
    GROUP = "group"  # the only company that the user's other events and `group` calls name
    CONTACT = "contact"  # a contact of the company has this id or address
    DOMAIN = "domain"  # the company's mail domain


@dataclass(frozen=True, slots=True)
class Belongs:
    """basis "": nothing says. account "": put aside. Several `among`: the basis names more than one, so nobody is chosen."""

    basis: Basis | None = None
    account: str | None = None
    among: tuple[str, ...] = ()


def belongs(bases: Iterable[tuple[Basis, Collection[str]]]) -> Belongs:
    """The first basis that names anybody decides, if it names one alone."""
    for basis, accounts in bases:
        among = tuple(sorted(set(accounts)))
        if len(among) == 1:
            return Belongs(basis, among[0], among)
        if among:
            return Belongs(basis, None, among)
    return Belongs()


def layers(
    dated: Sequence[tuple[date | None, date | None, Value]], otherwise: Value
) -> list[tuple[date, date, Value]]:
    """(from, until, value) over all days without a hole: of the `dated` values the last that covers a day, else `otherwise`.

    `until` is exclusive; None is the unlimited past or future.
    """
    bounds = {FIRST_DAY, LAST_DAY}
    for since, until, _value in dated:
        bounds |= {since or FIRST_DAY, until or LAST_DAY}
    found: list[tuple[date, date, Value]] = []
    for since, until in pairwise(sorted(bounds)):
        value = otherwise
        for first, last, told in dated:
            if (first or FIRST_DAY) <= since and until <= (last or LAST_DAY):
                value = told
        if found and found[-1][2] == value:
            found[-1] = (found[-1][0], until, value)
        else:
            found.append((since, until, value))
    return found


#: Mail providers whose domains say nothing of a company.
FREE_MAIL = frozenset(
    ["gmail.com", "googlemail.com", "yahoo.co.jp", "yahoo.com", "ymail.ne.jp", "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp", "live.jp", "live.com", "msn.com", "icloud.com", "me.com", "mac.com", "docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "ymobile.ne.jp", "rakuten.jp", "nifty.com", "biglobe.ne.jp", "so-net.ne.jp", "ocn.ne.jp", "plala.or.jp", "goo.jp", "excite.co.jp", "aol.com", "aol.jp", "proton.me", "protonmail.com", "gmx.com", "gmx.de", "mail.com", "zoho.com", "qq.com", "163.com", "126.com", "naver.com", "hanmail.net", "yandex.ru", "mail.ru"]
)  # fmt: skip


def mail_domain(address: str) -> str:
    """The domain of an address in small letters; "" where it is none or a free one."""
    _name, at, domain = address.strip().lower().rpartition("@")
    domain = domain.rstrip(".")
    return domain if at and "." in domain and not domain_is_free(domain) else ""


def domain_is_free(domain: str) -> bool:
    return any(part in FREE_MAIL for part in parents(domain.strip().lower()))


def parents(domain: str) -> list[str]:
    """A domain and those above it, the nearest first: mail.example.co.jp, example.co.jp, co.jp."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]
