"""Movements, charges and invoices with the canonical column names."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from banso.money import from_units
from banso_web.accounts.reads.merged import accounts_of
from banso_web.api.paging import keyset
from banso_web.core.facts import Asked
from banso_web.core.metrics import plain
from banso_web.revenue.reads import ledger

Page = tuple[list[dict[str, Any]], str | None]
ORDER: tuple[tuple[str, type], ...] = (("pk", int),)


def _accounts(asked: Asked, account_id: int | None) -> Collection[int] | None:
    return None if account_id is None else accounts_of(asked, account_id)


def movements(asked: Asked, account_id: int | None, cursor: str | None, limit: int) -> Page:
    """One page of movements (of one customer), in order of entry."""
    rows, behind = keyset(ledger.movements(asked, _accounts(asked, account_id)), cursor, limit, ORDER)
    return [
        {
            "id": row.pk,
            "movement_id": row.code,
            "account_id": row.account.code,
            "contract_id": row.contract.code if row.contract else None,
            "product": row.product,
            "effective_on": row.effective_on,
            "mrr_delta": plain(from_units(row.delta_units), 20),
            "currency": row.currency,
            "cause": row.cause,
            "reason": row.reason,
            "note": row.note,
            "recorded_at": row.recorded_at,
            "known_basis": row.known_basis,
            "derived": row.derived,
        }
        for row in rows
    ], behind


def charges(asked: Asked, account_id: int | None, cursor: str | None, limit: int) -> Page:
    """One page of one-off charges."""
    rows, behind = keyset(ledger.charges(asked, _accounts(asked, account_id)), cursor, limit, ORDER)
    return [
        {
            "id": row.pk,
            "charge_id": row.code,
            "account_id": row.account.code,
            "on": row.on,
            "amount": plain(row.amount, 20),
            "currency": row.currency,
            "kind": row.kind,
            "product": row.product,
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ], behind


def invoices(asked: Asked, account_id: int | None, cursor: str | None, limit: int) -> Page:
    """One page of bills; what was paid after the asked day is not paid yet."""
    rows, behind = keyset(ledger.invoices(asked, _accounts(asked, account_id)), cursor, limit, ORDER)
    return [
        {
            "id": row.pk,
            "invoice_id": row.code,
            "account_id": row.account.code,
            "billed_on": row.billed_on,
            "due_on": row.due_on,
            "paid_on": row.paid_on if row.paid_on and row.paid_on <= asked.as_of else None,
            "amount": plain(row.amount, 20),
            "currency": row.currency,
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ], behind
