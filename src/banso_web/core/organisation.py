"""The organisation's general settings, which the frame itself uses."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.core import settings_store
from banso_web.core.settings_store import SettingSpec, declare

NAME, FISCAL = "organisation.name", "organisation.fiscal_month"

# Headings of the settings page; a group of an app that is not named here stands under its own key.
GROUPS: dict[str, Any] = {
    "general": gettext_lazy("全般"),
    "revenue": gettext_lazy("集計規則(売上)"),
    "counting": gettext_lazy("集計規則"),
    "renewal": gettext_lazy("契約更新"),
    "usage": gettext_lazy("利用"),
    "health": gettext_lazy("満足度とフォロー"),
    "voice": gettext_lazy("お客様の声"),
    "login": gettext_lazy("ログインと安全"),
    "data": gettext_lazy("データの保存期間"),
}


def _name(value: object) -> str:
    text = str(value or "").strip()
    if len(text) > 100:
        raise ValueError(_("100文字以内で入力してください。"))
    return text


def _month(value: object) -> int:
    month = int(str(value))
    if not 1 <= month <= 12:
        raise ValueError(_("1から12の月を選んでください。"))
    return month


def declare_all() -> None:
    """Called at start-up."""
    declare(
        SettingSpec(
            key=NAME,
            label=gettext_lazy("会社名"),
            help=gettext_lazy("画面の左上と印刷物の見出しに出ます。"),
            default="",
            clean=_name,
        )
    )
    declare(
        SettingSpec(
            key=FISCAL,
            label=gettext_lazy("年度の開始月"),
            kind="choice",
            default=4,
            clean=_month,
            help=gettext_lazy("四半期と年度はこの月から数えます。日本では4月が標準です。"),
            choices=tuple((str(month), str(month)) for month in range(1, 13)),
        )
    )


def organisation_name() -> str:
    return str(settings_store.get(NAME))


def fiscal_month() -> int:
    """The first month of the fiscal year (4 unless set)."""
    return int(settings_store.get(FISCAL))
