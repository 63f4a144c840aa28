"""Rows of customers for pages that read another day than today."""

from __future__ import annotations

from collections.abc import Iterator

from banso_web.accounts.models import Account

Key = tuple[int, str, str, str]


def keys_of_all() -> Iterator[Key]:
    """(id, code, sort key, search key) of every account that was not merged away."""
    rows = Account.objects.filter(merged_into=None).order_by()
    return iter(rows.values_list("pk", "code", "sort_key", "search_key").iterator(chunk_size=20_000))


def children_of(account_id: int, *, limit: int = 50) -> list[Account]:
    """Subsidiaries as of today, by name."""
    return list(Account.objects.filter(parent_id=account_id, live=True).order_by("sort_key", "pk")[:limit])


def any_account() -> bool:
    """Whether this instance holds a customer at all."""
    return Account.objects.filter(live=True).order_by().exists()
