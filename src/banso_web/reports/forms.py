"""Forms of the number pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.core.days import DayField, DayInput
from banso_web.core.metrics import RATIO, MetricSpec
from banso_web.reports.reads.countermeasures import KINDS

DAY = {"class": "input input-sm"}


class TargetForm(forms.Form):
    """A version of a metric's target. Ratios are asked in percent and given back as shares."""

    op = forms.ChoiceField(
        label=_("向き"),
        choices=[("<=", _("以下(≦)")), (">=", _("以上(≧)"))],
        widget=forms.Select(attrs={"class": "select select-sm"}),
    )
    value = forms.DecimalField(
        label=_("目標値"),
        max_digits=20,
        decimal_places=6,
        widget=forms.NumberInput(attrs={"class": "input input-sm", "step": "any"}),
    )
    owner = forms.ChoiceField(
        label=_("責任者"),
        required=False,
        widget=forms.Select(attrs={"class": "select select-sm"}),
    )
    effective_on = DayField(
        label=_("適用開始日"),
        required=False,
        widget=DayInput(attrs=DAY),
        help_text=_("空欄のときは、過去のすべての月にも適用します。"),
    )
    reason = forms.CharField(
        label=_("変更の理由"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"class": "input input-sm"}),
    )

    def __init__(self, *args: Any, spec: MetricSpec, owners: Mapping[str, str], **kwargs: Any) -> None:
        """`owners`: {member_id: name}; one accountable owner for each figure (KPI-06)."""
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ChoiceField)
        owner.choices = [("", _("選んでください")), *owners.items()]
        self.spec = spec
        self.unit = "%" if spec.unit == RATIO else ""

    def clean_value(self) -> Decimal:
        value: Decimal = self.cleaned_data["value"]
        return value / 100 if self.spec.unit == RATIO else value


class MeasureForm(forms.Form):
    """改善策. Everything is asked by the action too, so that API and page refuse the same."""

    kind = forms.ChoiceField(
        label=_("種類"),
        choices=[("", _("選んでください")), *KINDS.items()],
        widget=forms.Select(attrs={"class": "select select-sm"}),
    )
    text = forms.CharField(
        label=_("内容"), max_length=4000, widget=forms.Textarea(attrs={"class": "textarea", "rows": 3})
    )
    owner = forms.TypedChoiceField(
        label=_("担当"), coerce=int, widget=forms.Select(attrs={"class": "select select-sm"})
    )
    due_on = DayField(label=_("期限"), widget=DayInput(attrs=DAY))
    expected_effect = forms.CharField(
        label=_("期待効果"), max_length=300, widget=forms.TextInput(attrs={"class": "input input-sm"})
    )
    churn_reason = forms.CharField(
        label=_("関連する解約理由"),
        required=False,
        max_length=300,
        help_text=_("解約の指標では必要です。ほかの指標では空欄で構いません。"),
        widget=forms.TextInput(attrs={"class": "input input-sm", "list": "churn-reasons"}),
    )

    def __init__(self, *args: Any, people: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.TypedChoiceField)
        owner.choices = [("", _("選んでください")), *((str(key), name) for key, name in people.items())]


def target_initial(
    spec: MetricSpec, op: str, value: Decimal | None, owner: str, month: date
) -> dict[str, Any]:
    """The form's first values: the target in force, valid from the page's month."""
    shown = None if value is None else (value * 100 if spec.unit == RATIO else value).normalize()
    return {"op": op, "value": None if shown is None else f"{shown:f}", "owner": owner, "effective_on": month}
