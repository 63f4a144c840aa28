"""What members registers at start-up."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from banso_web.core.registry import NavEntry, registry
from banso_web.members import imports, login_settings, signals
from banso_web.members.permissions import PERMISSIONS

__all__ = ["imports", "signals"]

registry.permissions.update(PERMISSIONS)
login_settings.declare_all()
registry.nav += [
    NavEntry(
        "members",
        pgettext_lazy("list", "メンバー"),
        "members",
        "members",
        group="team",
        order=700,
        permission="member.view",
    ),
    NavEntry(
        "roles", _("役割と権限"), "roles", "team", group="settings", order=930, permission="member.manage"
    ),
]
