"""Words of the desk's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.accounts.reads.choices import excluded_word
from banso_web.core.ui.formats import joined

FIELD_WORDS = {
    "name": gettext_lazy("顧客名"),
    "kana": gettext_lazy("フリガナ"),
    "corporate_number": gettext_lazy("法人番号"),
    "industry": gettext_lazy("業種"),
    "segment": gettext_lazy("セグメント"),
    "employees": gettext_lazy("従業員数"),
    "prefecture": gettext_lazy("都道府県"),
    "fiscal_month": gettext_lazy("決算月"),
    "budget_month": gettext_lazy("予算策定月"),
    "parent_id": gettext_lazy("親会社"),
    "touch": gettext_lazy("タッチ"),
    "community": gettext_lazy("コミュニティ"),
    "owner_id": gettext_lazy("主担当"),
    "deputy_id": gettext_lazy("副担当"),
    "started_on": gettext_lazy("利用開始日"),
    "excluded": gettext_lazy("除外区分"),
    "success_definition": gettext_lazy("成功の定義"),
}
TOUCH_WORDS = {
    "high": gettext_lazy("ハイタッチ"),
    "low": gettext_lazy("ロータッチ"),
    "tech": gettext_lazy("テックタッチ"),
}
ROLE_WORDS = {
    "decision_maker": gettext_lazy("決裁者"),
    "champion": gettext_lazy("推進者"),
    "user": gettext_lazy("利用者"),
    "initiator": gettext_lazy("起案者"),
    "it": gettext_lazy("情シス"),
    "contract": gettext_lazy("契約窓口"),
    "billing": gettext_lazy("請求窓口"),
    "admin": gettext_lazy("管理者"),
    "sponsor": gettext_lazy("スポンサー"),
}
CONSENT_WORDS = {
    "consent": gettext_lazy("本人の同意"),
    "relation": gettext_lazy("取引関係"),
    "card": gettext_lazy("名刺交換"),
    "public": gettext_lazy("公開された連絡先"),
}
NOTICE_WORDS = {
    "months_before": gettext_lazy("満了の何か月前まで"),
    "days_before": gettext_lazy("満了の何日前まで"),
    "day_of_previous_month": gettext_lazy("満了の前月の何日まで"),
    "date": gettext_lazy("契約書に日付がある"),
    "none": gettext_lazy("予告なし"),
}
PERSONAL_WORDS = {
    "family_name": gettext_lazy("姓"),
    "given_name": gettext_lazy("名"),
    "family_kana": gettext_lazy("姓フリガナ"),
    "given_kana": gettext_lazy("名フリガナ"),
    "title": gettext_lazy("役職"),
    "roles": gettext_lazy("役割"),
    "email": gettext_lazy("メールアドレス"),
    "phone": gettext_lazy("電話番号"),
    "status": gettext_lazy("在籍状況"),
    "left_on": gettext_lazy("離任日"),
    "consent_basis": gettext_lazy("配信同意の根拠"),
    "consent_on": gettext_lazy("配信同意日"),
    "custom": gettext_lazy("追加項目"),
}
SOURCE_WORDS = {
    "import": gettext_lazy("取込"),
    "action": gettext_lazy("画面・APIでの入力"),
    "sample": gettext_lazy("サンプル"),
}
PARTY_WORDS = {
    "user_company": gettext_lazy("利用企業"),
    "bill_to": gettext_lazy("請求先"),
    "dealer": gettext_lazy("販売店"),
}
TIMELINE_WORDS = {
    "touch": gettext_lazy("接点"),
    "sentiment": gettext_lazy("担当所感"),
    "ticket": gettext_lazy("問い合わせ"),
    "response": gettext_lazy("アンケート"),
    "voice": gettext_lazy("お客様の声"),
    "movement": gettext_lazy("MRR の動き"),
    "charge": gettext_lazy("一時費用"),
    "invoice": gettext_lazy("請求と入金"),
    "task": gettext_lazy("タスク"),
}
MATCH_REASONS = {
    "same_number": gettext_lazy("法人番号が同じ"),
    "same_core": gettext_lazy("会社名の中心が同じ"),
    "same_form": gettext_lazy("法人格が同じ"),
    "same_position": gettext_lazy("法人格の位置が同じ"),
    "form_differs": gettext_lazy("法人格が違う"),
    "form_missing": gettext_lazy("法人格の書かれていない名前がある"),
    "position_differs": gettext_lazy("法人格の位置が違う(前株・後株)"),
    "small_kana": gettext_lazy("小さいかなの違いだけ"),
    "look_alike": gettext_lazy("形の似た文字の違いだけ"),
}
SIDE_WORDS = {
    "code": gettext_lazy("顧客ID"),
    "corporate_number": gettext_lazy("法人番号"),
    "prefecture": gettext_lazy("都道府県"),
    "industry": gettext_lazy("業種"),
    "employees": gettext_lazy("従業員数"),
    "segment": gettext_lazy("セグメント"),
    "owner": gettext_lazy("主担当"),
    "started_on": gettext_lazy("利用開始日"),
    "contracts": gettext_lazy("契約の数"),
    "contacts": gettext_lazy("先方担当者の数"),
    "renewal_on": gettext_lazy("満了日"),
    "last_touch_on": gettext_lazy("最終接点"),
}
VERDICTS = {
    "same": gettext_lazy("法人番号が一致しています"),
    "likely": gettext_lazy("同じ会社の可能性が高い組です"),
    "possible": gettext_lazy("別の会社かもしれません。よく確かめてください"),
}


def touch_words(text: str) -> str:
    """ "high;low" in words."""
    return "・".join(str(TOUCH_WORDS.get(key, key)) for key in filter(None, text.split(";")))


def shown_value(field: str, value: Any, names: Mapping[int | None, str]) -> str:
    """A field's stored value as a reader sees it in the history."""
    if value in (None, ""):
        return _("(なし)")
    if field in ("owner_id", "deputy_id"):
        return names.get(value, _("(退職者)"))
    if field == "touch":
        return touch_words(str(value))
    if field == "excluded":
        return excluded_word(str(value))
    if field == "community":
        return _("参加") if value else _("不参加")
    return str(value)


def shown_personal(key: str, value: Any) -> str:
    """A stored value of a contact as the page of personal data shows it."""
    if key == "roles":
        return "・".join(str(ROLE_WORDS.get(one, one)) for one in str(value).split(";") if one)
    if key == "status":
        return _("在籍なし") if value == "left" else _("在籍中")
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if isinstance(value, dict):
        return joined(f"{name}: {text}" for name, text in value.items())
    return str(value)
