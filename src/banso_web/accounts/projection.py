"""Writing today's values of accounts, contacts and contracts into their current rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from django.db import models

from banso.names import company, list_key, search_key
from banso_web.accounts.models import Account, Contact, Contract
from banso_web.core.bulk import update_rows
from banso_web.core.facts import register_projection
from banso_web.core.models.fact import StateRow

Values = dict[str, Any]
Row = TypeVar("Row", bound=StateRow)


def _typed(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return None if field.null else field.get_default()
    return (
        date.fromisoformat(value) if isinstance(field, models.DateField) and isinstance(value, str) else value
    )


def fill(row: StateRow, values: Values | None) -> None:
    """Set the state's fields on a current row; without values the row leaves the lists but keeps what it showed."""
    row.live = values is not None
    if values is None:
        return
    for name in row.STATE_FIELDS:
        field = row._meta.get_field(name.removesuffix("_id"))
        assert isinstance(field, models.Field)
        setattr(row, name, _typed(field, values.get(name)))
    row.custom = values.get("custom") or {}


def _project(
    model: type[Row], ids: Sequence[int], values: dict[int, Values], more: Sequence[str], finish: Any
) -> None:
    rows = list(model._default_manager.filter(pk__in=ids))
    for row in rows:
        fill(row, values.get(row.pk))
        finish(row, values.get(row.pk))
    fields = [name.removesuffix("_id") for name in model.STATE_FIELDS]
    update_rows(model, [*fields, "live", "custom", *more], rows)


def _account(row: Account, values: Values | None) -> None:
    if values is None:
        return
    row.incomplete = bool(values.get("incomplete"))
    row.sort_key = list_key(row.kana, row.name)[:400]
    row.core_key = company(row.name).key[:300]
    row.search_key = " ".join(search_key(text) for text in (row.name, row.kana, row.code) if text)


def _contact(row: Contact, values: Values | None) -> None:
    texts = (row.family_name, row.given_name, row.family_kana, row.given_kana, row.email)
    row.search_key = " ".join(search_key(text) for text in texts if text)
    if row.erased:
        row.search_key = ""


def _contract(row: Contract, values: Values | None) -> None:
    if values is not None:
        row.incomplete = bool(values.get("incomplete"))


def project_accounts(ids: Sequence[int], values: dict[int, Values]) -> None:
    _project(Account, ids, values, ("incomplete", "sort_key", "core_key", "search_key"), _account)


def project_contacts(ids: Sequence[int], values: dict[int, Values]) -> None:
    _project(Contact, ids, values, ("search_key",), _contact)


def project_contracts(ids: Sequence[int], values: dict[int, Values]) -> None:
    _project(Contract, ids, values, ("incomplete",), _contract)


register_projection("account", Account, project_accounts)
register_projection("contact", Contact, project_contacts)
register_projection("contract", Contract, project_contracts)
