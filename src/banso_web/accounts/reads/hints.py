"""Which customers something may belong to that only says a number, a name or a mail domain. Hints: a person decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q
from django.db.models.functions import Lower

from banso.names import company
from banso_web.accounts.access import visible_accounts, visible_contacts
from banso_web.accounts.models import Account
from banso_web.accounts.reads.candidates import Party

if TYPE_CHECKING:
    from banso_web.members.models import Member

MOST = 20  # customers of one name or domain; more say nothing


@dataclass(frozen=True)
class Hints:
    """Customers by what says so: an id in any case of letters, a 法人番号, the core of a name, a mail domain of their people."""

    codes: Mapping[str, Sequence[Party]]
    numbers: Mapping[str, Sequence[Party]]
    names: Mapping[str, Sequence[Party]]
    domains: Mapping[str, Sequence[Party]]


def hints(
    member: Member,
    *,
    codes: Collection[str],
    numbers: Collection[str],
    names: Collection[str],
    domains: Collection[str],
) -> Hints:
    """What the member may see. `codes` and `domains` in small letters, `names` as cores (`name_core`). At most two queries."""
    found: tuple[dict[str, list[Party]], ...] = tuple(defaultdict(list) for _which in range(4))
    wanted = Q(low__in=list(codes)) | Q(corporate_number__in=list(numbers)) | Q(core_key__in=list(names))
    if codes or numbers or names:
        for row in visible_accounts(member).annotate(low=Lower("code")).filter(wanted).order_by("code"):
            party = _party(row)
            for place, key in enumerate((row.code.lower(), row.corporate_number, row.core_key)):
                if key in (codes, numbers, names)[place]:
                    found[place][key].append(party)
    if domains:
        ends = reduce(or_, (Q(email__iendswith=f"@{domain}") for domain in domains))
        people = visible_contacts(member).filter(ends, account__merged_into=None).select_related("account")
        for contact in people.order_by("account__code", "pk"):
            domain = contact.email.rpartition("@")[2].lower()
            party = _party(contact.account)
            if party not in found[3][domain]:
                found[3][domain].append(party)
    cut = [{key: rows[:MOST] for key, rows in each.items()} for each in found]
    return Hints(*cut)


def name_core(name: str) -> str:
    """What is alike in the names of one company; "" of none."""
    return company(name).key


def _party(account: Account) -> Party:
    return Party(account.pk, account.code, account.name, account.corporate_number, account.prefecture)
