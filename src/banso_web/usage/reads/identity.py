"""Whose the ids of the product are: decisions of people, and what follows from what the product says (`actions.seeing`).

An event counts for the customer that its own group names; where it names none, for that of its user. docs/decisions/0008 says why.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from banso.usage import FIRST_DAY, Basis, Belongs, Span, Tie, belongs, layers, mail_domain, parents, spans
from banso_web.accounts.counting import codes, ids_by_code, merge_mark, merges, people_known, people_mark
from banso_web.collect import reads as collected
from banso_web.core.facts import Asked, Memo, last_change
from banso_web.core.facts.happenings import effective
from banso_web.usage.models import IdentityLink, SeenId, SeenUpTo

GROUP, USER, DOMAIN, RULE = (
    IdentityLink.Kind.GROUP,
    IdentityLink.Kind.USER,
    IdentityLink.Kind.DOMAIN,
    IdentityLink.Kind.RULE,
)
EARLIER = SeenId.Kind.EARLIER
ASIDE = ""  # in the place of a customer's id: counts for nobody
#: (source, id, from, until, account or ASIDE) and (…, the first day on which it can matter)
Home = tuple[int, str, date, date, str, date]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the product says of an id, as far as it was known at the asked moment. `row`: of SeenId."""

    row: int
    kind: str
    source: int
    key: str
    events: int
    first_day: date | None
    last_day: date | None
    groups: tuple[str, ...]
    email: str
    name: str
    traits: Mapping[str, str]


@dataclass(frozen=True)
class Identity:
    """people, ties, homes: what `attributed.USED` joins. of: why each seen group or user is whose, today."""

    people: list[tuple[int, Span, date]]
    ties: list[tuple[int, str, date, date, str]]
    homes: list[Home]
    seen: Mapping[tuple[str, int, str], Seen]
    of: Mapping[tuple[str, int, str], Belongs]
    contacts: Mapping[tuple[int, str], int]  # (source, user id): the contact

    @cached_property
    def _people(self) -> tuple[list[date], list[list[Any]]]:
        rows = sorted(self.people, key=lambda one: (one[2], one[0], one[1].earlier, one[1].since))
        columns: list[list[Any]] = [
            [source for source, _span, _day in rows],
            [span.earlier for _source, span, _day in rows],
            [span.since.replace(tzinfo=None) for _source, span, _day in rows],
            [span.until.replace(tzinfo=None) for _source, span, _day in rows],
            [span.person for _source, span, _day in rows],
        ]
        return [day for _source, _span, day in rows], columns

    def people_before(self, until: date) -> list[list[Any]]:
        """`people` that can matter before a day, as columns: source, id, from, until, person. Made once for all questions."""
        days, columns = self._people
        end = bisect_left(days, until)
        return [column[:end] for column in columns]


_kept: Memo[Identity] = Memo(4)


def standing_links(asked: Asked) -> QuerySet[IdentityLink]:
    """Decisions that stand at the watermark and were made by then, the earliest first."""
    rows = IdentityLink.objects.filter(effective(asked.watermark))
    if asked.known_at is not None:
        rows = rows.filter(entry__entered_at__lte=asked.known_at)
    return rows.order_by("entry__seq", "pk")


def seen_version() -> int:
    """What was learnt of ids from events, as a number that changes with it."""
    return SeenUpTo.objects.filter(pk=1).values_list("version", flat=True).first() or 0


def identity(asked: Asked) -> Identity:
    """Everything that is known of ids at the asked watermark and moment. Made anew only when one of its grounds has changed."""
    version, mark = seen_version(), asked.watermark
    links = last_change(IdentityLink.objects.all(), "identity", mark)
    key = (version, links, merge_mark(mark), people_mark(mark), asked.known_at, asked.today)
    return _kept.get(key, lambda: _Resolving(asked).done())


@dataclass
class _Links:
    """Decisions by what they are about. accounts: {customer: its id after 名寄せ}."""

    accounts: dict[int, str]
    rows: list[IdentityLink]
    dated: dict[tuple[str, int | None, str], list[IdentityLink]] = field(
        default_factory=lambda: defaultdict(list)
    )
    rules: list[IdentityLink] = field(default_factory=list)
    domains: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.kind in (GROUP, USER):
                self.dated[row.kind, row.source, row.key].append(row)
            elif row.kind == RULE:
                self.rules.append(row)
            else:
                self.domains[row.key].add(self.account(row))

    def account(self, row: IdentityLink) -> str:
        owner = row.contact.account_id if row.contact else row.account_id
        return ASIDE if owner is None else self.accounts[owner]

    def of(self, kind: str, source: int, key: str) -> list[IdentityLink]:
        """Those of every source lie below those of this one."""
        return [*self.dated.get((kind, None, key), ()), *self.dated.get((kind, source, key), ())]

    def by_rule(self, seen: Seen) -> set[str]:
        """The first rule that fits decides; one of another source does not."""
        for row in self.rules:
            if row.source in (None, seen.source) and any(
                fnmatchcase(text.lower(), row.key.lower()) for text in _texts(seen, row.field)
            ):
                return {self.account(row)}
        return set()

    def by_domain(self, email: str) -> set[str]:
        """The nearest domain that is somebody's."""
        domain = mail_domain(email)
        return (
            next((self.domains[one] for one in parents(domain) if one in self.domains), set())
            if domain
            else set()
        )


