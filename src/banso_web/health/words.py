"""What the pages call things of health."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from banso.health import Band, Kind, Reason, State
from banso_web.core.ui.formats import date_text, number_text, pct_text
from banso_web.health.signals import SIGNALS

#: The key of a band's mark and word on pages.
BAND_MARKS = {Band.GOOD: "good", Band.WATCH: "watch", Band.BAD: "risk", Band.UNKNOWN: "unknown"}
#: The same in the order of `banso.health.Band`, worst first: what rows and arrays keep is a place in it.
BAND_KEYS = tuple(BAND_MARKS[band] for band in Band)
#: The key of a state's word.
STATE_WORDS = {
    State.KNOWN: "", State.NOT_COLLECTED: "not_collected", State.NOT_APPLICABLE: "not_applicable",
    State.NO_ANSWER: "no_answer", State.STOPPED: "stopped", State.GAP: "missing",
}  # fmt: skip
KINDS = {
    Kind.INPUT: _l("値の変化"),
    Kind.LOST: _l("数えなくなった"),
    Kind.GAINED: _l("数えるようになった"),
    Kind.WEIGHT: _l("重みの変更"),
    Kind.VERSION: _l("スコアカードの変更"),
}

#: What a value of 契約/支払 stands for, the heaviest that holds.
TROUBLES = {
    0: _l("問題なし"),
    1: _l("更新手続中か、短い入金遅延"),
    2: _l("30日を超える入金遅延"),
    3: _l("解約申出"),
}


#: What can be done where a signal is not known: by its state, and where nothing ever came also by the signal.
CONNECT = {
    "usage": _l("製品の利用イベントか、日ごとの利用のファイルを取り込むと数えます。"),
    "satisfaction": _l("アンケートの回答を取り込むか、担当所感を付けると数えます。"),
    "relationship": _l("接点を記録すると数えます。"),
    "support": _l("問い合わせを取り込むと数えます。"),
    "contract": _l("契約を登録すると数えます。"),
}
TO_DO = {
    State.NO_ANSWER: _l("回答をもう一度お願いするか、担当所感を付けてください。"),
    State.STOPPED: _l("この顧客の記録だけが止まっています。お客様に様子を聞いてください。"),
    State.GAP: _l("送信元がすべての顧客について止まっています。データの届き具合を確かめてください。"),
}


def to_do_text(key: str, state: State) -> str:
    """What can be done about a part that is not known; "" where nothing is to be done (対象外)."""
    if state is State.NOT_COLLECTED:
        return str(CONNECT.get(key.split("_")[0], ""))
    return str(TO_DO.get(state, ""))


def signal_word(key: str) -> Any:
    return SIGNALS[key].name if key in SIGNALS else key


def value_text(key: str, value: Decimal | str | None) -> str:
    """A signal's value in its unit; "" where there is none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if key == "contract":
        return str(TROUBLES.get(int(value), value))
    unit = SIGNALS[key].unit
    if unit == "ratio":
        return pct_text(value, 1)
    if unit == "days":
        return ngettext("%(n)s日", "%(n)s日", int(value)) % {"n": number_text(value, 1)}
    return number_text(value, 1 if value != value.to_integral_value() else 0)


def reason_text(one: Reason) -> str:
    """Why a reading is not simply the mean of everything, in a sentence; "" where the part's own state says it already."""
    if one.code == "unknown_weight":
        known, needed = (pct_text(one.values[key], 0) for key in ("known", "needed"))
        return _("分かっている重みが %(known)s で、%(needed)s に満たないため、不明とします。") % {
            "known": known,
            "needed": needed,
        }
    if one.code == "frozen":
        return _("送信元が止まっているため、区分を止まる前のまま据え置き、警告も出しません。")
    if one.code == "gap_over":
        return _("送信元が14日を超えて止まっているため、不明とします。")
    if one.code == "stays_bad":
        return _("データが欠けても、危険だった区分はよくなりません。")
    if one.code == "stand_in":
        return _("%(part)sの回答がないあいだ、%(by)sが代わりに入っています。") % {
            "part": signal_word(one.part or ""),
            "by": signal_word(one.values["by"]),
        }
    if one.code in ("held", "past_life") and one.values.get("last_on"):
        word = (
            _("回答がないため、%(day)sの値を使っています。")
            if one.code == "held"
            else _("最後の値(%(day)s)は期限を過ぎたため、区分の下限だけに入れています。")
        )
        return f"{signal_word(one.part or '')}: {word % {'day': date_text(one.values['last_on'], weekday=False)}}"
    return ""
