"""The form of 機能の定義: a name, the plans that hold it, rows of events, and what to advise where it is not used."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.accounts.reads.choices import plans
from banso_web.usage.reads.definitions import FeatureLine

#: Empty rows beside those that are filled.
EXTRA = 2


class FeatureForm(forms.Form):
    name = forms.CharField(label=_("名前"), max_length=100, help_text=_("画面と提案に出る名前。例: 一括取込"))
    core = forms.BooleanField(label=_("コア機能(利用の広がりに数える)"), required=False)
    plans = forms.MultipleChoiceField(
        label=_("この機能がある製品・プラン(選ばなければすべて)"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    instead = forms.ChoiceField(
        label=_("代わりに使われている機能"),
        required=False,
        help_text=_("この機能があれば減らせる作業。例: 手入力"),
    )
    at_least = forms.IntegerField(
        label=_("この回数から提案する"),
        required=False,
        min_value=1,
        help_text=_("30日の回数。代わりの機能を選んだときに使います。"),
    )
    link = forms.URLField(label=_("案内のページ"), required=False, max_length=500, assume_scheme="https")
    advice = forms.CharField(
        label=_("お客様への文"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("提案カードの下書きに入ります。お客様の使い方を見ていることは書かないでください。"),
    )  # fmt: skip
    reason = forms.CharField(label=_("変更の理由"), required=False, max_length=300)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, lines: list[FeatureLine], **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        chosen: Any = self.fields["plans"]
        chosen.choices = [
            (json.dumps(pair, ensure_ascii=False), " · ".join(part for part in pair if part))
            for pair in plans()
        ]
        instead: Any = self.fields["instead"]
        instead.choices = [("", _("なし")), *((line.code, line.name) for line in lines)]

    def values(self) -> dict[str, Any]:
        """For `save_feature`, without the rows of events."""
        data = dict(self.cleaned_data)
        data["plans"] = [tuple(json.loads(one)) for one in data["plans"]]
        return {key: data[key] for key in ("name", "core", "plans", "instead", "at_least", "link", "advice")}


class RuleForm(forms.Form):
    name = forms.CharField(
        label=_("イベント名"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"list": "names-sent"}),
    )
    starts = forms.ChoiceField(
        label=_("一致"), choices=[("", _("と同じ")), ("1", _("で始まる"))], required=False
    )
    property = forms.CharField(label=_("プロパティ"), required=False, max_length=100)
    values_text = forms.CharField(label=_("値(読点かカンマで区切る)"), required=False, max_length=2000)

    def rule(self) -> dict[str, Any] | None:
        """None for a row that is empty."""
        data = self.cleaned_data
        values = [text.strip() for text in re.split(r"[,、\n]", data.get("values_text", "")) if text.strip()]
        if not (data.get("name") or data.get("property") or values):
            return None
        return {"name": data.get("name", ""), "starts": data.get("starts") == "1", "property": data.get("property", ""), "values": values}  # fmt: skip


RuleRows = forms.formset_factory(RuleForm, extra=EXTRA, max_num=50, absolute_max=60)


def initial_of(line: FeatureLine | None, name: str) -> dict[str, Any]:
    """What an unsent form shows: the feature as it stands, or a new one called by an event name that was sent."""
    if line is None:
        return {"name": name, "at_least": 1}
    return {
        "name": line.name,
        "core": line.core,
        "plans": [json.dumps(list(pair), ensure_ascii=False) for pair in line.definition.plans],
        "instead": line.instead,
        "at_least": line.at_least,
        "link": line.link,
        "advice": line.advice,
    }


def initial_rules(line: FeatureLine | None, name: str) -> list[dict[str, Any]]:
    if line is None:
        return [{"name": name}] if name else []
    return [
        {
            "name": one.name,
            "starts": "1" if one.starts else "",
            "property": one.property,
            "values_text": "、".join(one.values),
        }
        for one in line.definition.rules
    ]
