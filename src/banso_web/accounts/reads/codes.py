"""The organisation's own ids of customers, for readers that hold internal ones."""

from __future__ import annotations

from collections.abc import Iterable

from banso_web.accounts.models import Account


def account_codes(ids: Iterable[int | None]) -> dict[int | None, str]:
    """{internal id: account_id}, also of customers that were merged: an id names nobody by itself."""
    wanted = {key for key in ids if key is not None}
    return dict(Account.objects.filter(pk__in=wanted).values_list("pk", "code")) if wanted else {}


def account_ids(codes: Iterable[str]) -> dict[str, int]:
    """{account_id: internal id} of live customers."""
    return dict(Account.objects.filter(code__in=set(codes), live=True).values_list("code", "pk"))


def account_names(codes: Iterable[str]) -> dict[str, str]:
    """{account_id: name} of live customers."""
    return dict(Account.objects.filter(code__in=set(codes), live=True).values_list("code", "name"))
