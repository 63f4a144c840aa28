"""Forms of the signals: a quiet time, closing, and the day to compute again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.core import clock
from banso_web.core.days import DayField
from banso_web.usage.words import WHY

#: Days that a quiet time has where nobody says otherwise.
USUAL = 30


class SnoozeForm(forms.Form):
    why = forms.ChoiceField(label=_("理由"), choices=list(WHY.items()), widget=forms.RadioSelect)
    note = forms.CharField(label=_("メモ"), required=False, max_length=300)
    until = DayField(label=_("いつまで"), help_text=_("この日まで警告を出しません。翌日からまた知らせます。"))

    def __init__(self, data: Any = None) -> None:
        later = clock.today() + timedelta(days=USUAL)
        super().__init__(data, initial={"until": later}, label_suffix="")


class CloseForm(forms.Form):
    reason = forms.CharField(
        label=_("どう対応しましたか"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


class DetectForm(forms.Form):
    day = DayField(label=_("基準日"))
