"""What the organisation may decide about logging in."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from banso_web.core.registry import registry
from banso_web.core.settings_store import SettingSpec, declare

IDLE = "login.idle_minutes"
SECOND_FACTOR = "login.second_factor_roles"
OIDC_NEW = "login.oidc_new_members"


def _minutes(value: Any) -> int:
    try:
        minutes = int(value)
    except (TypeError, ValueError) as problem:
        raise ValueError(gettext("分を数字で入れてください。")) from problem
    if not 5 <= minutes <= 43_200:
        raise ValueError(gettext("5 分から 43,200 分(30 日)の間で入れてください。"))
    return minutes


def _roles(value: Any) -> list[str]:
    from banso_web.members.models import Role

    keys = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value or [])
    keys = [key for key in keys if key]
    unknown = set(keys) - set(Role.objects.values_list("key", flat=True))
    if unknown:
        raise ValueError(gettext("知らない役割です: %(keys)s") % {"keys": ", ".join(sorted(unknown))})
    return sorted(set(keys))


def _role_names() -> list[tuple[str, str]]:
    from banso_web.members.models import Role

    english = (get_language() or "ja").startswith("en")
    roles = Role.objects.order_by("order", "pk")
    return [(role.key, role.name_en if english else role.name_ja) for role in roles]


def _yes(value: Any) -> bool:
    return value in (True, 1, "1", "on", "true", "True")


def _name(value: Any) -> str:
    text = str(value or "").strip()
    if not text:
        raise ValueError(gettext("会社名を入れてください。"))
    return text[:200]


def declare_all() -> None:
    """Called once at start-up."""
    if "organisation.name" not in registry.settings:
        declare(
            SettingSpec(
                "organisation.name",
                _("会社名"),
                _("画面、帳票、招待メールに出る名前です。"),
                "",
                clean=_name,
                group="general",
            )
        )
    declare(
        SettingSpec(
            IDLE,
            _("操作がないときのログアウト(分)"),
            _("この時間操作がないと、もう一度ログインが必要になります。"),
            720,
            kind="number",
            clean=_minutes,
            group="login",
        )
    )
    declare(
        SettingSpec(
            SECOND_FACTOR,
            _("二段階認証を必須にする役割"),
            _(
                "この役割の人は、認証アプリかパスキーを登録するまで他の画面を開けません。OpenID Connect でログインした場合は、提供元の設定に従います。"
            ),
            [],
            kind="many",
            options=_role_names,
            clean=_roles,
            group="login",
        )
    )
    declare(
        SettingSpec(
            OIDC_NEW,
            _("OpenID Connect で初めて来た人をメンバーにする"),
            _("役割は付きません。管理者が役割を付けるまで、何も見えません。"),
            False,
            kind="bool",
            clean=_yes,
            group="login",
        )
    )
