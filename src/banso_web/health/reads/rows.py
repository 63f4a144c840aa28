"""The rows a signal of one customer stands on, in a reader's words, with nothing that the reader may not see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from banso_web.accounts.reads.contracts import contracts_on
from banso_web.accounts.reads.keypeople import key_people
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core import clock
from banso_web.core.errors import NotVisible
from banso_web.core.facts import Asked
from banso_web.core.ui.formats import count_text, date_text, number_text
from banso_web.health.reads.sentiment import felt
from banso_web.health.signals import SIGNALS, money, relationship, support
from banso_web.health.signals.told import Signal
from banso_web.revenue.reads.accounts import invoice_entries
from banso_web.surveys.reads import responses
from banso_web.touch.reads import tickets, touches
from banso_web.touch.words import INITIATIVES, KINDS
from banso_web.usage.reads.adoption.accounts import adoption

if TYPE_CHECKING:
    from banso_web.members.models import Member


@dataclass(frozen=True)
class Line:
    """`day` None: it has none."""

    day: date | None
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Evidence:
    """withheld: the reader may not see what the signal stands on. `page`: a URL name where all of it stands."""

    signal: Signal
    lines: tuple[Line, ...]
    withheld: bool = False
    page: str = ""


def evidence(member: Member, account_id: int, key: str, asked: Asked) -> Evidence:
    """404 for a signal that does not exist. Whoever asks has shown that the customer may be seen."""
    if key not in SIGNALS:
        raise NotVisible
    signal = SIGNALS[key]
    if signal.see and not member.may(signal.see):
        return Evidence(signal, (), withheld=True)
    read, page = READERS.get(key, (_use, "usage_account"))
    return Evidence(signal, tuple(read(member, account_id, asked)), page=page)


def _since(asked: Asked, days: int) -> date:
    return asked.as_of - timedelta(days=days - 1)


def _use(member: Member, account_id: int, asked: Asked) -> list[Line]:
    one = adoption(asked, ids=[account_id]).rows.get(account_id)
    if one is None or one.month is None:
        return []
    people = f"{_('直近30日の利用者')}: {number_text(one.month, 1)}"
    seats = (
        _("契約数は分かっていません。") if one.seats is None else f"{_('契約数')}: {number_text(one.seats)}"
    )
    return [Line(one.heard, people, seats)]


def _touches(member: Member, account_id: int, asked: Asked) -> list[Line]:
    sees = member.may("contact.view")
    found = []
    for row in touches(asked, account_id):
        day = row.at.astimezone(clock.JST).date()
        if day < _since(asked, relationship.DAYS):
            break
        people = len([code for code in row.contacts.split(";") if code])
        detail = (INITIATIVES.get(row.initiative, ""), count_text(people, "名"), row.subject if sees else "")
        found.append(
            Line(day, str(KINDS.get(row.kind, row.kind)), " · ".join(str(one) for one in detail if one))
        )
    return found


def _tickets(member: Member, account_id: int, asked: Asked) -> list[Line]:
    sees = member.may("contact.view")
    found = []
    for row in tickets(asked, account_id, limit=1_000):
        closed = row.closed_at.astimezone(clock.JST).date() if row.closed_at else None
        is_open = closed is None or closed > asked.as_of
        if not is_open and closed is not None and closed < _since(asked, support.DAYS):
            continue
        marks = [
            _("対応中") if is_open else _("完了"),
            _("緊急") if row.priority == "urgent" else "",
            _("重大クレーム") if row.severity == "serious" else "",
            row.subject if sees else row.category,
        ]
        found.append(
            Line(row.opened_at.astimezone(clock.JST).date(), _("問い合わせ"), " · ".join(filter(None, marks)))
        )
    return found


def _answers(member: Member, account_id: int, asked: Asked) -> list[Line]:
    return [
        Line(
            row.answered_on or row.sent_on,
            _("無回答") if row.score is None else f"CSAT {row.score.normalize():f}",
            f"{_('送信日')} {date_text(row.sent_on)}" if row.sent_on else "",
        )
        for row in responses(asked, account_id)
        if row.instrument.lower() == "csat"
    ]


def _contracts(member: Member, account_id: int, asked: Asked) -> list[Line]:
    found = []
    for one in contracts_on(asked, accounts_of(asked, account_id)):
        end = one.ended_on or one.ends_on
        words = [f"{_('満了日')} {date_text(end)}" if end else _("満了日なし")]
        if one.notified_on and one.notified_on <= asked.as_of:
            words.append(f"{_('解約申出')} {date_text(one.notified_on)}")
        if money.past_end(one, asked.as_of):
            words.append(_("更新手続中"))
        found.append(Line(one.starts_on, one.product or _("契約"), " · ".join(words)))
    return found + _bills(member, account_id, asked)


def _bills(member: Member, account_id: int, asked: Asked) -> list[Line]:
    return [
        Line(one.at, str(one.label), f"{one.text} · {one.detail}")
        for one in invoice_entries(member, account_id, asked)
    ]


def _people(member: Member, account_id: int, asked: Asked) -> list[Line]:
    words = {"champion": _("推進者"), "decision_maker": _("決裁者")}
    return [
        Line(
            one.left_on,
            "・".join(words[role] for role in sorted(one.roles)),
            _("離任") if one.left_on else _("在籍"),
        )
        for one in key_people(asked, accounts_of(asked, account_id))
    ]


def _felt(member: Member, account_id: int, asked: Asked) -> list[Line]:
    sees = member.may("contact.view")
    return [
        Line(
            one.on,
            one.sign,
            " · ".join(
                filter(None, (_("%(day)sまで") % {"day": date_text(one.until)}, one.reason if sees else ""))
            ),
        )
        for one in felt(asked, account_id)
    ]


Reader = Callable[["Member", int, Asked], list[Line]]
READERS: dict[str, tuple[Reader, str]] = {
    **dict.fromkeys(("relationship", "touch_proactive", "touch_people"), (_touches, "")),
    "support": (_tickets, ""),
    **dict.fromkeys(("satisfaction", "survey_silence"), (_answers, "")),
    "contract": (_contracts, ""),
    "seats_change": (_contracts, ""),
    "payment_delay": (_bills, ""),
    "champion_left": (_people, ""),
    "sentiment": (_felt, ""),
}