def _texts(seen: Seen, name: str) -> list[str]:
    if name == "group_id":
        return [seen.key] if seen.kind == GROUP else []
    if name == "user_id":
        return [seen.key] if seen.kind == USER else []
    if name == "email":
        return [seen.email] if seen.email and seen.kind == USER else []
    return [seen.traits[name]] if name in seen.traits else []


class _Resolving:
    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.merged = merges(asked.watermark, asked.known_at)
        rows = list(standing_links(asked).select_related("contact"))
        owners = {row.contact.account_id if row.contact else row.account_id for row in rows} - {None}
        self.links = _Links(self.names(owners), rows)
        self.seen, self.ties, self.first_used = self._read()
        self.sources = {source for _kind, source, _key in self.seen} | set(map(int, collected.source_names()))

    def names(self, ids: Collection[int | None]) -> dict[int, str]:
        """{customer: the id of the one it counts as}."""
        wanted = {key: self.merged.get(key, key) for key in ids if key is not None}
        called = codes(set(wanted.values()))
        return {key: called[kept] for key, kept in wanted.items() if kept in called}

    def _read(
        self,
    ) -> tuple[dict[tuple[str, int, str], Seen], dict[int, list[Tie]], dict[tuple[int, str], date]]:
        known = self.asked.known_at
        seen: dict[tuple[str, int, str], Seen] = {}
        ties: dict[int, list[Tie]] = defaultdict(list)
        used: dict[tuple[int, str], date] = {}
        for row in SeenId.objects.defer("weeks").iterator(chunk_size=2_000):
            if row.kind == EARLIER:
                for at, later, told in row.ties:
                    if known is None or datetime.fromisoformat(told) <= known:
                        ties[row.source].append(Tie(row.key, later, datetime.fromisoformat(at)))
                if row.first_day is not None:
                    used[row.source, row.key] = row.first_day
                continue
            told_of = known is None or (row.told_at is not None and row.told_at <= known)
            groups = sorted(
                name
                for name, told in row.groups.items()
                if known is None or datetime.fromisoformat(told) <= known
            )
            seen[row.kind, row.source, row.key] = Seen(
                row.pk, row.kind, row.source, row.key, row.events, row.first_day, row.last_day, tuple(groups),
                row.email.lower() if told_of else "", row.name if told_of else "", row.traits if told_of else {},
            )  # fmt: skip
        return seen, ties, used

    def done(self) -> Identity:
        people = [
            (source, span, self.first_used[source, span.earlier])
            for source, found in sorted(self.ties.items())
            for span in spans(found)
            if (source, span.earlier) in self.first_used
        ]
        of: dict[tuple[str, int, str], Belongs] = {}
        ties = list(self._ties(of))
        homes = list(self._homes(of, people))
        return Identity(people, ties, homes, self.seen, of, self._contacts)

    @cached_property
    def _own_codes(self) -> dict[str, str]:
        """{id: the id it counts as} of groups that are customers' own ids."""
        named = {key for kind, _source, key in self.seen if kind == GROUP}
        named |= {name for one in self.seen.values() for name in one.groups}
        own = ids_by_code(named)
        counted_as = self.names(own.values())
        return {code: counted_as[key] for code, key in own.items()}

    def _group(self, source: int, key: str) -> Belongs:
        linked = self._today(GROUP, source, key)
        rules = (
            self.links.by_rule(self.seen[GROUP, source, key]) if (GROUP, source, key) in self.seen else set()
        )
        own = self._own_codes.get(key)
        return belongs([(Basis.LINK, linked), (Basis.CODE, [own] if own else []), (Basis.RULE, rules)])

    def _today(self, kind: str, source: int, key: str) -> list[str]:
        today = self.asked.today
        covering = [
            row for row in self.links.of(kind, source, key)
            if (row.since is None or row.since <= today) and (row.until is None or today < row.until)
        ]  # fmt: skip
        return [self.links.account(covering[-1])] if covering else []

    def _dated(
        self, kind: str, source: int, key: str, otherwise: str | None
    ) -> Iterator[tuple[date, date, str]]:
        told = [(row.since, row.until, self.links.account(row)) for row in self.links.of(kind, source, key)]
        for since, until, account in layers(told, otherwise):
            if account is not None:
                yield since, until, account

    def _ties(self, of: dict[tuple[str, int, str], Belongs]) -> Iterator[tuple[int, str, date, date, str]]:
        """Groups that are no customer's own id, or whose events a person gave to another."""
        wanted = {(source, key) for kind, source, key in self.seen if kind == GROUP}
        for kind, source, key in self.links.dated:
            if kind == GROUP:
                wanted |= {(one, key) for one in ([source] if source is not None else self.sources)}
        for source, key in sorted(wanted):
            of[GROUP, source, key] = found = self._group(source, key)
            otherwise = found.account if found.basis == Basis.RULE else None
            for since, until, account in self._dated(GROUP, source, key, otherwise):
                yield source, key, since, until, account

    @cached_property
    def _people(self) -> tuple[dict[str, set[int]], dict[str, set[int]], dict[int, str]]:
        """(contacts by id, by address, the customer of each)."""
        users = [one for one in self.seen.values() if one.kind == USER]
        found = people_known(
            {one.key for one in users},
            {text for one in users for text in (one.email, one.key.lower()) if "@" in text},
            today=self.asked.today,
            watermark=self.asked.watermark,
            known_at=self.asked.known_at,
        )
        accounts = self.names({person.account_id for person in found})
        by_code: dict[str, set[int]] = defaultdict(set)
        by_mail: dict[str, set[int]] = defaultdict(set)
        for person in found:
            if person.account_id in accounts:
                by_code[person.code].add(person.id)
                by_mail[person.email].add(person.id)
        return (
            by_code,
            by_mail,
            {one.id: accounts[one.account_id] for one in found if one.account_id in accounts},
        )

    def _contact(self, seen: Seen) -> set[int]:
        by_code, by_mail, _accounts = self._people
        return by_code.get(seen.key, set()) or {
            one for text in {seen.email, seen.key.lower()} if "@" in text for one in by_mail.get(text, ())
        }

    @cached_property
    def _contacts(self) -> dict[tuple[int, str], int]:
        found = {}
        for (kind, source, key), one in self.seen.items():
            if kind == USER:
                linked = [row.contact_id for row in self.links.of(USER, source, key) if row.contact_id]
                among = set(linked[-1:]) or self._contact(one)
                if len(among) == 1:
                    (found[source, key],) = among
        return found

    def _user(self, seen: Collection[Seen], *, linked: Collection[str]) -> Belongs:
        """Of one person, under all ids: what each of them says counts alike."""
        return belongs(
            [
                (Basis.LINK, linked),
                (Basis.RULE, {account for one in seen for account in self.links.by_rule(one)}),
                (Basis.GROUP, self._of_groups(seen)),
                (Basis.CONTACT, {self._people[2][contact] for one in seen for contact in self._contact(one)}),
                (Basis.DOMAIN, {account for one in seen for text in (one.email, one.key) for account in self.links.by_domain(text)}),
            ]
        )  # fmt: skip

    def _of_groups(self, seen: Iterable[Seen]) -> set[str]:
        found = {self._group(one.source, name).account for one in seen for name in one.groups}
        return {account for account in found if account}

    def _homes(
        self, of: dict[tuple[str, int, str], Belongs], people: list[tuple[int, Span, date]]
    ) -> Iterator[Home]:
        """Where users belong whose events name no group, by the person they are; and who is put aside."""
        known_as: dict[tuple[int, str], set[str]] = defaultdict(set)
        first: dict[tuple[int, str], date] = {}
        for source, span, day in people:
            known_as[source, span.person].add(span.earlier)
            first[source, span.person] = min(first.get((source, span.person), day), day)
        for (kind, source, key), one in self.seen.items():
            if kind == USER and one.first_day is not None:
                first[source, key] = min(first.get((source, key), one.first_day), one.first_day)
        for (kind, of_source, key), rows in self.links.dated.items():
            for each in [of_source] if of_source is not None else self.sources:
                # Who is put aside is left out of customers' groups too, from the first day on.
                if kind == USER and (
                    (each, key) not in first or ASIDE in [self.links.account(row) for row in rows]
                ):
                    first[each, key] = FIRST_DAY
        for (source, key), day in sorted(first.items()):
            ids = [key, *sorted(known_as.get((source, key), ()))]
            known = [self.seen[USER, source, one] for one in ids if (USER, source, one) in self.seen]
            linked = next((told for one in ids if (told := self._today(USER, source, one))), [])
            of[USER, source, key] = found = self._user(known, linked=linked)
            rest = found if found.basis != Basis.LINK else self._user(known, linked=[])
            named = next((one for one in ids if self.links.of(USER, source, one)), key)
            for since, until, account in self._dated(USER, source, named, rest.account):
                yield source, key, since, until, account, day
        for source, span, _day in people:  # an old id is whose the person is
            if (USER, source, span.earlier) in self.seen and (USER, source, span.person) in of:
                of[USER, source, span.earlier] = of[USER, source, span.person]
