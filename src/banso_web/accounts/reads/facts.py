"""The door to single facts on behalf of a member: what is not theirs to see does not exist for them (404)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from banso_web.accounts.access import visible_accounts
from banso_web.accounts.counting import merges
from banso_web.accounts.models import Account
from banso_web.accounts.reads.merged import accounts_of
from banso_web.core.errors import Forbidden, NotVisible
from banso_web.core.facts import Asked, FactKind

if TYPE_CHECKING:
    from banso_web.members.models import Member


def sees(member: Member, kind: FactKind) -> bool:
    """Whether the member may see facts of this kind at all."""
    needed = [right for right in ("account.view" if kind.account else "", kind.see) if right]
    return all(member.may(right) for right in needed)


def require_sight(member: Member, kind: FactKind) -> None:
    """403 for a list the member may not see: an empty one would say that there is nothing."""
    if not sees(member, kind):
        raise Forbidden(_("この一覧を見る権限がありません。"))


def visible_facts(
    member: Member, kind: FactKind, asked: Asked, *, account_id: int | None = None
) -> QuerySet[Any]:
    """The rows that count for the question (of one customer and what was merged into it); none without the right."""
    if not sees(member, kind):
        return kind.rows(asked).none()
    rows = kind.rows(asked, None if account_id is None else accounts_of(asked, account_id))
    return rows.select_related(*named(kind))


def named(kind: FactKind) -> list[str]:
    """What a row is shown with: its entry, its customer, its contract, its contact."""
    there = {one.name for one in kind.model._meta.get_fields()}
    beside: list[str] = [one for one in ("entry", "account", "contract", "contact") if one in there]
    return [*beside, kind.account] if "__" in kind.account else beside


def access_fact(member: Member, kind: FactKind, asked: Asked, code: str) -> Any:
    """The row that counts of one fact by its own id (`~12`: by the id of any of its rows), or 404."""
    rows = visible_facts(member, kind, asked)
    if code.startswith("~") and code[1:].isdecimal() and len(code) < 20:
        found = kind.model._default_manager.filter(pk=int(code[1:])).values_list("code", flat=True).first()
        code = code if found is None else str(found)
    row = rows.filter(code=code).order_by("-entry__seq", "-pk").first()
    if row is None:
        raise NotVisible
    return row


def account_of(kind: FactKind, row: Any) -> Account | None:
    """The customer that a fact is read under: its own, or the one that was kept; None where the kind has none."""
    if not kind.account:
        return None
    found = row
    for step in kind.account.split("__"):
        found = getattr(found, step)
    return found if isinstance(found, Account) else None


def customer_of(member: Member, kind: FactKind, row: Any, asked: Asked) -> Account | None:
    """The same on behalf of somebody who wants to write it: 404 where the customer is not theirs to see."""
    own = account_of(kind, row)
    if own is None:
        return None
    kept = merges(asked.watermark, asked.known_at).get(own.pk, own.pk)
    account = visible_accounts(member).filter(pk=kept).first()
    if account is None:
        raise NotVisible
    return account


def hidden_from(member: Member, kind: FactKind) -> Sequence[str]:
    """Fields of the kind that the member may not see."""
    return [name for name, right in kind.hidden.items() if not member.may(right)]
