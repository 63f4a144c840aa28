"""Every canonical import file of the interface: columns, labels, types, required, values, references.

This is the one declaration that the import engine, the documentation, the API and the mapping page read. The English
keys and their order are those of the public interface and only ever grow.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from banso_web.ingest.readers.schema import Column, ColumnType, FileSchema, Value
from banso_web.ingest.readers.values import (
    CAUSE,
    CHANNEL,
    CHARGE_KIND,
    CONSENT,
    CONTACT_ROLE,
    CONTACT_STATUS,
    CONTRACT_STATE,
    EVENT_TYPE,
    EXCLUDED,
    INITIATIVE,
    LTV_KEY,
    MEMBER_ROLE,
    NOTICE,
    OPERATOR,
    PERIOD,
    PRIORITY,
    SENTIMENT,
    SEVERITY,
    TOUCH_KIND,
    TOUCH_MODEL,
    VOICE_ROLE,
)


def _c(
    key: str, ja: str, en: str, type_: ColumnType = "text", *, values: tuple[Value, ...] = (), ref: str = ""
) -> Column:
    """A column; a `*` at the end of the key marks it required, as in the interface's table."""
    return Column(key.rstrip("*"), ja, en, type_, key.endswith("*"), values, ref)


_ACCOUNT = _c("account_id*", "顧客ID", "Account ID", "key", ref="accounts")
_CURRENCY = _c("currency", "通貨", "Currency", "currency")
_VALID_FROM = _c("valid_from", "適用開始日", "Valid from", "date")
_RECORDED_AT = _c("recorded_at", "把握日時", "Recorded at", "time")
# State files may carry their dates even where the interface does not list them (facts: States).
_STATE_DATES = (
    Column("valid_from", "適用開始日", "Valid from", "date", listed=False),
    Column("recorded_at", "把握日時", "Recorded at", "time", listed=False),
)

ACCOUNTS = FileSchema("accounts", "顧客", "Accounts", "state", ("account_id",), (
    _c("account_id*", "顧客ID", "Account ID", "key"),
    _c("name*", "顧客名", "Name"),
    _c("kana", "フリガナ", "Reading", "kana"),
    _c("corporate_number", "法人番号", "Corporate number", "corporate_number"),
    _c("industry", "業種", "Industry"),
    _c("segment", "セグメント", "Segment"),
    _c("employees", "従業員数", "Employees", "integer"),
    _c("prefecture", "都道府県", "Prefecture"),
    _c("fiscal_month", "決算月", "Fiscal year end month", "month_number"),
    _c("budget_month", "予算策定月", "Budget month", "month_number"),
    _c("parent_id", "親会社ID", "Parent ID", "key", ref="accounts"),
    _c("touch", "タッチモデル", "Touch model", "enums", values=TOUCH_MODEL),
    _c("community", "コミュニティ参加", "Community", "boolean"),
    _c("owner", "主担当", "Primary owner", "key", ref="members"),
    _c("deputy", "副担当", "Secondary owner", "key", ref="members"),
    _c("started_on", "取引開始日", "Customer since", "date"),
    _c("excluded", "除外区分", "Excluded as", "enum", values=EXCLUDED),
    _c("success_definition", "成功の定義", "Success definition"),
    _VALID_FROM,
    _RECORDED_AT,
), ("取引先", "顧客一覧", "顧客リスト", "顧客マスタ", "customers"))  # fmt: skip

CONTACTS = FileSchema("contacts", "先方担当者", "Contacts", "state", ("contact_id",), (
    _c("contact_id*", "先方担当者ID", "Contact ID", "key"),
    _ACCOUNT,
    _c("family_name*", "姓", "Family name"),
    _c("given_name", "名", "Given name"),
    _c("family_kana", "姓フリガナ", "Family name reading", "kana"),
    _c("given_kana", "名フリガナ", "Given name reading", "kana"),
    _c("department", "部署", "Department"),
    _c("title", "役職", "Title"),
    _c("roles", "役割", "Roles", "enums", values=CONTACT_ROLE),
    _c("email", "メールアドレス", "E-mail", "email"),
    _c("phone", "電話番号", "Phone", "phone"),
    _c("status", "在籍状況", "Status", "enum", values=CONTACT_STATUS),
    _c("left_on", "離任日", "Left on", "date"),
    _c("consent_basis", "配信同意の根拠", "Consent basis", "enum", values=CONSENT),
    _c("consent_on", "配信同意日", "Consent on", "date"),
    *_STATE_DATES,
), ("連絡先", "担当者一覧", "名刺"))  # fmt: skip

