"""What the frame itself registers: its pages of the rail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.core.facts.mending import FOLLOWS
from banso_web.core.field_words import WORDS
from banso_web.core.jobs import follow_the_day, mend_projections
from banso_web.core.organisation import declare_all
from banso_web.core.periodic import Periodic
from banso_web.core.registry import NavEntry, PaletteAct, registry

declare_all()
registry.field_words.update(WORDS)

registry.periodic += [
    Periodic("core.mend_projections", lambda: mend_projections.enqueue(), every="hour"),
    Periodic(FOLLOWS, lambda: follow_the_day.enqueue(), at_hour=0),
]

registry.nav += [
    NavEntry("settings", _("設定"), "settings", "settings", group="settings", order=900, reading="せってい"),
    NavEntry(
        "audit",
        _("監査ログ"),
        "audit",
        "audit",
        group="settings",
        order=980,
        permission="audit.view",
        text=_("誰が、いつ、何を変えたか"),
        reading="かんさろぐ 監査 かんさ 履歴 りれき",
    ),
    NavEntry(
        "glossary",
        _("用語集"),
        "glossary",
        "glossary",
        group="settings",
        order=990,
        text=_("画面の言葉の意味と英語"),
        reading="ようごしゅう 用語 ようご",
    ),
]

registry.acts += [
    PaletteAct("theme-dark", _("表示を暗くする"), reading="ひょうじ だーく くらい dark", theme="dark"),
    PaletteAct("theme-light", _("表示を明るくする"), reading="ひょうじ らいと あかるい light", theme="light"),
    PaletteAct("theme-auto", _("表示の明るさを自動にする"), reading="ひょうじ じどう auto", theme="auto"),
    PaletteAct(
        "display", _("表示の設定を変える"), "settings_display", reading="ひょうじのせってい 金額 きんがく"
    ),
    PaletteAct(
        "organisation",
        _("組織の設定を変える"),
        "settings_organisation",
        permission="settings.edit",
        reading="そしきのせってい 決算月 けっさんづき",
    ),
    PaletteAct(
        "closures",
        _("休業日を決める"),
        "settings_closures",
        permission="settings.edit",
        reading="きゅうぎょうび 祝日 しゅくじつ",
    ),
]
