"""What usage says of itself when Django starts."""

from __future__ import annotations

from banso_web.core.registry import CustomerPart, registry
from banso_web.usage import imports as imports
from banso_web.usage.reads import usage_matrix

registry.customer_parts.append(CustomerPart("usage", 40, "usage/_matrix.html", usage_matrix))