CONTRACTS = FileSchema("contracts", "契約", "Contracts", "state", ("contract_id",), (
    _c("contract_id*", "契約ID", "Contract ID", "key"),
    _ACCOUNT,
    _c("product*", "製品", "Product"),
    _c("plan", "プラン", "Plan"),
    _c("seats", "契約数", "Seats", "number"),
    _c("seat_unit", "契約数の単位", "Seat unit"),
    _c("starts_on*", "契約開始日", "Starts on", "date"),
    _c("ends_on", "満了日", "Ends on (last day of service)", "date"),
    _c("mrr", "月額(税抜)", "MRR", "amount"),
    _c("amount", "契約金額(税抜)", "Contract amount", "amount"),
    _c("term_months", "契約月数", "Term in months", "number"),
    _CURRENCY,
    _c("signed_on", "契約締結日", "Signed on", "date"),
    _c("notified_on", "解約申出日", "Cancellation notified on", "date"),
    _c("ended_on", "解約日", "Ended on (last day of service)", "date"),
    _c("end_reason", "解約理由", "End reason"),
    _c("auto_renew", "自動更新", "Auto-renewal", "boolean"),
    _c("renewal_months", "更新単位(月)", "Renewal months", "integer"),
    _c("notice_kind", "解約通知の定め", "Notice rule", "enum", values=NOTICE),
    _c("notice_value", "解約通知の数", "Notice value", "integer"),
    _c("notice_deadline", "解約通知期限", "Notice deadline", "date"),
    _c("user_company", "利用企業", "User company", "key", ref="accounts"),
    _c("bill_to", "請求先", "Bill to", "key", ref="accounts"),
    _c("dealer", "販売店", "Dealer", "key", ref="accounts"),
    *_STATE_DATES,
), ("契約台帳", "契約一覧", "更新管理表"))  # fmt: skip

MOVEMENTS = FileSchema("movements", "MRR変動", "Movements", "happening", ("movement_id",), (
    _c("movement_id*", "変動ID", "Movement ID", "key"),
    _ACCOUNT,
    _c("contract_id", "契約ID", "Contract ID", "key", ref="contracts"),
    _c("product", "製品", "Product"),
    _c("effective_on*", "発効日", "Effective on", "date"),
    _c("mrr_delta*", "MRR増減(税抜)", "MRR change", "amount"),
    _CURRENCY,
    _c("cause", "要因", "Cause", "enum", values=CAUSE),
    _c("reason", "理由", "Reason"),
    _RECORDED_AT,
    _c("note", "備考", "Note"),
), ("増減", "MRR増減", "MRR異動"))  # fmt: skip

CHARGES = FileSchema("charges", "スポット売上", "Charges", "happening", ("charge_id",), (
    _c("charge_id*", "売上ID", "Charge ID", "key"),
    _ACCOUNT,
    _c("on*", "計上日", "On", "date"),
    _c("amount*", "金額(税抜)", "Amount", "amount"),
    _CURRENCY,
    _c("kind", "区分", "Kind", "enum", values=CHARGE_KIND),
    _c("product", "製品", "Product"),
), ("初期費用", "スポット"))  # fmt: skip

INVOICES = FileSchema("invoices", "請求", "Invoices", "happening", ("invoice_id",), (
    _c("invoice_id*", "請求書番号", "Invoice ID", "key"),
    _ACCOUNT,
    _c("billed_on*", "請求日", "Billed on", "date"),
    _c("due_on", "支払期限", "Due on", "date"),
    _c("paid_on", "入金日", "Paid on", "date"),
    _c("amount*", "請求金額(税抜)", "Amount", "amount"),
    _CURRENCY,
), ("請求書", "請求一覧"))  # fmt: skip

LTV_INPUTS = FileSchema("ltv_inputs", "LTVの前提", "LTV inputs", "setting", ("segment", "key", "on"), (
    _c("segment", "セグメント", "Segment"),
    _c("key*", "項目", "Key", "enum", values=LTV_KEY),
    _c("value*", "値", "Value", "number"),
    _c("source*", "出典", "Source"),
    _c("on*", "基準日", "On", "date"),
))  # fmt: skip

RATES = FileSchema("rates", "為替レート", "Exchange rates", "setting", ("currency", "on"), (
    _c("currency*", "通貨", "Currency", "currency"),
    _c("on*", "適用日", "On", "date"),
    _c("rate_to_reporting*", "レート(対報告通貨)", "Rate to the reporting currency", "number"),
))  # fmt: skip

TARGETS = FileSchema("targets", "目標", "Targets", "setting", ("metric", "scope", "period"), (
    _c("metric*", "指標", "Metric"),
    _c("scope", "範囲", "Scope"),
    _c("period*", "期間", "Period", "enum", values=PERIOD),
    _c("op*", "条件", "Operator", "enum", values=OPERATOR),
    _c("value*", "目標値", "Value", "number"),
    _c("owner", "担当", "Owner", "key", ref="members"),
))  # fmt: skip

