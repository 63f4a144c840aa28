"""What members registers at start-up."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from banso_web.core.registry import NavEntry, PaletteAct, registry
from banso_web.members import imports, login_settings, signals
from banso_web.members.permissions import PERMISSIONS
from banso_web.members.search import find_members

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
        reading="めんばー 担当者 たんとうしゃ",
    ),
    NavEntry(
        "roles",
        _("役割と権限"),
        "roles",
        "team",
        group="settings",
        order=930,
        permission="member.manage",
        text=_("役割ごとに、見られるものとできることを決める"),
        reading="やくわりとけんげん 権限 けんげん",
    ),
]

registry.acts += [
    PaletteAct(
        "invite",
        _("メンバーを招待する"),
        "invitations",
        permission="member.manage",
        reading="めんばーをしょうたい",
    ),
    PaletteAct(
        "role-new",
        _("役割を作る"),
        "role_new",
        permission="member.manage",
        reading="やくわりをつくる 権限 けんげん",
    ),
]
registry.searches.append(find_members)
