"""Money facts as they are read and written one by one: all need the right to see money."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from banso_web.core.errors import Refused
from banso_web.core.facts import FactKind, counted, current_watermark
from banso_web.core.imports import Row
from banso_web.core.registry import registry
from banso_web.revenue.balances import HALF_UNIT, to_units
from banso_web.revenue.models import Charge, Invoice, LtvInput, Movement, Rate

SEE = "revenue.view"


def movement_may_change(row: Any | None, wanted: Row | None) -> None:
    """Refused for a movement that follows its contract's terms, and where what stays would fall below nothing.

    `row`: the one that stands; `wanted`: what is to stand; None: there was none, or it is to be taken back.
    """
    if row is not None and row.derived:
        raise _derived()
    if row is None and wanted is not None:
        contract = wanted.get("contract_id")
        if (
            contract
            and counted(Movement, current_watermark()).filter(contract__code=contract, derived=True).exists()
        ):
            raise _derived()
    if row is None:
        return  # an import's own check looks at what is added
    rows = counted(Movement, current_watermark()).filter(currency=row.currency).exclude(code=row.code)
    whose = {"contract": row.contract_id} if row.contract_id else {"account": row.account_id}
    by_day: dict[date, int] = defaultdict(int)
    for day, units in rows.filter(**whose).values_list("effective_on", "delta_units"):
        by_day[day] += units
    if wanted is not None:
        by_day[wanted.values["effective_on"]] += to_units(wanted.values["mrr_delta"])
    balance = 0
    for day in sorted(by_day):
        balance += by_day[day]
        if balance < -HALF_UNIT:
            text = _(
                "%(day)s の MRR が 0 を下回ります。後の減少を先に直してください。データは変わっていません。"
            )
            raise Refused(text % {"day": f"{day:%Y/%m/%d}"}, code="nothing_to_end")


def _derived() -> Refused:
    text = _(
        "この契約の動きは契約の条件から計算しています。契約の条件を編集すると変わります。データは変わっていません。"
    )
    return Refused(text, code="derived")


for _kind in (
    FactKind(
        "movements",
        "movement",
        Movement,
        since=("effective_on",),
        see=SEE,
        own=True,
        may_change=movement_may_change,
    ),
    FactKind("charges", "charge", Charge, since=("on",), see=SEE),
    FactKind("invoices", "invoice", Invoice, since=("billed_on",), see=SEE, later={"paid_on": ()}),
    FactKind("rates", "rate", Rate, since=("on",), account="", see=SEE),
    FactKind("ltv_inputs", "ltv_input", LtvInput, since=("on",), account="", see=SEE),
):
    registry.facts[_kind.key] = _kind
