"""Members: making, editing, roles, manager, leaving and coming back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import Refused
from banso_web.core.facts import current_watermark, history, new_entry, project, write_state
from banso_web.core.models import Entry
from banso_web.members.actions.guards import (
    administrators,
    lock_roles,
    require_an_administrator,
    require_manage,
)
from banso_web.members.models import Invitation, Member, Role
from banso_web.members.sessions import end_sessions

EDITABLE = ("name", "email", "job", "manager_id", "monthly_hours", "internal_share", "joined_on")
JOBS = ("member", "manager", "ops", "support", "sales", "product", "executive", "hr", "partner")


def clean_email(text: str, *, member_id: int | None = None) -> str:
    """The address in small letters, or ValueError with the words for the field. Nobody else may have it."""
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as problem:
        raise ValueError(_("メールアドレスの形になっていません。")) from problem
    if Member.objects.filter(email__iexact=email).exclude(pk=member_id or 0).exists():
        raise ValueError(_("このメールアドレスは別のメンバーが使っています。"))
    return email


def _clean_number(text: Any, *, least: Decimal, most: Decimal, message: str) -> str | None:
    if text in ("", None):
        return None
    try:
        value = Decimal(str(text))
    except InvalidOperation as problem:
        raise ValueError(message) from problem
    if not least <= value <= most:
        raise ValueError(message)
    return str(value)


def _clean_one(member: Member | None, field: str, value: Any) -> Any:
    if field == "name":
        if not str(value or "").strip():
            raise ValueError(_("氏名は空にできません。"))
        return str(value).strip()[:200]
    if field == "email":
        return clean_email(str(value), member_id=member.pk if member else None) if value else None
    if field == "job":
        if value not in JOBS:
            raise ValueError(_("職種を選んでください。"))
        return value
    if field == "manager_id":
        return _clean_manager(member, value)
    if field == "monthly_hours":
        return _clean_number(
            value, least=Decimal(0), most=Decimal(744), message=_("0 から 744 の時間を入れてください。")
        )
    if field == "internal_share":
        return _clean_number(
            value, least=Decimal(0), most=Decimal(1), message=_("0 から 1 の割合を入れてください。")
        )
    return None if value in ("", None) else date.fromisoformat(str(value)).isoformat()


def _clean_manager(member: Member | None, value: Any) -> int | None:
    if value in ("", None):
        return None
    manager = Member.objects.filter(pk=int(value), is_active=True).first()
    if manager is None:
        raise ValueError(_("在籍中のメンバーを選んでください。"))
    seen = {member.pk} if member else set()
    above: Member | None = manager
    while above is not None:
        if above.pk in seen:
            raise ValueError(_("上長が自分自身に戻ってしまいます。"))
        seen.add(above.pk)
        above = above.manager
    return manager.pk


def clean(member: Member | None, values: dict[str, Any]) -> dict[str, Any]:
    """JSON-ready values of EDITABLE fields, or Refused with a message per field."""
    cleaned, problems = {}, {}
    for field, value in values.items():
        if field not in EDITABLE:
            problems[field] = _("編集できない項目です。")
            continue
        try:
            cleaned[field] = _clean_one(member, field, value)
        except (ValueError, TypeError) as problem:
            problems[field] = str(problem) if str(problem)[:1] > "~" else _("この値は読み取れません。")
    if problems:
        raise Refused(_("入力を確かめてください。何も保存していません。"), code="invalid", fields=problems)
    return cleaned


def _current(member: Member, fields: Sequence[str]) -> dict[str, Any]:
    found = {field: getattr(member, field) for field in fields}
    return {
        field: value.isoformat()
        if isinstance(value, date)
        else str(value)
        if isinstance(value, Decimal)
        else value
        for field, value in found.items()
    }


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, str) and isinstance(new, str) and old != new:
        try:
            return Decimal(old) == Decimal(new)
        except InvalidOperation:
            return False
    return bool(old == new)


def new_member(
    name: str, email: str, *, actor: Member | None, roles: Sequence[Role] = (), job: str = "member"
) -> Member:
    """A member with these roles and no password yet. Refused for a bad or taken address.

    The member's code is the address. Every way of making people (set-up, invitation, command, first log-in through
    OpenID Connect) ends here; imports have their own. The caller has checked the permission.
    """
    values = clean(None, {"name": name, "email": email, "job": job})
    with new_entry(label="member.new", actor=actor) as entry:
        member = Member(
            code=values["email"], name=values["name"], email=values["email"], job=job, entry=entry
        )
        member.set_unusable_password()
        member.save()
        member.roles.set(roles)
        write_state("member", member.pk, values, entry=entry, valid_from=clock.today())
        audit.record(
            "member.new",
            actor=actor,
            subject="member",
            subject_id=member.pk,
            label=member.name,
            new={**values, "roles": sorted(role.key for role in roles)},
            entry=entry,
        )
        Entry.objects.filter(pk=entry.pk).update(projected=True)  # the row was written with its version
    return member


def edit_member(member: Member, values: dict[str, Any], *, actor: Member | None, reason: str = "") -> bool:
    """Change fields of a member from today on; whether anything changed. 403 without `member.manage`, Refused per field."""
    require_manage(actor)
    cleaned = clean(member, values)
    old = _current(member, tuple(cleaned))
    new = {field: value for field, value in cleaned.items() if not _same(old[field], value)}
    if not new:
        return False
    if "email" in new and not new["email"] and administrators() == {member.pk}:
        raise Refused(
            _(
                "メンバーを管理できる人がいなくなるため、実行していません。先に別の人へ管理者の役割を付けてください。"
            ),
            code="last_administrator",
        )
    with new_entry(label="member.edit", reason=reason, actor=actor) as entry:
        # Somebody made without a history (a fixture, a sample) gets the whole of it, so that nothing is projected away.
        known = bool(history("member", member.pk, watermark=current_watermark()))
        values = new if known else {**_current(member, EDITABLE), **new}
        write_state("member", member.pk, values, entry=entry, valid_from=clock.today() if known else None)
        audit.record(
            "member.edit",
            actor=actor,
            subject="member",
            subject_id=member.pk,
            label=member.name,
            old={field: old[field] for field in new},
            new=new,
            reason=reason,
            entry=entry,
        )
    project("member", [member.pk], entry=entry)
    member.refresh_from_db()
    return True


def set_manager(member: Member, manager: Member | None, *, actor: Member | None) -> bool:
    """Who leads the member from today on: 部下 decides what a manager may edit."""
    return edit_member(member, {"manager_id": manager.pk if manager else None}, actor=actor)


def change_roles(member: Member, role_keys: Sequence[str], *, actor: Member | None, reason: str = "") -> bool:
    """Give the member exactly these roles; whether anything changed. Refuses unknown keys and the last administrator."""
    require_manage(actor)
    roles = list(Role.objects.filter(key__in=set(role_keys)))
    if len(roles) != len(set(role_keys)):
        raise Refused(_("知らない役割が含まれています。何も変えていません。"), code="unknown_role")
    with transaction.atomic():
        lock_roles()
        old = sorted(member.roles.values_list("key", flat=True))
        new = sorted(role.key for role in roles)
        if old == new:
            return False
        member.roles.set(roles)
        require_an_administrator()
        audit.record(
            "member.roles",
            actor=actor,
            subject="member",
            subject_id=member.pk,
            label=member.name,
            old={"roles": old},
            new={"roles": new},
            reason=reason,
        )
    member.__dict__.pop("_permissions", None)
    return True


def deactivate(member: Member, *, actor: Member | None, reason: str = "") -> None:
    """The member can no longer log in, by page or key; open log-ins end at once. What they did stays."""
    require_manage(actor)
    with transaction.atomic():
        lock_roles()
        if not Member.objects.filter(pk=member.pk, is_active=True).update(is_active=False):
            return
        require_an_administrator()
        ended = end_sessions(member)
        # A link that lies in a mailbox must not let somebody back in who was put out.
        waiting = Invitation.objects.filter(member=member, used_at=None, expires_at__gt=clock.now())
        waiting.update(expires_at=clock.now())
        audit.record(
            "member.deactivate",
            actor=actor,
            subject="member",
            subject_id=member.pk,
            label=member.name,
            old={"is_active": True},
            new={"is_active": False, "sessions_ended": ended},
            reason=reason,
        )
    member.refresh_from_db()
    member.__dict__.pop("_permissions", None)


def reactivate(member: Member, *, actor: Member | None, reason: str = "") -> None:
    """The member may log in again, with the roles they had."""
    require_manage(actor)
    with transaction.atomic():
        if not Member.objects.filter(pk=member.pk, is_active=False).update(is_active=True):
            return
        audit.record(
            "member.reactivate",
            actor=actor,
            subject="member",
            subject_id=member.pk,
            label=member.name,
            old={"is_active": False},
            new={"is_active": True},
            reason=reason,
        )
    member.refresh_from_db()
    member.__dict__.pop("_permissions", None)
