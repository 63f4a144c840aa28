"""Reading touches and tickets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from django.db.models import Count, Max, Q

from banso_web.accounts.access import visible_contacts
from banso_web.accounts.counting import merge_mark, merges
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core import clock
from banso_web.core.facts import Asked, Memo, counted, current_watermark, last_change, states_at
from banso_web.core.facts.happenings import effective
from banso_web.core.models import Entry
from banso_web.core.registry import TimelineItem
from banso_web.core.ui.formats import joined
from banso_web.members.reads import people_called
from banso_web.touch.models import Ticket, Touch

if TYPE_CHECKING:
    from banso_web.members.models import Member

MANY = 5_000  # beyond this all are read
FEW = 1_000  # changes that are followed one by one


def _end(day: date) -> datetime:
    """The first instant after Japan's day."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), clock.JST)


def last_touches(
    asked: Asked, account_ids: Collection[int] | None = None, *, initiative: str = ""
) -> dict[int, date]:
    """{account: Japan's day of its latest touch} up to the asked day; of some accounts, or of one 能動/受動, only where given.

    A touch with a customer that was merged into another is one with the customer that was kept.
    """
    merged = merges(asked.watermark, asked.known_at)
    rows = counted(Touch, asked.watermark, asked.known_at).filter(at__lt=_end(asked.as_of))
    if initiative:
        rows = rows.filter(initiative=initiative)
    if account_ids is not None and len(account_ids) <= MANY:
        rows = rows.filter(account_id__in=_families(account_ids, merged))
    found: dict[int, date] = {}
    for account, at in rows.order_by().values_list("account").annotate(last=Max("at")):
        key, day = merged.get(account, account), at.astimezone(clock.JST).date()
        found[key] = max(day, found.get(key, day))
    return found


_spoken: Memo[tuple[int, dict[int, date]]] = Memo(4)
_contacts: Memo[tuple[int, dict[int, Contacts]]] = Memo(4)
Answer = TypeVar("Answer")


def last_proactive(asked: Asked) -> dict[int, date]:
    """{customer: day of the latest 能動 touch} up to the asked day. Kept, and followed touch by touch."""
    key = ("proactive", asked.as_of, asked.known_at, merge_mark(asked.watermark))
    return _followed(_spoken, key, asked, lambda ids: last_touches(asked, ids, initiative="proactive"))


def _followed(
    kept: Memo[tuple[int, dict[int, Answer]]],
    key: Hashable,
    asked: Asked,
    read: Callable[[Collection[int] | None], dict[int, Answer]],
) -> dict[int, Answer]:
    """An answer by customer, as kept; where few touches came since, only their customers are read again."""
    mark = touch_mark(asked.watermark)
    held = kept.peek(key)
    if held is not None and held[0] == mark:
        return held[1]
    since = None if held is None or held[0] > mark else _touched_between(held[0], mark)
    if held is None or since is None:
        found = read(None)
    else:
        merged = merges(asked.watermark, asked.known_at)
        ids = {merged.get(one, one) for one in since}
        found = {one: value for one, value in held[1].items() if one not in ids} | read(ids)
    kept.put(key, (mark, found))
    return found


def _touched_between(after: int, upto: int) -> set[int] | None:
    """Customers whose touches came to count or ceased to behind a watermark; None where they are too many to be read one by one."""
    came, went = (Q(**{f"{name}__gt": after, f"{name}__lte": upto}) for name in ("seq", "voided_seq"))
    entries = list(Entry.objects.filter(came | went).values_list("pk", flat=True)[: FEW + 1])
    if len(entries) > FEW:
        return None
    rows = Touch.objects.filter(entry_id__in=entries).order_by().values_list("account_id", flat=True)
    found = set(rows.distinct()[: FEW + 1])
    return None if len(found) > FEW else found


def touch_mark(watermark: int) -> int:
    """The last number up to a watermark at which touches came to count or ceased to."""
    return last_change(Touch.objects.all(), "touch", watermark)


