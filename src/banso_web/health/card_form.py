"""The form of a scorecard: what it is called, whom it is for, its bands, and a row for each signal. It reads and writes the text."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext_lazy as _

from banso.health import Scorecard, plain
from banso_web.core.days import DayField
from banso_web.health.signals import SIGNALS

EXTRA = 1
CURVE = forms.TextInput(attrs={"spellcheck": "false", "placeholder": "0: 0, 50: 70, 100: 100"})


def _signals() -> list[tuple[str, Any]]:
    return [("", _("なし")), *((key, one.name) for key, one in SIGNALS.items())]


class CardForm(forms.Form):
    key = forms.CharField(
        label=_("キー"),
        max_length=60,
        help_text=_("英小文字と数字。例: enterprise。あとから変えられません。"),
    )
    name_ja = forms.CharField(label=_("名前"), max_length=100)
    name_en = forms.CharField(label=_("英語の名前"), max_length=100, required=False)
    effective_on = DayField(
        label=_("適用日"), help_text=_("この日から、この版で読みます。前の日までの読みは変わりません。")
    )
    precedence = forms.CharField(
        label=_("優先順位"),
        max_length=10,
        help_text=_("当てはまるスコアカードが複数ある顧客には、数の小さいものを使います。"),
    )
    segment = forms.CharField(
        label=_("セグメント(読点かカンマで区切る)"),
        required=False,
        max_length=1000,
        help_text=_("空ならすべての顧客"),
    )
    product = forms.CharField(
        label=_("製品(読点かカンマで区切る)"),
        required=False,
        max_length=1000,
        help_text=_("空ならすべての顧客"),
    )
    good = forms.CharField(label=_("良好の下限"), max_length=20)
    watch = forms.CharField(
        label=_("注意の下限"), max_length=20, help_text=_("境界の値は、上の区分に入ります。")
    )
    unknown_under = forms.CharField(
        label=_("不明とする割合(%)"),
        max_length=20,
        help_text=_("分かっている重みがこれに満たない顧客は不明です。"),
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, new: bool, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        if not new:
            self.fields["key"].widget = forms.HiddenInput()


class PartForm(forms.Form):
    signal = forms.ChoiceField(label=_("シグナル"), choices=_signals, required=False)
    weight = forms.CharField(label=_("重み"), required=False, max_length=20)
    curve = forms.CharField(label=_("曲線(値: 点)"), required=False, max_length=1000, widget=CURVE)
    life = forms.CharField(label=_("有効日数"), required=False, max_length=10)
    stand_in = forms.ChoiceField(label=_("代わりのシグナル"), choices=_signals, required=False)
    stand_curve = forms.CharField(label=_("代わりの曲線"), required=False, max_length=1000, widget=CURVE)
    stand_life = forms.CharField(label=_("代わりの有効日数"), required=False, max_length=10)
    group = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def part(self) -> dict[str, Any] | None:
        """As the text has it; None for a row without a signal."""
        data = self.cleaned_data
        if not data.get("signal"):
            return None
        out: dict[str, Any] = {"signal": data["signal"], "weight": number(data["weight"])}
        if data["group"]:
            out["group"] = data["group"]
        out |= curve(data["curve"])
        if data["life"]:
            out["life"] = number(data["life"])
        if data["stand_in"]:
            out["stand_in"] = {"signal": data["stand_in"], **curve(data["stand_curve"])}
            if data["stand_life"]:
                out["stand_in"]["life"] = number(data["stand_life"])
        return out


PartRows = forms.formset_factory(PartForm, extra=EXTRA, max_num=60, absolute_max=60)


def number(text: str) -> Any:
    """A number as YAML writes it; what is none stays as it is, for the check to say so."""
    try:
        value = Decimal(text.strip())
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)
    except (InvalidOperation, OverflowError, ValueError):
        return text.strip() or None


def curve(text: str) -> dict[str, Any]:
    """「0: 0, 0.5: 70」 is a curve, 「◎: 100, ○: 75」 a table."""
    pairs = [one.partition(":") for one in re.split(r"[,、，\n]", text.replace("：", ":")) if one.strip()]
    if not pairs:
        return {}
    values = [(number(left), number(right)) for left, _colon, right in pairs]
    if any(isinstance(left, str) for left, _points in values):
        return {"table": {str(left): points for left, points in values}}
    return {"curve": [[left, points] for left, points in values]}


def as_text(form: CardForm, rows: Any, base: Scorecard | None) -> str:
    """The text that a valid form says. Groups are kept as the version before had them: they stand in the text alone."""
    data = form.cleaned_data
    names = {"ja": data["name_ja"], "en": data["name_en"]}
    out: dict[str, Any] = {
        "key": data["key"],
        "names": {language: name for language, name in names.items() if name},
        "effective_on": data["effective_on"],
        "precedence": number(data["precedence"]),
    }
    whom = {field: _listed(data[field]) for field in ("segment", "product") if _listed(data[field])}
    if base is not None and base.whom and base.whom.get("stage"):
        whom["stage"] = list(base.whom["stage"])
    if whom:
        out["for"] = whom
    out["bands"] = {name: number(data[name]) for name in ("good", "watch", "unknown_under")}
    if base is not None and base.groups:
        out["groups"] = plain(base)["groups"]
    out["parts"] = [part for row in rows if (part := row.part())]
    return dump(out)


def dump(data: dict[str, Any]) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)


def _listed(text: str) -> list[str]:
    return [one.strip() for one in re.split(r"[,、，\n]", text) if one.strip()]


def initial_of(card: Scorecard) -> dict[str, Any]:
    """What an unsent form shows of a scorecard."""
    bands, whom = card.bands, card.whom or {}
    return {
        "key": card.key,
        "name_ja": card.names.get("ja", ""),
        "name_en": card.names.get("en", ""),
        "effective_on": card.effective_on,
        "precedence": card.precedence,
        "segment": "、".join(whom.get("segment", ())),
        "product": "、".join(whom.get("product", ())),
        "good": f"{bands.good:f}",
        "watch": f"{bands.watch:f}",
        "unknown_under": f"{bands.unknown_under:f}",
    }


def initial_rows(card: Scorecard) -> list[dict[str, Any]]:
    rows = []
    for part in plain(card)["parts"]:
        other = part.get("stand_in", {})
        rows.append(
            {
                **{name: part.get(name, "") for name in ("signal", "weight", "life", "group")},
                "curve": _curve_text(part),
                "stand_in": other.get("signal", ""),
                "stand_curve": _curve_text(other),
                "stand_life": other.get("life", ""),
            }
        )
    return rows


def _curve_text(part: dict[str, Any]) -> str:
    pairs = part.get("table", {}).items() if "table" in part else part.get("curve", ())
    return ", ".join(f"{value}: {points}" for value, points in pairs)
