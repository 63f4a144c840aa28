"""Permission keys and the shipped roles (people.md §3.9, for what exists here). Roles are data: these are their first values."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PERMISSIONS = {
    "account.view": _("顧客・契約・利用を見る"),
    "account.edit_own": _("担当する顧客を編集する"),
    "account.edit_team": _("部下が担当する顧客を編集する"),
    "account.edit_all": _("すべての顧客を編集する"),
    "contact.view": _("先方担当者の氏名と連絡先を見る"),
    "revenue.view": _("売上の数字(MRR・NRR・LTV など)を見る"),
    "price.view": _("契約の価格条件を見る"),
    "kpi.edit": _("目標と改善策を編集する"),
    "month.close": _("月次締めを行う"),
    "import.run": _("データを取り込む"),
    "merge.decide": _("名寄せを決める"),
    "export.run": _("一覧を書き出す"),
    "member.view": _("メンバーを見る"),
    "member.manage": _("メンバーの招待と役割の変更"),
    "settings.edit": _("設定を変える"),
    "audit.view": _("監査ログを見る"),
    "personal.manage": _("個人情報の開示と消去"),
}

_VIEW = ["account.view", "contact.view", "revenue.view", "price.view", "member.view"]
_LEAD = [
    *_VIEW,
    "account.edit_own",
    "account.edit_team",
    "kpi.edit",
    "import.run",
    "merge.decide",
    "export.run",
]

# key: (Japanese name, English name, permissions)
ROLES: dict[str, tuple[str, str, list[str]]] = {
    "member": ("CS担当", "CS member", [*_VIEW, "account.edit_own", "export.run"]),
    "manager": ("CSマネージャー", "CS manager", [*_LEAD, "account.edit_all", "month.close", "audit.view"]),
    "team_lead": ("チームリーダー", "Team lead", _LEAD),
    "ops": ("CS Ops", "CS Ops", [*_LEAD, "account.edit_all", "audit.view", "settings.edit"]),
    "support": ("サポート", "Support", ["account.view", "contact.view", "member.view"]),
    "sales": ("営業", "Sales", ["account.view", "contact.view", "price.view", "member.view"]),
    "product": ("プロダクト", "Product", ["account.view", "member.view"]),
    "executive": ("経営", "Executive", ["account.view", "revenue.view", "price.view", "member.view", "export.run"]),
    "hr": ("人事", "HR", ["member.view"]),
    "partner": ("パートナー", "Partner", []),
    "admin": ("システム管理者", "System administrator", ["settings.edit", "member.view", "member.manage", "audit.view", "personal.manage"]),
}  # fmt: skip
