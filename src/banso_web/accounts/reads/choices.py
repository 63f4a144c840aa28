"""Values to choose from in filters and forms."""

from __future__ import annotations

from django.core.cache import caches

from banso_web.accounts.models import Account
from banso_web.core.facts import current_watermark


def segments() -> list[str]:
    """Every segment in use, sorted; remembered until something new is entered."""
    key = f"accounts.segments:{current_watermark()}"
    found: list[str] | None = caches["local"].get(key)
    if found is None:
        rows = Account.objects.filter(live=True).exclude(segment="").order_by("segment")
        found = list(rows.values_list("segment", flat=True).distinct())
        caches["local"].set(key, found, 300)
    return found
