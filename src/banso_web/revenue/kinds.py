"""Money facts as they are read one by one: all need the right to see money."""

from __future__ import annotations

from banso_web.core.facts import FactKind
from banso_web.core.registry import registry
from banso_web.revenue.models import Charge, Invoice, LtvInput, Movement, Rate

SEE = "revenue.view"

for _kind in (
    FactKind("movements", "movement", Movement, since=("effective_on",), see=SEE),
    FactKind("charges", "charge", Charge, since=("on",), see=SEE),
    FactKind("invoices", "invoice", Invoice, since=("billed_on",), see=SEE, later={"paid_on": ()}),
    FactKind("rates", "rate", Rate, since=("on",), account="", see=SEE),
    FactKind("ltv_inputs", "ltv_input", LtvInput, since=("on",), account="", see=SEE),
):
    registry.facts[_kind.key] = _kind
