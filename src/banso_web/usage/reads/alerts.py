"""The door to a signal: the customer's door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from banso_web.accounts.access import access_account
from banso_web.core.errors import NotVisible
from banso_web.usage.models import UsageAlert

if TYPE_CHECKING:
    from banso_web.accounts.models import Account
    from banso_web.members.models import Member


def access_alert(member: Member, alert_id: int) -> Account:
    """The customer of a signal, or 404."""
    found = UsageAlert.objects.filter(pk=alert_id).values_list("account_id", flat=True).first()
    if found is None:
        raise NotVisible
    return access_account(member, found)
