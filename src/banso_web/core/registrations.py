"""What the frame itself registers: its pages of the rail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.field_words import WORDS
from banso_web.core.jobs import follow_the_day, mend_projections
from banso_web.core.organisation import declare_all
from banso_web.core.periodic import Periodic
from banso_web.core.registry import NavEntry, registry

declare_all()
registry.field_words.update(WORDS)

registry.periodic += [
    Periodic("core.mend_projections", lambda: mend_projections.enqueue(), every="hour"),
    Periodic("core.follow_the_day", lambda: follow_the_day.enqueue(), at_hour=0),
]

registry.nav += [
    NavEntry("settings", _("設定"), "settings", "settings", group="settings", order=900),
    NavEntry("audit", _("監査ログ"), "audit", "audit", group="settings", order=980, permission="audit.view"),
    NavEntry("glossary", _("用語集"), "glossary", "glossary", group="settings", order=990),
]
