"""A customer by hand, after a look at those it may be already (名寄せ候補)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from banso.names import company, corporate_number, same_company_candidates
from banso_web.accounts.access import visible_accounts
from banso_web.accounts.actions import cleaning
from banso_web.accounts.actions.editing import check_links, clean
from banso_web.accounts.actions.stating import NOW, Done, Times, invalid, state
from banso_web.accounts.models import Account
from banso_web.core.errors import Forbidden, Refused

if TYPE_CHECKING:
    from banso_web.members.models import Member

LOOKED_AT = 500  # customers that begin alike; more say nothing


@dataclass(frozen=True)
class Alike:
    """A customer that the new one may be already. `reasons`: codes of banso.names."""

    id: int
    code: str
    name: str
    prefecture: str
    verdict: str
    reasons: tuple[str, ...]


def may_add(actor: Member) -> bool:
    """Whoever edits customers may add one; who edits their own only becomes its owner."""
    return any(actor.may(key) for key in ("account.edit_own", "account.edit_team", "account.edit_all"))


def alike(actor: Member, name: str, number: str = "") -> list[Alike]:
    """Customers (that the actor may see) whose name or 法人番号 says they may be the same company, certain ones first."""
    key = company(name).key
    wanted = Q(core_key=key) if key else Q(pk=None)
    found_number = corporate_number(number) if number else None
    if found_number and found_number.valid:
        wanted |= Q(corporate_number=found_number.number)
    if key:
        wanted |= Q(core_key__startswith=key[:2])
    known = found_number.number if found_number and found_number.valid else None
    found = []
    for row in visible_accounts(actor).filter(wanted).order_by("code")[:LOOKED_AT]:
        # one by one: among many the comparison gives each name its nearest only
        for pair in same_company_candidates([name, row.name], [known, row.corporate_number or None]):
            reasons = tuple(reason.value for reason in pair.reasons)
            found.append(Alike(row.pk, row.code, row.name, row.prefecture, pair.verdict.value, reasons))
    order = {"same": 0, "likely": 1, "possible": 2}
    return sorted(found, key=lambda one: (order[one.verdict], one.code))[:10]


def add_account(
    values: dict[str, Any], *, actor: Member, times: Times = NOW, code: str = "", alike_seen: bool = False
) -> Done:
    """A new customer. 403 without the right to edit customers.

    Refused (code `alike`) while similar customers exist and nobody has looked at them (`alike_seen`). Who may edit only
    their own customers becomes 主担当 of what they add, unless they are named as 副担当. `code`: account_id; the next free
    number where empty.
    """
    if not may_add(actor):
        raise Forbidden(_("顧客を追加する権限がありません。データは変わっていません。"))
    cleaned = clean({"name": "", **values})
    code = cleaning.all_of({"code": code}, {"code": cleaning.text(200)})["code"]
    if code and Account.objects.filter(code=code).exists():
        raise invalid(code=_("この顧客IDはすでに使われています。"))
    if not actor.may("account.edit_all"):
        team = {actor.pk} | (
            set(actor.reports.values_list("pk", flat=True)) if actor.may("account.edit_team") else set()
        )
        if not team & {cleaned.get("owner_id"), cleaned.get("deputy_id")}:
            if cleaned.get("owner_id") is not None:
                raise invalid(owner_id=_("自分か、自分のチームのメンバーを担当にしてください。"))
            cleaned["owner_id"] = actor.pk
    check_links([], cleaned)
    similar = alike(actor, cleaned["name"], cleaned.get("corporate_number") or "")
    if similar and not alike_seen:
        raise Refused(
            _("似た顧客があります。別の会社であることを確かめてから登録してください。何も保存していません。"),
            code="alike",
        )
    new = {field: value for field, value in cleaned.items() if value not in (None, "", False)}
    try:
        with transaction.atomic():
            account = Account.objects.create(code=code or _free_code(), name=new["name"])
            return state(
                account,
                {**new, "incomplete": False},
                old={},
                action="account.add",
                label=account.name,
                actor=actor,
                times=times,
                valid_from=times.valid_from,
            )
    except IntegrityError:
        raise invalid(code=_("この顧客IDはすでに使われています。")) from None


def _free_code() -> str:
    """B000123: the next number that nobody uses."""
    number = (Account.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    while Account.objects.filter(code=f"B{number:06d}").exists():
        number += 1
    return f"B{number:06d}"
