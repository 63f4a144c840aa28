"""Customers known only from other files (未整備): their contracts and use wait for a customer to be matched with."""

from __future__ import annotations

from banso_web.accounts.models import Account


def incomplete_accounts() -> dict[int, tuple[str, str]]:
    """{id: (code, name)} of live accounts that no customer list has described yet, by code."""
    rows = Account.objects.filter(live=True, merged_into=None, incomplete=True).order_by("code")
    return {pk: (code, name) for pk, code, name in rows.values_list("pk", "code", "name")}
