"""担当所感: the one that holds of each customer, and one customer's over time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from banso_web.accounts.counting import merges
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted, last_change
from banso_web.core.registry import TimelineItem
from banso_web.health.models import Sentiment
from banso_web.members.reads import people_called

if TYPE_CHECKING:
    from banso_web.members.models import Member

MARKS: tuple[tuple[str, Any], ...] = tuple(Sentiment.Mark.choices)
SIGNS = {"excellent": "◎", "good": "○", "fair": "△", "poor": "×"}


@dataclass(frozen=True, slots=True)
class Felt:
    """One 担当所感. `member`: the code of who gave it."""

    id: int
    account_id: int
    on: date
    until: date
    mark: str
    member: str
    reason: str

    @property
    def sign(self) -> str:
        return SIGNS[self.mark]

    def holds(self, day: date) -> bool:
        return self.on <= day <= self.until


#: How long one holds where nobody says otherwise.
USUAL = timedelta(days=90)
FIELDS = ("pk", "account_id", "on", "until", "mark", "member", "reason")


def _felt(row: Sequence[Any]) -> Felt:
    key, account, on, until, *rest = row
    return Felt(key, account, on, until or on + USUAL, *rest)


def sentiment_mark(watermark: int) -> int:
    """The last number up to a watermark at which 担当所感 came to count or ceased to."""
    return last_change(Sentiment.objects.all(), "sentiment", watermark)


def newest(asked: Asked, accounts: Collection[int] | None = None) -> dict[int, Felt]:
    """{customer after 名寄せ: its newest 担当所感 by the asked day}, whether it still holds or not. `accounts`: with everybody merged into
    them. One query."""
    merged = merges(asked.watermark, asked.known_at)
    rows = counted(Sentiment, asked.watermark, asked.known_at).filter(on__lte=asked.as_of)
    if accounts is not None:
        rows = rows.filter(account_id__in=list(accounts))
    found: dict[int, Felt] = {}
    listed = rows.order_by("on", "entry__seq", "pk").values_list(*FIELDS)
    for row in listed.iterator(chunk_size=20_000):
        one = _felt(row)
        found[merged.get(one.account_id, one.account_id)] = one
    return found


def felt(asked: Asked, account_id: int) -> list[Felt]:
    """Those of one customer by the asked day, the newest first."""
    rows = counted(Sentiment, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id), on__lte=asked.as_of
    )
    return [_felt(row) for row in rows.order_by("-on", "-entry__seq", "-pk").values_list(*FIELDS)[:100]]


def is_of(asked: Asked, account_id: int, sentiment_id: int) -> bool:
    """Whether one was given of this customer, whatever became of it."""
    return Sentiment.objects.filter(pk=sentiment_id, account_id__in=accounts_of(asked, account_id)).exists()


def sentiment_entries(member: Member, account_id: int, asked: Asked) -> Sequence[TimelineItem]:
    """For the customer's timeline. Reasons may name people: they are for those who may see the customer's people."""
    found = felt(asked, account_id)
    names = people_called(one.member for one in found)
    sees = member.may("contact.view")
    return [
        TimelineItem(
            at=one.on,
            kind="sentiment",
            label=_("担当所感"),
            text=one.sign,
            detail=names.get(one.member, one.member),
            icon="flag",
            note=one.reason if sees else "",
        )
        for one in found
    ]
