"""The customer list of today: filters and totals, from one table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from django.core.cache import caches
from django.db.models import Count, Q, QuerySet, Sum

from banso.names import search_key
from banso_web.accounts.access import visible_accounts
from banso_web.core.facts import Asked
from banso_web.health.words import BAND_KEYS
from banso_web.revenue.reads.renewals import Pending, pending_renewals

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member


def following(month: date) -> date:
    """First day of the next month."""
    return (month + timedelta(days=32)).replace(day=1)


# With MRR: above 0, or in a currency without a rate. What is unknown is not nothing.
ACTIVE = Q(mrr_units__gt=0) | ~Q(mrr_unrated="")
STATES = ("active", "ended", "incomplete")
MONTHS = 12  # of the portfolio's grid, from the asked day's on
NOT_COMPUTED = "not_computed"
BAND_CHOICES = (*BAND_KEYS, NOT_COMPUTED)  # worst first
ENDS = ("all", "over", "ahead", "later", "none")


@dataclass(frozen=True)
class ListQuery:
    """What the list is asked for. Everything is in the URL, so a link shows a colleague the same thing."""

    text: str = ""
    owner: str = ""  # member id, "me", "none"
    segment: str = ""
    touch: str = ""
    renewal_days: int | None = None  # renewal within N days
    renewal_month: date | None = None  # first day of the month in which a contract ends
    silent_days: int | None = None  # no touch for N days (or never)
    excluded: str = ""  # "", "only", or one 除外区分
    state: str = ""  # "", "active" (MRR > 0), "ended", "incomplete"
    # A line of the portfolio: "all" of them; "over" its end undecided, "ahead" of it, "later" than the grid, or with "none"
    ends: str = ""
    band: str = ""  # a band's key, or "not_computed"

    @classmethod
    def read(cls, query: Mapping[str, str]) -> ListQuery:
        """From URL parameters; what cannot be read counts as not given."""

        def number(name: str) -> int | None:
            text = query.get(name, "")
            return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None

        def month(name: str) -> date | None:
            try:
                found = date.fromisoformat(f"{query.get(name, '')[:7]}-01")
            except ValueError:
                return None
            return found if 1900 <= found.year < 2200 else None

        def word(name: str) -> str:
            return query.get(name, "").replace("\x00", "")[:100]

        owner = query.get("owner", "")
        is_id = owner.isascii() and owner.isdigit() and len(owner) < 16
        return cls(
            renewal_month=month("month"),
            text=word("q"),
            owner=owner if is_id or owner in ("me", "none") else "",
            segment=word("segment"),
            touch=word("touch"),
            renewal_days=number("renewal"),
            silent_days=number("silent"),
            excluded=word("excluded"),
            state=query.get("state", "") if query.get("state") in STATES else "",
            ends=query.get("ends", "") if query.get("ends") in ENDS else "",
            band=query.get("band", "") if query.get("band") in BAND_CHOICES else "",
        )


@dataclass(frozen=True)
class Totals:
    """Of all that the filters leave: how many customers, and their MRR (units of the reporting currency), as far as rates
    are known."""

    customers: int
    mrr_units: int
    unrated: int = 0  # customers among them whose currency has no rate: in no sum


def overdue(asked: Asked) -> dict[int, Pending]:
    """{customer: its contract that is longest past its end without a decision} (期限超過), the longest waiting first."""
    found: dict[int, Pending] = {}
    for one in pending_renewals(asked):
        found.setdefault(one.account_id, one)
    return found


def late_for(query: ListQuery, asked: Asked) -> Collection[int]:
    """Who is past an end undecided, where the list asks for it."""
    return overdue(asked) if query.ends else ()


def grid_span(day: date) -> tuple[date, date]:
    """The first day of the portfolio's first month, and the day behind its last one."""
    first = behind = day.replace(day=1)
    for _month in range(MONTHS):
        behind = following(behind)
    return first, behind


def customers(member: Member, query: ListQuery, today: date, late: Collection[int] = ()) -> QuerySet[Account]:
    """Today's customers that the filters leave, with the names of owner and deputy at hand. Not ordered. `late`: as by
    `late_for`."""
    rows = visible_accounts(member)
    if query.text:
        for word in query.text.split():
            rows = rows.filter(search_key__contains=search_key(word))
    if query.owner == "me":
        rows = rows.filter(Q(owner=member) | Q(deputy=member))
    elif query.owner == "none":
        rows = rows.filter(owner=None)
    elif query.owner.isdecimal():
        rows = rows.filter(owner_id=int(query.owner))
    if query.segment:
        rows = rows.filter(segment=query.segment)
    if query.touch:
        rows = rows.filter(touch__contains=query.touch)
    if query.renewal_days is not None:
        rows = rows.filter(renewal_on__gte=today, renewal_on__lte=today + timedelta(days=query.renewal_days))
    if query.renewal_month is not None:
        rows = rows.filter(renewal_on__gte=query.renewal_month, renewal_on__lt=following(query.renewal_month))
    if query.silent_days is not None:
        limit = today - timedelta(days=query.silent_days)
        rows = rows.filter(Q(last_touch_on=None) | Q(last_touch_on__lte=limit))
    if query.excluded == "only":
        rows = rows.exclude(excluded="")
    elif query.excluded:
        rows = rows.filter(excluded=query.excluded)
    if query.state == "active":
        rows = rows.filter(ACTIVE)
    elif query.state == "ended":
        rows = rows.filter(mrr_units=0, mrr_unrated="")
    elif query.state == "incomplete":
        rows = rows.filter(incomplete=True)
    if query.ends:
        rows = rows.filter(ACTIVE, excluded="")
        if query.ends != "all":
            over = Q(pk__in=list(late))
            rows = rows.filter(over if query.ends == "over" else ~over)
        first, behind = grid_span(today)
        if query.ends == "later":
            rows = rows.filter(renewal_on__gte=behind)
        elif query.ends == "none":
            rows = rows.filter(Q(renewal_on=None) | Q(renewal_on__lt=first))
    if query.band == NOT_COMPUTED:
        rows = rows.filter(health=None)
    elif query.band:
        rows = rows.filter(health__band=BAND_KEYS.index(query.band))
    return rows.select_related("owner", "deputy", "health")


def remembered(what: str, watermark: int, key: str) -> str:
    """A cache key for anything that holds until something new is entered."""
    return f"desk.{what}:{watermark}:{sha256(key.encode()).hexdigest()[:32]}"


def totals(rows: QuerySet[Account], watermark: int, key: str) -> Totals:
    """Count and MRR of the filtered list: one query, remembered until something new is entered."""
    place = remembered("totals", watermark, key)
    found: Totals | None = caches["local"].get(place)
    if found is None:
        sums = rows.order_by().aggregate(
            n=Count("id"), mrr=Sum("mrr_units"), unrated=Count("id", filter=~Q(mrr_unrated=""))
        )
        found = Totals(sums["n"], sums["mrr"] or 0, sums["unrated"])
        caches["local"].set(place, found, 300)
    return found
