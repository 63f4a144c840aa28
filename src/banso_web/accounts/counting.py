"""What the numbers ask of customers: who was merged into whom, whose contract it is, and how they are called."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models.functions import Lower

from banso.periods import add_months
from banso_web.accounts.models import Account, Contact, Contract, Merge
from banso_web.core.facts import states_at
from banso_web.core.facts.happenings import effective
from banso_web.core.facts.memo import Memo, last_change
from banso_web.core.models import StateVersion

CHUNK = 5_000  # ids in one question; the engines' limits lie well above
_merges: Memo[dict[int, int]] = Memo(16)  # every part of a customer's page asks who was merged into whom


@dataclass(frozen=True)
class Called:
    """How a customer is called on screen."""

    id: int
    code: str
    name: str
    sort_key: str
    last_touch_on: date | None


def merge_mark(watermark: int) -> int:
    """The last number at which a merge decision came or went."""
    return last_change(Merge.objects.all(), "merge", watermark)


def merges(watermark: int, known_at: datetime | None = None) -> dict[int, int]:
    """{merged account: the account that was kept}, followed to the end, as decided by then.

    Of each pair the latest standing decision counts. Two companies merged into each other in a circle stay with the
    smallest id, so an answer exists for any data. The caller owns the dict.
    """
    key = (merge_mark(watermark), known_at)
    return dict(_merges.get(key, lambda: _decided(watermark, known_at)))


def _decided(watermark: int, known_at: datetime | None) -> dict[int, int]:
    rows = Merge.objects.filter(effective(watermark))
    if known_at is not None:
        rows = rows.filter(entry__entered_at__lte=known_at)
    latest: dict[frozenset[int], tuple[int, int, str]] = {}
    for kept, other, decision in rows.order_by("entry__seq", "id").values_list(
        "kept_id", "other_id", "decision"
    ):
        latest[frozenset((kept, other))] = (kept, other, decision)
    step = {other: kept for kept, other, decision in latest.values() if decision == Merge.Decision.SAME}
    return {other: _end(step, other) for other in step if _end(step, other) != other}


def _end(step: dict[int, int], start: int) -> int:
    seen, here = {start}, start
    while (following := step.get(here)) is not None:
        if following in seen:
            return min(seen)
        seen.add(following)
        here = following
    return here


def contract_codes(ids: Iterable[int]) -> dict[int, str]:
    """{contract: code} of a few contracts."""
    return dict(Contract.objects.filter(pk__in=set(ids)).values_list("pk", "code"))


def called(ids: Collection[int]) -> dict[int, Called]:
    """Names of customers by id. Asked for many, all are read at once."""
    rows = Account.objects.order_by()
    if len(ids) <= CHUNK:
        rows = rows.filter(pk__in=list(ids))
    wanted = set(ids)
    fields = rows.values_list("pk", "code", "name", "sort_key", "last_touch_on").iterator(chunk_size=20_000)
    return {row[0]: Called(*row) for row in fields if row[0] in wanted}


def codes(ids: Collection[int]) -> dict[int, str]:
    """{customer: the organisation's own id}. Asked for many, all are read at once."""
    rows = Account.objects.order_by()
    if len(ids) <= CHUNK:
        rows = rows.filter(pk__in=list(ids))
    return dict(rows.values_list("pk", "code").iterator(chunk_size=20_000))


def end_reasons(ids: Iterable[int]) -> dict[int, str]:
    """{contract: the reason it ended} where somebody wrote one."""
    rows = Contract.objects.filter(pk__in=set(ids)).exclude(end_reason="")
    return dict(rows.values_list("pk", "end_reason"))


def ids_by_code(codes: Collection[str]) -> dict[str, int]:
    """{code: id} of customers known by the organisation's own ids. Asked for many, all are read at once."""
    rows, wanted = Account.objects.order_by(), set(codes)
    if len(wanted) <= CHUNK:
        rows = rows.filter(code__in=wanted)
    return {
        code: key
        for code, key in rows.values_list("code", "pk").iterator(chunk_size=20_000)
        if code in wanted
    }


@dataclass(frozen=True)
class Person:
    """A contact as the company's product may know them. `email` in small letters."""

    id: int
    code: str
    email: str
    account_id: int


def people_known(
    codes: Collection[str], emails: Collection[str], *, today: date, watermark: int, known_at: datetime | None
) -> list[Person]:
    """Contacts with one of these ids or addresses (any case of letters), as the company knew them then.

    A contact who was erased keeps the id that stands in their place in the events too.
    """
    rows: dict[int, tuple[str, int]] = {}
    mails = Contact.objects.annotate(mail=Lower("email"))
    for name, wanted, query in (("code", codes, Contact.objects.all()), ("mail", emails, mails)):
        texts = sorted(set(wanted) - {""})
        for start in range(0, len(texts), CHUNK):
            found = query.filter(**{f"{name}__in": texts[start : start + CHUNK]})
            rows |= {
                pk: (code, account) for pk, code, account in found.values_list("pk", "code", "account_id")
            }
    stated = (
        states_at("contact", as_of=today, watermark=watermark, known_at=known_at, ids=sorted(rows))
        if rows
        else {}
    )
    return [
        Person(pk, code, (stated[pk].get("email") or "").strip().lower(), account)
        for pk, (code, account) in sorted(rows.items())
        if pk in stated
    ]


def people_mark(watermark: int) -> int:
    """The last number at which a customer or a contact was stated or withdrawn."""
    return last_change(StateVersion.objects.filter(subject__in=("account", "contact")), "people", watermark)


def contracts_of(accounts: Collection[int]) -> dict[int, int]:
    """{contract: 契約先} of every contract of these customers."""
    wanted = sorted(set(accounts))
    found: dict[int, int] = {}
    for start in range(0, len(wanted), CHUNK):
        part = Contract.objects.filter(account_id__in=wanted[start : start + CHUNK])
        found |= dict(part.values_list("pk", "account_id"))
    return found


def segments() -> list[str]:
    """Every segment that a live customer has today."""
    rows = Account.objects.filter(live=True).exclude(segment="").order_by("segment")
    return list(rows.values_list("segment", flat=True).distinct())


def families(ids: Collection[int]) -> dict[int, int]:
    """{account: the account it counts as today} of these customers and of everybody merged with them."""
    merged: dict[int, int] = dict(
        Account.objects.exclude(merged_into=None).order_by().values_list("pk", "merged_into_id")
    )
    roots = {_end(merged, key) for key in ids}
    found = {key: _end(merged, key) for key in merged if _end(merged, key) in roots}
    return found | {root: root for root in roots}


def next_ends(ids: Collection[int] | None, today: date) -> dict[int, date]:
    """{customer: the next end of a contract in force}, from the current rows; 自動更新 rolls an end that has passed."""
    rows = Contract.objects.filter(live=True, account__live=True).exclude(ends_on=None, ended_on=None)
    if ids is not None:
        rows = rows.filter(account_id__in=list(ids))
    fields = rows.order_by().values_list(
        "account_id", "starts_on", "ends_on", "ended_on", "auto_renew", "renewal_months"
    )
    found: dict[int, date] = {}
    for account, starts_on, ends_on, ended_on, auto, months in fields.iterator(chunk_size=20_000):
        end = ended_on or ends_on
        if end is None:
            continue
        if ended_on is None and end < today and auto:
            end = rolled_end(end, months or 12, today)
        if end < today or (starts_on and starts_on > today):
            continue
        if account not in found or end < found[account]:
            found[account] = end
    return found


def rolled_end(end: date, months: int, today: date) -> date:
    """The end of the term that runs today, when every term has so many months. A month's end stays a month's end."""
    next_day = end + timedelta(days=1)
    is_month_end = next_day.day == 1
    turn = 0
    rolled = end
    while rolled < today:
        turn += 1
        later = add_months(next_day if is_month_end else end, turn * months)
        rolled = later - timedelta(days=1) if is_month_end else later
    return rolled


def touched_by(entry_id: int) -> set[int]:
    """Customers whose states, contracts or merges an entry wrote."""
    versions = StateVersion.objects.filter(entry=entry_id)
    contracts = versions.filter(subject="contract").values("subject_id")
    found = set(versions.filter(subject="account").values_list("subject_id", flat=True))
    found |= set(Contract.objects.filter(pk__in=contracts).values_list("account_id", flat=True))
    for kept, other in Merge.objects.filter(entry=entry_id).values_list("kept_id", "other_id"):
        found |= {kept, other}
    return found


def merged_by(entry_id: int) -> set[int]:
    """Both sides of the merge decisions an entry holds."""
    pairs = Merge.objects.filter(entry=entry_id).values_list("kept_id", "other_id")
    return {key for pair in pairs for key in pair}


def accounts_of(contracts: Collection[int]) -> set[int]:
    """The 契約先 of these contracts."""
    return set(Contract.objects.filter(pk__in=list(contracts)).values_list("account_id", flat=True))


def every_account() -> list[int]:
    """Ids of all customers, live or not."""
    return list(Account.objects.order_by().values_list("pk", flat=True))


def merge_entries(entries: Collection[int]) -> list[int]:
    """Which of these entries hold a merge decision."""
    return list(Merge.objects.filter(entry__in=list(entries)).values_list("entry_id", flat=True))
