"""What pages, files and the log call verdicts, reasons and forms."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

VERDICTS: dict[str, Any] = {
    "drop": _("利用低下"),
    "steady": _("変化なし"),
    "suspended": _("欠測のため保留"),
    "not_judged": _("判定なし"),
}
REASONS: dict[str, Any] = {
    "holiday": _("休日の多い週だけが低い"),
    "seats": _("席数が減っただけで、席あたりの利用は落ちていない"),
    "gap": _("データ欠測"),
    "too_few": _("少人数のため対象外"),
    "short_history": _("履歴不足"),
    "stopped": _("利用が途絶えた"),
    "no_contract": _("有効な契約なし"),
}
SKIPS: dict[str, Any] = {"holidays": _("休日が2日以上"), "gap": _("データ欠測")}
FORMS: dict[str, Any] = {"events": _("利用者数"), "daily": _("日次平均")}
WHY: dict[str, Any] = {
    "busy": _("繁忙期"),
    "season": _("季節の変動"),
    "project": _("お客様の組織変更や移行"),
    "known": _("事情を確認済み"),
    "other": _("そのほか"),
}
KINDS: dict[str, Any] = {"usage": _("利用低下"), "seats": _("契約")}
#: Why a customer has no number of use.
USE_REASONS: dict[str, Any] = {
    "no_contract": _("有効な契約なし"),
    "not_collected": _("未収集(利用データが届いたことがない)"),
    "gap": _("データ欠測"),
    "unknown_seats": _("席数が分からない"),
    "no_seats": _("席数が0"),
    "unknown_plan": _("契約中のプランが分からない"),
    "no_core": _("プランにコア機能がない"),
    "daily_only": _("日次の集計からは、人ごとの利用が分からない"),
    "no_users": _("30日の間に利用者がいない"),
    "no_order": _("受注日の記録なし"),
    "before_data": _("利用データの収集より前の受注"),
}
FILE_WORD = _("取り込んだファイル")
DRIFTS: dict[str, Any] = {
    "event_new": _("新しいイベント"),
    "event_gone": _("届かなくなったイベント"),
    "property_new": _("新しい項目"),
    "property_gone": _("届かなくなった項目"),
    "type_changed": _("型が変わった項目"),
}
TYPES: dict[str, Any] = {
    "text": _("文字"),
    "number": _("数値"),
    "boolean": _("真偽"),
    "list": _("リスト"),
    "object": _("オブジェクト"),
}
STATES: dict[str, Any] = {
    "waiting": _("受信済み・取り込み待ち"),
    "stored": _("取り込み済み"),
    "rejected": _("受け付けず"),
    "duplicate": _("重複"),
}
#: What an organisation's own metric counts; `what` is a feature.
MEASURES: dict[str, Any] = {
    "users": _("「%(what)s」の利用者"),
    "events": _("「%(what)s」のイベント"),
    "per_user": _("「%(what)s」の1人あたりのイベント"),
}
#: Why an id of the product counts for a customer (banso.usage.Basis).
BASES: dict[str, Any] = {
    "link": _("人が決めた"),
    "code": _("顧客IDと同じ"),
    "rule": _("ルール"),
    "group": _("同じ利用者のほかのイベントのグループ"),
    "contact": _("先方担当者のIDかメールアドレスと同じ"),
    "domain": _("メールドメイン"),
}
#: Why it may be a customer's.
HINTS: dict[str, Any] = {
    "same_number": _("法人番号が同じ"),
    "same_code": _("顧客IDが同じ"),
    "like_name": _("名前が似ている"),
    "same_domain": _("先方担当者とメールドメインが同じ"),
}
#: Lists of ids of the product.
LISTS: dict[str, Any] = {
    "groups": pgettext_lazy("list", "グループ"),
    "users": pgettext_lazy("list", "利用者"),
    "known": _("顧客が決まったID"),
    "links": _("対応づけの一覧"),
}
#: What a decision is about.
ABOUT: dict[str, Any] = {
    "group": _("グループ"),
    "user": _("利用者"),
    "domain": _("メールドメイン"),
    "rule": _("ルール"),
}
RULE_FIELDS: dict[str, Any] = {
    "group_id": _("グループID"),
    "user_id": _("利用者ID"),
    "email": _("メールアドレス"),
}