USAGE_DAILY = FileSchema(
    "usage_daily", "日次利用", "Daily usage", "happening", ("account_id", "day", "product", "department", "feature"), (
    _ACCOUNT,
    _c("day*", "日付", "Day", "date"),
    _c("product", "製品", "Product"),
    _c("department", "部署", "Department"),
    _c("feature*", "機能", "Feature"),
    _c("users*", "利用者数", "Users", "integer"),
    _c("events", "操作数", "Events", "integer"),
    _c("seats", "契約数", "Seats", "number"),
), ("利用実績", "利用ログ"))  # fmt: skip

EVENTS = FileSchema("events", "利用イベント", "Usage events", "happening", ("message_id",), (
    _c("message_id", "イベントID", "Message ID"),
    _c("type", "種別", "Type", "enum", values=EVENT_TYPE),
    _c("timestamp*", "発生日時", "Timestamp", "time"),
    _c("account_id", "顧客ID", "Account ID", "key"),
    _c("user_id", "利用者ID", "User ID"),
    _c("anonymous_id", "匿名ID", "Anonymous ID"),
    _c("previous_id", "以前のID", "Previous ID"),
    _c("event", "イベント名", "Event"),
    _c("product", "製品", "Product"),
    _c("department", "部署", "Department"),
    _c("feature", "機能", "Feature"),
    _c("properties", "イベントの内容", "Properties", "json"),
    _c("traits", "利用者の属性", "Traits", "json"),
    _c("context", "送信時の環境", "Context", "json"),
), ("イベントログ", "操作ログ"))  # fmt: skip

TOUCHES = FileSchema("touches", "接点", "Touches", "happening", ("touch_id",), (
    _c("touch_id*", "接点ID", "Touch ID", "key"),
    _ACCOUNT,
    _c("at*", "日時", "At", "time"),
    _c("kind*", "種類", "Kind", "enum", values=TOUCH_KIND),
    _c("initiative", "能動・受動", "Initiative", "enum", values=INITIATIVE),
    _c("member", "担当", "Member", "key", ref="members"),
    _c("contacts", "先方参加者", "Contacts", "texts", ref="contacts"),
    _c("subject", "件名", "Subject"),
    _c("note", "メモ", "Note"),
), ("活動", "活動履歴", "対応履歴"))  # fmt: skip

RESPONSES = FileSchema("responses", "アンケート回答", "Survey responses", "happening", ("response_id",), (
    _c("response_id*", "回答ID", "Response ID", "key"),
    _ACCOUNT,
    _c("contact_id", "先方担当者ID", "Contact ID", "key", ref="contacts"),
    _c("instrument*", "調査", "Instrument", "key"),
    _c("score", "点数", "Score", "number"),
    _c("sent_on", "送信日", "Sent on", "date"),
    _c("answered_on", "回答日", "Answered on", "date"),
    _c("comment", "自由記述", "Comment"),
), ("アンケート", "回答"))  # fmt: skip

TICKETS = FileSchema("tickets", "問い合わせ", "Tickets", "happening", ("ticket_id",), (
    _c("ticket_id*", "問い合わせID", "Ticket ID", "key"),
    _ACCOUNT,
    _c("opened_at*", "受付日時", "Opened at", "time"),
    _c("first_reply_at", "一次回答日時", "First reply at", "time"),
    _c("closed_at", "完了日時", "Closed at", "time"),
    _c("category", "分類", "Category"),
    _c("priority", "優先度", "Priority", "enum", values=PRIORITY),
    _c("severity", "重大度", "Severity", "enum", values=SEVERITY),
    _c("subject", "件名", "Subject"),
    _c("minutes", "対応時間(分)", "Minutes", "integer"),
), ("問合せ", "サポート履歴"))  # fmt: skip

VOICES = FileSchema("voices", "お客様の声", "Voices", "happening", ("voice_id",), (
    _c("voice_id*", "声ID", "Voice ID", "key"),
    _ACCOUNT,
    _c("on*", "日付", "On", "date"),
    _c("channel*", "経路", "Channel", "enum", values=CHANNEL),
    _c("role", "話者の役割", "Role", "enum", values=VOICE_ROLE),
    _c("contract_state", "契約状態", "Contract state", "enum", values=CONTRACT_STATE),
    _c("verbatim*", "原文", "Verbatim"),
    _c("fact", "事実", "Fact"),
    _c("interpretation", "解釈", "Interpretation"),
    _c("polarity", "評価の向き", "Polarity"),
    _c("themes", "テーマ", "Themes", "texts"),
), ("VoC", "顧客の声", "要望一覧"))  # fmt: skip

