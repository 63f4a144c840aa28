"""先方担当者 and their departments by hand: add, edit, left (退職・異動), back again. Dated versions; personal data."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from banso_web.accounts.access import require_edit
from banso_web.accounts.actions import cleaning
from banso_web.accounts.actions.stating import (
    NOW,
    Done,
    Times,
    differences,
    home_of,
    invalid,
    require_latest,
    state,
)
from banso_web.accounts.models import Account, Contact, Department
from banso_web.core import audit
from banso_web.core.errors import NotVisible, Refused
from banso_web.core.facts import new_entry
from banso_web.core.personal import was_erased

if TYPE_CHECKING:
    from banso_web.members.models import Member

ROLES = (
    "decision_maker", "champion", "user", "initiator", "it", "contract", "billing", "admin", "sponsor",
)  # fmt: skip
BASES = ("consent", "relation", "card", "public")


def _mail(value: Any) -> str:
    found = cleaning.text(254)(value)
    if found:
        try:
            validate_email(found)
        except ValidationError:
            raise ValueError(_("メールアドレスの形ではありません。")) from None
    return str(found)


def _fields() -> dict[str, cleaning.Clean]:
    name = cleaning.text(100)
    return {
        "family_name": cleaning.text(100, required=_("姓を入れてください。")),
        "given_name": name,
        "family_kana": name,
        "given_kana": name,
        "department": cleaning.text(200),
        "title": name,
        "roles": cleaning.some_of(ROLES),
        "email": _mail,
        "phone": cleaning.text(40),
        "consent_basis": cleaning.one_of(BASES),
        "consent_on": cleaning.day,
    }


def access_contact(actor: Member, contact_id: int) -> tuple[Contact, Account]:
    """A contact and the customer it is seen under; 404 without the right to see people."""
    if not actor.may("contact.view"):
        raise NotVisible
    contact = Contact.objects.filter(pk=contact_id, live=True, erased=False).first()
    if contact is None:
        raise NotVisible
    return contact, home_of(actor, contact.account_id)


def _editable(actor: Member, contact_id: int) -> tuple[Contact, Account]:
    contact, account = access_contact(actor, contact_id)
    require_edit(actor, account)
    return contact, account


def _clean(account_id: int, values: dict[str, Any]) -> dict[str, Any]:
    cleaned = cleaning.all_of(values, _fields())
    if cleaned.get("consent_on") and "consent_basis" in cleaned and not cleaned["consent_basis"]:
        raise invalid(consent_basis=_("同意日を入れるときは、根拠を選んでください。"))
    if was_erased(email=cleaned.get("email") or ""):
        raise invalid(
            email=_("この方の個人情報は、ご本人の求めで消去しました。もう一度登録することはできません。")
        )
    if "department" in cleaned:
        cleaned["department_id"] = _department(account_id, cleaned.pop("department"))
    return cleaned


def _department(account_id: int, name: str) -> int | None:
    """The customer's department of this name, made on first mention."""
    return Department.objects.get_or_create(account_id=account_id, name=name)[0].pk if name else None


def label_of(contact: Contact) -> str:
    return f"{contact.family_name} {contact.given_name}".strip()


def add_contact(
    account_id: int, values: dict[str, Any], *, actor: Member, times: Times = NOW, code: str = ""
) -> Done:
    """A new contact of a customer. 404 for a customer (or people) not to be seen, 403 for one not to be edited.

    `values`: family_name and any of given_name, kana, department (name), title, roles, email, phone, consent_basis,
    consent_on. `code`: contact_id of another system; made up where empty.
    """
    account = home_of(actor, account_id)
    if not actor.may("contact.view"):
        raise NotVisible
    require_edit(actor, account)
    code = str(code or "").strip()
    if code and (Contact.objects.filter(code=code).exists() or was_erased(code=code)):
        raise invalid(code=_("この担当者IDはすでに使われています。"))
    with transaction.atomic():
        cleaned = _clean(account.pk, {"family_name": "", **values})
        new = {field: value for field, value in cleaned.items() if value not in (None, "")}
        contact = Contact.objects.create(
            code=code or f"hand-{uuid4().hex[:12]}", account=account, family_name=new["family_name"]
        )
        return state(
            contact,
            {**new, "status": "active"},
            old={},
            action="contact.add",
            label=f"{label_of_values(new)} · {account.name}",
            actor=actor,
            times=times,
            valid_from=times.day,
        )


def label_of_values(values: dict[str, Any]) -> str:
    return f"{values['family_name']} {values.get('given_name', '')}".strip()


