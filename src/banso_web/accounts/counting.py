"""What the numbers ask of customers: who was merged into whom, whose contract it is, and how they are called."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from banso_web.accounts.models import Account, Contract, Merge
from banso_web.core.facts.happenings import effective
from banso_web.core.facts.memo import last_change

CHUNK = 5_000  # ids in one question; the engines' limits lie well above


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
    smallest id, so an answer exists for any data.
    """
    rows = Merge.objects.filter(effective(watermark))
    if known_at is not None:
        rows = rows.filter(entry__entered_at__lte=known_at)
    latest: dict[frozenset[int], tuple[int, int, str]] = {}
    for kept, other, decision in rows.order_by("entry__seq", "id").values_list("kept_id", "other_id", "decision"):
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


def end_reasons(ids: Iterable[int]) -> dict[int, str]:
    """{contract: the reason it ended} where somebody wrote one."""
    rows = Contract.objects.filter(pk__in=set(ids)).exclude(end_reason="")
    return dict(rows.values_list("pk", "end_reason"))


def ids_by_code(codes: Iterable[str]) -> dict[str, int]:
    """{code: id} of customers known by the organisation's own ids."""
    return dict(Account.objects.filter(code__in=set(codes)).values_list("code", "pk"))


def contracts_of(accounts: Collection[int]) -> dict[int, int]:
    """{contract: 契約先} of every contract of these customers."""
    wanted, found = sorted(set(accounts)), {}
    for start in range(0, len(wanted), CHUNK):
        part = Contract.objects.filter(account_id__in=wanted[start : start + CHUNK])
        found |= dict(part.values_list("pk", "account_id"))
    return found
