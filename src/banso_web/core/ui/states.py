"""Values that are no number, and bands: always a word, never 0 and never colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

# key: (word on the page, what it means)
STATES: dict[str, tuple[Any, Any]] = {
    "not_computable": (_("算出不可"), _("この条件では計算できません(0 ではありません)。")),
    "not_applicable": (_("対象外"), _("この対象には当てはまりません。")),
    "too_few": (_("件数不足"), _("件数が足りないため、値を出していません。")),
    "missing": (_("欠測"), _("データが届いていません。")),
    "not_computed": (_("未計算"), _("まだ計算していません。")),
    "not_collected": (_("未収集"), _("このデータはまだつながっていません。")),
    "no_answer": (_("無回答"), _("たずねても回答がないか、最後の回答から時間がたっています。")),
    "unanswered": (_("未回答"), _("まだ回答がありません。")),
    "unconfirmed": (_("未確認"), _("まだ確かめていません。")),
    "stopped": (_("途絶"), _("以前は届いていましたが、止まっています。")),
    "not_comparable": (_("比較不可"), _("母集団や数え方が異なるため、比べられません。")),
    "unknown": (_("不明"), _("分かっていません。")),
    "unset": (_("未設定"), _("まだ決めていません。")),
    "incomplete": (_("未整備"), _("ほかのファイルから名前だけ分かっています。")),
    "no_rate": (
        _("換算レートなし"),
        _("この通貨の換算レートが取り込まれていないため、合計に入れていません。"),
    ),
    "withheld": (_("閲覧権限なし"), _("この値を見る権限がありません。")),
    "mixed": (_("通貨混在"), _("複数の通貨があり、合計していません。")),
}


@dataclass(frozen=True)
class Band:
    """A band's word and CSS class; the shape comes with the class."""

    key: str
    word: Any
    css: str


BANDS = {
    "good": Band("good", _("良好"), "band-good"),
    "watch": Band("watch", _("注意"), "band-watch"),
    "risk": Band("risk", _("危険"), "band-risk"),
    "unknown": Band("unknown", _("不明"), "band-unknown hatched"),
    "not_computed": Band("not_computed", _("未計算"), "band-unknown hatched"),
}


def state_word(key: str) -> Any:
    """The word of a state; a key nobody declared is shown as itself, so that nothing is hidden."""
    return STATES[key][0] if key in STATES else key


def state_help(key: str) -> Any:
    return STATES[key][1] if key in STATES else ""
