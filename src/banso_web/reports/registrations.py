"""What reports registers at start-up."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from banso_web.core.registry import NavEntry, PaletteAct, registry
from banso_web.core.settings_store import SettingSpec, declare
from banso_web.reports import imports, setup_step
from banso_web.reports.board import GROUPS, name_key

for _group in GROUPS:
    declare(
        SettingSpec(
            key=name_key(_group),
            label=format_lazy(_("KPIの分類の名前({name})"), name=_group.name),
            help=_("KGI・KPIの画面で使う名前です。空欄のときは、もとの名前を使います。"),
            default="",
            clean=lambda value: str(value).strip()[:20],
            group="revenue",
        )
    )

registry.nav += [
    NavEntry(
        "kpi",
        _("KGI・KPI"),
        "kpi",
        "kpi",
        group="numbers",
        order=300,
        permission="revenue.view",
        reading="けーじーあい けーぴーあい 指標 しひょう",
    ),
    NavEntry(
        "nrr",
        _("NRR ウォーターフォール"),
        "nrr",
        "waterfall",
        group="numbers",
        order=310,
        permission="revenue.view",
        reading="えぬあーるあーる 売上継続率 うりあげけいぞくりつ 解約率 かいやくりつ",
    ),
    NavEntry(
        "ltv",
        _("LTV"),
        "ltv",
        "ltv",
        group="numbers",
        order=320,
        permission="revenue.view",
        reading="えるてぃーぶい 顧客生涯価値 こきゃくしょうがいかち",
    ),
    NavEntry(
        "cohorts",
        _("コホート"),
        "cohorts",
        "cohort",
        group="numbers",
        order=330,
        permission="revenue.view",
        reading="こほーと",
    ),
    NavEntry(
        "retention_curves",
        _("継続率曲線"),
        "retention_curves",
        "cohort",
        group="numbers",
        order=335,
        permission="revenue.view",
        reading="けいぞくりつきょくせん 生存曲線 せいぞんきょくせん カプラン・マイヤー",
    ),
    NavEntry(
        "closing",
        _("月次締め"),
        "closing",
        "closing",
        group="numbers",
        order=340,
        permission="revenue.view",
        reading="げつじじめ 月締め つきじめ",
    ),
]

registry.acts += [
    PaletteAct(
        "close-month",
        _("月を締める"),
        "closing",
        permission="month.close",
        reading="つきをしめる 月次締め げつじじめ",
    ),
    PaletteAct("scenario", _("LTV を試算する"), "ltv", permission="revenue.view", reading="しさん シナリオ"),
]


def _closing_check(month: object, red_comments: dict[str, str]) -> Sequence[str]:
    from banso_web.reports.reads.board import closing_reasons

    return closing_reasons(month, red_comments)  # type: ignore[arg-type]


registry.closing_checks.append(_closing_check)

__all__ = ["imports", "setup_step"]
