"""The first user of a new home, made with a token that only the console shows."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import settings_store
from banso_web.core.errors import NotVisible, Refused
from banso_web.members.actions.guards import administrators
from banso_web.members.actions.inviting import check_password
from banso_web.members.actions.people import clean_email, new_member
from banso_web.members.models import Invitation, Member, Role
from banso_web.members.tokens import find_invitation, make_invitation, use_invitation

FIRST_ROLES = ("admin", "manager")


def needs_setup() -> bool:
    """Whether nobody can manage this home yet (imported people without roles do not count)."""
    return not administrators()


def setup_token() -> str:
    """A fresh token for `/setup/?token=…`, or nothing once an administrator exists. Earlier tokens stop working."""
    if not needs_setup():
        return ""
    _invitation, token = make_invitation(Invitation.Purpose.SETUP)
    return token


def setup_invitation(token: str) -> Invitation:
    """The invitation behind a set-up token; 404 without one and as soon as an administrator exists."""
    invitation = find_invitation(Invitation.Purpose.SETUP, token)
    if invitation is None or not needs_setup():
        raise NotVisible
    return invitation


def set_up(invitation: Invitation, *, organisation: str, name: str, email: str, password: str) -> Member:
    """Make the first user (administrator and manager) and name the organisation. Refused per field; once only."""
    problems = {}
    if not organisation.strip():
        problems["organisation"] = _("会社名を入れてください。")
    if not name.strip():
        problems["name"] = _("氏名は空にできません。")
    known = Member.objects.filter(email__iexact=email.strip()).first()
    try:
        clean_email(email, member_id=known.pk if known else None)
    except ValueError as problem:
        problems["email"] = str(problem)
    try:
        check_password(password, Member(name=name, email=email))
    except Refused as problem:
        problems.update(problem.fields)
    if problems:
        raise Refused(_("入力を確かめてください。何も保存していません。"), code="invalid", fields=problems)
    with transaction.atomic():
        if not use_invitation(invitation) or not needs_setup():
            raise NotVisible
        roles = list(Role.objects.filter(key__in=FIRST_ROLES))
        member = known or new_member(name, email, actor=None, roles=roles, job="manager")
        member.roles.set(roles)
        member.is_active = True
        member.set_password(password)
        member.save(update_fields=["password", "is_active"])
        settings_store.put("organisation.name", organisation.strip(), actor=member)
    return member
