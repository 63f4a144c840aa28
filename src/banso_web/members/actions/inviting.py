"""Invitations and links that stand in for a password: made, used once, or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import Refused
from banso_web.members.actions.guards import require_manage
from banso_web.members.actions.people import clean_email, new_member
from banso_web.members.models import Invitation, Member, Role
from banso_web.members.sessions import end_sessions
from banso_web.members.tokens import make_invitation, use_invitation

Purpose = Invitation.Purpose


def _gone() -> Refused:
    return Refused(
        _("このリンクは使用済みか、期限が切れています。管理者に新しいリンクを依頼してください。"),
        code="link_gone",
    )


def check_password(password: str, member: Member | None) -> None:
    """Refused with the validators' words on the field `password1`."""
    try:
        validate_password(password, member)
    except ValidationError as problem:
        raise Refused(
            _("入力を確かめてください。何も保存していません。"),
            fields={"password1": " ".join(problem.messages)},
        ) from problem


def invite(
    name: str, email: str, role_keys: Sequence[str], *, actor: Member | None
) -> tuple[Invitation, str]:
    """Invite somebody new, or an imported member without a password, by address. Gives the invitation and its token.

    403 without `member.manage`. Refused when the address belongs to somebody who already logs in.
    """
    require_manage(actor)
    roles = list(Role.objects.filter(key__in=set(role_keys)))
    if len(roles) != len(set(role_keys)):
        raise Refused(_("知らない役割が含まれています。何も変えていません。"), code="unknown_role")
    known = Member.objects.filter(email__iexact=email.strip()).first()
    if known is not None and (known.last_login or (known.password and known.has_usable_password())):
        taken = _(
            "このメールアドレスの人は、すでにログインできます。役割はメンバーのページで変えてください。"
        )
        raise Refused(taken, code="email_taken", fields={"email": taken})
    if not name.strip() and known is None:
        raise Refused(
            _("入力を確かめてください。何も保存していません。"), fields={"name": _("氏名は空にできません。")}
        )
    try:
        address = clean_email(email, member_id=known.pk if known else None)
    except ValueError as problem:
        raise Refused(str(problem), code="bad_email", fields={"email": str(problem)}) from problem
    with transaction.atomic():
        invitation, token = make_invitation(
            Purpose.INVITE,
            email=address,
            name=name.strip() or (known.name if known else ""),
            member=known,
            made_by=actor,
        )
        invitation.roles.set(roles)
        audit.record(
            "invitation.new",
            actor=actor,
            subject="invitation",
            subject_id=invitation.pk,
            label=invitation.name,
            new={"email": address, "roles": sorted(role.key for role in roles)},
        )
    return invitation, token


def withdraw_invitation(invitation: Invitation, *, actor: Member) -> None:
    """The link stops working."""
    require_manage(actor)
    with transaction.atomic():
        if Invitation.objects.filter(pk=invitation.pk, used_at=None).update(expires_at=clock.now()):
            audit.record(
                "invitation.withdraw",
                actor=actor,
                subject="invitation",
                subject_id=invitation.pk,
                label=invitation.name,
            )


def accept_invitation(invitation: Invitation, *, name: str, password: str) -> Member:
    """The invited person sets name and password and becomes a member with the roles of the invitation. Once only."""
    check_password(password, Member(name=name, email=invitation.email))
    with transaction.atomic():
        if not use_invitation(invitation):
            raise _gone()
        roles = list(invitation.roles.all())
        member = invitation.member
        if member is None:
            member = new_member(
                name or invitation.name, invitation.email, actor=invitation.made_by, roles=roles
            )
        else:
            member.roles.set(roles)
            Member.objects.filter(pk=member.pk).update(is_active=True)
            member.refresh_from_db()
        member.set_password(password)
        member.save(update_fields=["password"])
        audit.record(
            "invitation.accept",
            actor=member,
            subject="member",
            subject_id=member.pk,
            label=member.name,
            new={"roles": sorted(role.key for role in roles)},
        )
    return member


def issue_reset(member: Member, *, actor: Member | None) -> str:
    """A token with which the member sets a new password within a day. The old password works until then."""
    require_manage(actor)
    with transaction.atomic():
        _invitation, token = make_invitation(
            Purpose.RESET, email=member.email or "", member=member, made_by=actor
        )
        audit.record(
            "member.reset_link", actor=actor, subject="member", subject_id=member.pk, label=member.name
        )
    return token


def issue_entry_link(member: Member) -> str:
    """Break-glass, from the console alone: a token that logs the member in once within 15 minutes."""
    with transaction.atomic():
        _invitation, token = make_invitation(Purpose.ENTER, email=member.email or "", member=member)
        audit.record(
            "member.entry_link", actor=None, subject="member", subject_id=member.pk, label=member.name
        )
    return token


def set_password_by_token(invitation: Invitation, password: str) -> Member:
    """The new password of a reset link; every open log-in of the member ends."""
    member = invitation.member
    if member is None or not member.is_active:
        raise _gone()
    check_password(password, member)
    with transaction.atomic():
        if not use_invitation(invitation):
            raise _gone()
        member.set_password(password)
        member.save(update_fields=["password"])
        ended = end_sessions(member)
        audit.record(
            "member.password",
            actor=member,
            subject="member",
            subject_id=member.pk,
            label=member.name,
            new={"by": "link", "sessions_ended": ended},
        )
    return member
