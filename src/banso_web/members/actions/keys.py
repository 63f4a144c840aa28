"""API keys: shown once, kept as a hash, acting with their member's rights cut down to their scopes."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import audit, clock
from banso_web.core.errors import NotVisible, Refused
from banso_web.members.actions.guards import MANAGE
from banso_web.members.models import ApiKey, Member
from banso_web.members.tokens import hashed

SCOPES = ("read", "write", "import", "metrics", "admin")
KEY_MARK = "banso"


@dataclass(frozen=True)
class KeyHolder:
    """Who a valid key acts for, and how far."""

    key_id: int
    member: Member
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        return scope in self.scopes


def create_key(
    name: str, scopes: Sequence[str], *, actor: Member, days: int | None = None
) -> tuple[ApiKey, str]:
    """A key for the actor; the text is given here once and never again. `days` until it ends (None: it stays)."""
    problems = {}
    if not name.strip():
        problems["name"] = _("用途がわかる名前を付けてください。")
    if not scopes or set(scopes) - set(SCOPES):
        problems["scopes"] = _("範囲を一つ以上選んでください。")
    if days is not None and not 1 <= days <= 3650:
        problems["days"] = _("1 から 3650 の日数を入れてください。")
    if problems:
        raise Refused(_("入力を確かめてください。何も保存していません。"), code="invalid", fields=problems)
    prefix = secrets.token_hex(4)
    text = f"{KEY_MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name.strip()[:80],
            prefix=prefix,
            key_hash=hashed(text),
            member=actor,
            scopes=[scope for scope in SCOPES if scope in scopes],
            made_at=clock.now(),
            expires_at=clock.now() + timedelta(days=days) if days else None,
        )
        audit.record(
            "api_key.new",
            actor=actor,
            subject="api_key",
            subject_id=key.pk,
            label=key.name,
            new={"scopes": key.scopes, "prefix": prefix, "days": days},
        )
    return key, text


def revoke_key(key_id: int, *, actor: Member) -> None:
    """The key stops working at once: one's own, or anybody's with `member.manage`. 404 for all others."""
    keys = ApiKey.objects.filter(pk=key_id)
    key = (keys if actor.may(MANAGE) else keys.filter(member=actor)).first()
    if key is None:
        raise NotVisible
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now()):
            audit.record("api_key.revoke", actor=actor, subject="api_key", subject_id=key.pk, label=key.name)


def find_key(text: str) -> KeyHolder | None:
    """The holder of a key as a client sent it; None for unknown, revoked, expired and for members who left alike."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != KEY_MARK:
        return None
    key = ApiKey.objects.select_related("member").filter(prefix=parts[1], revoked_at=None).first()
    if key is None or not hmac.compare_digest(key.key_hash, hashed(text)):
        return None
    if (key.expires_at and key.expires_at <= clock.now()) or not key.member.is_active:
        return None
    if key.last_used_on != clock.today():  # one write a day, not one a request
        ApiKey.objects.filter(pk=key.pk).update(last_used_on=clock.today())
    return KeyHolder(key_id=key.pk, member=key.member, scopes=frozenset(key.scopes))
