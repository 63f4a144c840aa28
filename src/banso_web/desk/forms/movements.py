"""A change of MRR."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.core.days import DayField
from banso_web.desk.forms.contracts import AmountInput
from banso_web.desk.forms.deeds import DeedForm
from banso_web.revenue.reads.accounts import CAUSES


class MovementForm(DeedForm):
    OWN = ("effective_on", "delta", "cause", "reason_text", "note")

    effective_on = DayField(label=_("いつからの変更ですか"))
    delta = forms.CharField(
        label=_("月額の増減(税抜)"),
        widget=AmountInput(),
        help_text=_("減るときは -20,000 のように入れます。"),
    )
    cause = forms.ChoiceField(
        label=_("きっかけ"), required=False, choices=[("", _("未確認")), *CAUSES.items()],
        help_text=_("記録のための言葉です。新規・拡大・縮小などの区分は、月初と月末の MRR から計算します。"),
    )  # fmt: skip
    reason_text = forms.CharField(label=_("理由"), required=False, max_length=300)
    note = forms.CharField(label=_("補足"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def values(self) -> dict[str, object]:
        found = super().values()
        found["reason"] = found.pop("reason_text", "")
        return found

    def shown_name(self, field: str) -> str:
        return "reason_text" if field == "reason" else field
