"""Forms of health."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.core.days import DayField
from banso_web.health.models import Sentiment


class SentimentForm(forms.Form):
    """担当所感 with what may be said beside it."""

    mark = forms.ChoiceField(label=_("担当所感"), choices=Sentiment.Mark.choices, widget=forms.RadioSelect)
    until = DayField(
        label=_("有効期限"),
        required=False,
        help_text=_("空欄なら90日後です。過ぎると、代わりの値として使いません。"),
    )
    reason = forms.CharField(
        label=_("理由"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_until(self) -> Any:
        return self.cleaned_data.get("until") or None


class BacktestForm(forms.Form):
    """What a back-test is asked."""

    horizon = forms.TypedChoiceField(
        label=_("何日以内の解約を当てるか"), coerce=int, choices=[(30, _("30日")), (90, _("90日")), (180, _("180日"))], initial=90
    )  # fmt: skip
    months = forms.IntegerField(label=_("さかのぼる月数"), min_value=2, max_value=60, initial=24)
    capacity = forms.IntegerField(
        label=_("一人が月に見られる顧客数"),
        min_value=1,
        max_value=1000,
        required=False,
        help_text=_("空欄なら、上位1割を見るものとして数えます。"),
    )


class BudgetForm(forms.Form):
    """How many alerts a team can bear, and how many of them should be right."""

    alerts = forms.FloatField(label=_("CS担当一人、1営業日あたりの警告"), min_value=0.01, max_value=100)
    precision = forms.FloatField(label=_("当たってほしい割合(%)"), min_value=1, max_value=100)
