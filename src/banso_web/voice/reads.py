"""Reading voices of one customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from banso_web.accounts.access import visible_accounts
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted
from banso_web.core.registry import TimelineItem
from banso_web.voice.models import Voice

if TYPE_CHECKING:
    from banso_web.members.models import Member

CHANNELS = {
    "meeting": _("打ち合わせ"),
    "ticket": _("問い合わせ"),
    "survey": _("アンケート"),
    "exit_interview": _("解約ヒアリング"),
    "community": _("コミュニティ"),
    "sales_loss": _("失注"),
}


def voices(asked: Asked, account_id: int, *, limit: int = 50) -> list[Voice]:
    """Voices heard up to the asked day, latest first."""
    rows = counted(Voice, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id)
    )
    return list(rows.filter(on__lte=asked.as_of).order_by("-on", "-id")[:limit])


@dataclass(frozen=True)
class Heard:
    """A voice on a list over customers: whose, when, where, and the words."""

    account_id: int
    account: str
    on: date
    channel: Any
    verbatim: str


def heard_lately(member: Member, asked: Asked, limit: int) -> list[Heard]:
    """The newest voices of the customers this member may see, up to the asked day."""
    rows = counted(Voice, asked.watermark, asked.known_at).filter(
        on__lte=asked.as_of, account__in=visible_accounts(member).order_by()
    )
    newest = rows.select_related("account").order_by("-on", "-id")[:limit]
    return [
        Heard(row.account_id, row.account.name, row.on, CHANNELS.get(row.channel, row.channel), row.verbatim)
        for row in newest
    ]


def voice_entries(member: Member, account_id: int, asked: Asked) -> Sequence[TimelineItem]:
    """For the customer's timeline: the verbatim, and where it was heard."""
    return [
        TimelineItem(
            row.on,
            "voice",
            _("お客様の声"),
            row.verbatim,
            str(CHANNELS.get(row.channel, row.channel)),
            "voice",
        )
        for row in voices(asked, account_id)
    ]


def voice_block(member: Member, account_id: int, asked: Asked) -> dict[str, Any] | None:
    """The block of the customer page: 原文, 事実 and 解釈 apart."""
    found = voices(asked, account_id, limit=5)
    return {"voices": [(row, CHANNELS.get(row.channel, row.channel)) for row in found]} if found else None
