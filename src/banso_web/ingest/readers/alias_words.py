"""The words by which Japanese companies' own files name what the canonical columns hold."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alias:
    """Words for one column. `columns`: canonical file → column ("*" for every file that has a column of that name)."""

    words: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    divisor: int = 1
    ask: str = ""

    def column_in(self, kind: str, has: Container[str]) -> str:
        """The column these words mean in the file `kind`, whose columns are `has`; empty when they mean none there."""
        for file, column in self.columns:
            if file in {kind, "*"} and column in has:
                return column
        return ""


def _every(column: str, *words: str, divisor: int = 1, ask: str = "") -> Alias:
    return Alias(words, (("*", column),), divisor, ask)


def _in(places: str, *words: str, divisor: int = 1, ask: str = "") -> Alias:
    """`places` is "file.column file.column"."""
    pairs = tuple((place.split(".")[0], place.split(".")[1]) for place in places.split())
    return Alias(words, pairs, divisor, ask)


ALIASES: tuple[Alias, ...] = (
    _every("account_id", "取引先 ID", "取引先コード", "顧客コード", "顧客ID", "顧客番号", "会社ID", "会社コード", "企業ID",
           "テナントID", "account id", "customer id", "得意先コード", "契約先コード", "取引先番号"),
    _in("accounts.name", "取引先名", "顧客名", "会社名", "企業名", "法人名", "account name", "顧客", "取引先", "契約先",
        "契約先名", "得意先名", "お客様名", "社名", "顧客名称", "取引先名称", "会社名称", "得意先名称", "customer", "customer name", "company"),
    # Where a file has no name of its own for the customer, its name is a way to find the account.
    _in("contacts.account_id contracts.account_id movements.account_id charges.account_id invoices.account_id "
        "touches.account_id tickets.account_id voices.account_id responses.account_id tasks.account_id",
        "取引先名", "顧客名", "会社名", "企業名", "法人名", "account name", "顧客", "取引先", "契約先", "契約先名",
        "得意先名", "お客様名", "社名", "顧客名称", "取引先名称", "会社名称", "得意先名称", "customer", "customer name", "company"),
    _in("accounts.kana", "フリガナ", "ふりがな", "カナ", "顧客名カナ", "会社名カナ", "会社名フリガナ", "ヨミガナ"),
    _in("accounts.owner", "CS担当", "担当CSM", "CSM", "主担当", "担当者", "所有者", "取引先所有者", "担当", "owner"),
    _in("accounts.deputy", "副担当", "サブ担当", "副担当者"),
    _in("accounts.parent_id", "親取引先", "親会社", "親取引先ID", "親会社コード"),
    _in("accounts.employees", "従業員数", "社員数", "従業員規模"),
    _in("accounts.industry", "業種", "業界", "産業"),
    _in("accounts.segment", "セグメント", "区分", "顧客ランク", "ランク", "規模区分"),
    _in("accounts.prefecture", "都道府県", "所在地(都道府県)", "都道府県名"),
    _in("accounts.started_on", "取引開始日", "初回契約日", "利用開始日", "契約開始日"),
    _in("accounts.fiscal_month", "決算月", "決算期"),
    _in("accounts.touch", "タッチ", "タッチモデル", "対応モデル"),
    _in("accounts.excluded", "除外区分", "除外"),
    _in("contracts.contract_id movements.contract_id renewals.contract_id", "契約ID", "契約番号", "契約No", "契約No.",
        "管理番号", "契約コード", "contract no", "contract id"),
    _in("contracts.product movements.product charges.product", "製品", "商品", "商品名", "製品名", "サービス",
        "サービス名", "品目", "利用製品", "契約製品", "product name"),
    _in("contracts.plan", "プラン", "プラン名", "契約プラン", "コース"),
    _in("contracts.starts_on", "契約開始日", "利用開始日", "課金開始日", "サービス開始日", "開始日", "契約開始", "開始",
        "契約期間開始", "契約期間自", "契約期間(自)"),
    _in("contracts.ends_on", "契約終了日", "満了日", "利用終了日", "次回更新日", "更新日", "契約満了日", "終了日", "終了",
        "契約終了", "契約期間終了", "契約期間至", "契約期間(至)", "次回更新", ask="end_reading"),
    _in("contracts.ended_on", "解約日", "解約年月日", "退会日", "利用停止日", ask="cancel_reading"),
    _in("contracts.notified_on", "解約申出日", "解約申請日", "解約連絡日", "解約受付日"),
    _in("contracts.end_reason", "解約理由", "終了理由"),
    _in("contracts.signed_on", "契約締結日", "受注日", "締結日", "契約日"),
    _in("contracts.auto_renew", "自動更新", "自動更新の有無", "自動更新有無"),
    _in("contracts.notice_deadline", "解約通知期限", "解約申請期限", "更新拒絶通知期限", "解約予告期限"),
    _in("contracts.mrr", "月額", "月額料金", "MRR", "月額(税抜)", "月額利用料", "月額費用", "月額金額", "月次金額"),
    _in("contracts.mrr", "年額", "年額料金", "年間利用料", "年間契約金額", "ARR", "年額利用料", divisor=12),
    _in("contracts.amount", "契約金額", "取引金額", "契約総額", "契約額", "金額", ask="term"),
    _in("contracts.term_months", "契約月数", "契約期間(月)", "契約期間(ヶ月)", "契約期間(か月)", "期間(月)", "契約期間月数"),
    _in("contracts.seats", "契約ID数", "ライセンス数", "アカウント数", "拠点数", "ID数", "席数", "ユーザー数", "契約数",
        "契約ライセンス数"),
    _in("contracts.user_company", "利用企業", "利用会社", "エンドユーザー", "利用企業名"),
    _in("contracts.bill_to", "請求先", "請求先名", "請求先会社"),
    _in("contracts.dealer", "販売店", "代理店", "販売代理店", "パートナー"),
    _in("contracts.currency movements.currency invoices.currency", "通貨", "通貨コード"),
    _in("movements.effective_on", "発効日", "変動日", "適用日", "増減日"),
    _in("movements.mrr_delta", "MRR増減", "増減額", "MRR変動額", "月額増減", "差額"),
    _in("charges.amount", "初期費用", "スポット", "値引", "金額"),
    _in("charges.on", "計上日", "売上日", "売上計上日"),
    _in("invoices.invoice_id", "請求書番号", "請求番号", "請求書No", "請求書ID"),
    _in("invoices.billed_on", "請求日", "請求書発行日", "発行日"),
    _in("invoices.due_on", "支払期限", "入金期日", "決済期限", "支払期日", "入金予定日"),
    _in("invoices.paid_on", "入金日", "入金済日", "消込日"),
    _in("invoices.amount", "請求金額", "請求額", "金額", "合計金額"),
    _in("contacts.family_name", "姓", "氏", "名字"),
    _in("contacts.given_name", "名", "名前"),
    _in("contacts.department", "部署名", "部署", "所属", "所属部署"),
    _in("contacts.title", "役職", "役職名", "肩書"),
    _in("contacts.email members.email", "e-mail", "email", "メールアドレス", "メール", "Eメール"),
    _in("contacts.phone", "電話番号", "電話", "TEL", "携帯電話"),
    _in("contacts.consent_on", "名刺交換日"),
    _in("contacts.contact_id", "担当者ID", "連絡先ID", "名刺ID", "contact id"),
    _in("renewals.forecast", "ヨミ", "確度", "更新見込み"),
    _in("renewals.amount", "金額", "更新金額"),
    _in("renewals.next_action", "次アクション", "次のアクション", "ネクストアクション"),
    _in("renewals.note movements.note", "備考", "メモ", "摘要"),
    _in("tasks.due_on", "期限", "期日"),
    _in("touches.at", "日時", "活動日", "対応日", "実施日"),
    _in("touches.kind", "種類", "種別", "活動種別"),
    _in("touches.member", "担当", "対応者", "担当者"),
    _in("events.account_id", "groupId"),
    _in("events.event", "name", "操作名", "操作"),
    _in("events.timestamp", "originalTimestamp", "操作日時", "利用日時"),
    _in("events.user_id", "ユーザーID", "ログインID"),
    _in("tickets.opened_at", "受付日時", "受付日", "問い合わせ日", "作成日時"),
    _in("members.name", "氏名", "名前", "担当者名"),
    _in("members.member_id", "社員番号", "メンバーID", "社員ID"),
    _in("members.manager_id", "上長", "上司", "上長ID"),
)  # fmt: skip
