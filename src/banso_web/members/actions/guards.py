"""Checks that several deeds share."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from banso_web.core.errors import Forbidden, NotVisible, Refused
from banso_web.members.models import Member, Role

MANAGE = "member.manage"


def require_manage(actor: Member | None) -> None:
    """403 unless the actor manages members. None is the operator at the console, who may."""
    if actor is not None and not actor.may(MANAGE):
        raise Forbidden(_("メンバーを管理する権限がありません。データは変わっていません。"))


def access_member(actor: Member, member_id: int) -> Member:
    """One member by id, or 404: people are seen with `member.view`, and everybody sees themselves."""
    if actor.pk == member_id:
        return actor
    if not actor.may("member.view"):
        raise NotVisible
    found = Member.objects.filter(pk=member_id).first()
    if found is None:
        raise NotVisible
    return found


def lock_roles() -> None:
    """Serialise deeds that could take away the last administrator (row locks; SQLite has one writer anyway)."""
    list(Role.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def administrators() -> set[int]:
    """Ids of active members with an address who manage members."""
    keys = [role.pk for role in Role.objects.all() if MANAGE in role.permissions]
    rows = Member.objects.filter(Q(is_active=True) & ~Q(email=None), roles__in=keys)
    return set(rows.values_list("pk", flat=True))


def require_an_administrator() -> None:
    """Refuse what would leave nobody who can manage members. Call it after the write, inside its transaction."""
    if not administrators():
        raise Refused(
            _(
                "メンバーを管理できる人がいなくなるため、実行していません。先に別の人へ管理者の役割を付けてください。"
            ),
            code="last_administrator",
        )
