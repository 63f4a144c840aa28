"""What pages call the reasons of the protocol, and the kinds of sources."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

REASONS: dict[str, Any] = {
    "not_an_object": _("イベントが JSON のオブジェクトではない"),
    "event_too_large": _("イベントが 32 KB を超えている"),
    "unknown_type": _("type が identify・track・page・screen・group・alias のどれでもない"),
    "no_user_id_or_anonymous_id": _("userId も anonymousId もない"),
    "no_event_name": _("track に event(名前)がない"),
    "no_group_id": _("group に groupId がない"),
    "no_previous_id": _("alias に previousId がない"),
    "message_id_too_long": _("messageId が100文字を超えている"),
    "unreadable_timestamp": _("timestamp が日時として読めない"),
    "wrong_kind_of_value": _("値の型が違う"),
}
KINDS: dict[str, Any] = {
    "tracking": _("トラッキング"),
    "webhook": _("Webhook"),
    "file": _("ファイル"),
    "table": _("データベースの表"),
}
