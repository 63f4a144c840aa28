"""Forms of the settings pages: fields made from what apps declare, and the targets that set-up asks for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from banso_web.core.days import DayField
from banso_web.core.errors import Refused
from banso_web.core.registry import registry
from banso_web.core.settings_store import SettingSpec

PERCENT = Decimal(100)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


class PercentInput(forms.NumberInput):
    """A number with its % behind it."""

    template_name = "core/widgets/percent.html"


class YearlyMeaningInput(PercentInput):
    """A monthly churn in percent; the line below says live what it means in a year (`/settings/yearly`)."""

    template_name = "core/widgets/yearly.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        target = f"{context['widget']['attrs'].get('id', name)}_yearly"
        context["widget"]["attrs"].update(
            {
                "hx-get": str(reverse_lazy("settings_yearly")),
                "hx-trigger": "load, input changed delay:150ms",
                "hx-target": f"#{target}",
                "hx-params": name,
                "step": "any",
                "min": "0",
                "max": "100",
            }
        )
        context["target"] = target
        return context


class PercentField(forms.DecimalField):
    """Shown and typed in percent, kept as a ratio (5 is Decimal("0.05")). Empty stays None."""

    widget = PercentInput

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_digits": 9, "decimal_places": 4, **options})

    def prepare_value(self, value: Any) -> Any:
        return _plain(value * PERCENT) if isinstance(value, Decimal) else value

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        return None if number is None else number / PERCENT


TARGETS_TITLE = gettext_lazy("目標")
TARGETS_HELP = gettext_lazy("自社の目標を入れます。空欄の指標には目標を置きません。")


class TargetsForm(forms.Form):
    """The organisation's own monthly targets, as ratios by metric key; an empty field is no target.

    Inclusive: churn ≤, NRR and GRR ≥. `reports` registers it as a set-up step with what saves it.
    """

    customer_churn_monthly = PercentField(
        label=gettext_lazy("月次の顧客解約率の目標(以下)"), required=False, max_value=100, widget=YearlyMeaningInput,
        help_text=gettext_lazy("当月に契約がなくなった月初顧客 ÷ 月初顧客です。例: 5"),
    )  # fmt: skip
    nrr_monthly = PercentField(
        label=gettext_lazy("月次NRR(売上継続率)の目標(以上)"), required=False, max_value=1000,
        help_text=gettext_lazy("新規と再開を含みません。例: 100.5"),
    )  # fmt: skip
    grr_monthly = PercentField(
        label=gettext_lazy("月次GRR(総売上継続率)の目標(以上)"), required=False, max_value=100,
        help_text=gettext_lazy("100%を超えません。例: 98"),
    )  # fmt: skip


def setting_field(spec: SettingSpec) -> forms.Field:
    """The form field of a setting, by its kind."""
    common: dict[str, Any] = {"label": spec.label, "help_text": spec.help, "required": False}
    match spec.kind:
        case "number" | "days":
            return (
                forms.DecimalField(**common)
                if spec.kind == "number"
                else forms.IntegerField(min_value=0, **common)
            )
        case "percent":
            return PercentField(**common)
        case "choice":
            return forms.ChoiceField(choices=spec.choices, **common)
        case "bool":
            return forms.BooleanField(**common)
        case "many":
            return forms.MultipleChoiceField(
                choices=spec.chosen_from, widget=forms.CheckboxSelectMultiple, **common
            )
        case "json":
            return forms.JSONField(widget=forms.Textarea(attrs={"rows": 4}), **common)
    return forms.CharField(max_length=1000, **common)


def shown_value(spec: SettingSpec, value: Any) -> Any:
    """A stored value as its field takes it: percents are stored as decimal text ("0.05")."""
    return Decimal(str(value)) if spec.kind in ("percent", "number") and value not in (None, "") else value


def stored_value(spec: SettingSpec, value: Any) -> Any:
    """A field's value as it is stored: JSON only, decimals as text; an empty field is the default."""
    if value is None or (value == "" and spec.kind != "text"):
        return spec.default
    if isinstance(value, Decimal):
        return int(value) if spec.kind == "number" and value == value.to_integral_value() else _plain(value)
    return value


def in_words(value: Any) -> str:
    """A stored value without the marks of JSON: lists as lists, fields as 名前: 値, yes and no."""
    if value is None or value == "" or value == [] or value == {}:
        return _("なし")
    if isinstance(value, bool):
        return _("はい") if value else _("いいえ")
    if isinstance(value, dict):
        return " · ".join(
            f"{registry.field_words.get(str(key), key)}: {in_words(one)}" for key, one in value.items()
        )
    if isinstance(value, list | tuple):
        nested = any(isinstance(one, dict | list) for one in value)
        return (" / " if nested else _("、")).join(in_words(one) for one in value)
    return str(value)


def value_words(spec: SettingSpec, value: Any) -> str:
    """A stored value in the reader's words, for the page and the history."""
    if spec.kind in ("choice", "many"):
        words = {str(key): str(word) for key, word in spec.chosen_from()}
        keys = value if isinstance(value, list | tuple) else [value]
        return _("、").join(words.get(str(key), str(key)) for key in keys) or _("なし")
    if spec.kind == "bool":
        return _("はい") if value else _("いいえ")
    if spec.kind == "percent" and value not in (None, ""):
        return f"{_plain(Decimal(str(value)) * PERCENT)} %"
    if isinstance(value, dict | list):
        return in_words(value)
    return str(value) if value not in (None, "") else _("未設定")


class GroupForm(forms.Form):
    """One group of settings, with why and from when."""

    effective_on = DayField(
        label=gettext_lazy("適用開始日"), required=False,
        help_text=gettext_lazy("空欄なら全期間に効きます。集計規則だけが日付を持ちます。"),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("変更の理由"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("監査ログに残ります。"),
    )

    def __init__(
        self, specs: Sequence[SettingSpec], values: dict[str, Any], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.specs = list(specs)
        for spec in self.specs:
            self.fields[spec.key] = setting_field(spec)
            self.initial[spec.key] = shown_value(spec, values[spec.key])
        if not any(spec.counted for spec in self.specs):
            del self.fields["effective_on"]
        self.order_fields([*(spec.key for spec in self.specs), "effective_on", "reason"])

    def answers(self) -> dict[str, Any]:
        """Stored values by key; only of fields that the request brought."""
        return {spec.key: stored_value(spec, self.cleaned_data.get(spec.key)) for spec in self.specs}


class ClosureForm(forms.Form):
    on = DayField(label=gettext_lazy("日付"))
    name = forms.CharField(
        label=gettext_lazy("名前"), max_length=100, required=False, help_text=gettext_lazy("例: 創立記念日")
    )


def tell(form: Any, problem: Refused) -> None:
    """A refusal beside its field, or above the form."""
    if not problem.fields:
        form.add_error(None, problem.message)
    for name, words in problem.fields.items():
        form.add_error(name if name in form.fields else None, words)
