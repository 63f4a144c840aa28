"""Forms of the desk. They read and type what was sent; the action checks and writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from banso_web.accounts.reads.choices import excluded_choices
from banso_web.core import clock
from banso_web.desk.words import FIELD_WORDS, TOUCH_WORDS
from banso_web.members.reads import assignable_members

if TYPE_CHECKING:
    from banso_web.accounts.models import Account

MONTHS = [("", "—"), *((month, f"{month}") for month in range(1, 13))]
RENAMED = {"owner": "owner_id", "deputy": "deputy_id"}


class AccountForm(forms.Form):
    """The customer's own fields. Owner and deputy are chosen by name."""

    name = forms.CharField(label=FIELD_WORDS["name"], max_length=300)
    kana = forms.CharField(
        label=FIELD_WORDS["kana"], required=False, help_text=_("一覧の五十音順に使います。")
    )
    corporate_number = forms.CharField(
        label=FIELD_WORDS["corporate_number"], required=False, help_text=_("13桁。検査数字を確かめます。")
    )
    industry = forms.CharField(label=FIELD_WORDS["industry"], required=False, max_length=100)
    segment = forms.CharField(
        label=FIELD_WORDS["segment"],
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"list": "segments"}),
    )
    employees = forms.IntegerField(label=FIELD_WORDS["employees"], required=False, min_value=0)
    prefecture = forms.CharField(label=FIELD_WORDS["prefecture"], required=False, max_length=20)
    fiscal_month = forms.ChoiceField(label=FIELD_WORDS["fiscal_month"], required=False, choices=MONTHS)
    budget_month = forms.ChoiceField(label=FIELD_WORDS["budget_month"], required=False, choices=MONTHS)
    touch = forms.MultipleChoiceField(
        label=FIELD_WORDS["touch"],
        required=False,
        choices=list(TOUCH_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    community = forms.BooleanField(label=FIELD_WORDS["community"], required=False)
    owner = forms.ChoiceField(label=FIELD_WORDS["owner_id"], required=False)
    deputy = forms.ChoiceField(label=FIELD_WORDS["deputy_id"], required=False)
    started_on = forms.DateField(
        label=FIELD_WORDS["started_on"], required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    excluded = forms.ChoiceField(
        label=FIELD_WORDS["excluded"],
        required=False,
        choices=lambda: [("", "—"), *excluded_choices()],
        help_text=_("選ぶと、すべての数字から外れ、除外の一覧に載ります。"),
    )
    success_definition = forms.CharField(
        label=FIELD_WORDS["success_definition"], required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    valid_from = forms.DateField(
        label=_("いつからの変更か"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("空なら今日から。過去の日にすると、その日からの数字の分け方が変わります。"),
    )  # fmt: skip
    reason = forms.CharField(label=_("変更の理由"), required=False, max_length=300)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, account: Account, seen: int) -> None:
        initial = {
            field: getattr(account, field) for field in account.STATE_FIELDS if field in self.base_fields
        }
        initial |= {
            "owner": account.owner_id or "",
            "deputy": account.deputy_id or "",
            "touch": [key for key in account.touch.split(";") if key],
            "fiscal_month": account.fiscal_month or "",
            "budget_month": account.budget_month or "",
            "seen": seen,
        }
        super().__init__(data, initial=initial)
        members = [("", "—"), *assignable_members().items()]
        for name in ("owner", "deputy"):
            choice = self.fields[name]
            assert isinstance(choice, forms.ChoiceField)
            choice.choices = members

    def values(self) -> dict[str, Any]:
        """The cleaned fields under the account's own names."""
        kept = {
            key: value
            for key, value in self.cleaned_data.items()
            if key not in ("valid_from", "reason", "seen")
        }
        kept["touch"] = ";".join(kept["touch"])
        kept["started_on"] = kept["started_on"].isoformat() if kept["started_on"] else ""
        return {RENAMED.get(key, key): value for key, value in kept.items()}

    @staticmethod
    def name_of(field: str) -> str:
        """The form's name of an account's field."""
        back = {stored: shown for shown, stored in RENAMED.items()}
        return back.get(field, field)

    def clean_valid_from(self) -> Any:
        return self.cleaned_data["valid_from"] or clock.today()
