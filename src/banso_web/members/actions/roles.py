"""Roles are data: made, renamed and given permissions here."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit
from banso_web.core.errors import Refused
from banso_web.core.registry import registry
from banso_web.members.actions.guards import lock_roles, require_an_administrator, require_manage
from banso_web.members.models import Member, Role


def _check(name_ja: str, name_en: str, permissions: Sequence[str]) -> list[str]:
    problems = {}
    if not name_ja.strip():
        problems["name_ja"] = _("役割の名前は空にできません。")
    if not name_en.strip():
        problems["name_en"] = _("英語の名前も入れてください。")
    if set(permissions) - set(registry.permissions):
        problems["permissions"] = _("知らない権限が含まれています。")
    if problems:
        raise Refused(_("入力を確かめてください。何も保存していません。"), code="invalid", fields=problems)
    return [key for key in registry.permissions if key in permissions]


def create_role(
    name_ja: str, name_en: str, permissions: Sequence[str], *, actor: Member, key: str = ""
) -> Role:
    """A role of the organisation's own. 403 without `member.manage`."""
    require_manage(actor)
    kept = _check(name_ja, name_en, permissions)
    slug = key or re.sub(r"[^a-z0-9]+", "_", name_en.lower()).strip("_")[:24] or "role"
    with transaction.atomic():
        if Role.objects.filter(key=slug).exists():
            slug = f"{slug}_{secrets.token_hex(2)}"
        role = Role.objects.create(
            key=slug, name_ja=name_ja.strip()[:60], name_en=name_en.strip()[:60], permissions=kept, order=500
        )
        audit.record(
            "role.new",
            actor=actor,
            subject="role",
            subject_id=role.pk,
            label=role.name_ja,
            new={"permissions": kept},
        )
    return role


def edit_role(role: Role, *, name_ja: str, name_en: str, permissions: Sequence[str], actor: Member) -> bool:
    """Rename a role and set its permissions; whether anything changed. It counts for its members from their next click."""
    require_manage(actor)
    kept = _check(name_ja, name_en, permissions)
    new = {"name_ja": name_ja.strip()[:60], "name_en": name_en.strip()[:60], "permissions": kept}
    with transaction.atomic():
        lock_roles()
        role.refresh_from_db()
        old = {"name_ja": role.name_ja, "name_en": role.name_en, "permissions": list(role.permissions)}
        changed = {field for field in new if (set(old[field]) != set(new[field]) if field == "permissions" else old[field] != new[field])}  # fmt: skip
        if not changed:
            return False
        for field in changed:
            setattr(role, field, new[field])
        role.save(update_fields=sorted(changed))
        require_an_administrator()
        audit.record(
            "role.edit",
            actor=actor,
            subject="role",
            subject_id=role.pk,
            label=role.name_ja,
            old={field: old[field] for field in changed},
            new={field: new[field] for field in changed},
        )
    return True


def delete_role(role: Role, *, actor: Member) -> None:
    """Refused for shipped roles and for roles that somebody has."""
    require_manage(actor)
    if role.built_in:
        raise Refused(_("はじめからある役割は削除できません。権限を外すことはできます。"), code="built_in")
    with transaction.atomic():
        lock_roles()
        if role.members.exists() or role.invitation_set.filter(used_at=None).exists():
            raise Refused(
                _("この役割を持つ人がいます。先に役割を外してください。何も変えていません。"),
                code="role_in_use",
            )
        audit.record(
            "role.delete",
            actor=actor,
            subject="role",
            subject_id=role.pk,
            label=role.name_ja,
            old={"permissions": role.permissions},
        )
        role.delete()
