"""Forms of the signals: a quiet time, closing, and the day to compute again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.core import clock
from banso_web.usage.actions.answering import LONGEST
from banso_web.usage.words import WHY

NO_DAY = _("暦にない日付です。2026-11-24 の形で入れてください。")


class SnoozeForm(forms.Form):
    why = forms.ChoiceField(label=_("理由"), choices=list(WHY.items()), widget=forms.RadioSelect)
    note = forms.CharField(label=_("メモ"), required=False, max_length=300)
    until = forms.DateField(
        label=_("いつまで"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("この日まで警告を出しません。翌日からまた知らせます。"),
        error_messages={"invalid": NO_DAY},
    )

    def __init__(self, data: Any = None) -> None:
        day = clock.today()
        super().__init__(data, initial={"until": day + timedelta(days=30)}, label_suffix="")
        field = self.fields["until"].widget
        field.attrs.update(min=day.isoformat(), max=(day + timedelta(days=LONGEST)).isoformat())


class CloseForm(forms.Form):
    reason = forms.CharField(
        label=_("どう対応しましたか"), max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")


class DetectForm(forms.Form):
    day = forms.DateField(
        label=_("基準日"), widget=forms.DateInput(attrs={"type": "date"}), error_messages={"invalid": NO_DAY}
    )
