"""What the frame itself registers: its pages of the rail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.organisation import declare_all
from banso_web.core.registry import NavEntry, registry

declare_all()

registry.nav += [
    NavEntry("settings", _("設定"), "settings", "settings", group="settings", order=900),
    NavEntry("audit", _("監査ログ"), "audit", "audit", group="settings", order=980, permission="audit.view"),
    NavEntry("glossary", _("用語集"), "glossary", "glossary", group="settings", order=990),
]
