"""Changes of the organisation's settings, by page or API: permission, check, version, audit row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from banso_web.core import settings_store
from banso_web.core.errors import Forbidden, NotVisible
from banso_web.core.registry import registry

if TYPE_CHECKING:
    from banso_web.members.models import Member


def change_settings(
    actor: Member, values: Mapping[str, Any], *, effective_on: date | None = None, reason: str = ""
) -> list[str]:  # fmt: skip
    """Store what differs from now, all or nothing; gives the keys that changed. `Refused` names the bad field."""
    if not actor.may("settings.edit"):
        raise Forbidden(_("設定を変える権限がありません。設定は変わっていません。"))
    if set(values) - set(registry.settings):
        raise NotVisible
    changed = []
    with transaction.atomic():
        for key, value in values.items():
            before = settings_store.get(key)
            settings_store.put(key, value, actor=actor, effective_on=effective_on, reason=reason)
            if settings_store.get(key) != before:
                changed.append(key)
    return changed