def touched_between(account_ids: Collection[int], first: date, last: date, asked: Asked) -> set[int] | None:
    """Customers with a touch between two days, as known for the question; None where no touch was ever recorded."""
    rows = counted(Touch, asked.watermark, asked.known_at)
    if not rows.exists():
        return None
    merged, wanted = merges(asked.watermark, asked.known_at), set(account_ids)
    between = rows.filter(at__gte=_end(first) - timedelta(days=1), at__lt=min(_end(last), _end(asked.as_of)))
    found = {
        merged.get(key, key) for key in between.order_by().values_list("account_id", flat=True).distinct()
    }
    return found & wanted


@dataclass(frozen=True)
class Contacts:
    """Touches with one customer within some days. `unstated`: nobody wrote whether they were 能動 or 受動."""

    number: int
    proactive: int
    unstated: int


def contacts_since(asked: Asked, first: date) -> dict[int, Contacts]:
    """{account: its touches from a day to the asked one} of everybody who had any. Kept, and followed touch by touch."""
    key = ("contacts", first, asked.as_of, asked.known_at, merge_mark(asked.watermark))
    return _followed(_contacts, key, asked, lambda ids: _contacts_read(asked, first, ids))


def _contacts_read(asked: Asked, first: date, account_ids: Collection[int] | None) -> dict[int, Contacts]:
    merged = merges(asked.watermark, asked.known_at)
    rows = counted(Touch, asked.watermark, asked.known_at).filter(
        at__gte=_end(first - timedelta(days=1)), at__lt=_end(asked.as_of)
    )
    if account_ids is not None:
        rows = rows.filter(account_id__in=_families(account_ids, merged))
    counts = (
        rows.order_by()
        .values_list("account_id")
        .annotate(
            n=Count("pk"),
            own=Count("pk", filter=Q(initiative="proactive")),
            open=Count("pk", filter=Q(initiative="")),
        )
    )
    found: dict[int, Contacts] = {}
    for account, *numbers in counts:
        key = merged.get(account, account)
        before = found.get(key, Contacts(0, 0, 0))
        found[key] = Contacts(
            before.number + numbers[0], before.proactive + numbers[1], before.unstated + numbers[2]
        )
    return found


def _families(account_ids: Collection[int], merged: Mapping[int, int]) -> set[int]:
    """These customers with everybody merged into them."""
    wanted = set(account_ids)
    return wanted | {key for key, kept in merged.items() if kept in wanted}


def touches_known(asked: Asked) -> bool:
    """Whether any touch was ever recorded: without one, no customer can be said to wait for any (未収集)."""
    return counted(Touch, asked.watermark, asked.known_at).filter(at__lt=_end(asked.as_of)).exists()


@dataclass(frozen=True)
class Urgent:
    """Urgent tickets (緊急, or 重大クレーム) by customer: how many are open on the asked day, and whose were open within some days."""

    open: dict[int, int]
    lately: set[int]


def urgent_tickets(asked: Asked, first: date) -> Urgent:
    """Those open on the asked day, and those open at some time from a day on. One query."""
    merged = merges(asked.watermark, asked.known_at)
    rows = counted(Ticket, asked.watermark, asked.known_at).filter(
        Q(priority="urgent") | Q(severity="serious"),
        Q(closed_at=None) | Q(closed_at__gte=_end(first - timedelta(days=1))),
        opened_at__lt=_end(asked.as_of),
    )
    found = Urgent({}, set())
    end = _end(asked.as_of)
    for account, closed in rows.order_by().values_list("account_id", "closed_at"):
        key = merged.get(account, account)
        found.lately.add(key)
        if closed is None or closed >= end:
            found.open[key] = found.open.get(key, 0) + 1
    return found


def ticket_mark(watermark: int) -> int:
    """The last number up to a watermark at which tickets came to count or ceased to."""
    return last_change(Ticket.objects.all(), "ticket", watermark)


