"""Secrets that are shown once: made here, kept only as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction

from banso_web.core import clock
from banso_web.members.models import Invitation, Member

INVITE_DAYS = 7
RESET_HOURS = 24
ENTER_MINUTES = 15
LIVES = {
    Invitation.Purpose.SETUP: timedelta(days=INVITE_DAYS),
    Invitation.Purpose.INVITE: timedelta(days=INVITE_DAYS),
    Invitation.Purpose.RESET: timedelta(hours=RESET_HOURS),
    Invitation.Purpose.ENTER: timedelta(minutes=ENTER_MINUTES),
}


def hashed(token: str) -> str:
    """SHA-256 of a token. The tokens are 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def make_invitation(
    purpose: Invitation.Purpose,
    *,
    email: str = "",
    name: str = "",
    member: Member | None = None,
    made_by: Member | None = None,
) -> tuple[Invitation, str]:
    """A new invitation and its token. Older unused ones with the same purpose for the same person stop working."""
    older = Invitation.objects.filter(purpose=purpose, used_at=None, expires_at__gt=clock.now())
    older = older.filter(member=member) if member else older.filter(member=None, email__iexact=email)
    older.update(expires_at=clock.now())
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        purpose=purpose,
        token_hash=hashed(token),
        email=email,
        name=name,
        member=member,
        made_by=made_by,
        made_at=clock.now(),
        expires_at=clock.now() + LIVES[purpose],
    )
    return invitation, token


def find_invitation(purpose: Invitation.Purpose, token: str) -> Invitation | None:
    """The invitation of a token that is neither used nor expired; None for every other reason alike."""
    if not token:
        return None
    found = Invitation.objects.filter(purpose=purpose, token_hash=hashed(token), used_at=None)
    return found.filter(expires_at__gt=clock.now()).first()


def use_invitation(invitation: Invitation) -> bool:
    """Mark it used; False when somebody was first. Call it first inside the transaction of the deed."""
    with transaction.atomic():
        taken = Invitation.objects.filter(pk=invitation.pk, used_at=None, expires_at__gt=clock.now())
        return taken.update(used_at=clock.now()) == 1
