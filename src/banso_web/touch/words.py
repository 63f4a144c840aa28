"""Words of touches and tickets on screen."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

KINDS = {
    "meeting": _("打ち合わせ"),
    "call": _("電話"),
    "mail": _("メール"),
    "seminar": _("セミナー"),
    "event": _("イベント"),
    "visit": _("訪問"),
    "chat": _("チャット"),
}
INITIATIVES = {"proactive": _("能動"), "reactive": _("受動")}
TICKET = _("問い合わせ")
