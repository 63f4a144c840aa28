"""Releases, for the settings page and for the trends."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from banso_web.usage.models import Release


def releases() -> list[Release]:
    """All of them, the newest first."""
    return list(Release.objects.order_by("-on", "-pk"))


def released(products: Collection[str], first: date, last: date) -> list[tuple[date, str]]:
    """(day, words) of releases of these products, or of all products, between two days, both inclusive."""
    rows = Release.objects.filter(product__in=["", *products], on__gte=first, on__lte=last).order_by(
        "on", "pk"
    )
    return list(rows.values_list("on", "text"))
