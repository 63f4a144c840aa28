"""What surveys says of itself when Django starts."""

from __future__ import annotations

from banso_web.core.registry import CustomerPart, TimelineSource, registry
from banso_web.surveys import imports as imports
from banso_web.surveys.metrics import register_all
from banso_web.surveys.reads import response_entries, satisfaction

register_all()
registry.timeline.append(TimelineSource("response", response_entries))
registry.customer_parts.append(CustomerPart("satisfaction", 30, "surveys/_satisfaction.html", satisfaction))
