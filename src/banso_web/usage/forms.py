"""Forms of the signals (a quiet time, closing, the day to compute again) and of unknown ids."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from banso_web.accounts.fields import CompanyInput, companies_of
from banso_web.collect import reads as collected
from banso_web.core import clock
from banso_web.core.days import DayField
from banso_web.usage.actions.settling import About, Whose
from banso_web.usage.words import ABOUT, RULE_FIELDS, WHY

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


class WhoseForm(forms.Form):
    """A customer, or nobody."""

    company = forms.CharField(
        label=_("どの顧客か"),
        required=False,
        max_length=500,
        widget=CompanyInput(),
        help_text=_("名前かIDを入れると候補が出ます。"),
    )
    reason = forms.CharField(label=_("理由(監査ログに残ります)"), required=False, max_length=300)

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        if self.prefix:  # in the bar of ticked rows, where no field dresses it
            for one in self.fields.values():
                one.widget.attrs["class"] = "input input-sm"

    def whose(self, *, aside: bool) -> Whose | None:
        """None, with the error told, where neither is named."""
        if aside:
            return Whose(aside=True)
        text = self.cleaned_data["company"].strip()
        account = companies_of([text]).get(text) if text else None
        if account is None:
            self.add_error("company", gettext("顧客を候補から選んでください。何も変えていません。"))
            return None
        return Whose(account)


class OneForm(WhoseForm):
    contact = forms.ChoiceField(
        label=_("先方担当者"), required=False, help_text=_("選ぶと、その担当者の顧客の利用になります。")
    )
    since = DayField(label=_("いつから"), required=False, help_text=_("空なら最初のイベントから"))
    until = DayField(label=_("いつの前日まで"), required=False, help_text=_("空なら期限なし"))
    every_source = forms.BooleanField(label=_("ほかの送信元の同じIDにも使う"), required=False)

    field_order = ("company", "contact", "since", "until", "every_source", "reason")

    def __init__(self, people: list[tuple[str, str]], data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        if people:
            self.fields["contact"].choices = [("", _("選ばない")), *people]  # type: ignore[attr-defined]
        else:
            del self.fields["contact"]


class RuleForm(WhoseForm):
    kind = forms.ChoiceField(
        label=_("何で見分けますか"),
        choices=[
            ("domain", ABOUT["domain"]),
            *RULE_FIELDS.items(),
            ("user", _("1人の利用者のID")),
            ("trait", _("利用者・グループの属性(traits)")),
        ],
    )
    trait = forms.CharField(
        label=_("属性の名前"),
        required=False,
        max_length=100,
        help_text=_("属性で見分けるときだけ。例: plan"),
    )
    key = forms.CharField(
        label=_("値"),
        max_length=200,
        help_text=_(
            "メールドメインは example.co.jp の形、1人の利用者はIDのまま。ほかは * が任意の文字に当たります。例: acme-*"
        ),
    )

    source = forms.TypedChoiceField(label=_("送信元"), required=False, coerce=int, empty_value=None)

    field_order = ("kind", "trait", "key", "source", "company", "reason")

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["source"].choices = [("", _("すべての送信元")), *collected.source_names().items()]  # type: ignore[attr-defined]

    def about(self) -> About:
        kind, key, source = (self.cleaned_data[name] for name in ("kind", "key", "source"))
        if kind == "domain":
            return About("domain", key)
        if kind == "user":
            return About("user", key, source)
        return About("rule", key, source, field=self.cleaned_data["trait"] if kind == "trait" else kind)
