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
    "nested_too_deep": _("入れ子が100段より深い"),
    "unreadable": _("リクエスト全体が読めない"),
}
# Why a webhook was refused as a whole (collect.signature, collect.protocol.Unreadable).
REFUSALS: dict[str, Any] = {
    "unsigned": _("webhook-id・webhook-timestamp・webhook-signature のどれかがない"),
    "bad_timestamp": _("webhook-timestamp が秒の数ではない"),
    "old_timestamp": _(
        "webhook-timestamp が今から5分より離れている(送信側かこのサーバーの時計を確かめてください)"
    ),
    "bad_signature": _("署名が合わない(シークレットが違うか、途中で内容が変わった)"),
    "not_json": _("本文が JSON ではない"),
    "bad_gzip": _("gzip と書かれた本文が gzip ではない"),
    "unknown_encoding": _("Content-Encoding が gzip 以外で、本文を読めない"),
    "too_large": _("展開した本文が 500 KB を超えている"),
}
KINDS: dict[str, Any] = {
    "tracking": _("トラッキング"),
    "webhook": _("Webhook"),
    "file": _("ファイル"),
    "table": _("データベースの表"),
}