SENTIMENTS = FileSchema("sentiments", "担当所感", "Owner's views", "happening", ("sentiment_id",), (
    _c("sentiment_id*", "所感ID", "View ID", "key"),
    _ACCOUNT,
    _c("on*", "日付", "On", "date"),
    _c("mark*", "所感", "Mark", "enum", values=SENTIMENT),
    _c("until", "有効期限", "Holds until", "date"),
    _c("member", "担当", "Member", "key", ref="members"),
    _c("reason", "理由", "Reason"),
), ("所感", "担当者所感"))  # fmt: skip

CLOSURES = FileSchema("closures", "休業日", "Company closures", "setting", ("on",), (
    _c("on*", "休業日", "On", "date"),
    _c("name", "名称", "Name"),
))  # fmt: skip

TASKS = FileSchema("tasks", "タスク", "Tasks", "state", ("task_id",), (
    _c("task_id*", "タスクID", "Task ID", "key"),
    _ACCOUNT,
    _c("title*", "内容", "Title"),
    _c("owner", "担当", "Owner", "key", ref="members"),
    _c("due_on", "期限", "Due on", "date"),
    _c("state", "状態", "State"),
), ("ToDo", "宿題"))  # fmt: skip

RENEWALS = FileSchema("renewals", "契約更新", "Renewals", "state", ("contract_id",), (
    _c("contract_id*", "契約ID", "Contract ID", "key", ref="contracts"),
    _c("forecast", "更新見込み(ヨミ)", "Forecast"),
    _c("amount", "更新金額(税抜)", "Amount", "amount"),
    _c("next_action", "次のアクション", "Next action"),
    _c("note", "備考", "Note"),
))  # fmt: skip

GOALS = FileSchema("goals", "成功指標", "Goals", "state", ("goal_id",), (
    _c("goal_id*", "目標ID", "Goal ID", "key"),
    _ACCOUNT,
    _c("metric", "指標", "Metric"),
    _c("baseline", "開始値", "Baseline", "number"),
    _c("target", "目標値", "Target", "number"),
    _c("due_on", "期限", "Due on", "date"),
    _c("agreed_on", "合意日", "Agreed on", "date"),
    _c("approver", "合意者", "Approver"),
))  # fmt: skip

ONBOARDING = FileSchema("onboarding", "オンボーディング", "Onboarding", "state", ("account_id", "started_on"), (
    _ACCOUNT,
    _c("template", "ひな型", "Template"),
    _c("started_on*", "開始日", "Started on", "date"),
    _c("completed_on", "完了日", "Completed on", "date"),
))  # fmt: skip

MEMBERS = FileSchema("members", "メンバー", "Members", "state", ("member_id",), (
    _c("member_id*", "メンバーID", "Member ID", "key"),
    _c("name*", "氏名", "Name"),
    _c("email", "メールアドレス", "E-mail", "email"),
    _c("role", "職務", "Role", "enum", values=MEMBER_ROLE),
    _c("manager_id", "上長ID", "Manager ID", "key", ref="members"),
    _c("monthly_hours", "月間稼働時間", "Monthly hours", "number"),
    _c("internal_share", "社内業務の割合", "Internal share", "number"),
    _c("joined_on", "入社日", "Joined on", "date"),
), ("社員", "担当者マスタ"))  # fmt: skip

# In the order of the interface; a folder is imported in `IMPORT_ORDER`, references first.
FILES: Mapping[str, FileSchema] = MappingProxyType(
    {
        schema.key: schema
        for schema in (
            ACCOUNTS, CONTACTS, CONTRACTS, MOVEMENTS, CHARGES, INVOICES, LTV_INPUTS, RATES, TARGETS, USAGE_DAILY,
            EVENTS, TOUCHES, RESPONSES, TICKETS, VOICES, SENTIMENTS, CLOSURES, TASKS, RENEWALS, GOALS, ONBOARDING, MEMBERS,
        )
    }
)  # fmt: skip

IMPORT_ORDER: tuple[str, ...] = (
    "closures", "rates", "members", "accounts", "contacts", "contracts", "movements", "charges", "invoices",
    "ltv_inputs", "targets", "usage_daily", "events", "touches", "responses", "tickets", "voices", "sentiments", "tasks", "renewals",
    "goals", "onboarding",
)  # fmt: skip


def file_of_name(filename: str) -> FileSchema | None:
    """The canonical file that a file name says it holds: the key or the Japanese name, with or without a date.

    ``movements.csv``, ``movements_2026-10.csv`` and ``MRR変動.xlsx`` are movements; None when the name says nothing.
    """
    stem = re.split(r"[\\/]", filename)[-1]
    stem = unicodedata.normalize("NFKC", stem).rsplit(".", 1)[0].strip().casefold()
    bare = re.sub(r"[\s_\-.()]*[\d年月日_\-.()]*$", "", stem)
    for schema in FILES.values():
        words = {schema.key, schema.ja.casefold()}
        if stem in words or bare in words:
            return schema
    return None
