"""One customer's page: what the organisation knows as of the asked day, in the order of `screens.md`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from banso.periods import Calendar, DeadlineBasis, PeriodError, renewal_terms, renewal_window
from banso_web.accounts.access import access_account, may_edit, visible_contacts, visible_contracts
from banso_web.accounts.counting import rolled_end
from banso_web.accounts.reads.lists import children_of
from banso_web.accounts.reads.merged import accounts_of
from banso_web.accounts.reads.owners import department_names
from banso_web.core import clock
from banso_web.core.facts import Asked, history, states_at
from banso_web.core.reads.calendar import calendar
from banso_web.core.registry import TimelineItem, registry

if TYPE_CHECKING:
    from banso_web.accounts.models import Account, Contact, Contract
    from banso_web.members.models import Member

TIMELINE = 20  # on the page itself; the whole has a page of its own
LAST_BLOCKS = 70  # parts from this order on (voices, requests) stand below contracts and MRR


@dataclass(frozen=True)
class Person:
    """A contact as of the asked day."""

    id: int
    name: str
    kana: str
    department: str
    title: str
    roles: tuple[str, ...]
    email: str
    phone: str
    status: str
    left_on: date | None


@dataclass(frozen=True)
class Group:
    """A using department with its people; without an id those who belong to none."""

    id: int | None
    name: str
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Term:
    """A contract as of the asked day, with the names of its parties."""

    contract: Contract
    parties: tuple[tuple[str, str], ...]  # (party, company name) where they differ from the customer
    deadline: date | None = None  # until when notice can be given, of the term that runs
    estimated: bool = (
        False  # 推定: readings of the notice rule differ and nobody entered the day of the paper
    )


@dataclass(frozen=True)
class Standing:
    """Where the customer's contracts stand on the asked day.

    `state`: leaving (somebody gave notice), active, ahead (all begin later), ended, none. `ends_on`: the next end of a
    contract in force; `deadline`: the nearest day until which notice can be given, where a contract says one.
    """

    state: str
    ends_on: date | None
    notified_on: date | None
    deadline: date | None
    deadline_estimated: bool = False


@dataclass(frozen=True)
class Change:
    """One dated change of the customer's own fields, for its history."""

    field: str
    value: Any
    valid_from: date | None
    recorded_at: datetime


@dataclass(frozen=True)
class CustomerPage:
    """Everything the page shows that is the customer's own; the other blocks come from the registry."""

    account: Account
    editable: bool
    people: tuple[Person, ...]
    people_hidden: bool
    groups: tuple[Group, ...]  # the people map
    absent: tuple[str, ...]  # roles of which nobody who is there has one: 推進者不在, 決裁者不在
    terms: tuple[Term, ...]
    standing: Standing
    children: tuple[Account, ...]
    changes: tuple[Change, ...]
    timeline: tuple[TimelineItem, ...]
    kinds: tuple[tuple[str, Any], ...]
    blocks: tuple[tuple[str, dict[str, Any]], ...]
    last_blocks: tuple[tuple[str, dict[str, Any]], ...]  # those that stand below contracts and MRR


def as_of_row(row: Any, asked: Asked) -> Any:
    """The row with its state fields as of the asked day (unsaved); None when nothing was known of it by then."""
    if asked.is_today:
        return row
    values = states_at(
        row.STATE, as_of=asked.as_of, watermark=asked.watermark, known_at=asked.known_at, ids=[row.pk]
    ).get(row.pk)
    if values is None:
        return None
    for name in row.STATE_FIELDS:
        if name in values:
            field = row._meta.get_field(name.removesuffix("_id"))
            value = values[name]
            is_day = field.get_internal_type() == "DateField" and isinstance(value, str)
            setattr(row, name, date.fromisoformat(value) if is_day else value)
    return row


def _people(member: Member, account: Account, asked: Asked) -> tuple[Person, ...]:
    rows = (
        visible_contacts(member)
        .filter(account_id__in=accounts_of(asked, account.pk))
        .select_related("department")
        .order_by("status", "id")
    )
    found = [as_of_row(row, asked) for row in rows]
    return tuple(_person(row) for row in found if row is not None)


def _person(row: Contact) -> Person:
    return Person(
        id=row.pk,
        name=f"{row.family_name} {row.given_name}".strip(),
        kana=f"{row.family_kana} {row.given_kana}".strip(),
        department=row.department.name if row.department else "",
        title=row.title,
        roles=tuple(filter(None, row.roles.split(";"))),
        email=row.email,
        phone=row.phone,
        status=row.status,
        left_on=row.left_on,
    )


def _terms(member: Member, account: Account, asked: Asked) -> tuple[Term, ...]:
    rows = (
        visible_contracts(member)
        .filter(account_id__in=accounts_of(asked, account.pk))
        .select_related("user_company", "bill_to", "dealer")
    )
    shown = [as_of_row(row, asked) for row in rows.order_by("product", "starts_on", "id")]
    days = calendar()
    return tuple(
        Term(row, _parties(row, account), *_deadline(row, asked.as_of, account.budget_month, days))
        for row in shown
        if row is not None
    )


