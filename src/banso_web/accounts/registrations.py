"""What accounts says of itself when Django starts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from banso_web.accounts import personal
from banso_web.accounts.actions.merging import after_publish
from banso_web.core.models import Entry, SavedView
from banso_web.core.personal_rows import in_every_row
from banso_web.core.registry import PersonalField, registry

# First of all: what the apps above bring up to date stands on who was merged into whom.
registry.after_publish.insert(0, after_publish)
# The contact's own row comes last: whoever replays an interrupted erasure still finds it.
registry.personal += [
    PersonalField("customer", _("顧客の任意項目"), personal.find_customer, personal.erase_customer),
    in_every_row("views", _("保存したビュー"), SavedView, ("name", "query")),
    in_every_row("entries", _("登録の名前と理由"), Entry, ("label", "reason", "void_reason")),
    PersonalField("requests", _("個人情報の請求"), personal.find_requests, personal.erase_requests),
    PersonalField("versions", _("項目の履歴"), personal.find_versions, personal.erase_versions),
    PersonalField("audit", _("変更の記録"), personal.find_audit, personal.erase_audit),
    PersonalField("contact", _("担当者の登録内容"), personal.find_contact, personal.erase_contact),
]
