"""What is wrong with a scorecard's text, in the reader's words: where, what, and what would be right."""

from __future__ import annotations

import re
from typing import Any

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from banso.health import BadScorecard, Mistake, Scorecard, scorecard
from banso_web.core import plain_yaml
from banso_web.core.facts import current_watermark
from banso_web.health.models import Card
from banso_web.health.reads.cards import shipped
from banso_web.health.reads.editor import text_of
from banso_web.health.reads.scoring import MARKS
from banso_web.health.signals import SIGNALS
from banso_web.health.words import signal_word

MOST_LETTERS = 50_000
#: What the signals say that say words.
CATEGORIES = {key: tuple(MARKS.values()) for key, one in SIGNALS.items() if one.unit == "mark"}
WRONG: dict[str, Any] = {
    "missing": _l("書かれていません。"),
    "unknown_key": _l("この項目はありません。使える項目: %(allowed)s"),
    "not_a_mapping": _l("「項目: 値」の形で書いてください。"),
    "not_a_list": _l("一覧(先頭に - を付けた行)で書いてください。"),
    "empty": _l("一つは書いてください。"),
    "not_a_key": _l("「%(value)s」は使えません。英小文字で始め、英小文字、数字、_ . - の60文字までで書いてください。"),
    "not_a_text": _l("100文字までの言葉を書いてください。"),
    "not_a_day": _l("「%(value)s」は日付として読み取れません。2026-04-01 の形で書いてください。"),
    "not_a_number": _l("「%(value)s」は数として読み取れません。"),
    "not_whole": _l("「%(value)s」は整数ではありません。"),
    "out_of_range": _l("「%(value)s」は範囲の外です。%(low)s から %(high)s まで、小数9桁までの数にしてください。"),
    "twice": _l("「%(of)s」が二度使われています。"),
    "one_of": _l("curve(数の曲線)か table(言葉の表)のどちらか一つを書いてください。"),
    "unknown_signal": _l("「%(value)s」というシグナルはありません。使えるシグナル: %(signals)s"),
    "unknown_group": _l("「%(value)s」は groups にありません。"),
    "too_many": _l("多すぎます。%(most)s 個までです。"),
    "too_few": _l("少なすぎます。%(least)s 個以上書いてください。"),
    "needs_table": _l("言葉の値なので、table に %(named)s の点だけを、もれなく書いてください。"),
    "needs_curve": _l("数の値なので、table ではなく curve で書いてください。"),
    "not_a_pair": _l("[値, 点] の形で書いてください。"),
    "not_ascending": _l("値を小さい順に並べてください(%(before)s の次に %(value)s があります)。"),
    "bands_crossed": _l("良好の下限(%(good)s)を、注意の下限(%(watch)s)より大きくしてください。"),
}  # fmt: skip
FIELDS: dict[str, Any] = {
    "key": _l("キー"),
    "names": _l("名前"),
    "effective_on": _l("適用日"),
    "precedence": _l("優先順位"),
    "for": _l("対象"),
    "bands": _l("ヘルスの区分"),
    "groups": _l("グループ"),
    "parts": _l("シグナル"),
    "weight": _l("重み"),
    "curve": _l("曲線"),
    "table": _l("表"),
    "life": _l("有効日数"),
    "stand_in": _l("代わりのシグナル"),
    "good": _l("良好の下限"),
    "watch": _l("注意の下限"),
    "unknown_under": _l("不明とする割合"),
}


def checked(text: str, key: str) -> tuple[Scorecard | None, list[str]]:
    """The scorecard of a text, or None with every mistake. key: the scorecard it must be a version of, "" for one that is new."""
    if len(text) > MOST_LETTERS:
        return None, [_("長すぎます。%(most)s 文字までです。") % {"most": f"{MOST_LETTERS:,}"}]
    try:
        data = plain_yaml.load(text)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        line = _("%(n)s 行目: ") % {"n": mark.line + 1} if mark else ""
        return None, [
            line
            + _(
                "YAML として読み取れません。字下げ、コロンの後の空白、括弧の対応を確かめてください。参照(&a、*a)とタグは使えません。"
            )
        ]
    except RecursionError:
        return None, [_("入れ子が深すぎます。")]
    except ValueError:  # a day that no calendar has
        return None, [_("暦にない日付があります。2026-04-01 の形で書いてください。")]
    try:
        card = scorecard(data, signals=SIGNALS, categories=CATEGORIES)
    except BadScorecard as bad:
        return None, [mistake_text(one, data) for one in bad.mistakes]
    return (card, []) if not (wrong := _key(card.key, key)) else (None, [wrong])


def _key(found: str, key: str) -> str:
    if key and found != key:
        return _(
            "キー: 「%(key)s」のまま変えないでください。別のスコアカードは「追加する」から作れます。"
        ) % {"key": key}
    if not key and (
        found == shipped().key
        or text_of(found, current_watermark())
        or Card.objects.filter(code=found, live=True).exists()
    ):
        return _("キー: 「%(key)s」はもう使われています。") % {"key": found}
    return ""


def mistake_text(one: Mistake, data: Any) -> str:
    """「満足 › 曲線 2行目: …」"""
    values = {
        name: ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in one.values.items()
    }
    told = str(WRONG[one.code]) % values if one.code in WRONG else one.code
    place = _place(one.path, data)
    return f"{place}: {told}" if place else told


def _place(path: str, data: Any) -> str:
    words: list[str] = []
    for name, at in re.findall(r"([^.\[\]]+)|\[(\d{1,4})\]", path):
        if name:
            words.append(str(FIELDS.get(name, name)))
        elif words == [str(FIELDS["parts"])]:
            words[-1] = _signal(data, int(at))
        elif words:
            words[-1] += " " + _("%(n)s 番目") % {"n": int(at) + 1}
    return " › ".join(words)


def _signal(data: Any, at: int) -> str:
    """A part by its signal's name, and by its number where it names none."""
    try:
        named = data["parts"][at]["signal"]
    except (KeyError, IndexError, TypeError):
        named = None
    if isinstance(named, str):
        return str(signal_word(named))
    return f"{FIELDS['parts']} " + _("%(n)s 番目") % {"n": at + 1}