def _deadline(row: Contract, day: date, budget_month: int | None, days: Calendar) -> tuple[date | None, bool]:
    """(until when notice can be given for the running term, whether that is 推定); None where nobody can say."""
    if row.ended_on is not None:
        return None, False
    terms = replace(renewal_terms(row), ends_on=_end(row, day), budget_month=budget_month)
    try:
        window = renewal_window(terms, days)
    except PeriodError:
        return row.notice_deadline, False
    return window.deadline, window.basis is DeadlineBasis.ESTIMATED


def _parties(row: Contract, account: Account) -> tuple[tuple[str, str], ...]:
    found = (("user_company", row.user_company), ("bill_to", row.bill_to), ("dealer", row.dealer))
    return tuple(
        (key, company.name) for key, company in found if company is not None and company.pk != account.pk
    )


def _changes(account: Account, asked: Asked) -> tuple[Change, ...]:
    versions = history("account", account.pk, watermark=asked.watermark, known_at=asked.known_at)
    changes = [
        Change(field, value, version.valid_from, version.recorded_at)
        for version in versions[1:]
        for field, value in version.values.items()
    ]
    return tuple(reversed(changes))


def moment(at: date | datetime) -> datetime:
    """A sortable instant: days stand at their start in Japan."""
    return at if isinstance(at, datetime) else datetime.combine(at, time(), clock.JST)


def timeline(
    member: Member, account_id: int, asked: Asked, *, kind: str = "", limit: int = TIMELINE
) -> list[TimelineItem]:
    """What happened with the customer up to the asked day, latest first, from every app that has a say."""
    items: list[TimelineItem] = []
    for source in registry.timeline:
        if not kind or source.key == kind:
            items += source.entries(member, account_id, asked)
    items = [item for item in items if moment(item.at).astimezone(clock.JST).date() <= asked.as_of]
    return sorted(items, key=lambda item: moment(item.at), reverse=True)[:limit]


def standing_of(terms: Sequence[Term], day: date) -> Standing:
    """The contracts in one line; an automatic renewal rolls an end that has passed."""
    held = [term.contract for term in terms]
    going = [row for row in held if (row.ended_on is None or row.ended_on >= day)]
    running = [row for row in going if row.starts_on is None or row.starts_on <= day]
    notified = [row.notified_on for row in running if row.notified_on and row.notified_on <= day]
    ends = [end for row in running if (end := _end(row, day)) is not None and end >= day]
    deadlines = [
        (term.deadline, term.estimated)
        for term in terms
        if term.contract in running and term.deadline and term.deadline >= day
    ]
    deadline, estimated = min(deadlines, default=(None, False))
    state = (
        "leaving" if notified else "active" if running else "ahead" if going else "ended" if held else "none"
    )
    return Standing(
        state, min(ends, default=None), min(notified, default=None), deadline, deadline_estimated=estimated
    )


def _end(row: Contract, day: date) -> date | None:
    end = row.ended_on or row.ends_on
    if end is not None and row.ended_on is None and end < day and row.auto_renew:
        return rolled_end(end, row.renewal_months or 12, day)
    return end


def _blocks(
    member: Member, account_id: int, asked: Asked, *, last: bool
) -> tuple[tuple[str, dict[str, Any]], ...]:
    parts = sorted(registry.customer_parts, key=lambda part: part.order)
    parts = [part for part in parts if (part.order >= LAST_BLOCKS) == last]
    filled = ((part.template, part.context(member, account_id, asked)) for part in parts)
    return tuple((template, context) for template, context in filled if context is not None)


WANTED_ROLES = ("champion", "decision_maker")  # whose absence is told


def groups_of(people: Sequence[Person], departments: Mapping[int, str]) -> tuple[Group, ...]:
    """The people map: every department with its people, then those without one. Who is there comes first."""
    by_name: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        by_name[person.department].append(person)
    found = [Group(key, name, tuple(by_name.pop(name, ()))) for key, name in departments.items()]
    return (*found, *(Group(None, name, tuple(several)) for name, several in by_name.items()))


def absent_roles(people: Sequence[Person]) -> tuple[str, ...]:
    """Roles that the customer's people who are there do not fill."""
    there = {role for person in people if person.status != "left" for role in person.roles}
    return tuple(role for role in WANTED_ROLES if role not in there)


def customer_page(member: Member, account_id: int, asked: Asked, *, kind: str = "") -> CustomerPage:
    """The page of one customer, or 404. At another 基準日 the page shows that day and is read-only."""
    account = access_account(member, account_id)
    editable = asked.is_today and may_edit(member, account)
    shown = as_of_row(account, asked) or account
    terms = _terms(member, shown, asked)
    people = _people(member, shown, asked)
    hidden = not member.may("contact.view")
    return CustomerPage(
        account=shown,
        editable=editable,
        people=people,
        people_hidden=hidden,
        groups=() if hidden else groups_of(people, department_names(accounts_of(asked, shown.pk))),
        absent=() if hidden else absent_roles(people),
        terms=terms,
        standing=standing_of(terms, asked.as_of),
        children=tuple(children_of(account_id)),
        changes=_changes(shown, asked),
        timeline=tuple(timeline(member, account_id, asked, kind=kind)),
        kinds=tuple((source.key, source.key) for source in registry.timeline),
        blocks=_blocks(member, account_id, asked, last=False),
        last_blocks=_blocks(member, account_id, asked, last=True),
    )
