"""Movements, charges and invoices of one customer, as of the asked day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from banso.money import from_units
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.facts import Asked, counted
from banso_web.core.registry import TimelineItem
from banso_web.core.ui.formats import money_text
from banso_web.revenue.models import Charge, Invoice, Movement

if TYPE_CHECKING:
    from banso_web.members.models import Member

CAUSES = {
    "new": _("新規"),
    "upsell": _("アップセル"),
    "cross_sell": _("クロスセル"),
    "seats": _("契約数の変更"),
    "price": _("価格改定"),
    "downgrade": _("ダウングレード"),
    "churn": _("解約"),
    "reactivation": _("再開"),
}
CHARGES = {"initial": _("初期費用"), "spot": _("スポット"), "usage": _("従量課金")}


@dataclass(frozen=True)
class Change:
    """One movement with the customer's MRR of that currency after it."""

    id: int
    code: str
    own: bool  # a row of its own (not made from a contract's terms): it can be corrected
    on: date
    delta: Decimal
    after: Decimal
    currency: str
    product: str
    cause: str
    reason: str
    note: str


def _movements(asked: Asked, account_id: int) -> list[Movement]:
    rows = counted(Movement, asked.watermark, asked.known_at)
    rows = rows.filter(account_id__in=accounts_of(asked, account_id), effective_on__lte=asked.as_of)
    return list(rows.order_by("effective_on", "id"))


def account_changes(asked: Asked, account_id: int) -> list[Change]:
    """Movements up to the asked day in order, each with the MRR it led to."""
    balance: dict[str, int] = {}
    found = []
    for row in _movements(asked, account_id):
        balance[row.currency] = balance.get(row.currency, 0) + row.delta_units
        found.append(
            Change(
                row.pk,
                row.code,
                not row.derived and row.contract_id is not None and not row.code.startswith("end:"),
                row.effective_on,
                from_units(row.delta_units),
                from_units(balance[row.currency]),
                row.currency,
                row.product,
                str(CAUSES.get(row.cause, row.cause)),
                row.reason,
                row.note,
            )
        )
    return found


def movement_entries(member: Member, account_id: int, asked: Asked) -> Sequence[TimelineItem]:
    """For the customer's timeline; money is for those who may see it."""
    if not member.may("revenue.view"):
        return []
    return [
        TimelineItem(
            at=change.on,
            kind="movement",
            label=change.cause or _("MRR の変更"),
            text=f"{money_text(change.delta, change.currency, signed=True)} → {money_text(change.after, change.currency)}",
            detail=" · ".join(filter(None, (change.product, change.reason, change.note))),
            icon="waterfall",
        )
        for change in account_changes(asked, account_id)
    ]


def charge_entries(member: Member, account_id: int, asked: Asked) -> Sequence[TimelineItem]:
    """One-off charges, which are never MRR."""
    if not member.may("revenue.view"):
        return []
    rows = counted(Charge, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id), on__lte=asked.as_of
    )
    return [
        TimelineItem(
            row.on,
            "charge",
            CHARGES.get(row.kind, row.kind),
            money_text(row.amount, row.currency),
            row.product,
            "dot",
        )
        for row in rows.order_by("-on")[:100]
    ]


def invoice_entries(member: Member, account_id: int, asked: Asked) -> Sequence[TimelineItem]:
    """Bills, with when they were paid or how long they are late."""
    if not member.may("revenue.view"):
        return []
    rows = counted(Invoice, asked.watermark, asked.known_at).filter(
        account_id__in=accounts_of(asked, account_id), billed_on__lte=asked.as_of
    )
    found = []
    for row in rows.order_by("-billed_on")[:100]:
        paid = row.paid_on if row.paid_on and row.paid_on <= asked.as_of else None
        late = bool(row.due_on and row.due_on < asked.as_of and not paid)
        state = _("入金済") if paid else _("入金遅延") if late else _("未入金")
        found.append(
            TimelineItem(
                row.billed_on, "invoice", _("請求"), money_text(row.amount, row.currency), str(state), "dot"
            )
        )
    return found
