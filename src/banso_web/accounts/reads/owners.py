"""Whose thing it is: the customer that a contact, a contract or a department came with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from banso_web.accounts.models import Contact, Contract, Department


def account_of_contact(contact_id: int) -> int:
    return Contact.objects.values_list("account_id", flat=True).get(pk=contact_id)


def account_of_contract(contract_id: int) -> int:
    return Contract.objects.values_list("account_id", flat=True).get(pk=contract_id)


def department_names(account_ids: list[int]) -> dict[int, str]:
    """{id: name} of the departments of these customers (one and what was merged into it), by name."""
    rows = Department.objects.filter(account__in=account_ids).order_by("name", "pk")
    return dict(rows.values_list("pk", "name"))


def account_of_department(department_id: int) -> tuple[int, str] | None:
    """(customer, name) of a department; None where there is none. After 名寄せ the customer that was kept."""
    row = Department.objects.filter(pk=department_id).select_related("account").first()
    return (row.account.merged_into_id or row.account.pk, row.name) if row else None


def holds_things(account_id: int) -> bool:
    """Whether a customer has contacts or contracts that stand."""
    return (
        Contact.objects.filter(account=account_id, live=True).exists()
        or Contract.objects.filter(account=account_id, live=True).exists()
    )


def accounts_of_contacts(contact_ids: Collection[int] | QuerySet[Any]) -> set[int]:
    """The customers these contacts came with."""
    return set(Contact.objects.filter(pk__in=contact_ids).values_list("account_id", flat=True))
