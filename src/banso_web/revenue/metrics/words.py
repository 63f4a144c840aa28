"""The words of revenue figures, in one place."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PARTS = {
    "opening": _("月初MRR"),
    "new": _("新規"),
    "reactivation": _("再開"),
    "expansion": _("エクスパンション"),
    "upsell": _("アップセル"),
    "cross_sell": _("クロスセル"),
    "contraction": _("ダウングレード"),
    "churn": _("解約"),
    "fx": _("為替"),
    "closing": _("月末MRR"),
    "difference": _("差額"),
    "pending_renewal": _("更新手続中(仮に継続)"),
    "restatement": _("締め後修正"),
    "unchanged": _("変更なし"),
}

EXCLUDED = {
    "new_and_gone": _("除外(当月内の契約・解約)"),
    "missing_rate": _("換算レートがありません"),
    "residue": _("端数"),
    "one_off": _("MRRではない一時費用"),
    "late_renewal": _("更新遅延"),
    "own": _("除外区分: 自社"),
    "test": _("除外区分: 検証"),
    "trial": _("除外区分: 無償トライアル"),
    "poc": _("除外区分: PoC"),
    "loan": _("除外区分: 貸出"),
}

CAUSE_UNKNOWN = _("理由未確認")
EXCLUSION_CHANGED = _("除外区分の変更")

NO_OPENING = _("算出不可(月初MRRがありません)")
NO_OPENING_CUSTOMERS = _("算出不可(月初の顧客がいません)")
NO_CUSTOMERS = _("算出不可(顧客がいません)")
NOT_BEGUN = _("対象月は基準日にはまだ始まっていません")
NOTHING_LOST = _("算出不可(失ったMRRがありません)")
NO_TERMS = _("算出不可(期間内に満了した契約がありません)")
NO_BASE = _("算出不可(12か月前にMRRがある顧客がいません)")
TOO_SHORT_NOTE = _("月初の顧客がいた月は%(months)sか月です(12か月に足りません)")
NO_RATE = _("算出不可(換算レートがありません)")
UNRATED = _("換算レートがないため、%(count)s 社(%(held)s)を含みません。不完全な値です")
UNRATED_ITEMS = _("換算レートがないため、%(count)s 件(%(held)s)を含みません。不完全な値です")
NO_CHURN = _("算出不可(解約実績なし)")
NO_INPUT = _("算出不可(入力がありません: %(inputs)s)")

SMALL = _("件数が少なく、月ごとの差は偶然の範囲に入りえます。3か月平均も確認")
OVERLAP = _("タッチモデルが重なる顧客がいるため、合計と一致しません")
RUNNING = _("対象月の途中の値です(基準日まで)")
LATE = _("更新遅延: %(name)s は %(day)s の終了から30日以内に再開したため、継続として数えています")
NEGATIVE = _("MRRが負になる顧客があります: %(name)s")
REFERENCE = _("参考(解約が10件未満)")
NOT_RECOVERED = _("解約率%(rate)s %%では、このセグメントの獲得コストを回収できません(損益分岐 %(even)s %%)")

TERM_STATES = {
    "renewed": _("更新"),
    "automatic": _("自動更新"),
    "untouched": _("未接触のまま自動更新"),
    "lost": _("更新されませんでした"),
    "pending": _("更新手続中(仮に継続)"),
}

PENDING_DAYS = _("%(state)s・満了から %(days)s 日")

NOT_CLOSED = _("締めた値がありません(この月はまだ締めていません)")
LAST_CLOSED = _("最後に締めた月: %(month)s")
OPEN_SINCE = _("基準日までに終わった月のうち、まだ締めていない月: %(months)s")
SIGNED_FINAL = _("%(month)s の確報(締め: %(by)s)")
SIGNED_FLASH = _("%(month)s の速報(締め: %(by)s)")
