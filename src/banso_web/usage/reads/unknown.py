"""未確認の利用者・グループ: the queue, whom each may belong to and why, what was matched by itself, and what people decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from banso.names import corporate_number, search_key
from banso.usage import Belongs, mail_domain
from banso_web.accounts.counting import called, ids_by_code
from banso_web.accounts.reads.candidates import Party
from banso_web.accounts.reads.hints import Hints, hints, name_core
from banso_web.collect import reads as collected
from banso_web.core.errors import NotVisible
from banso_web.core.facts import Asked
from banso_web.usage.models import IdentityLink, SeenId, SeenUpTo
from banso_web.usage.reads.identity import ASIDE, Seen, identity, standing_links
from banso_web.usage.words import ABOUT, BASES, HINTS

if TYPE_CHECKING:
    from banso_web.members.models import Member

GROUPS, USERS, KNOWN, LINKS = "groups", "users", "known", "links"
SIZE = 50
#: Traits in which products put a customer's id, 法人番号 or name.
CODES = ("account_id", "accountId", "customer_id", "customerId", "顧客ID")
NUMBERS = ("corporate_number", "corporateNumber", "houjin_bangou", "法人番号")
NAMES = ("name", "company", "company_name", "companyName", "organization", "会社名")
DOMAINS = ("domain", "email_domain", "emailDomain")


@dataclass(frozen=True)
class Suggested:
    """A customer it may be, the likeliest first. reasons: keys of BASES and HINTS."""

    party: Party
    reasons: tuple[str, ...]

    @property
    def reason_words(self) -> list[Any]:
        return [(BASES | HINTS)[key] for key in self.reasons]


@dataclass
class Line:
    """One id of the product. `account`: the customer it counts for; `aside`: for nobody, by decision; `among`: more than one says so."""

    seen: Seen
    source: str
    basis: str = ""
    account: Party | None = None
    aside: bool = False
    among: tuple[str, ...] = ()
    suggested: Sequence[Suggested] = ()

    @property
    def id(self) -> int:
        return self.seen.row

    @property
    def basis_word(self) -> Any:
        return BASES.get(self.basis, "")


@dataclass(frozen=True)
class Decided:
    """A decision that stands. `together`: how many were made in the same act, and are undone with it."""

    link: IdentityLink
    kind_word: Any
    source: str
    account: Party | None
    contact: str
    at: datetime | None
    by: str
    reason: str
    together: int


@dataclass(frozen=True)
class Unknown:
    """One page of a list. `looked_at`: when the events were last looked through; None: never."""

    counts: Mapping[str, int]
    lines: Sequence[Line] = ()
    decided: Sequence[Decided] = ()
    total: int = 0
    start: int = 0
    looked_at: datetime | None = None
    events: int = 0  # of all that wait


def unknown(
    member: Member,
    asked: Asked,
    which: str,
    *,
    text: str = "",
    source: int | None = None,
    start: int = 0,
    size: int | None = SIZE,
) -> Unknown:
    """A page of a list, those with the most events first. The same number of queries however many there are."""
    found = identity(asked)
    lists: dict[str, list[tuple[Seen, Belongs]]] = {GROUPS: [], USERS: [], KNOWN: []}
    for place, seen in found.seen.items():
        if not seen.events:
            continue
        belongs = found.of.get(place, Belongs())
        lists[
            KNOWN if belongs.account is not None else GROUPS if seen.kind == SeenId.Kind.GROUP else USERS
        ].append((seen, belongs))
    links = list(standing_links(asked).select_related("entry__actor", "account", "contact__account"))
    counts = {key: len(rows) for key, rows in lists.items()} | {LINKS: len(links)}
    waiting = sum(seen.events for key in (GROUPS, USERS) for seen, _belongs in lists[key])
    looked_at = SeenUpTo.objects.values_list("looked_at", flat=True).first()
    if which == LINKS:
        rows = [
            row for row in reversed(links) if _holds(text, (row.key, row.account.name if row.account else ""))
        ]
        chosen = rows[start : start + size] if size else rows
        return Unknown(counts, (), _decided(chosen, links), len(rows), start, looked_at, waiting)
    mine = [
        (seen, belongs) for seen, belongs in lists[which]
        if source in (None, seen.source) and _holds(text, (seen.key, seen.name, seen.email))
    ]  # fmt: skip
    mine.sort(key=lambda one: (-one[0].events, one[0].source, one[0].key))
    page = mine[start : start + size] if size else mine
    return Unknown(
        counts, _lines(member, page, suggest=which != KNOWN), (), len(mine), start, looked_at, waiting
    )


def unknown_one(member: Member, asked: Asked, row: int) -> Line:
    """One id, or 404."""
    found = identity(asked)
    place = next((place for place, seen in found.seen.items() if seen.row == row), None)
    if place is None:
        raise NotVisible
    (line,) = _lines(member, [(found.seen[place], found.of.get(place, Belongs()))], suggest=True)
    return line


def seen_of(asked: Asked, rows: Collection[int]) -> list[Seen]:
    """Ids by their rows, 404 where one is not there."""
    wanted = set(rows)
    found = [seen for seen in identity(asked).seen.values() if seen.row in wanted]
    if len(found) != len(wanted):
        raise NotVisible
    return found


def _holds(text: str, values: Iterable[str]) -> bool:
    wanted = search_key(text)
    return not wanted or any(wanted in search_key(value) for value in values)


def _lines(member: Member, page: Sequence[tuple[Seen, Belongs]], *, suggest: bool) -> list[Line]:
    names = collected.source_names()
    parties = parties_of(
        {belongs.account for _seen, belongs in page if belongs.account}
        | {code for _seen, belongs in page for code in belongs.among}
    )
    told = _hints(member, [seen for seen, _belongs in page]) if suggest else None
    lines = []
    for seen, belongs in page:
        line = Line(seen, names.get(str(seen.source), str(seen.source)))
        if belongs.basis is not None:
            line.basis = belongs.basis.value
            line.account = parties.get(belongs.account or "")
            line.aside = belongs.account == ASIDE
            line.among = belongs.among if belongs.account is None else ()
        if told is not None:
            line.suggested = _suggested(
                seen, told, [parties[code] for code in line.among if code in parties], line.basis
            )
        lines.append(line)
    return lines


def parties_of(codes: Collection[str]) -> dict[str, Party]:
    """{customer's id: how it is called}."""
    ids = ids_by_code(codes)
    names = called(set(ids.values()))
    return {code: Party(key, code, names[key].name, "", "") for code, key in ids.items()}


def _traits(seen: Seen, names: Iterable[str]) -> list[str]:
    return [seen.traits[name] for name in names if seen.traits.get(name)]


def _numbers(seen: Seen) -> list[str]:
    read = (corporate_number(text).number for text in _traits(seen, NUMBERS))
    return [number for number in read if number]


def _cores(seen: Seen) -> list[str]:
    texts = _traits(seen, NAMES) if seen.kind == SeenId.Kind.GROUP else _traits(seen, NAMES[1:])
    return [core for text in texts if (core := name_core(text))]


def _domains(seen: Seen) -> list[str]:
    told = [mail_domain(f"x@{text}") for text in _traits(seen, DOMAINS)]
    return [domain for domain in (*told, mail_domain(seen.email), mail_domain(seen.key)) if domain]


def _codes(seen: Seen) -> list[str]:
    return [text.strip().lower() for text in (*_traits(seen, CODES), seen.key)]


def _hints(member: Member, page: Sequence[Seen]) -> Hints:
    return hints(
        member,
        codes={one for seen in page for one in _codes(seen)},
        numbers={one for seen in page for one in _numbers(seen)},
        names={one for seen in page for one in _cores(seen)},
        domains={one for seen in page for one in _domains(seen)},
    )


def _suggested(seen: Seen, told: Hints, among: Sequence[Party], basis: str) -> list[Suggested]:
    reasons: dict[Party, list[str]] = defaultdict(list)
    for party in among:
        reasons[party].append(basis)
    ways = ((_numbers(seen), told.numbers, "same_number"), (_codes(seen), told.codes, "same_code"), (_cores(seen), told.names, "like_name"), (_domains(seen), told.domains, "same_domain"))  # fmt: skip
    for keys, parties, word in ways:
        for key in dict.fromkeys(keys):
            for party in parties.get(key, ()):
                reasons[party].append(word)
    ordered = sorted(reasons.items(), key=lambda one: (-len(one[1]), one[0].code))
    return [Suggested(party, tuple(dict.fromkeys(why))) for party, why in ordered[:5]]


def _decided(rows: Sequence[IdentityLink], links: Sequence[IdentityLink]) -> list[Decided]:
    names = collected.source_names()
    together: dict[int, int] = defaultdict(int)
    for link in links:
        together[link.entry_id] += 1
    found = []
    for row in rows:
        owner = row.contact.account if row.contact else row.account
        found.append(
            Decided(
                row,
                ABOUT[row.kind],
                names.get(str(row.source), "") if row.source is not None else "",
                Party(owner.pk, owner.code, owner.name, "", "") if owner else None,
                f"{row.contact.family_name} {row.contact.given_name}".strip() if row.contact else "",
                row.entry.entered_at,
                row.entry.actor.name if row.entry.actor else "",
                row.entry.reason,
                together[row.entry_id],
            )
        )
    return found
