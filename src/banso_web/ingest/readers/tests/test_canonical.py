"""The declared files are those of the interface, column for column."""

from __future__ import annotations

import pytest

from banso_web.ingest.readers.aliases import match_header, suggest_columns, suggest_kind
from banso_web.ingest.readers.canonical import FILES, IMPORT_ORDER, file_of_name

# The interface's table, written out a second time by hand: `*` marks the required columns.
INTERFACE = {
    "accounts": "account_id* name* kana corporate_number industry segment employees prefecture fiscal_month budget_month "
    "parent_id touch community owner deputy started_on excluded success_definition valid_from recorded_at",
    "contacts": "contact_id* account_id* family_name* given_name family_kana given_kana department title roles email phone "
    "status left_on consent_basis consent_on",
    "contracts": "contract_id* account_id* product* plan seats seat_unit starts_on* ends_on mrr amount term_months currency "
    "signed_on notified_on ended_on end_reason auto_renew renewal_months notice_kind notice_value notice_deadline "
    "user_company bill_to dealer",
    "movements": "movement_id* account_id* contract_id product effective_on* mrr_delta* currency cause reason recorded_at note",
    "charges": "charge_id* account_id* on* amount* currency kind product",
    "invoices": "invoice_id* account_id* billed_on* due_on paid_on amount* currency",
    "ltv_inputs": "segment key* value* source* on*",
    "rates": "currency* on* rate_to_reporting*",
    "targets": "metric* scope period* op* value* owner",
    "usage_daily": "account_id* day* product department feature* users* events seats",
    "events": "message_id type timestamp* account_id user_id anonymous_id previous_id event product department feature "
    "properties traits context",
    "touches": "touch_id* account_id* at* kind* initiative member contacts subject note",
    "responses": "response_id* account_id* contact_id instrument* score sent_on answered_on comment",
    "tickets": "ticket_id* account_id* opened_at* first_reply_at closed_at category priority severity subject minutes",
    "voices": "voice_id* account_id* on* channel* role contract_state verbatim* fact interpretation polarity themes",
    "sentiments": "sentiment_id* account_id* on* mark* until member reason",
    "closures": "on* name",
    "tasks": "task_id* account_id* title* owner due_on state",
    "renewals": "contract_id* forecast amount next_action note",
    "goals": "goal_id* account_id* metric baseline target due_on agreed_on approver",
    "onboarding": "account_id* template started_on* completed_on",
    "members": "member_id* name* email role manager_id monthly_hours internal_share joined_on",
}
VALUES = {
    "contacts.roles": "decision_maker champion user initiator it contract billing admin sponsor",
    "contacts.status": "active left",
    "contacts.consent_basis": "consent relation card public",
    "contracts.notice_kind": "months_before days_before day_of_previous_month date none",
    "movements.cause": "new upsell cross_sell seats price downgrade churn reactivation",
    "charges.kind": "initial spot usage",
    "ltv_inputs.key": "gross_margin acquisition_cost retention_cost_yearly",
    "targets.period": "month fiscal_year",
    "targets.op": "<= >=",
    "events.type": "track identify group page screen alias",
    "touches.kind": "meeting call mail seminar event visit chat",
    "touches.initiative": "proactive reactive",
    "tickets.priority": "low normal high urgent",
    "tickets.severity": "normal complaint serious",
    "sentiments.mark": "excellent good fair poor",
    "voices.channel": "meeting ticket survey exit_interview community sales_loss",
    "voices.role": "decision_maker champion user",
    "voices.contract_state": "active churned lost",
    "accounts.touch": "high low tech",
    "accounts.excluded": "own test trial poc loan",
    "members.role": "member manager ops support sales product executive hr partner",
}


def test_every_file_and_column_of_the_interface_in_order() -> None:
    assert list(FILES) == list(INTERFACE)
    for key, columns in INTERFACE.items():
        assert [
            f"{c.key}{'*' if c.required else ''}" for c in FILES[key].columns if c.listed
        ] == columns.split(), key


def test_enumerations_have_exactly_the_interfaces_values() -> None:
    found = {
        f"{s.key}.{c.key}": [v.key for v in c.values] for s in FILES.values() for c in s.columns if c.values
    }
    assert found == {key: words.split() for key, words in VALUES.items()}


def test_labels_are_unique_in_a_file_and_references_exist() -> None:
    for schema in FILES.values():
        assert len({c.ja for c in schema.columns}) == len(schema.columns), schema.key
        assert all(c.reference in {*FILES, ""} for c in schema.columns)
        assert set(schema.identity) <= {c.key for c in schema.columns}
    assert sorted(IMPORT_ORDER) == sorted(FILES)


