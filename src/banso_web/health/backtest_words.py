"""What pages, files and the command call the results of back-tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso_web.core.ui.formats import number_text, pct_text
from banso_web.health.words import signal_word

REASONS: dict[str, Any] = {
    "few_events": _l("解約した顧客が10社に満たないため、数えていません"),
    "few_without_event": _l("解約しなかった顧客が10社に満たないため、数えていません"),
    "nobody": _l("該当する行がありません"),
    "not_given": _l("接点の記録がありません"),
    "few_days": _l("調べた月末が3つに満たないため、求めていません"),
    "both_cannot_be_met": _l("この件数と適合率を、両方満たすしきい値はありません"),
    "short_history": _l("履歴が1年に満たないため、スコアカードを使います"),
    "few_snapshots": _l("90日後まで分かる月末が8つに満たないため、スコアカードを使います"),
    "few_early_events": _l("履歴の前半に解約が少ないため、スコアカードを使います"),
    "few_later_events": _l("履歴の終わりに解約が少なく確かめられないため、スコアカードを使います"),
    "no_better_than_base_rate": _l("モデルは解約率の平均より当たりませんでした。スコアカードを使います"),
    "no_better_than_scorecard": _l("モデルはスコアカードより当たりませんでした。スコアカードを使います"),
}
MODEL_FEW = _l("解約した顧客が50社に満たないため、スコアカードを使います")
NOTES = {
    "without_boosting": _l("scikit-learn が入っていないため、勾配ブースティングは試していません。"),
    "few_for_boosting": _l("解約が200社に満たないため、勾配ブースティングは試していません。"),
}
RIVALS = {
    "recency": _l("最後の接点からの日数"),
    "last_score": _l("一つ前のスコア"),
    "base_rate": _l("全社同じ(解約率の平均)"),
}
TRUST = {
    "holds": _l("信頼できます"),
    "watch": _l("注意して見てください"),
    "do_not_trust_until_refitted": _l("作り直すまで信頼しないでください"),
    "too_few": _l("件数不足"),
}
DRIFTED = {
    "calibration": _l("確率と実際の解約がずれています"),
    "segments": _l("セグメントの構成が変わりました"),
    "values": _l("確率の分布が変わりました"),
}


def reason_word(reason: str | None, *, model: bool = False) -> Any:
    if model and reason == "few_events":
        return MODEL_FEW
    return REASONS.get(reason or "", reason or "")


def model_word(name: str) -> str:
    """「hazard, penalty 30」 as people read it."""
    family, _comma, rest = name.partition(", ")
    number = rest.rpartition(" ")[2] if family == "hazard" else rest.partition(" ")[0]
    words = {
        "hazard": _("離散時間ハザード(罰則 %(n)s)"),
        "boosting": _("勾配ブースティング(木 %(n)s 本)"),
        "base_rate": _("解約率の平均"),
        "scorecard": _("スコアカードだけ"),
    }
    return (
        words.get(family, name) % {"n": number}
        if "%(n)s" in words.get(family, "")
        else words.get(family, name)
    )


def feature_word(name: str) -> Any:
    return signal_word(name)


def ratio_text(one: Mapping[str, Any] | None, *, pct: bool = False, digits: int = 3) -> str:
    """「0.742(0.701〜0.780)」, or the reason why there is no number."""
    if one is None or one["value"] is None:
        return str(reason_word(one["reason"])) if one else "—"

    def text(value: float) -> str:
        return pct_text(value, 1) if pct else number_text(value, digits)

    if one["low"] is None or one["high"] is None:
        return text(one["value"])
    return _("%(value)s(%(low)s〜%(high)s)") % {
        "value": text(one["value"]), "low": text(one["low"]), "high": text(one["high"]),
    }  # fmt: skip
