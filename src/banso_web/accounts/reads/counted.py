"""Which customers rules look at."""

from __future__ import annotations

from collections.abc import Collection

from banso_web.accounts.models import Account


def counted_accounts(ids: Collection[int] | None = None) -> set[int]:
    """Live customers (of `ids`) that are merged into nobody and not left out of the figures (自社, テスト, …). One query."""
    rows = Account.objects.filter(live=True, merged_into=None, excluded="")
    if ids is not None:
        rows = rows.filter(pk__in=list(ids))
    return set(rows.order_by().values_list("pk", flat=True).iterator(chunk_size=20_000))


def standing_accounts() -> set[int]:
    """Live customers that are merged into nobody, whether figures count them or not. One query."""
    rows = Account.objects.filter(live=True, merged_into=None)
    return set(rows.order_by().values_list("pk", flat=True).iterator(chunk_size=20_000))