def test_every_key_and_label_is_understood_as_its_own_column() -> None:
    for schema in FILES.values():
        for column in schema.columns:
            for word in (column.key, column.ja, f" {column.ja} ", column.key.upper()):
                found = match_header(word, schema.key)
                assert found is not None and found.column == column.key, (schema.key, word)


@pytest.mark.parametrize(
    ("name", "key"),
    [("accounts.csv", "accounts"), ("movements_2026-10.csv", "movements"), ("契約.xlsx", "contracts"),
     ("/a/b/contracts.parquet", "contracts"), ("MRR変動2026年10月.csv", "movements"), ("something.csv", None)],
)  # fmt: skip
def test_the_name_of_the_file_says_what_it_holds(name: str, key: str | None) -> None:
    found = file_of_name(name)
    assert (found.key if found else None) == key


# spec/sources.md, "Column names to know".
@pytest.mark.parametrize(
    ("file", "column", "words"),
    [
        ("accounts", "account_id", "取引先 ID,顧客コード,顧客ID,会社ID,テナントID,account id"),
        ("accounts", "name", "取引先名,顧客名,会社名,企業名,法人名,account name"),
        ("accounts", "owner", "CS担当,担当CSM,CSM,主担当,担当者,所有者"),
        ("accounts", "deputy", "副担当,サブ担当"),
        ("accounts", "parent_id", "親取引先,親会社"),
        ("contracts", "starts_on", "契約開始日,利用開始日,課金開始日,サービス開始日"),
        ("contracts", "ends_on", "契約終了日,満了日,利用終了日,次回更新日,更新日"),
        ("contracts", "signed_on", "契約締結日,受注日"),
        ("contracts", "auto_renew", "自動更新,自動更新の有無"),
        ("contracts", "notice_deadline", "解約通知期限,解約申請期限,更新拒絶通知期限"),
        ("contracts", "mrr", "月額,月額料金,MRR,月額(税抜),月額（税込）,年額"),
        ("contracts", "amount", "契約金額,取引金額"),
        ("contracts", "seats", "契約ID数,ライセンス数,アカウント数,拠点数"),
        ("accounts", "employees", "従業員数"),
        ("invoices", "invoice_id", "請求書番号"),
        ("invoices", "due_on", "支払期限,入金期日,決済期限"),
        ("contacts", "email", "e-mail,メールアドレス,Ｅ－ｍａｉｌ"),
        ("contacts", "department", "部署名"),
        ("renewals", "forecast", "ヨミ,確度"),
        ("renewals", "next_action", "次アクション"),
    ],
)  # fmt: skip
def test_the_aliases_of_the_sources_are_known(file: str, column: str, words: str) -> None:
    for word in words.split(","):
        found = match_header(word, file)
        assert found is not None and found.column == column, word


def test_a_header_says_factor_unit_tax_and_what_must_be_asked() -> None:
    yearly = match_header("年額（税込・千円）", "contracts")
    assert yearly is not None
    assert (yearly.column, yearly.divisor, yearly.unit, yearly.tax_included) == ("mrr", 12, 1000, True)
    renewal = match_header("次回更新日", "contracts")
    assert renewal is not None and renewal.ask == "end_reading"
    cancel = match_header("解約日", "contracts")
    assert cancel is not None and cancel.ask == "cancel_reading"
    canonical = match_header("ends_on", "contracts")
    assert canonical is not None and canonical.ask == ""


def test_columns_are_suggested_once_and_the_sample_speaks() -> None:
    rows = [
        ["A1", "あさひ", "2026-04-01", "120,000", "田中"],
        ["A2", "みどり", "2026-04-01", "80,000", "佐藤"],
    ]
    found = suggest_columns(["顧客コード", "顧客名", "契約開始日", "月額", "社内メモ"], rows, "contracts")
    assert [(s.header, s.column) for s in found] == [
        ("顧客コード", "account_id"),
        ("契約開始日", "starts_on"),
        ("月額", "mrr"),
    ]
    assert [s.values for s in found] == ["", "values_fit", "values_fit"]
    swapped = suggest_columns(["月額"], [["2026-04-01"], ["2026-05-01"]], "contracts")
    assert swapped[0].values == "values_differ" and swapped[0].score < 0.6


def test_what_a_file_may_be() -> None:
    assert suggest_kind(["顧客名", "製品", "契約開始日", "契約終了日", "月額"])[0].kind == "ledger"
    assert suggest_kind(["顧客", "2025/04", "2025/05", "2025/06"])[0].kind == "wide"
    assert (
        suggest_kind(["movement_id", "account_id", "effective_on", "mrr_delta"], "movements.csv")[0].kind
        == "movements"
    )
    assert suggest_kind(["account_id", "name", "kana"], "x.csv")[0].kind == "accounts"
    assert suggest_kind(["商談名", "フェーズ", "完了予定日", "種別", "金額"])[0].kind == "deals"
