"""What the frame itself registers: its pages of the rail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.registry import NavEntry, registry

registry.nav += [
    NavEntry("settings", _("設定"), "settings", "settings", group="settings", order=900),
    NavEntry("glossary", _("用語集"), "glossary", "glossary", group="settings", order=990),
]
