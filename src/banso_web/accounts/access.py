"""The only door to customers on behalf of a member: what is not theirs to see does not exist for them (404)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from banso_web.accounts.models import Account, Contact, Contract
from banso_web.core.errors import Forbidden, NotVisible

if TYPE_CHECKING:
    from banso_web.members.models import Member


def visible_accounts(member: Member) -> QuerySet[Account]:
    """Every account this member may see (merged ones are seen through the account that was kept)."""
    if not member.may("account.view"):
        return Account.objects.none()
    return Account.objects.filter(live=True, merged_into=None)


def access_account(member: Member, account_id: int) -> Account:
    """One account by internal id, or 404."""
    account = visible_accounts(member).filter(pk=account_id).first()
    if account is None:
        raise NotVisible
    return account


def access_account_by_code(member: Member, code: str) -> Account:
    """One account by the organisation's own id, or 404."""
    account = visible_accounts(member).filter(code=code).first()
    if account is None:
        raise NotVisible
    return account


def visible_contacts(member: Member) -> QuerySet[Contact]:
    if not (member.may("account.view") and member.may("contact.view")):
        return Contact.objects.none()
    return Contact.objects.filter(live=True, erased=False, account__live=True)


def visible_contracts(member: Member) -> QuerySet[Contract]:
    if not member.may("account.view"):
        return Contract.objects.none()
    return Contract.objects.filter(live=True, account__live=True)


def may_edit(member: Member, account: Account) -> bool:
    """Own (主担当 or 副担当), the team's, or all, by the member's roles. Permissions are always today's."""
    if member.may("account.edit_all"):
        return True
    holders = {key for key in (account.owner_id, account.deputy_id) if key is not None}
    if member.may("account.edit_own") and member.pk in holders:
        return True
    if member.may("account.edit_team"):
        return member.reports.filter(pk__in=holders).exists()
    return False


def require_edit(member: Member, account: Account) -> None:
    """403 unless the member may edit the account."""
    if not may_edit(member, account):
        raise Forbidden(
            _("この顧客を編集できるのは、主担当・副担当とその上長です。データは変わっていません。")
        )


def require_edit_each(member: Member, accounts: Sequence[Account]) -> None:
    """403 unless the member may edit every one of them. At most one query, however many there are."""
    if member.may("account.edit_all"):
        return
    mine = {member.pk} if member.may("account.edit_own") else set()
    if member.may("account.edit_team"):
        mine |= set(member.reports.values_list("pk", flat=True))
    if any(account.owner_id not in mine and account.deputy_id not in mine for account in accounts):
        raise Forbidden(
            _(
                "選んだ中に、編集できない顧客があります。主担当・副担当とその上長だけが編集できます。何も変えていません。"
            )
        )


def access_accounts(member: Member, account_ids: Sequence[int]) -> list[Account]:
    """These accounts in the order given, without repeats; 404 when one of them does not exist for the member. One query."""
    ids = list(dict.fromkeys(account_ids))
    found = {account.pk: account for account in visible_accounts(member).filter(pk__in=ids)}
    if len(found) != len(ids):
        raise NotVisible
    return [found[key] for key in ids]
