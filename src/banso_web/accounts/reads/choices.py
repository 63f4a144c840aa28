"""Values to choose from in filters and forms."""

from __future__ import annotations

from django.core.cache import caches

from banso_web.accounts.models import Account, Contract, Excluded
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


def products() -> list[str]:
    """Every product that a contract names, sorted; remembered until something new is entered."""
    key = f"accounts.products:{current_watermark()}"
    found: list[str] | None = caches["local"].get(key)
    if found is None:
        rows = Contract.objects.filter(live=True).exclude(product="").order_by("product")
        found = list(rows.values_list("product", flat=True).distinct()[:200])
        caches["local"].set(key, found, 300)
    return found


def owners_in_use() -> set[int]:
    """Ids of the members who own a customer; remembered until something new is entered."""
    key = f"accounts.owners:{current_watermark()}"
    found: set[int] | None = caches["local"].get(key)
    if found is None:
        rows = Account.objects.filter(live=True).exclude(owner=None).order_by()
        found = set(rows.values_list("owner_id", flat=True).distinct())
        caches["local"].set(key, found, 300)
    return found


def excluded_choices() -> list[tuple[str, str]]:
    """除外区分 as (key, word)."""
    return [(key, str(word)) for key, word in Excluded.choices]


def excluded_word(key: str) -> str:
    """The word of a 除外区分; an unknown key is shown as itself."""
    return str(Excluded(key).label) if key in Excluded.values else key


def plans() -> list[list[str]]:
    """[product, plan] of every contract, each product by itself first; remembered until something new is entered."""
    key = f"accounts.plans:{current_watermark()}"
    found: list[list[str]] | None = caches["local"].get(key)
    if found is None:
        rows = Contract.objects.filter(live=True).exclude(product="").order_by()
        pairs = set(rows.values_list("product", "plan").distinct()[:500])
        found = [list(pair) for pair in sorted(pairs | {(product, "") for product, _plan in pairs})]
        caches["local"].set(key, found, 300)
    return found
