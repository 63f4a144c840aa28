from banso_web.revenue.models.closing import Bridge, Closing, ClosingRow
from banso_web.revenue.models.facts import Charge, Invoice, LtvInput, Movement, Rate
from banso_web.revenue.models.values import Fill, MetricValue

__all__ = [
    "Bridge",
    "Charge",
    "Closing",
    "ClosingRow",
    "Fill",
    "Invoice",
    "LtvInput",
    "MetricValue",
    "Movement",
    "Rate",
]
