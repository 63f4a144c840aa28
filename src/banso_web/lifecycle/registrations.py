"""What lifecycle says of itself when Django starts."""

from __future__ import annotations

from banso_web.core.registry import CustomerPart, registry
from banso_web.lifecycle import imports as imports
from banso_web.lifecycle.reads import success

registry.customer_parts.append(CustomerPart("success", 10, "lifecycle/_success.html", success))
