"""The enumerations of the canonical files: key, Japanese and English word, and other spellings that are understood."""

from __future__ import annotations

from banso_web.ingest.readers.schema import Value as V

TOUCH_MODEL = (
    V("high", "ハイタッチ", "High touch", ("ハイ",)),
    V("low", "ロータッチ", "Low touch", ("ロー",)),
    V("tech", "テックタッチ", "Tech touch", ("テック", "デジタル")),
)
EXCLUDED = (
    V("own", "自社", "Own company", ("社内", "グループ会社")),
    V("test", "検証", "Test", ("テスト", "検証用")),
    V("trial", "無償トライアル", "Free trial", ("トライアル", "無償", "お試し")),
    V("poc", "PoC", "Proof of concept", ("実証実験", "概念実証")),
    V("loan", "貸出", "Loan", ("貸与", "デモ機")),
)
CONTACT_ROLE = (
    V("decision_maker", "決裁者", "Decision maker", ("決裁権者", "意思決定者")),
    V("champion", "推進者", "Champion", ("チャンピオン", "推進担当")),
    V("user", "利用者", "User", ("現場", "ユーザー", "利用担当")),
    V("initiator", "起案者", "Initiator", ("起案",)),
    V("it", "情シス", "IT department", ("情報システム", "情報システム部", "システム担当")),
    V("contract", "契約担当", "Contract", ("契約窓口", "法務")),
    V("billing", "請求担当", "Billing", ("経理", "請求窓口")),
    V("admin", "管理者", "Administrator", ("システム管理者",)),
    V("sponsor", "経営層", "Sponsor", ("スポンサー", "役員")),
)
CONTACT_STATUS = (
    V("active", "在籍", "Active", ("在籍中", "有効", "現任")),
    V("left", "離任", "Left", ("退職", "異動", "退任", "離職", "無効")),
)
CONSENT = (
    V("consent", "同意", "Consent", ("同意あり", "オプトイン")),
    V("relation", "取引関係", "Business relation", ("取引関係にある者",)),
    V("card", "名刺", "Business card", ("名刺交換",)),
    V("public", "公表", "Published address", ("公表アドレス", "公開")),
)
NOTICE = (
    V("months_before", "Nか月前まで", "Months before", ("か月前", "ヶ月前", "ヵ月前", "カ月前", "月前")),
    V("days_before", "N日前まで", "Days before", ("日前",)),
    V("day_of_previous_month", "前月D日まで", "Day of the previous month", ("前月",)),
    V("date", "日付", "A date", ("期日指定",)),
    V("none", "なし", "None", ("無", "無し", "定めなし")),
)
CAUSE = (
    V("new", "新規", "New", ("新規契約", "新規受注")),
    V("upsell", "アップセル", "Upsell", ("増額", "プラン変更(上位)", "アップグレード")),
    V("cross_sell", "クロスセル", "Cross-sell", ("追加契約", "製品追加")),
    V("seats", "契約数の増減", "Seats", ("ID数増減", "席数", "契約数")),
    V("price", "価格改定", "Price", ("値上げ", "値下げ", "単価改定")),
    V("downgrade", "ダウングレード", "Downgrade", ("減額", "縮小", "プラン変更(下位)")),
    V("churn", "解約", "Churn", ("終了", "失注", "チャーン")),
    V("reactivation", "再開", "Reactivation", ("復活", "再契約")),
)
CHARGE_KIND = (
    V("initial", "初期費用", "Initial fee", ("初期", "導入費用")),
    V("spot", "スポット", "Spot", ("一時", "単発", "値引")),
    V("usage", "従量", "Usage", ("従量課金",)),
)
LTV_KEY = (
    V("gross_margin", "粗利率", "Gross margin", ("売上総利益率",)),
    V("acquisition_cost", "獲得コスト", "Acquisition cost", ("CAC", "顧客獲得コスト")),
    V("retention_cost_yearly", "維持コスト(年)", "Retention cost a year", ("維持コスト", "年間維持コスト")),
)
OPERATOR = (
    V("<=", "以下", "At most", ("≤", "≦")),
    V(">=", "以上", "At least", ("≥", "≧")),
)
PERIOD = (
    V("month", "月次", "Monthly", ("月", "毎月")),
    V("fiscal_year", "年度", "Fiscal year", ("年", "通期", "年次")),
)
EVENT_TYPE = (
    V("track", "操作", "Track", ("event", "イベント")),
    V("identify", "利用者の登録", "Identify"),
    V("group", "顧客への所属", "Group"),
    V("page", "ページの表示", "Page"),
    V("screen", "画面の表示", "Screen"),
    V("alias", "IDの統合", "Alias"),
)
TOUCH_KIND = (
    V(
        "meeting",
        "打ち合わせ",
        "Meeting",
        ("会議", "定例会", "面談", "商談", "Web会議", "ミーティング", "打合せ"),
    ),
    V("call", "電話", "Call", ("架電", "TEL", "通話")),
    V("mail", "メール", "Mail", ("Eメール", "email", "e-mail")),
    V("seminar", "セミナー", "Seminar", ("研修会", "勉強会", "ウェビナー")),
    V("event", "イベント", "Event", ("ユーザー会",)),
    V("visit", "訪問", "Visit", ("往訪", "来訪")),
    V("chat", "チャット", "Chat", ("Slack", "Teams")),
)
INITIATIVE = (
    V("proactive", "能動", "Proactive", ("こちらから", "アウトバウンド")),
    V("reactive", "受動", "Reactive", ("先方から", "インバウンド", "問い合わせ対応")),
)
SENTIMENT = (
    V("excellent", "◎", "Very good", ("二重丸", "とても良い")),
    V("good", "○", "Good", ("〇", "◯", "丸", "良い")),
    V("fair", "△", "Some concern", ("三角", "気がかり")),
    V("poor", "×", "At risk", ("✕", "✖", "バツ", "危ない")),
)
PRIORITY = (
    V("low", "低", "Low"),
    V("normal", "中", "Normal", ("通常", "普通")),
    V("high", "高", "High"),
    V("urgent", "緊急", "Urgent", ("至急", "最優先")),
)
SEVERITY = (
    V("normal", "通常", "Normal", ("一般",)),
    V("complaint", "クレーム", "Complaint", ("苦情",)),
    V("serious", "重大クレーム", "Serious complaint", ("重大", "重大な苦情")),
)
CHANNEL = (
    V("meeting", "打ち合わせ", "Meeting", ("会議", "定例会", "面談")),
    V("ticket", "問い合わせ", "Ticket", ("サポート", "問合せ")),
    V("survey", "アンケート", "Survey"),
    V("exit_interview", "解約ヒアリング", "Exit interview", ("解約時",)),
    V("community", "コミュニティ", "Community", ("ユーザー会",)),
    V("sales_loss", "失注ヒアリング", "Sales loss", ("失注",)),
)
VOICE_ROLE = (
    V("decision_maker", "決裁者", "Decision maker"),
    V("champion", "推進者", "Champion", ("チャンピオン",)),
    V("user", "利用者", "User", ("現場", "ユーザー")),
)
CONTRACT_STATE = (
    V("active", "契約中", "Active", ("有効", "利用中")),
    V("churned", "解約済", "Churned", ("解約", "解約済み")),
    V("lost", "失注", "Lost"),
)
MEMBER_ROLE = (
    V("member", "CS担当", "CS member", ("担当", "メンバー")),
    V("manager", "CSマネージャー", "CS manager", ("マネージャー", "管理職")),
    V("ops", "CS Ops", "CS operations", ("CS企画", "オペレーション")),
    V("support", "サポート", "Support", ("カスタマーサポート",)),
    V("sales", "営業", "Sales", ("フィールドセールス",)),
    V("product", "プロダクト", "Product", ("PdM", "開発")),
    V("executive", "経営", "Executive", ("経営層", "役員")),
    V("hr", "人事", "HR"),
    V("partner", "パートナー", "Partner", ("代理店", "販売店")),
)