def edit_contact(
    contact_id: int, values: dict[str, Any], *, actor: Member, times: Times = NOW, seen: int | None = None
) -> Done:
    """Change fields of a contact from a day on. Saving what is there already writes nothing."""
    contact, account = _editable(actor, contact_id)
    require_latest("contact", contact.pk, seen)
    with transaction.atomic():
        cleaned = _clean(contact.account_id, values)
        old, new = differences(contact, cleaned, times.day)
        if not new:
            return Done(contact.pk, None)
        return _state(contact, account, new, old, "contact.edit", actor, times, seen)


def _state(
    contact: Contact,
    account: Account,
    new: dict[str, Any],
    old: dict[str, Any],
    action: str,
    actor: Member,
    times: Times,
    seen: int | None,
) -> Done:
    return state(
        contact,
        new,
        old=old,
        action=action,
        label=f"{label_of(contact)} · {account.name}",
        actor=actor,
        times=times,
        valid_from=times.day,
        seen=seen,
    )


def leave(contact_id: int, *, actor: Member, times: Times = NOW, seen: int | None = None) -> Done:
    """The contact left or moved (退職・異動) on `times.valid_from`; they stay in the history and on the map as 在籍なし."""
    contact, account = _editable(actor, contact_id)
    if contact.status == "left":
        raise Refused(_("この担当者はすでに在籍なしです。データは変わっていません。"), code="nothing_to_end")
    new = {"status": "left", "left_on": times.day.isoformat()}
    return _state(
        contact,
        account,
        new,
        {"status": contact.status, "left_on": None},
        "contact.leave",
        actor,
        times,
        seen,
    )


def come_back(contact_id: int, *, actor: Member, times: Times = NOW, seen: int | None = None) -> Done:
    """The contact is there again from `times.valid_from` on."""
    contact, account = _editable(actor, contact_id)
    if contact.status != "left":
        raise Refused(_("この担当者は在籍中です。データは変わっていません。"), code="nothing_to_undo")
    if contact.left_on and times.day < contact.left_on:
        raise invalid(
            valid_from=_("離任した日 %(day)s より前には戻せません。") % {"day": _day(contact.left_on)}
        )
    old = {"status": "left", "left_on": contact.left_on.isoformat() if contact.left_on else None}
    return _state(
        contact, account, {"status": "active", "left_on": None}, old, "contact.return", actor, times, seen
    )


def _day(day: date) -> str:
    return f"{day:%Y/%m/%d}"


def add_department(account_id: int, name: str, *, actor: Member, reason: str = "") -> Done:
    """A using department (利用部署) of a customer. Refused where the customer has one of this name."""
    account = home_of(actor, account_id)
    require_edit(actor, account)
    cleaned = _department_name(account.pk, name)
    with new_entry(label="department.add", reason=reason, actor=actor) as entry:
        row = Department.objects.create(account=account, name=cleaned)
        audit.record(
            "department.add",
            actor=actor,
            subject="department",
            subject_id=row.pk,
            label=f"{cleaned} · {account.name}",
            new={"name": cleaned},
            reason=reason,
            entry=entry,
        )
    return Done(row.pk, entry.pk)


def rename_department(
    department_id: int, name: str, *, actor: Member, seen: str | None = None, reason: str = ""
) -> Done:
    """Another name for a department; whoever belongs to it stays. `seen`: the name the form showed (Conflict if changed)."""
    from banso_web.accounts.actions.stating import stale

    row = Department.objects.filter(pk=department_id).first()
    if row is None:
        raise NotVisible
    account = home_of(actor, row.account.pk)
    require_edit(actor, account)
    if seen is not None and seen != row.name:
        raise stale()
    cleaned = _department_name(row.account.pk, name, besides=row.pk)
    if cleaned == row.name:
        return Done(row.pk, None)
    try:
        with new_entry(label="department.rename", reason=reason, actor=actor) as entry:
            Department.objects.filter(pk=row.pk).update(name=cleaned)
            audit.record(
                "department.rename",
                actor=actor,
                subject="department",
                subject_id=row.pk,
                label=f"{cleaned} · {account.name}",
                old={"name": row.name},
                new={"name": cleaned},
                reason=reason,
                entry=entry,
            )
    except IntegrityError:
        raise stale() from None
    return Done(row.pk, entry.pk)


def _department_name(account_id: int, name: str, besides: int = 0) -> str:
    cleaned: str = cleaning.all_of(
        {"name": name}, {"name": cleaning.text(200, required=_("部署の名前を入れてください。"))}
    )["name"]
    if Department.objects.filter(account_id=account_id, name=cleaned).exclude(pk=besides).exists():
        raise invalid(name=_("この顧客には、同じ名前の部署がすでにあります。"))
    return cleaned