def touches(asked: Asked, account_id: int, *, limit: int = 100) -> list[Touch]:
    """Touches of one customer up to the asked day, latest first."""
    rows = counted(Touch, asked.watermark, asked.known_at)
    return list(
        rows.filter(account_id__in=accounts_of(asked, account_id), at__lt=_end(asked.as_of)).order_by(
            "-at", "-id"
        )[:limit]
    )


def tickets(asked: Asked, account_id: int, *, limit: int = 100) -> list[Ticket]:
    """Tickets of one customer opened up to the asked day, latest first."""
    rows = counted(Ticket, asked.watermark, asked.known_at)
    return list(
        rows.filter(account_id__in=accounts_of(asked, account_id), opened_at__lt=_end(asked.as_of)).order_by(
            "-opened_at"
        )[:limit]
    )


def touch_entries(member: Member, account_id: int, asked: Asked) -> Sequence[TimelineItem]:
    """For the customer's timeline. Subjects, notes and who was there name people: they are for those who may see the
    customer's people; others read when, how, by whom it began, and which member it was."""
    from banso_web.touch.words import INITIATIVES, KINDS

    sees_people = member.may("contact.view")
    found = touches(asked, account_id)
    names = people_called(row.member for row in found)
    there = people_of(member, (row.contacts for row in found), asked) if sees_people else {}
    changeable = sees_people and asked.is_today
    items = []
    for row in found:
        parts = (
            INITIATIVES.get(row.initiative, ""),
            names.get(row.member, row.member),
            joined(there.get(code, code) for code in row.contacts.split(";") if code) if sees_people else "",
        )
        items.append(
            TimelineItem(
                at=row.at,
                kind="touch",
                label=KINDS.get(row.kind, row.kind),
                text=(row.subject or row.note[:200]) if sees_people else "",
                detail=" · ".join(str(part) for part in parts if part),
                icon="chat",
                note=row.note if sees_people and row.subject else "",
                key=row.pk if changeable else None,
            )
        )
    return items


def people_of(member: Member, contacts: Iterable[str], asked: Asked) -> dict[str, str]:
    """{contact_id: name} of everybody named in such fields, as far as the member may see them; "" for somebody who was
    not known yet on the asked day."""
    codes = {code for text in contacts for code in text.split(";") if code}
    if not codes:
        return {}
    rows = list(
        visible_contacts(member).filter(code__in=codes).values_list("pk", "code", "family_name", "given_name")
    )
    if asked.is_today:
        return {code: f"{family} {given}".strip() for _pk, code, family, given in rows}
    then = states_at(
        "contact",
        as_of=asked.as_of,
        watermark=asked.watermark,
        known_at=asked.known_at,
        ids=[row[0] for row in rows],
    )
    names = {
        pk: f"{held.get('family_name', '')} {held.get('given_name', '')}".strip() for pk, held in then.items()
    }
    return {code: names.get(pk, "") for pk, code, _family, _given in rows}


def ticket_entries(member: Member, account_id: int, asked: Asked) -> Sequence[TimelineItem]:
    """For the customer's timeline. Subjects name people, as those of touches do."""
    from banso_web.touch.words import TICKET

    sees_people = member.may("contact.view")
    return [
        TimelineItem(
            at=row.opened_at,
            kind="ticket",
            label=TICKET,
            text=row.subject if sees_people else "",
            detail=row.category,
            icon="help",
        )
        for row in tickets(asked, account_id)
    ]


@dataclass(frozen=True)
class Entered:
    """`accounts`: with whom the entry's touches were. `followed`: a later standing entry corrects one of them."""

    accounts: set[int]
    followed: bool


def touched_by(entry: Entry) -> Entered:
    """The touches of an entry."""
    rows = dict(Touch.objects.filter(entry=entry).values_list("code", "account_id"))
    later = Touch.objects.filter(
        effective(current_watermark()), code__in=list(rows), entry__seq__gt=entry.seq or 0
    )
    return Entered(set(rows.values()), bool(rows) and later.exists())
