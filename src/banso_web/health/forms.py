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
